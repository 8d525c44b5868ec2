"""What the tests of protections share."""

from firmware_runtime.can.protection import PROTECTIONS, Checker, ProtectionContract


def bound(name: str, length: int, **attributes: int | str) -> Checker:
    """A profile bound to a message of `length` bytes."""
    return PROTECTIONS[name].bind(ProtectionContract(0x123, attributes), length)


def bound_to(name: str, can_id: int, length: int = 8, **attributes: int | str) -> Checker:
    """A profile bound to a message with this identifier."""
    return PROTECTIONS[name].bind(ProtectionContract(can_id, attributes), length)


def sealed(checker: Checker, payload: bytes, counter: int) -> bytes:
    """The payload as it is sent."""
    frame = bytearray(payload)
    checker.seal(frame, counter)
    return bytes(frame)


def with_wrong_bits(frame: bytes, wrong: int, place: int) -> bytes:
    """The frame with a pattern of wrong bits laid over it, `place` bits from its end."""
    return (int.from_bytes(frame, "big") ^ wrong << place).to_bytes(len(frame), "big")


def changed_bits(before: bytes, after: bytes) -> set[int]:
    """Bits that differ: 8 * byte + bit."""
    return {
        8 * place + bit
        for place, (old, new) in enumerate(zip(before, after, strict=True))
        for bit in range(8)
        if (old ^ new) >> bit & 1
    }
