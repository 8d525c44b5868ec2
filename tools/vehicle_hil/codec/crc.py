"""CRC of AUTOSAR E2E profile 1, variant 1A, by one table a byte position; used once a frame.

The CRC is linear (start value and final XOR cancel in profile 1), so the CRC of a whole frame is the XOR
of what each byte contributes at its place. That makes one look-up and one XOR a byte, and shares no code
or method with the usual byte-after-byte table.

Sources: polynomial 0x1D of CRC-8 SAE J1850 (AUTOSAR SWS CRC Library, Crc_CalculateCRC8); order of the
data (identifier's low byte, high byte, then all bytes but the CRC itself): AUTOSAR PRS E2E, profile 1
with E2E_P01_DATAID_BOTH (secondary). Checked against the package `autosar-e2e` in the tests.
"""

from functools import cache, reduce
from operator import getitem, xor

POLYNOMIAL = 0x1D


def _advance(remainder: int, byte_count: int) -> int:
    """The remainder after byte_count further zero bytes."""
    for _ in range(8 * byte_count):
        remainder = (remainder << 1) ^ POLYNOMIAL if remainder & 0x80 else remainder << 1
        remainder &= 0xFF
    return remainder


@cache
def contributions(following_bytes: int) -> bytes:
    """What each value 0..255 of a byte adds to the CRC when following_bytes bytes come after it."""
    return bytes(_advance(value, following_bytes + 1) for value in range(256))


class Profile1Crc:
    """CRC over one message's data identifier and the bytes behind its CRC byte (byte 0)."""

    __slots__ = ("_identifier", "_tables")

    def __init__(self, data_id: int, length: int) -> None:
        """data_id: 16-bit E2E data identifier; length: of the whole frame in bytes, 2..8."""
        low, high = data_id & 0xFF, data_id >> 8
        self._identifier = contributions(length)[low] ^ contributions(length - 1)[high]
        self._tables = tuple(contributions(length - 1 - index) for index in range(1, length))

    def of(self, tail: bytes) -> int:
        """CRC 0..255. tail: the frame without its first byte, of the length given at construction."""
        return reduce(xor, map(getitem, self._tables, tail), self._identifier)
