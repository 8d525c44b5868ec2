"""What a bound DBC cannot have; refused once at start-up, each with its place."""

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.pgn import ANY_SOURCE
from firmware_runtime.can.protection.contract import Checker, field_bits
from firmware_runtime.can.tables import (
    MessageTable,
    RawKind,
    SignalLayout,
    covered_bits,
    network_bit,
)

if TYPE_CHECKING:
    from cantools.database.can import Signal

WORD_BYTES = 8
"""Payload of a classic CAN frame at most, and of one decode word."""
FRAME_BYTES_MAX = 64
"""Payload of a CAN FD frame at most (ISO 11898-1)."""
PROFILE_01 = "P01"
"""The value of `E2eProfile` for AUTOSAR E2E profile 1, variant 1A; the empty value is no protection."""


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
    if binding.source is not None and not ANY_SOURCE <= binding.source <= 0xFF:
        yield f"{binding.name}: expected a J1939 source address 0..255, or any (-1), got {binding.source}"


def message_problems(message: MessageTable, path: str) -> Iterator[str]:
    """What a bound message cannot be; `path` is `bus.Message`."""
    if message.length > FRAME_BYTES_MAX:
        yield f"message {path}: expected at most {FRAME_BYTES_MAX} bytes (CAN FD), got {message.length}"
    yield from _multiplexor_problems(message, path)


def header_problems(signals: Iterable[SignalLayout], checker: Checker, path: str) -> Iterator[str]:
    """A signal of a protected message is all of its counter, of whole header bytes beside it, or neither."""
    counter = field_bits(checker.field)
    rest = checker.header_bits - counter
    for signal in signals:
        bits = signal.bits
        whole = frozenset(bit for bit in rest if any(one // 8 == bit // 8 for one in bits))
        if bits & checker.header_bits and bits not in (counter, whole):
            yield f"message {path}: signal {signal.name} overlaps the CRC or the counter of its protection"


def _multiplexor_problems(message: MessageTable, path: str) -> Iterator[str]:
    for name in sorted({page.multiplexor for page in message.pages}):
        signal = next(signal for signal in message.signals if signal.name == name)
        if signal.is_float or signal.length > 64 or _outside(message.length, signal):
            yield f"message {path}: expected an integer of up to 64 bits as multiplexor {name}"
        elif signal.factor != 1 or signal.offset != 0:
            # A page's number is a raw value; cantools, and the offline decode after it, compare scaled ones.
            got = f"({signal.factor},{signal.offset})"
            yield f"message {path}: expected factor 1 and offset 0 of multiplexor {name}, got {got}"


def signal_problems(message: MessageTable, signal: SignalLayout, binding: SignalBinding) -> Iterator[str]:
    """What a bound signal cannot be."""
    path = binding.path
    if signal.kind is RawKind.OTHER:
        yield f"signal {path}: expected a float of 32 or 64 bits, got {signal.length}"
    if not 1 <= signal.length <= 64:
        yield f"signal {path}: expected 1 to 64 bits, got {signal.length}"
    elif _outside(message.length, signal):
        yield f"signal {path}: expected all its bits within the {message.length} bytes of its message"
    numbers = [signal.factor, signal.offset, signal.minimum or 0, signal.maximum or 0]
    if signal.factor == 0 or not all(math.isfinite(number) for number in numbers):
        yield f"signal {path}: expected finite factor (not 0), offset and limits, got {numbers}"
    elif signal.length <= 64 and not signal.is_float:
        # Bounds every intermediate result of the tick: there an overflow would be a warning from numpy.
        widest = 2.0**signal.length * abs(float(signal.factor)) + abs(float(signal.offset))
        if not math.isfinite(widest * max(1.0, abs(binding.si_factor)) + abs(binding.si_offset)):
            yield (
                f"signal {path}: values exceed float64 (factor {signal.factor}, offset {signal.offset}, "
                f"SI factor {binding.si_factor}, SI offset {binding.si_offset})"
            )


def _outside(length: int, signal: SignalLayout) -> bool:
    return signal.first < 0 or signal.first + signal.length > 8 * length


def payload_bits(signal: "Signal") -> frozenset[int]:
    """Bits of the payload that a signal covers: 8 * byte + bit, bit 0 the least significant of its byte."""
    big_endian = signal.byte_order == "big_endian"
    return covered_bits(network_bit(signal.start) if big_endian else signal.start, signal.length, big_endian)


__all__ = [
    "FRAME_BYTES_MAX",
    "PROFILE_01",
    "WORD_BYTES",
    "binding_problems",
    "header_problems",
    "message_problems",
    "network_bit",
    "payload_bits",
    "signal_problems",
]
