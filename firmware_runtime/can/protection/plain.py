"""Checksum-and-counter styles of car makers without a standard's name, all by configuration.

Source: the checksum functions of opendbc's car ports (a secondary source: found by its authors, not
published by the makers): CRC-8 over all bytes but its own with a maker's start value and final exclusive-or;
exclusive-or or sum of all other bytes, from a start value (which takes in the sum of identifier and length,
where a maker adds those: both are constant for a message).
"""

from collections.abc import Callable

from firmware_runtime.can.protection.contract import (
    Checker,
    CounterField,
    Options,
    ProtectionContract,
    byte_bits,
    counter_reader,
    field_bits,
    refused_counter,
)
from firmware_runtime.can.protection.crc import crc8_key
from firmware_runtime.can.protection.crc8_checker import Crc8Layout, crc8_checker

COUNTER_ATTRIBUTES = ("E2eCounterBit", "E2eCounterWidth", "E2eCounterModulus")
PLAIN_ATTRIBUTES = ("E2eChecksumByte", "E2eStart", *COUNTER_ATTRIBUTES)
CRC8_ATTRIBUTES = ("E2ePolynomial", "E2eFinalXor", *PLAIN_ATTRIBUTES)

Fold = Callable[[bytes | bytearray], int]


def bind_crc8(contract: ProtectionContract, length: int) -> Checker:
    """`E2ePolynomial` (without its x^8), `E2eStart` and `E2eFinalXor` (default 0), checksum and counter."""
    options = Options(contract)
    polynomial = options.integer("E2ePolynomial", 1, 0xFF)
    final_xor = options.integer("E2eFinalXor", 0, 0xFF, default=0)
    checksum_byte, start, field = _place(options, length)
    options.finish()
    key = crc8_key(polynomial, start, final_xor, length)
    return crc8_checker(Crc8Layout(polynomial, length, checksum_byte, 0, field, [key] * 256))


def bind_xor(contract: ProtectionContract, length: int) -> Checker:
    """Exclusive-or of all other bytes and `E2eStart`."""

    def fold(data: bytes | bytearray) -> int:
        result = 0
        for byte in data:
            result ^= byte
        return result

    options = Options(contract)
    checksum_byte, start, field = _place(options, length)
    options.finish()
    return _folded(fold, checksum_byte, start, field, lambda total, own: total ^ own)


def bind_sum(contract: ProtectionContract, length: int) -> Checker:
    """Sum of all other bytes and `E2eStart`, modulo 256."""
    options = Options(contract)
    checksum_byte, start, field = _place(options, length)
    options.finish()
    return _folded(sum, checksum_byte, start, field, lambda total, own: total - own)


def _folded(
    fold: Fold, checksum_byte: int, start: int, field: CounterField, without: Callable[[int, int], int]
) -> Checker:
    """Checker for a checksum that is one fold over all bytes, from which the own byte is taken out."""
    counter_byte, shift, mask, modulus = field
    kept = ~(mask << shift) & 0xFF
    # One fold over start value and payload: 0 in place of the own byte changes neither sum nor exclusive-or.
    start_byte = bytes([start])

    def check(data: bytes) -> bool:
        own = data[checksum_byte]
        return without(fold(start_byte + data), own) & 0xFF == own

    def seal(payload: bytearray, counter: int) -> None:
        if not 0 <= counter < modulus:
            raise refused_counter(counter, modulus)
        payload[counter_byte] = payload[counter_byte] & kept | counter << shift
        payload[checksum_byte] = 0
        payload[checksum_byte] = fold(start_byte + payload) & 0xFF

    return Checker(
        check=check,
        counter=counter_reader(field),
        seal=seal,
        field=field,
        header_bits=byte_bits(checksum_byte) | field_bits(field),
    )


def _place(options: Options, length: int) -> tuple[int, int, CounterField]:
    """Checksum byte, start value and counter field; a counter lies within one byte."""
    if length < 2:
        options.refuse(f"expected a message of at least 2 bytes, got {length}")
    checksum_byte = options.integer("E2eChecksumByte", 0, length - 1)
    start = options.integer("E2eStart", 0, 0xFF, default=0)
    bit = options.integer("E2eCounterBit", 0, 8 * length - 1)
    byte, shift = divmod(bit, 8)
    width = options.integer("E2eCounterWidth", 1, 8 - shift)
    modulus = options.integer("E2eCounterModulus", 2, 1 << width, default=1 << width)
    if byte == checksum_byte:
        options.refuse(f"expected E2eCounterBit outside the checksum's byte {checksum_byte}, got {bit}")
    return checksum_byte, start, CounterField(byte, shift, (1 << width) - 1, modulus)
