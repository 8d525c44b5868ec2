"""The one checker behind every profile with a CRC-8: a residue of the payload against a table of keys."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from firmware_runtime.can.protection.contract import (
    Checker,
    CounterField,
    byte_bits,
    counter_reader,
    field_bits,
    refused_counter,
)
from firmware_runtime.can.protection.crc import CLASSIC_BYTES, Residue, crc8_parts, crc8_residue

NO_KEY = -1
"""Equals no residue: a header that is wrong whatever its CRC says."""


class Crc8Layout(NamedTuple):
    """Where checksum and counter of a message stand, and how its CRC runs."""

    polynomial: int
    length: int
    crc_byte: int
    appended: int
    """Bytes of data identifier computed over after the payload."""
    field: CounterField
    keys: Sequence[int]
    """Expected residue, indexed by the whole byte that holds the counter."""
    fixed_bits: int = 0
    """Bits beside the counter, in its byte, that `seal` writes (a data identifier's nibble)."""
    fixed_mask: int = 0


def crc8_checker(layout: Crc8Layout) -> Checker:
    """Checker of a message with a CRC-8."""
    residue = crc8_residue(layout.polynomial, layout.length, layout.crc_byte, layout.appended)
    crc_byte, field = layout.crc_byte, layout.field
    keys = tuple(layout.keys)
    counter_byte, shift, mask, modulus = field
    kept = ~(mask << shift | layout.fixed_mask) & 0xFF
    fixed_bits = layout.fixed_bits

    def seal(payload: bytearray, counter: int) -> None:
        if not 0 <= counter < modulus:
            raise refused_counter(counter, modulus)
        header = payload[counter_byte] & kept | counter << shift | fixed_bits
        payload[counter_byte] = header
        payload[crc_byte] = 0
        payload[crc_byte] = residue(payload) ^ keys[header]

    fixed = frozenset(8 * counter_byte + bit for bit in range(8) if layout.fixed_mask >> bit & 1)
    return Checker(
        check=_check(layout, residue, keys),
        counter=counter_reader(field),
        seal=seal,
        field=field,
        header_bits=byte_bits(crc_byte) | field_bits(field) | fixed,
    )


def _check(layout: Crc8Layout, residue: Residue, keys: tuple[int, ...]) -> Callable[[bytes], bool]:
    counter_byte = layout.field.byte
    if layout.length != CLASSIC_BYTES:
        return lambda data: residue(data) == keys[data[counter_byte]]
    # The residue of `crc8_residue`, inlined with its key folded into the counter byte's part: this is the
    # hot path of every protected classic frame, and a call would cost half as much again.
    parts = crc8_parts(layout.polynomial, layout.crc_byte, layout.appended)
    # NO_KEY makes the entry negative, and the whole never 0.
    parts[counter_byte] = tuple(part ^ key for part, key in zip(parts[counter_byte], keys, strict=True))
    p0, p1, p2, p3, p4, p5, p6, p7 = parts

    def check(data: bytes) -> bool:
        a, b, c, d, e, f, g, h = data
        return not p0[a] ^ p1[b] ^ p2[c] ^ p3[d] ^ p4[e] ^ p5[f] ^ p6[g] ^ p7[h]

    return check
