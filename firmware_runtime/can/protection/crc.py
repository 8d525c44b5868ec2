"""CRC-8 of short payloads by tables, built once a message at start-up; used a frame at reception and sending.

A CRC is linear: it is the exclusive-or of what each byte contributes at its place, and of a constant that
holds start value, data identifier and final exclusive-or. For the 8 bytes of a classic frame the
contributions are looked up side by side, without a running state; other lengths run byte by byte. Nothing
here is reflected: no CRC of AUTOSAR's profiles 1, 2, 5, 11 is. CRC-16 with polynomial 0x1021 is
`binascii.crc_hqx`.
"""

from collections.abc import Callable
from functools import cache

SAE_J1850 = 0x1D
"""Polynomial x^8 + x^4 + x^3 + x^2 + 1 (SAE J1850; AUTOSAR SWS CRC Library)."""
AUTOSAR_8H2F = 0x2F
"""Polynomial x^8 + x^5 + x^3 + x^2 + x + 1 (AUTOSAR SWS CRC Library, "8H2F")."""

CLASSIC_BYTES = 8
"""Payload of most classic frames; this length is unrolled."""

_UNCHANGED = tuple(range(256))

Residue = Callable[[bytes | bytearray], int]


@cache
def crc8_table(polynomial: int) -> tuple[int, ...]:
    """Register after one byte, indexed by register exclusive-or byte; `polynomial` without its x^8."""
    table: list[int] = []
    for value in range(256):
        for _ in range(8):
            value = (value << 1) ^ polynomial if value & 0x80 else value << 1
        table.append(value & 0xFF)
    return tuple(table)


def crc8(data: bytes | bytearray, polynomial: int, start: int = 0, final_xor: int = 0) -> int:
    """CRC-8, most significant bit first, of `data`."""
    table = crc8_table(polynomial)
    state = start
    for byte in data:
        state = table[state ^ byte]
    return state ^ final_xor


@cache
def contribution(polynomial: int, bytes_after: int) -> tuple[int, ...]:
    """What a byte adds to the CRC when `bytes_after` further bytes follow it, indexed by the byte."""
    table = crc8_table(polynomial)
    values = table
    for _ in range(bytes_after):
        values = tuple(table[value] for value in values)
    return values


def crc8_parts(polynomial: int, crc_byte: int, appended: int) -> list[tuple[int, ...]]:
    """What each byte of a classic frame adds to its residue; the CRC byte adds itself."""
    last = CLASSIC_BYTES - 1
    return [
        _UNCHANGED
        if place == crc_byte
        else contribution(polynomial, last - place - (crc_byte > place) + appended)
        for place in range(CLASSIC_BYTES)
    ]


def crc8_residue(polynomial: int, length: int, crc_byte: int, appended: int) -> Residue:
    """Function of a payload of `length` bytes: its data's part of the CRC, exclusive-or its CRC byte.

    The payload is right where this equals `crc8_key`. `appended` bytes of data identifier follow the data.
    The payload's length is not looked at again.
    """
    if length != CLASSIC_BYTES:
        return _running_residue(polynomial, crc_byte, appended)
    p0, p1, p2, p3, p4, p5, p6, p7 = crc8_parts(polynomial, crc_byte, appended)

    def residue(data: bytes | bytearray) -> int:
        a, b, c, d, e, f, g, h = data
        return p0[a] ^ p1[b] ^ p2[c] ^ p3[d] ^ p4[e] ^ p5[f] ^ p6[g] ^ p7[h]

    return residue


def _running_residue(polynomial: int, crc_byte: int, appended: int) -> Residue:
    table = crc8_table(polynomial)
    after_crc = crc_byte + 1
    tail = contribution(polynomial, appended - 1) if appended else _UNCHANGED

    def residue(data: bytes | bytearray) -> int:
        state = 0
        for byte in data[:crc_byte]:
            state = table[state ^ byte]
        for byte in data[after_crc:]:
            state = table[state ^ byte]
        return tail[state] ^ data[crc_byte]

    return residue


@cache
def crc8_key(
    polynomial: int, start: int, final_xor: int, length: int, before: bytes = b"", after: bytes = b""
) -> int:
    """The constant part of the CRC: all but the payload's own bits.

    `before` and `after` are bytes of the data identifier that are computed over but not sent.
    """
    return crc8(before + bytes(length - 1) + after, polynomial, start, final_xor)
