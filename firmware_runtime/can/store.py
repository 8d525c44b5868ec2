"""Latest-value store and the one vectorised decode of a tick: payloads in, SI values out.

A frame is stored by swapping one reference, so that it is seen whole or not at all. `decode` joins all
payloads into a table of 64-bit words, mirrored in big-endian order where a signal needs it, and cuts
every signal out of it with one numpy operation a step: take, shift, mask, sign, factor, offset. A signal
of CAN FD that crosses into a second word has the rest of its bits joined on. The DBC-unit value equals
cantools' as float64; the SI value is one further multiplication and addition.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from firmware_runtime.can.layout import BoundLayout, RawKind, SignalLayout
from firmware_runtime.can.limits import measured_range, reachable_range
from firmware_runtime.can.refusals import WORD_BYTES
from firmware_runtime.can.verdict import Unusable

_EXACT_MAX = 2.0**53
"""Integers beyond it are not all float64 numbers."""
_LOW, _VALUE, _HIGH = 0, 1, 2
_OK = Unusable.OK


class SignalStore:
    """Latest payload of each row (message or page), and the decode tables of all bound signals.

    Signals are in binding order.
    """

    def __init__(self, layout: BoundLayout) -> None:
        self.payloads: list[bytes] = []
        """Payloads and, behind one that fills no words, its padding; a frame in replaces entries."""
        self.payload_index: list[int] = []
        """For each row, its entry in `payloads`."""
        self._first_word: list[int] = []
        words = 0
        for row in layout.rows:
            length = layout.messages[row.message].length
            self.payload_index.append(len(self.payloads))
            self._first_word.append(words)
            self.payloads.append(bytes(length))
            own_words = max(1, -(-length // WORD_BYTES))
            if length < own_words * WORD_BYTES:
                self.payloads.append(bytes(own_words * WORD_BYTES - length))
            words += own_words
        self._little_bytes = words * WORD_BYTES
        self._table = bytearray(2 * self._little_bytes)
        self._words = np.frombuffer(self._table, dtype="<u8")
        self._swap_to = self._words[words:]
        self._swap_from = self._words[:words].view(">u8")
        self._swaps = any(signal.big_endian for signal in layout.signals)
        self._build_bit_tables(layout, words)
        self._build_scaling(layout)
        count = len(layout.signals)
        self._signals = layout.signals
        self._flags = bytearray(4 * count)
        self._all_in_range = bytearray(b"\1" * (4 * count))
        self._in_range = np.frombuffer(self._flags, dtype=np.bool_).reshape(2, 2, count)

    def _build_bit_tables(self, layout: BoundLayout, words: int) -> None:
        signals = layout.signals
        self._raw = np.zeros(len(signals), np.uint64)
        self._integers = self._raw.view(np.int64)
        places = [
            self._first_word[row] + signal.word + words * signal.big_endian
            for row, signal in zip(layout.row_index, signals, strict=True)
        ]
        self._take = np.array(places, np.intp)
        self._shift = np.array([signal.shift for signal in signals], np.uint64)
        crossing = [column for column, signal in enumerate(signals) if signal.crosses]
        self._crossing = np.array(crossing, np.intp)
        self._has_crossing = bool(crossing)
        # The rest of a crossing signal is in the word to the left: the next one, or the one before.
        left = [places[column] + (-1 if signals[column].big_endian else 1) for column in crossing]
        self._take_left = np.array(left, np.intp)
        self._shift_left = np.array([64 - signals[column].shift for column in crossing], np.uint64)
        self._mask = np.array([(1 << signal.length) - 1 for signal in signals], np.uint64)
        signed = [signal.kind is RawKind.SIGNED for signal in signals]
        self._sign = np.array(
            [(1 << signal.length - 1) * sign for signal, sign in zip(signals, signed, strict=True)], np.uint64
        )
        self._has_signed = any(signed)

    def _build_scaling(self, layout: BoundLayout) -> None:
        signals, bindings = layout.signals, layout.bindings
        count = len(signals)
        # One block, so that all four comparisons of a tick are one: [DBC unit, SI] x [low, value, high].
        self._block = np.zeros((2, 3, count))
        self._dbc, self._si = self._block[0, _VALUE], self._block[1, _VALUE]
        for column, (signal, binding) in enumerate(zip(signals, bindings, strict=True)):
            dbc = measured_range(signal)
            si = reachable_range(binding.low, binding.high, signal, binding.si_factor, binding.si_offset)
            self._block[:, _LOW, column] = dbc[0], si[0]
            self._block[:, _HIGH, column] = dbc[1], si[1]
        self._lower, self._upper = self._block[:, :_HIGH], self._block[:, _VALUE:]
        self._factor = np.array([float(signal.factor) for signal in signals])
        self._offset = np.array([_neutral_zero(signal, signal.offset) for signal in signals])
        self._si_factor = np.array([binding.si_factor for binding in bindings])
        self._si_offset = np.array([binding.si_offset or -0.0 for binding in bindings])
        self._has_si_offset = any(binding.si_offset for binding in bindings)
        self._wide = [_wide(column, signal) for column, signal in enumerate(signals) if _is_wide(signal)]
        self._float32 = _columns(signals, RawKind.FLOAT32)
        self._float64 = _columns(signals, RawKind.FLOAT64)
        self._has_floats = bool(len(self._float32) or len(self._float64))

    def decode(self) -> list[float]:
        """SI values of all signals as the latest payloads have them, unchecked; `all_in_range` tells."""
        self._table[: self._little_bytes] = b"".join(self.payloads)
        if self._swaps:
            np.copyto(self._swap_to, self._swap_from)
        raw = self._raw
        # mode="clip" spares take a buffer; every index is in range.
        self._words.take(self._take, 0, raw, "clip")
        np.right_shift(raw, self._shift, raw)
        if self._has_crossing:
            raw[self._crossing] |= self._words[self._take_left] << self._shift_left
        np.bitwise_and(raw, self._mask, raw)
        if self._has_signed:
            np.bitwise_xor(raw, self._sign, raw)
            np.subtract(raw, self._sign, raw)
        if self._has_floats:
            # NaN and infinity are judged by `verdict`; numpy must not warn in the tick.
            with np.errstate(all="ignore"):
                self._scale()
        else:
            self._scale()
        return self._si.tolist()

    def _scale(self) -> None:
        dbc, si = self._dbc, self._si
        np.copyto(dbc, self._integers)
        if self._has_floats:
            dbc[self._float32] = self._raw[self._float32].astype(np.uint32).view(np.float32)
            dbc[self._float64] = self._raw[self._float64].view(np.float64)
        np.multiply(dbc, self._factor, dbc)
        np.add(dbc, self._offset, dbc)
        for column, unsigned, factor, offset in self._wide:
            integer = int(self._raw[column]) if unsigned else int(self._integers[column])
            dbc[column] = integer * factor + offset
        np.multiply(dbc, self._si_factor, si)
        if self._has_si_offset:
            np.add(si, self._si_offset, si)
        np.less_equal(self._lower, self._upper, self._in_range)

    @property
    def all_in_range(self) -> bool:
        """True where each value of the last decode is finite, in the DBC's range and plausible."""
        return self._flags == self._all_in_range

    def verdicts(self) -> list[Unusable]:
        """What the last decode says of each signal by itself: OK, or why its value is none."""
        verdicts = [_OK] * len(self._raw)
        if not self.all_in_range:
            for column in np.flatnonzero(~np.all(self._in_range, axis=(0, 1))).tolist():
                verdicts[column] = self._verdict(column)
        return verdicts

    def _verdict(self, column: int) -> Unusable:
        indicators = self._signals[column].indicators
        if indicators is not None and self._raw[column] >= indicators.error_low:
            absent = self._raw[column] >= indicators.not_available_low
            return Unusable.NOT_AVAILABLE if absent else Unusable.ERROR_INDICATED
        finite = math.isfinite(self._dbc[column]) and math.isfinite(self._si[column])
        return Unusable.OUT_OF_RANGE if finite else Unusable.NOT_FINITE

    def dbc_values(self) -> list[float]:
        """DBC-unit values of the last decode, in binding order; for prints and tests."""
        return self._dbc.tolist()

    def raw_values(self) -> list[int]:
        """Raw integers of the last decode (a float's bit pattern), in binding order."""
        signed = self._integers.tolist()
        return [
            value if sign else plain
            for value, plain, sign in zip(signed, self._raw.tolist(), self._sign.tolist(), strict=True)
        ]


def _neutral_zero(signal: SignalLayout, offset: float) -> float:
    """-0.0 adds to nothing at all: cantools adds no offset where factor is 1 and offset 0."""
    return -0.0 if offset == 0 and signal.factor == 1 else float(offset)


def _is_wide(signal: SignalLayout) -> bool:
    """True where float64 steps would round otherwise than cantools' Python integers."""
    if signal.is_float:
        return False
    greatest = max(abs(limit) for limit in signal.raw_range)
    return greatest > _EXACT_MAX or greatest * abs(signal.factor) + abs(signal.offset) > _EXACT_MAX


def _wide(column: int, signal: SignalLayout) -> tuple[int, bool, float, float]:
    factor, offset = signal.factor, signal.offset
    if float(factor).is_integer() and float(offset).is_integer():
        factor, offset = int(factor), int(offset)
    return column, signal.kind is RawKind.UNSIGNED, factor, offset


def _columns(signals: tuple[SignalLayout, ...], kind: RawKind) -> npt.NDArray[Any]:
    return np.array([column for column, signal in enumerate(signals) if signal.kind is kind], np.intp)
