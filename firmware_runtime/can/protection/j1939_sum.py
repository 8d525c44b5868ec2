"""Checksum and counter of J1939's commands: TSC1 (torque and speed) and XBR (external brake request).

Byte 8 holds the counter in its low nibble and the checksum in its high nibble. Both are a folded sum of bytes
1 to 7, the counter and the four bytes of the 29-bit identifier; so source address and priority are covered,
and a checker belongs to one identifier. Source: SAE J1939-71 / Digital Annex, SPN 4206 and 4207 (TSC1), 3189
and 3188 (XBR), read in secondary sources: makers' and users' renderings of its formulas, as the standard is
paid. No recording with either counter at work was at hand to confirm them.
"""

from collections.abc import Callable

from firmware_runtime.can.frame import EXTENDED_FLAG
from firmware_runtime.can.protection.contract import (
    Checker,
    CounterField,
    Options,
    ProtectionContract,
    byte_bits,
    counter_reader,
    refused_counter,
)

LENGTH = 8
MODULUS_TSC1 = 8
"""TSC1 counts 0..7; 8..14 are reserved, and 15, "not used", is no counter here: protection has no off."""
MODULUS_XBR = 16


def fold_tsc1(total: int) -> int:
    """Three bits."""
    return (total >> 6 & 3) + (total >> 3) + total & 7


def fold_xbr(total: int) -> int:
    """Four bits."""
    return (total >> 4) + total & 0x0F


def bind_j1939(
    fold: Callable[[int], int], modulus: int, contract: ProtectionContract, length: int
) -> Checker:
    """No attributes; the message must have 8 bytes and a 29-bit identifier."""
    options = Options(contract)
    if length != LENGTH:
        options.refuse(f"expected a message of {LENGTH} bytes, got {length}")
    if not contract.can_id & EXTENDED_FLAG:
        options.refuse(f"expected a 29-bit identifier, got 0x{contract.can_id:X}")
    options.finish()
    identifier = sum((contract.can_id & ~EXTENDED_FLAG).to_bytes(4, "big"))

    def checksum(data: bytes | bytearray) -> int:
        return fold(sum(data[:7], identifier + (data[7] & 0x0F)))

    def check(data: bytes) -> bool:
        return checksum(data) == data[7] >> 4

    def seal(payload: bytearray, counter: int) -> None:
        if not 0 <= counter < modulus:
            raise refused_counter(counter, modulus)
        payload[7] = counter
        payload[7] |= checksum(payload) << 4

    field = CounterField(7, 0, 0x0F, modulus)
    return Checker(check, counter_reader(field), seal, field, byte_bits(7))
