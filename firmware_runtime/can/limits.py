"""Limits of a signal as floats that its raw steps can reach exactly; computed once at start-up.

A DBC's [0|0.3] with a factor of 0.1 means raw 0..3, but 3 * 0.1 is 0.30000000000000004. A limit that lies
within STEP_TOLERANCE of a raw step is therefore widened to that step's own value; one of a float32 signal
to the float32 number next to it.
"""

import math
import operator
import struct
import sys
from collections.abc import Callable

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.tables import RawKind, SignalLayout

STEP_TOLERANCE = 1e-6
"""In raw steps: far below any meaning, far above rounding of float64 for signals up to 32 bits."""
GREATEST = sys.float_info.max
FLOAT32_MAX = (2.0 - 2.0**-23) * 2.0**127
"""Greatest finite number of IEEE 754 binary32."""
_FLOAT32 = struct.Struct("<f")


def to_steps(value: float, signal: SignalLayout, si_factor: float = 1.0, si_offset: float = 0.0) -> float:
    """SI value to unrounded raw steps, by the operations and in the order that cantools encodes with."""
    return ((value - si_offset) / si_factor - signal.offset) / signal.factor


def from_raw(raw: float, signal: SignalLayout, si_factor: float = 1.0, si_offset: float = 0.0) -> float:
    """Raw number to SI value (to the DBC-unit value with the defaults)."""
    return (raw * signal.factor + signal.offset) * si_factor + si_offset


def step_tolerance(steps: float) -> float:
    """Permitted distance from a raw step: STEP_TOLERANCE, or rounding of float64 where that is more."""
    return max(STEP_TOLERANCE, abs(steps) * 4 * sys.float_info.epsilon)


def reachable_range(
    low: float | None,
    high: float | None,
    signal: SignalLayout,
    si_factor: float = 1.0,
    si_offset: float = 0.0,
) -> tuple[float, float]:
    """Closed range [low, high] with both ends widened to the step they mean; open ends become finite.

    Finite ends let one comparison also catch NaN and infinity.
    """
    bottom, top = -GREATEST, GREATEST
    if low is not None and not math.isinf(low):
        bottom = min(low, _snapped(low, signal, si_factor, si_offset))
    if high is not None and not math.isinf(high):
        top = max(high, _snapped(high, signal, si_factor, si_offset))
    return bottom, top


def measured_range(signal: SignalLayout) -> tuple[float, float]:
    """DBC-unit range with J1939 indicators left out: all of [min|max] that can be a measurement."""
    low, high = reachable_range(signal.minimum, signal.maximum, signal)
    if signal.indicators is None:
        return low, high
    last = from_raw(signal.indicators.error_low - 1, signal)
    return (low, min(high, last)) if signal.factor > 0 else (max(low, last), high)


def raw_bounds(signal: SignalLayout, binding: SignalBinding) -> tuple[int, int]:
    """Least and greatest raw integer whose DBC-unit and SI value are within their limits; crossed where none
    is, and the raw range where every one is.

    Comparing raw integers with them says the same as comparing the values, as float64, with `measured_range`
    and the binding's `reachable_range`: of an integer signal, neither value ever turns back as raw grows.
    """
    factor, offset = float(signal.factor), float(signal.offset)
    si_factor, si_offset = binding.si_factor, binding.si_offset

    def dbc(raw: int) -> float:
        return raw * factor + offset

    def si(raw: int) -> float:
        return dbc(raw) * si_factor + si_offset

    least, greatest = signal.raw_range
    ends, si_ends = (dbc(least), dbc(greatest)), (si(least), si(greatest))
    minimum = -GREATEST if signal.minimum is None else signal.minimum
    maximum = GREATEST if signal.maximum is None else signal.maximum
    is_free = minimum <= min(ends) and max(ends) <= maximum and signal.indicators is None
    # Most signals end here; to widen their limits to raw steps first would change nothing.
    if is_free and binding.low <= min(si_ends) and max(si_ends) <= binding.high:
        return least, greatest
    dbc_low, dbc_high = measured_range(signal)
    si_low, si_high = reachable_range(binding.low, binding.high, signal, si_factor, si_offset)
    ranges = (
        (dbc, factor > 0, (dbc_low, dbc_high), 1.0, 0.0),
        (si, (factor > 0) == (si_factor > 0), (si_low, si_high), si_factor, si_offset),
    )
    for value, rises, (low, high), *conversion in ranges:
        near_low, near_high = (to_steps(limit, signal, *conversion) for limit in (low, high))
        if rises:
            first = _first(value, operator.ge, low, (least, greatest), near_low)
            beyond = _first(value, operator.gt, high, (least, greatest), near_high)
        else:
            first = _first(value, operator.le, high, (least, greatest), near_high)
            beyond = _first(value, operator.lt, low, (least, greatest), near_low)
        least, greatest = max(least, first), min(greatest, beyond - 1)
    return least, greatest


def _first(
    value: Callable[[int], float],
    compare: Callable[[float, float], bool],
    limit: float,
    within: tuple[int, int],
    near: float,
) -> int:
    """The least integer `within` from which on `value` compares so with `limit`; one beyond where none does.

    Looked for around `near`, which rounding has brought close: in a few probes.
    """
    low, high = within[0] - 1, within[1] + 1
    probe, step = round(max(min(near, high), low)), 1
    while high - low > 1:
        probe = min(max(probe, low + 1), high - 1) if step <= high - low else (low + high) // 2
        if compare(value(probe), limit):
            high, probe = probe, probe - step
        else:
            low, probe = probe, probe + step
        step *= 2
    return high


def _snapped(limit: float, signal: SignalLayout, si_factor: float, si_offset: float) -> float:
    steps = to_steps(limit, signal, si_factor, si_offset)
    if signal.kind is RawKind.FLOAT32 and abs(steps) <= FLOAT32_MAX:
        return from_raw(_FLOAT32.unpack(_FLOAT32.pack(steps))[0], signal, si_factor, si_offset)
    if signal.is_float or not abs(steps) < 2.0**64:
        return limit
    # Taking away an offset of many steps leaves its rounding error in the few that remain.
    tolerance = step_tolerance(max(abs(steps), abs(signal.offset / signal.factor)))
    if abs(steps - round(steps)) > tolerance:
        return limit
    return from_raw(round(steps), signal, si_factor, si_offset)
