"""Latest payloads as 64-bit words, filled once a tick; a signal is cut out of the word that suits it.

The same bytes are there once or a few times: as they are for little-endian signals, mirrored for big-endian
ones, and with up to seven bytes of lead before the first payload, so that each signal finds a word with all
of its bits far enough down. Start-up chooses the leads: seldom more than two.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from firmware_runtime.can.refusals import WORD_BYTES
from firmware_runtime.can.tables import WORD_BITS, SignalLayout

_BYTE_BITS = 8


class Place(NamedTuple):
    """Where a signal is read from."""

    mirrored: bool
    lead: int
    """Bytes before the first payload, 0..7."""
    word: int
    """Counted from the one in which its row would begin without lead."""
    shift: int
    """Bits to its right in that word."""
    fits: bool
    """False where it goes beyond the word's permitted bits, whatever the lead."""


def places_of(signals: Sequence[SignalLayout], bits: int = WORD_BITS) -> list[Place]:
    """For each signal its place within the lowest `bits` of a word; with as few leads as one by one can be
    found."""
    first = np.array([signal.first for signal in signals], np.intp)
    length = np.array([signal.length for signal in signals], np.intp)
    mirrored = np.array([signal.big_endian for signal in signals], np.bool_)
    # By lead and signal: its right end, counted in the order in which its bits are.
    ends = first + mirrored * (length - 1) + _BYTE_BITS * np.arange(WORD_BYTES)[:, None]
    shifts = np.where(mirrored, WORD_BITS - 1 - ends % WORD_BITS, ends % WORD_BITS)
    fits = shifts + length <= bits
    lead = np.zeros(len(signals), np.intp)
    for kind in (mirrored, ~mirrored):
        is_open = kind.copy()
        while (found := (fits & is_open).sum(axis=1)).any():
            best = int(found.argmax())
            lead[is_open & fits[best]] = best
            is_open &= ~fits[best]
    column = np.arange(len(signals))
    chosen = (mirrored, lead, ends[lead, column] // WORD_BITS, shifts[lead, column], fits[lead, column])
    return [Place(*values) for values in zip(*(each.tolist() for each in chosen), strict=True)]


class WordTable:
    """Latest payload of each row, and all of them as words, of the kinds that `places` are in.

    `lengths` are the rows' payload bytes.
    """

    def __init__(self, lengths: Sequence[int], places: Sequence[Place]) -> None:
        self.payloads: list[bytes] = []
        """Payloads and, behind one that fills no words, its padding; a frame in replaces entries."""
        self.payload_index: list[int] = []
        """For each row, its entry in `payloads`."""
        self._row_word: list[int] = []
        words = 0
        for length in lengths:
            self.payload_index.append(len(self.payloads))
            self._row_word.append(words)
            self.payloads.append(bytes(length))
            own_words = max(1, -(-length // WORD_BYTES))
            if length < own_words * WORD_BYTES:
                self.payloads.append(bytes(own_words * WORD_BYTES - length))
            words += own_words
        # Mirrored kinds come last: one call swaps all of them. A lead is a part of one further word.
        self._kind_word: dict[tuple[bool, int], int] = {}
        total = first_mirrored = 0
        for mirrored, lead in sorted({(place.mirrored, place.lead) for place in places}):
            self._kind_word[mirrored, lead] = total
            total += words + (lead > 0)
            if not mirrored:
                first_mirrored = total
        block = memoryview(bytearray(total * WORD_BYTES))
        self.words = np.frombuffer(block, "<u8")
        self.mirrored_words = self.words[first_mirrored:]
        """To be swapped, byte by byte, once `copies` are written."""
        starts = [word * WORD_BYTES + lead for (_, lead), word in self._kind_word.items()]
        self.copies = tuple(block[start : start + words * WORD_BYTES] for start in starts)
        """Where the joined payloads are written to."""

    def index(self, row: int, place: Place) -> int:
        """Index in `words` of a place in a row."""
        return self._kind_word[place.mirrored, place.lead] + self._row_word[row] + place.word
