"""What a bound DBC cannot have in this stage, or never; refused once at start-up, each with its place."""

import math
from collections.abc import Iterator

from cantools.database.can import Message, Signal

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.database import contract_of

WORD_BYTES = 8
"""Payload of a classic CAN frame at most, and of one decode word."""
PROFILE_01 = "P01"
"""The value of `E2eProfile` for AUTOSAR E2E profile 1, variant 1A; the empty value is no protection."""
HEADER_BITS = frozenset(range(12))
"""Payload bits that profile 1A takes: CRC in byte 0, counter in the low nibble of byte 1."""
_CRC_BITS = frozenset(range(8))


def binding_problems(binding: SignalBinding, names: set[str]) -> Iterator[str]:
    """What a binding cannot say by itself; `names` are those bound before it."""
    if binding.name in names:
        yield f"{binding.name}: bound twice"
    if binding.si_factor == 0 or not math.isfinite(binding.si_factor):
        yield f"{binding.name}: expected a finite SI factor other than 0, got {binding.si_factor}"
    if not math.isfinite(binding.si_offset):
        yield f"{binding.name}: expected a finite SI offset, got {binding.si_offset}"
    if not binding.low <= binding.high:
        yield f"{binding.name}: expected low <= high, got {binding.low} and {binding.high}"
    if not math.isfinite(binding.default):
        yield f"{binding.name}: expected a finite default, got {binding.default}"


def message_problems(message: Message, path: str) -> Iterator[str]:
    """What a bound message cannot be; `path` is `bus.Message`."""
    if message.is_multiplexed():
        yield f"message {path} is multiplexed: not supported yet"
    if message.length > WORD_BYTES or message.is_fd:
        yield (
            f"message {path} is CAN FD or longer than {WORD_BYTES} bytes ({message.length}): "
            "not supported yet"
        )
    contract = contract_of(message)
    if contract.protection not in ("", PROFILE_01):
        yield (
            f"message {path}: expected E2eProfile {PROFILE_01} or none, got {contract.protection!r}: "
            "not supported yet"
        )
    if contract.protection == PROFILE_01:
        yield from _header_problems(message, path, contract.data_id)


def _header_problems(message: Message, path: str, data_id: int) -> Iterator[str]:
    """A protected message must leave room for checksum and counter where the profile puts them."""
    if not 0 < data_id <= 0xFFFF:
        yield f"message {path}: expected E2eDataId 1..65535 for {PROFILE_01}, got {data_id}"
    if message.length < 2:
        yield f"message {path}: expected at least 2 bytes for {PROFILE_01}, got {message.length}"
    for signal in message.signals:
        bits = payload_bits(signal)
        if bits & HEADER_BITS and bits not in (_CRC_BITS, HEADER_BITS - _CRC_BITS):
            yield (
                f"message {path}: signal {signal.name} overlaps the CRC (byte 0) or the counter (low nibble "
                f"of byte 1) of {PROFILE_01}"
            )


def signal_problems(signal: Signal, binding: SignalBinding) -> Iterator[str]:
    """What a bound signal cannot be."""
    path = binding.path
    if signal.is_float and signal.length not in (32, 64):
        yield f"signal {path}: expected a float of 32 or 64 bits, got {signal.length}"
    if not 1 <= signal.length <= 64:
        yield f"signal {path}: expected 1 to 64 bits, got {signal.length}"
    numbers = [signal.scale, signal.offset, signal.minimum or 0, signal.maximum or 0]
    if signal.scale == 0 or not all(math.isfinite(number) for number in numbers):
        yield f"signal {path}: expected finite factor (not 0), offset and limits, got {numbers}"
    elif signal.length <= 64 and not signal.is_float:
        # Bounds every intermediate result of the tick: there an overflow would be a warning from numpy.
        widest = 2.0**signal.length * abs(float(signal.scale)) + abs(float(signal.offset))
        if not math.isfinite(widest * max(1.0, abs(binding.si_factor)) + abs(binding.si_offset)):
            yield (
                f"signal {path}: values exceed float64 (factor {signal.scale}, offset {signal.offset}, "
                f"SI factor {binding.si_factor}, SI offset {binding.si_offset})"
            )


def payload_bits(signal: Signal) -> frozenset[int]:
    """Bits of the payload that a signal covers: 8 * byte + bit, bit 0 the least significant of its byte."""
    if signal.byte_order == "little_endian":
        return frozenset(range(signal.start, signal.start + signal.length))
    first = network_bit(signal.start)
    return frozenset(8 * (bit // 8) + 7 - bit % 8 for bit in range(first, first + signal.length))


def network_bit(start: int) -> int:
    """Position of a big-endian signal's most significant bit, counted from the payload's first sent bit."""
    return 8 * (start // 8) + 7 - start % 8
