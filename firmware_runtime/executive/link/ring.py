"""Records from one process to another, through memory: one writer, one reader, neither ever waits.

The writer goes round a mapped file and overwrites the oldest records; a reader that is slow loses those, and
is told how many. Either may be killed at any instruction and begin again: the other goes on, and what a dead
writer had written is still there to be read.

How: the header has two words, `head` and `oldest`, positions counted in bytes since the file was made. A
record is written beyond `head`, and `head` is moved as the last act. Records that are about to be overwritten
are given up first, by moving `oldest`. A reader copies a record, then looks whether `oldest` has passed it
meanwhile; a checksum over payload and position is the second look, and what a machine that stores out of
order (arm64) shows too early is looked at again.
"""

import zlib
from pathlib import Path

from firmware_runtime.executive.link.shared_file import WORD_BYTES, SharedFile

MAGIC = int.from_bytes(b"FWRING\x00\x01", "little")
"""Last byte: version of the layout."""
_HEADER_WORDS = 8
_CAPACITY, _HEAD, _OLDEST, _COUNT = 1, 2, 3, 4
"""Words of the header. COUNT: records ever written; counted after the record is there, so that a writer that
dies in between leaves no gap."""
_RECORD_WORDS = 3
"""Before each payload: length and checksum, position, number."""
_SKIP = 0xFFFF_FFFF
"""As a length: the rest up to the end of the file holds no record."""
LOOKS_MAX = 3
"""So often a record that does not hold together is looked at before it is given up (assumption)."""
CAPACITY_BYTES = 8 << 20
"""Half a minute of ticks with 60 frames each (assumption: 2.5 kB a tick); at 1 kHz some seconds."""


def _rounded(size: int) -> int:
    return -(-size // WORD_BYTES) * WORD_BYTES


def _checksum(payload: bytes | memoryview, position: int) -> int:
    return zlib.crc32(payload, position & 0xFFFF_FFFF)


class _Ring:
    def __init__(self, path: Path, capacity: int, writable: bool) -> None:
        size = _HEADER_WORDS * WORD_BYTES + capacity
        self._file = SharedFile(path, size, (MAGIC, capacity), writable)
        self._capacity = capacity
        self._words = self._file.words
        self._data = self._file.data

    def close(self) -> None:
        self._file.close()

    def _word_at(self, position: int) -> int:
        """Index of the word at this position of the ring."""
        return _HEADER_WORDS + position % self._capacity // WORD_BYTES


class RingWriter(_Ring):
    """`write(payload) -> bool`: costs a copy, never waits, never raises for a reader's sake."""

    def __init__(self, path: Path, capacity: int = CAPACITY_BYTES) -> None:
        """capacity: bytes for records, a multiple of 8. Goes on in a file that is there already.

        Raises LinkError where the file cannot be made.
        """
        super().__init__(path, capacity, writable=True)
        self.too_long = 0
        """Records refused, as they were longer than half of the ring."""

    def write(self, payload: bytes) -> bool:
        """False where it is too long for this ring."""
        words, capacity = self._words, self._capacity
        needed = _RECORD_WORDS * WORD_BYTES + _rounded(len(payload))
        if needed > capacity // 2:
            self.too_long += 1
            return False
        head = words[_HEAD]
        to_end = capacity - head % capacity
        if to_end < needed:
            self._give_up_to(head + to_end)
            words[self._word_at(head)] = _SKIP
            head += to_end
            words[_HEAD] = head
        self._give_up_to(head + needed)
        at = self._word_at(head)
        words[at] = len(payload) | _checksum(payload, head) << 32
        words[at + 1] = head
        words[at + 2] = words[_COUNT] + 1
        begin = (at + _RECORD_WORDS) * WORD_BYTES
        self._data[begin : begin + len(payload)] = payload
        words[_HEAD] = head + needed
        words[_COUNT] += 1
        return True

    def _give_up_to(self, end: int) -> None:
        """Moves `oldest` past every record that writing up to `end` would touch."""
        words = self._words
        oldest, bound = words[_OLDEST], end - self._capacity
        while oldest < bound:
            length = words[self._word_at(oldest)] & 0xFFFF_FFFF
            if length == _SKIP:
                oldest += self._capacity - oldest % self._capacity
            else:
                oldest += _RECORD_WORDS * WORD_BYTES + _rounded(length)
        if oldest != words[_OLDEST]:
            words[_OLDEST] = oldest


class RingReader(_Ring):
    """`read() -> payload | None`: the next record, or None where there is none now."""

    def __init__(self, path: Path, capacity: int = CAPACITY_BYTES) -> None:
        """Begins at the oldest record that is there. Raises LinkError where there is no such file yet."""
        super().__init__(path, capacity, writable=False)
        self._position = self._words[_OLDEST]
        self._number = 0
        self._looks = 0
        self.lost = 0
        """Records that were overwritten before they were read."""

    @property
    def replaced(self) -> bool:
        """The file was made anew: this reader will see nothing more."""
        return self._file.replaced

    def read(self) -> bytes | None:
        words = self._words
        while True:
            if self._position < words[_OLDEST]:
                self._position = words[_OLDEST]
            position = self._position
            if position >= words[_HEAD]:
                return None
            at = self._word_at(position)
            first = words[at]
            length = first & 0xFFFF_FFFF
            if length == _SKIP:
                self._move_on(position, position + self._capacity - position % self._capacity)
                continue
            # Overwritten meanwhile, a length may be anything: no copy beyond the ring.
            begin = (at + _RECORD_WORDS) * WORD_BYTES
            payload = bytes(self._data[begin : begin + min(length, self._capacity)])
            marked, number = words[at + 1], words[at + 2]
            if words[_OLDEST] > position:
                continue
            if marked != position or first >> 32 != _checksum(payload, position):
                if not self._give_up_at():
                    return None
                continue
            self._looks = 0
            self._position = position + _RECORD_WORDS * WORD_BYTES + _rounded(length)
            if self._number and number > self._number + 1:
                self.lost += number - self._number - 1
            self._number = number
            return payload

    def _give_up_at(self) -> bool:
        """A record does not hold together, nor does its length: what is there by now is given up with it."""
        self._looks += 1
        if self._looks < LOOKS_MAX:
            return False
        self._looks = 0
        self._position = self._words[_HEAD]
        self.lost += 1
        return True

    def _move_on(self, position: int, to: int) -> None:
        if self._words[_OLDEST] <= position:
            self._position = to
