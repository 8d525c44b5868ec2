"""`--record FILE`: one file; a `services` that begins again in the same drive goes on in it."""

import os
from collections.abc import Callable
from pathlib import Path

from firmware_runtime.recorder.blackbox import BlackBoxWriter
from firmware_runtime.recorder.resume import look_over
from firmware_runtime.recorder.tick_record import BlackBoxHeader

KINDS = {
    "control": ("control begins", "control"),
    "supervisor": ("supervisor begins", "supervisor"),
}
"""Process -> tags of its records."""


class OneFile:
    file_max_bytes: int | None = None

    def __init__(self, path: Path, header: Callable[[], BlackBoxHeader], append: bool) -> None:
        """append: go on behind what a predecessor left; without it the file must not exist."""
        self._path, self._header, self._append = path, header, append
        self._last_ns: dict[str, int] = {}

    def begin(self) -> BlackBoxWriter:
        if not (self._append and self._path.exists()):
            return BlackBoxWriter(self._path, self._header())
        left = look_over(self._path)
        self._last_ns = left.last_ns
        # What a killed writer tore: nothing behind it could ever be read.
        os.truncate(self._path, left.whole_bytes)
        return BlackBoxWriter(self._path, None)

    def kept_until_ns(self, process: str) -> int | None:
        """Time of the last record of this process that the predecessor kept; None where there is none."""
        times = [self._last_ns[kind] for kind in KINDS[process] if kind in self._last_ns]
        return max(times, default=None)
