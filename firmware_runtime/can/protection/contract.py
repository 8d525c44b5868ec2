"""What a protection is configured from, and what it gives to receiver and sender; used at start-up."""

from collections.abc import Callable, Mapping
from typing import NamedTuple


class ProtectionContract(NamedTuple):
    """Configuration of one message's protection, as the DBC states it."""

    can_id: int
    """As in `Frame.can_id`; J1939 checksums run over it."""
    attributes: Mapping[str, int | str]
    """Given attributes by name (`E2eDataId`, ...); which ones a profile reads, its `attributes` says."""


class CounterField(NamedTuple):
    """Where the counter stands: `data[byte] >> shift & mask`."""

    byte: int
    shift: int
    mask: int
    modulus: int
    """Counters run 0..modulus - 1; greater values that fit the field are invalid."""


class Checker(NamedTuple):
    """A profile bound to one message. All functions expect payloads of exactly the bound length."""

    check: Callable[[bytes], bool]
    """True where checksum (and data identifier) are right; looks at no order of counters."""
    counter: Callable[[bytes], int]
    """Counter of a payload; may be `modulus` or more, which is no counter value."""
    seal: Callable[[bytearray, int], None]
    """Write counter and checksum in place, leaving all other bits.

    Raises ValueError where the counter is not 0..modulus - 1."""
    field: CounterField
    header_bits: frozenset[int]
    """Bits that `seal` writes: 8 * byte + bit, bit 0 the least significant."""

    @property
    def modulus(self) -> int:
        """Counters run 0..modulus - 1."""
        return self.field.modulus


class ProtectionProfile(NamedTuple):
    """One kind of protection, by the text of the DBC attribute `E2eProfile`."""

    name: str
    meaning: str
    attributes: tuple[str, ...]
    """Message attributes that `bind` reads."""
    bind: Callable[[ProtectionContract, int], Checker]
    """Checker for this contract and payload length in bytes.

    Raises ValueError with one line for each attribute that does not fit."""


class Options:
    """Reads attributes and collects what is wrong with them; `finish` raises it all at once."""

    def __init__(self, contract: ProtectionContract) -> None:
        self._attributes = contract.attributes
        self._problems: list[str] = []

    def integer(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """An integer attribute low..high; without a default it must be given."""
        value = self._attributes.get(name, default)
        if isinstance(value, int) and low <= value <= high:
            return value
        self.refuse(f"expected {name} {low}..{high}, got {'none' if value is None else repr(value)}")
        return low

    def hex_bytes(self, name: str, count: int) -> bytes:
        """An attribute of `count` bytes in hexadecimal digits, white space permitted between bytes."""
        value = self._attributes.get(name)
        try:
            found = bytes.fromhex(value) if isinstance(value, str) else b""
        except ValueError:
            found = b""
        if len(found) != count:
            self.refuse(
                f"expected {name} of {count} bytes in hexadecimal digits, "
                f"got {'none' if value is None else repr(value)}"
            )
            return bytes(count)
        return found

    def refuse(self, problem: str) -> None:
        """Note a defect."""
        self._problems.append(problem)

    def finish(self) -> None:
        """Raise ValueError with all defects, one line each, if there are any."""
        if self._problems:
            raise ValueError("\n".join(self._problems))


def counter_reader(field: CounterField) -> Callable[[bytes], int]:
    """`Checker.counter` for a field."""
    byte, shift, mask, _ = field
    return lambda data: data[byte] >> shift & mask


def field_bits(field: CounterField) -> frozenset[int]:
    """Payload bits of a counter field."""
    first = 8 * field.byte + field.shift
    return frozenset(range(first, first + field.mask.bit_length()))


def byte_bits(*places: int) -> frozenset[int]:
    """Payload bits of whole bytes."""
    return frozenset(8 * place + bit for place in places for bit in range(8))


def refused_counter(counter: int, modulus: int) -> ValueError:
    """What `seal` raises."""
    return ValueError(f"expected a counter 0..{modulus - 1}, got {counter}")
