"""Limits of a signal as floats that its raw steps can reach exactly; computed once at start-up.

A DBC's [0|0.3] with a factor of 0.1 means raw 0..3, but 3 * 0.1 is 0.30000000000000004. A limit that lies
within STEP_TOLERANCE of a raw step is therefore widened to that step's own value; one of a float32 signal
to the float32 number next to it.
"""

import math
import struct
import sys

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
    bottom = -GREATEST if low is None or math.isinf(low) else low
    top = GREATEST if high is None or math.isinf(high) else high
    return (
        min(bottom, _snapped(bottom, signal, si_factor, si_offset)),
        max(top, _snapped(top, signal, si_factor, si_offset)),
    )


def measured_range(signal: SignalLayout) -> tuple[float, float]:
    """DBC-unit range with J1939 indicators left out: all of [min|max] that can be a measurement."""
    low, high = reachable_range(signal.minimum, signal.maximum, signal)
    if signal.indicators is None:
        return low, high
    last = from_raw(signal.indicators.error_low - 1, signal)
    return (low, min(high, last)) if signal.factor > 0 else (max(low, last), high)


def _snapped(limit: float, signal: SignalLayout, si_factor: float, si_offset: float) -> float:
    steps = to_steps(limit, signal, si_factor, si_offset)
    if signal.kind is RawKind.FLOAT32 and abs(steps) <= FLOAT32_MAX:
        return from_raw(_FLOAT32.unpack(_FLOAT32.pack(steps))[0], signal, si_factor, si_offset)
    if signal.is_float or not abs(steps) < 2.0**64 or abs(steps - round(steps)) > step_tolerance(steps):
        return limit
    return from_raw(round(steps), signal, si_factor, si_offset)
