"""Tables of the decode's steps for plain integers: every signal that one word holds in a float's mantissa.

A float64 of 2^52 or more, below 2^53, is an integer, and its lowest 52 bits say which. A signal's bits, kept
where they are in their word, become such a number by setting the exponent, without any conversion; taking
2^52 away again leaves the raw number, times 2^shift. A signed number has its sign bit flipped besides: that
adds half its range, which is taken away in the same step. Every step is exact, so that scaling by
factor / 2^shift and adding the offset round as cantools' own steps do.
"""

import math
from collections.abc import Container, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.limits import raw_bounds
from firmware_runtime.can.tables import RawKind, SignalLayout
from firmware_runtime.can.word_table import Place

MANTISSA_BITS = 52
_EXPONENT = (1023 + MANTISSA_BITS) << MANTISSA_BITS
"""Bits of the float64 number 2^52 (IEEE 754 binary64, bias 1023)."""
_EXACT_MAX = 2.0**53
"""Integers beyond it are not all float64 numbers."""
_LEAST, _GREATEST = -(1 << 63), (1 << 63) - 1
"""Limits that limit no word."""

_Steps: TypeAlias = tuple[int, int, float, float, float, int, int]
_STEPS_OF_OTHERS: _Steps = (0, _EXPONENT, 2.0**MANTISSA_BITS, 0.0, 0.0, _LEAST, _GREATEST)


def is_plain(signal: SignalLayout, place: Place) -> bool:
    """True for an integer whose value float64 steps give as cantools does; `place` is among MANTISSA_BITS."""
    if signal.is_float or not place.fits:
        return False
    greatest = max(abs(limit) for limit in signal.raw_range) * abs(signal.factor) + abs(signal.offset)
    is_scalable = math.ldexp(math.ldexp(signal.factor, -place.shift), place.shift) == signal.factor
    return greatest <= _EXACT_MAX and is_scalable


def neutral_offset(signal: SignalLayout) -> float:
    """The DBC's offset; -0.0, which adds to nothing, where cantools adds none: factor 1 and offset 0."""
    return -0.0 if signal.offset == 0 and signal.factor == 1 else float(signal.offset)


class PlainNumbers:
    """What each step does to each signal. One of the `others`, which are not plain, passes them as 0."""

    def __init__(
        self,
        signals: Sequence[SignalLayout],
        bindings: Sequence[SignalBinding],
        places: Sequence[Place],
        others: Container[int],
    ) -> None:
        self._half = [_half(signal) for signal in signals]
        self._shift = np.array([place.shift for place in places])
        self.is_limited = False
        """True where any signal can be out of its limits."""
        steps = [
            _STEPS_OF_OTHERS
            if column in others
            else self._steps(signals[column], bindings[column], place.shift)
            for column, place in enumerate(places)
        ]
        keep, flip, base, factor, offset, lower, upper = zip(*steps, strict=True)
        self.keep = np.array(keep, np.int64)
        """Its bits in its word."""
        self.flip = np.array(flip, np.int64)
        """The exponent, and its sign bit."""
        self.base = np.array(base)
        """What the exponent and the flipped sign have added."""
        self.factor, self.offset = np.array(factor), np.array(offset)
        self.lower, self.upper = np.array(lower, np.int64), np.array(upper, np.int64)
        """Limits of the word with its exponent set; of DBC and binding in one."""

    def _steps(self, signal: SignalLayout, binding: SignalBinding, shift: int) -> _Steps:
        half = _half(signal)
        bounds = raw_bounds(signal, binding)
        lower, upper = _LEAST, _GREATEST
        if bounds != signal.raw_range:
            self.is_limited = True
            # Crossed limits need not be numbers that the word can hold.
            ends = [_EXPONENT + (raw + half << shift) for raw in bounds]
            lower, upper = ends if bounds[0] <= bounds[1] else (_GREATEST, _LEAST)
        return (
            (1 << signal.length) - 1 << shift,
            _EXPONENT | half << shift,
            2.0**MANTISSA_BITS + (half << shift),
            math.ldexp(signal.factor, -shift),
            neutral_offset(signal),
            lower,
            upper,
        )

    def raw_values(self, words: npt.NDArray[np.int64]) -> list[int]:
        """Raw integers from words with their exponent set."""
        numbers = ((words ^ _EXPONENT) >> self._shift).tolist()
        return [number - half for number, half in zip(numbers, self._half, strict=True)]


def _half(signal: SignalLayout) -> int:
    """What flipping the sign bit adds to a signed number: half its range."""
    return 1 << signal.length - 1 if signal.kind is RawKind.SIGNED else 0
