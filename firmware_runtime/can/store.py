"""Latest-value store and the one vectorised decode of a tick: payloads in, SI values out.

A frame is stored by swapping one reference, so that it is seen whole or not at all. `decode` writes all
payloads into a table of 64-bit words and cuts every signal out of it with one numpy operation a step: take,
mask, exponent, limits, base, factor, offset, SI factor (`plain_numbers.py`). A step costs much the same for
one signal as for hundreds, so there are few, and one that no signal needs is left out. The SI value is one
further multiplication and addition to the DBC-unit value, which is cantools' as float64.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from firmware_runtime.can.layout import BoundLayout
from firmware_runtime.can.plain_numbers import MANTISSA_BITS, PlainNumbers, is_plain
from firmware_runtime.can.special_numbers import Floats, SpecialNumbers
from firmware_runtime.can.verdict import Unusable
from firmware_runtime.can.word_table import WordTable, places_of

Decoded: TypeAlias = tuple[Floats, bool]
_OK = Unusable.OK


class SignalStore:
    """Latest payload of each row (message or page), and the decode tables of all bound signals.

    Signals are in binding order.
    """

    def __init__(self, layout: BoundLayout) -> None:
        signals, bindings, rows = layout.signals, layout.bindings, layout.row_index
        places = places_of(signals, MANTISSA_BITS)
        special = [column for column, place in enumerate(places) if not is_plain(signals[column], place)]
        special_places = places_of([signals[column] for column in special])
        for column, place in zip(special, special_places, strict=True):
            places[column] = place
        lengths = [layout.messages[row.message].length for row in layout.rows]
        self._table = WordTable(lengths, places)
        self.payloads = self._table.payloads
        """A frame in replaces an entry; which one of a row, `payload_index` says."""
        self.payload_index = self._table.payload_index
        self._signals = signals
        count = len(signals)
        index = [self._table.index(row, place) for row, place in zip(rows, places, strict=True)]
        self._index = np.array(index, np.intp)
        self._plain = PlainNumbers(signals, bindings, places, set(special))
        # One block of [lower, word, upper], so that both comparisons of a tick are one.
        self._block = np.concatenate([self._plain.lower, np.zeros(count, np.int64), self._plain.upper])
        self._word = self._block[count : 2 * count]
        self._flags = bytearray(b"\1" * (2 * count))
        self._scaled = np.zeros(count)
        self._special = np.array(special, np.intp)
        self._specials = SpecialNumbers(
            [signals[column] for column in special],
            [bindings[column] for column in special],
            special_places,
            [rows[column] for column in special],
            self._table,
        )
        self._si_factor = np.array([binding.si_factor for binding in bindings])
        self._si_offset = np.array([binding.si_offset or -0.0 for binding in bindings])
        self.decode: Callable[[], Decoded] = self._decoder()
        """SI values of all signals as the latest payloads have them, in an array of their own, and True where
        each is finite, in the DBC's range and plausible."""

    def _decoder(self) -> Callable[[], Decoded]:
        """`decode` with all that it reads as local names: looking it up each time would cost a tenth more."""
        table, plain, specials, special = self._table, self._plain, self._specials, self._special
        join, payloads, copies, whole = b"".join, table.payloads, table.copies, slice(None)
        has_mirrored, swap = len(table.mirrored_words) > 0, table.mirrored_words.byteswap
        take, index = table.words.take, self._index
        word, bits, number = self._word, self._word.view(np.uint64), self._word.view(np.float64)
        keep, flip, base, factor, offset = plain.keep, plain.flip, plain.base, plain.factor, plain.offset
        count, is_limited = len(word), plain.is_limited
        lower, upper = self._block[: 2 * count], self._block[count:]
        flags, all_good, good = self._flags, bytearray(self._flags), np.frombuffer(self._flags, np.bool_)
        scaled, has_specials = self._scaled, len(special) > 0
        si_factor, si_offset = self._si_factor, self._si_offset
        has_si_factor, has_si_offset = bool((si_factor != 1).any()), bool(si_offset.any())
        bitwise_and, bitwise_xor, less_equal = np.bitwise_and, np.bitwise_xor, np.less_equal
        subtract, multiply, add = np.subtract, np.multiply, np.add

        def decode() -> Decoded:
            joined = join(payloads)
            for copy in copies:
                copy[whole] = joined
            if has_mirrored:
                swap(True)
            # mode="clip" spares take a buffer; every index is in range.
            take(index, 0, bits, "clip")
            bitwise_and(word, keep, word)
            bitwise_xor(word, flip, word)
            if is_limited:
                less_equal(lower, upper, good)
            subtract(number, base, scaled)
            multiply(scaled, factor, scaled)
            values = add(scaled, offset)
            if has_si_factor:
                multiply(values, si_factor, values)
            if has_si_offset:
                add(values, si_offset, values)
            in_range = flags == all_good
            if has_specials:
                in_range = specials.compute() and in_range
                values[special] = specials.si
            return values, in_range

        return decode

    def verdicts(self) -> list[Unusable]:
        """What the last decode says of each signal by itself: OK, or why its value is none."""
        above, below = np.frombuffer(self._flags, np.bool_).reshape(2, -1)
        good = above & below
        finite = np.ones(len(good), np.bool_)
        good[self._special] = self._specials.in_range()
        finite[self._special] = np.isfinite(self._specials.dbc) & np.isfinite(self._specials.si)
        verdicts = [_OK] * len(good)
        if not good.all():
            raw = self.raw_values()
            for column in np.flatnonzero(~good).tolist():
                verdicts[column] = self._verdict(column, raw[column], bool(finite[column]))
        return verdicts

    def _verdict(self, column: int, raw: int, finite: bool) -> Unusable:
        indicators = self._signals[column].indicators
        if indicators is not None and raw >= indicators.error_low:
            absent = raw >= indicators.not_available_low
            return Unusable.NOT_AVAILABLE if absent else Unusable.ERROR_INDICATED
        return Unusable.OUT_OF_RANGE if finite else Unusable.NOT_FINITE

    def dbc_values(self) -> list[float]:
        """DBC-unit values of the last decode, in binding order; for prints and tests."""
        values = self._scaled + self._plain.offset
        values[self._special] = self._specials.dbc
        return values.tolist()

    def raw_values(self) -> list[int]:
        """Raw integers of the last decode (a float's bit pattern), in binding order."""
        raw = self._plain.raw_values(self._word)
        for column, value in zip(self._special.tolist(), self._specials.raw, strict=True):
            raw[column] = value
        return raw
