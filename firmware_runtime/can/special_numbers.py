"""Signals that are no plain integers: floats, integers of more bits than a float's mantissa, and such whose
value float64 steps would round otherwise than cantools does.

They are few. Their values are computed apart from the others and judged as float64 numbers.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.limits import measured_range, reachable_range
from firmware_runtime.can.plain_numbers import neutral_offset
from firmware_runtime.can.tables import WORD_BITS, RawKind, SignalLayout
from firmware_runtime.can.word_table import Place, WordTable

Floats = npt.NDArray[np.float64]

_LOW, _VALUE, _HIGH = 0, 1, 2


class SpecialNumbers:
    """Some signals, each with its binding, its place among whole words, and its row in the table."""

    def __init__(
        self,
        signals: Sequence[SignalLayout],
        bindings: Sequence[SignalBinding],
        places: Sequence[Place],
        rows: Sequence[int],
        table: WordTable,
    ) -> None:
        self._words = table.words
        index = [table.index(row, place) for row, place in zip(rows, places, strict=True)]
        self._index = np.array(index, np.intp)
        # The rest of a signal that crosses into a second word is to the left of it: in the next word, or,
        # mirrored, in the one before. To others the same word is joined on, and masked out again.
        aside = [(0 if place.fits else -1 if place.mirrored else 1) for place in places]
        self._rest = self._index + np.array(aside, np.intp)
        self._shift = np.array([place.shift for place in places], np.uint64)
        self._mask = np.array([(1 << signal.length) - 1 for signal in signals], np.uint64)
        self._float32 = _columns(signals, RawKind.FLOAT32)
        self._float64 = _columns(signals, RawKind.FLOAT64)
        self._integers = [
            (column, *_exact_scale(signal)) for column, signal in enumerate(signals) if not signal.is_float
        ]
        self._factor = np.array([float(signal.factor) for signal in signals])
        self._offset = np.array([neutral_offset(signal) for signal in signals])
        self._si_factor = np.array([binding.si_factor for binding in bindings])
        self._si_offset = np.array([binding.si_offset or -0.0 for binding in bindings])
        self.raw: list[int] = [0] * len(signals)
        """Raw integers (a float's bit pattern) of the last `compute`, and below its values."""
        # One block, so that all comparisons are one: [DBC unit, SI] x [low, value, high].
        self._block = np.zeros((2, 3, len(signals)))
        self.dbc, self.si = self._block[:, _VALUE]
        for column, (signal, binding) in enumerate(zip(signals, bindings, strict=True)):
            dbc = measured_range(signal)
            si = reachable_range(binding.low, binding.high, signal, binding.si_factor, binding.si_offset)
            self._block[:, _LOW, column] = dbc[0], si[0]
            self._block[:, _HIGH, column] = dbc[1], si[1]

    def compute(self) -> bool:
        """Values of what the table's words hold now; True where all are finite and in range."""
        dbc, words = self.dbc, self._words
        # Shifts by the whole word give 0.
        rest = words[self._rest] << (WORD_BITS - self._shift)
        bits = (words[self._index] >> self._shift | rest) & self._mask
        self.raw = bits.tolist()
        # NaN and infinity are judged; numpy must not warn in the tick.
        with np.errstate(all="ignore"):
            dbc[self._float32] = bits[self._float32].astype(np.uint32).view(np.float32)
            dbc[self._float64] = bits[self._float64].view(np.float64)
            np.multiply(dbc, self._factor, dbc)
            np.add(dbc, self._offset, dbc)
            for column, sign, factor, offset in self._integers:
                self.raw[column] = integer = (self.raw[column] ^ sign) - sign
                dbc[column] = integer * factor + offset
            np.multiply(dbc, self._si_factor, self.si)
            np.add(self.si, self._si_offset, self.si)
        return bool(self.in_range().all())

    def in_range(self) -> npt.NDArray[np.bool_]:
        """True where the values of the last `compute` are finite and within their limits."""
        return np.logical_and.reduce(self._block[:, :_HIGH] <= self._block[:, _VALUE:], axis=(0, 1))


def _exact_scale(signal: SignalLayout) -> tuple[int, float, float]:
    """Sign bit, factor and offset with which Python's integers give what cantools gives."""
    sign = 1 << signal.length - 1 if signal.kind is RawKind.SIGNED else 0
    factor, offset = signal.factor, signal.offset
    if float(factor).is_integer() and float(offset).is_integer():
        factor, offset = int(factor), int(offset)
    return sign, factor, offset


def _columns(signals: Sequence[SignalLayout], kind: RawKind) -> npt.NDArray[np.intp]:
    return np.array([column for column, signal in enumerate(signals) if signal.kind is kind], np.intp)
