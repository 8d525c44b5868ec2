"""One value that a process shows to others through memory: always whole, always the latest, never waited for.

Two places, written in turn: the one that is being written is never the one that readers look at. A reader
copies the newer place and looks again whether it has become the older one meanwhile.
"""

import zlib
from pathlib import Path

from firmware_runtime.executive.link.shared_file import WORD_BYTES, SharedFile

MAGIC = int.from_bytes(b"FWPAGE\x00\x01", "little")
"""Last byte: version of the layout."""
PLACE_BYTES = 32 << 10
"""Longest value and some (assumption: what `status` tells is a tenth of it)."""
_HEADER_WORDS = 4
_NEWEST = 2
"""Word of the header: number of the newest value, 0 for none; its last bit says the place."""
_PLACE_WORDS = 2
"""Before each value: its number; length and checksum."""
TRIES = 5
"""A value is copied in microseconds and written each tick: a second try is rare already."""
_SIZE = _HEADER_WORDS * WORD_BYTES + 2 * PLACE_BYTES
LONGEST_BYTES = PLACE_BYTES - _PLACE_WORDS * WORD_BYTES


def _place(number: int) -> int:
    """Index of the first word of the place of this value."""
    return _HEADER_WORDS + (number & 1) * PLACE_BYTES // WORD_BYTES


class PageWriter:
    def __init__(self, path: Path) -> None:
        """Goes on in a file that is there already. Raises LinkError where it cannot be made."""
        self._file = SharedFile(path, _SIZE, (MAGIC, PLACE_BYTES), writable=True)
        self.too_long = 0
        """Values refused."""

    def write(self, value: bytes) -> bool:
        """False where it is too long; the last one stays."""
        if len(value) > LONGEST_BYTES:
            self.too_long += 1
            return False
        words = self._file.words
        number = words[_NEWEST] + 1
        at = _place(number)
        words[at] = 0
        words[at + 1] = len(value) | zlib.crc32(value) << 32
        begin = (at + _PLACE_WORDS) * WORD_BYTES
        self._file.data[begin : begin + len(value)] = value
        words[at] = number
        words[_NEWEST] = number
        return True

    def close(self) -> None:
        self._file.close()


class PageReader:
    def __init__(self, path: Path) -> None:
        """Raises LinkError where there is no such file yet."""
        self._file = SharedFile(path, _SIZE, (MAGIC, PLACE_BYTES), writable=False)

    @property
    def replaced(self) -> bool:
        """The file was made anew: this reader will see nothing more."""
        return self._file.replaced

    def read(self) -> bytes | None:
        """The newest value; None where there is none yet, or none held still for TRIES looks."""
        words = self._file.words
        for _ in range(TRIES):
            number = words[_NEWEST]
            if number == 0:
                return None
            at = _place(number)
            first = words[at + 1]
            begin = (at + _PLACE_WORDS) * WORD_BYTES
            value = bytes(self._file.data[begin : begin + min(first & 0xFFFF_FFFF, LONGEST_BYTES)])
            if words[at] == number and zlib.crc32(value) == first >> 32:
                return value
        return None

    def close(self) -> None:
        self._file.close()
