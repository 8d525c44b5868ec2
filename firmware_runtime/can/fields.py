"""How each signal of a sent message gets into its payload: limits and place, computed once at start-up."""

import math
import struct
from collections.abc import Iterator
from typing import NamedTuple

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.layout import MessageLayout
from firmware_runtime.can.limits import FLOAT32_MAX, GREATEST, step_tolerance, to_steps
from firmware_runtime.can.tables import RawKind, SignalLayout

RUN_BITS = 50
"""Of a run: its sum, and each step of it while it is rounded, stays below 2^51 and so an exact float64."""
FLOATS = {32: struct.Struct("<f"), 64: struct.Struct("<d")}


class Field(NamedTuple):
    """One signal to pack; limits in raw steps, of a float signal in raw numbers."""

    value_index: int
    si_offset: float
    si_factor: float
    offset: float
    factor: float
    low: float
    high: float
    raw_low: int
    raw_high: int
    mask: int
    shift: int
    binding: SignalBinding


class Run(NamedTuple):
    """Plain integer fields close to each other: SI is the DBC's unit, and no value within limits rounds to a
    raw one beyond them. Their raw values, each times its weight, add up to one exact float."""

    fields: tuple[tuple[int, float, float, float, float, float], ...]
    """Index of the value, offset, factor, least and greatest in unrounded raw steps, weight."""
    signs: int
    """Sign bits of the signed ones: adding them and flipping them makes two's complement of each."""
    shift: int
    """Of the sum in the payload's number."""
    is_mirrored: bool
    """True where that number is the payload read as big-endian."""
    wholes: tuple[Field, ...]
    """The same fields in full."""


class FieldGroup(NamedTuple):
    """The signals of a message that are sent together: those outside all pages, or those of one page."""

    base: int
    """Start values of the signals that nobody binds, as a little-endian word of the payload."""
    runs: tuple[Run, ...]
    little: tuple[Field, ...]
    """Integers that are in no run."""
    big: tuple[Field, ...]
    little_floats: tuple[Field, ...]
    big_floats: tuple[Field, ...]


def field_group(
    layout: MessageLayout, page: int, bindings: dict[int, SignalBinding], problems: list[str]
) -> FieldGroup:
    """The group of a page; what keeps it from being sent is added to `problems`, a line each."""
    own = {
        index: binding for index, binding in bindings.items() if layout.signals[binding.signal].page == page
    }
    bound = {binding.signal for binding in own.values()}
    base = 0
    for signal in layout.signals.values():
        if signal.page == page and signal.name not in bound | layout.header_signals:
            base |= _start_word(layout, signal, problems)
    fields = [
        (
            layout.signals[binding.signal],
            _field(layout, layout.signals[binding.signal], index, binding, problems),
        )
        for index, binding in own.items()
    ]

    def chosen(big_endian: bool, is_float: bool) -> tuple[Field, ...]:
        return tuple(
            field
            for signal, field in fields
            if field and signal.big_endian == big_endian and signal.is_float == is_float
        )

    little, big = chosen(False, False), chosen(True, False)
    return FieldGroup(
        base,
        (*_runs(little, is_mirrored=False), *_runs(big, is_mirrored=True)),
        tuple(field for field in little if not _is_plain(field)),
        tuple(field for field in big if not _is_plain(field)),
        chosen(False, True),
        chosen(True, True),
    )


def _is_plain(field: Field) -> bool:
    """True for a field that may be in a run."""
    return (
        (field.si_offset, field.si_factor) == (0, 1)
        and (round(field.low), round(field.high)) == (field.raw_low, field.raw_high)
        and field.mask.bit_length() <= RUN_BITS
    )


def _runs(fields: tuple[Field, ...], is_mirrored: bool) -> Iterator[Run]:
    plain = sorted((field for field in fields if _is_plain(field)), key=lambda field: field.shift)
    while plain:
        shift = plain[0].shift
        run = [field for field in plain if field.shift + field.mask.bit_length() <= shift + RUN_BITS]
        plain = [field for field in plain if field not in run]
        yield Run(
            tuple((f.value_index, f.offset, f.factor, f.low, f.high, 2.0 ** (f.shift - shift)) for f in run),
            sum((field.mask + 1 >> 1) << field.shift - shift for field in run if field.raw_low < 0),
            shift,
            is_mirrored,
            tuple(run),
        )


def mirrored(word: int, size: int) -> int:
    """A word of `size` bytes with its bytes in the opposite order."""
    return int.from_bytes(word.to_bytes(size, "big"), "little")


def _start_word(layout: MessageLayout, signal: SignalLayout, problems: list[str]) -> int:
    raw = _start_bits(signal)
    low, high = signal.raw_range
    if raw is None or not low <= raw <= high:
        expected = "a number" if signal.is_float else f"{low}..{high}"
        problems.append(
            f"signal {layout.path}.{signal.name}: expected a binding or a start value (GenSigStartValue) "
            f"{expected}, got {'none' if raw is None else raw}"
        )
        return 0
    part = (raw & (1 << signal.length) - 1) << signal.shift_in(8 * layout.length)
    return mirrored(part, layout.length) if signal.big_endian else part


def _start_bits(signal: SignalLayout) -> int | None:
    """Start value as raw number (a float's bit pattern); None where there is none that fits."""
    if not signal.is_float:
        return signal.initial_raw
    greatest = FLOAT32_MAX if signal.kind is RawKind.FLOAT32 else GREATEST
    if signal.initial is None or not abs(signal.initial) <= greatest:
        return None
    return int.from_bytes(FLOATS[signal.length].pack(signal.initial), "little")


def _field(
    layout: MessageLayout, signal: SignalLayout, index: int, binding: SignalBinding, problems: list[str]
) -> Field | None:
    path = f"{layout.path}.{signal.name}"
    if signal.name in layout.header_signals:
        problems.append(f"signal {path}: is written by the end-to-end protection and cannot be bound")
        return None
    raw_low, raw_high = signal.raw_range
    if signal.indicators is not None:
        raw_high = signal.indicators.error_low - 1
    low, high = _steps_range(signal, raw_low, raw_high)
    if not signal.is_float:
        raw_low, raw_high = max(raw_low, math.ceil(low)), min(raw_high, math.floor(high))
    if raw_low > raw_high or low > high:
        problems.append(f"signal {path}: no raw value lies within [{signal.minimum}|{signal.maximum}]")
        return None
    return Field(
        value_index=index,
        si_offset=binding.si_offset,
        si_factor=binding.si_factor,
        offset=signal.offset,
        factor=signal.factor,
        low=low,
        high=high,
        raw_low=raw_low,
        raw_high=raw_high,
        mask=(1 << signal.length) - 1,
        shift=signal.shift_in(8 * layout.length),
        binding=binding,
    )


def _steps_range(signal: SignalLayout, raw_low: int, raw_high: int) -> tuple[float, float]:
    """What a value may be in unrounded raw steps: all that rounds to a raw value within the DBC's limits."""
    low, high = float(raw_low), float(raw_high)
    if signal.is_float:
        high = FLOAT32_MAX if signal.kind is RawKind.FLOAT32 else GREATEST
        low = -high
    limits = [None if end is None else to_steps(end, signal) for end in (signal.minimum, signal.maximum)]
    if signal.factor < 0:
        limits.reverse()
    if limits[0] is not None:
        low = max(low, limits[0])
    if limits[1] is not None:
        high = min(high, limits[1])
    return (low, high) if signal.is_float else (low - step_tolerance(low), high + step_tolerance(high))
