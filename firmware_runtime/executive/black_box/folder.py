"""`--record-dir DIR`: a new file each start and each 256 MiB; the oldest go, so that a stated total stays."""

import contextlib
import re
import time
from collections.abc import Callable
from pathlib import Path

from firmware_runtime.recorder.blackbox import BlackBoxWriter
from firmware_runtime.recorder.tick_record import BlackBoxHeader

FILE_MAX_BYTES = 256 << 20
"""About 20 minutes of two processes (assumption: small enough to be carried away by hand)."""
TOTAL_MAX_BYTES = 8 << 30
"""Of all files, the one that is being written included: about ten hours (assumption: more than a shift, and
a part of the smallest disk of a vehicle computer)."""
NAME = re.compile(r"(\d{6})-\d{8}T\d{6}Z\.blackbox")
"""Number, wall clock at its beginning. The number orders them: a wall clock may be wrong."""


class Folder:
    def __init__(
        self,
        path: Path,
        header: Callable[[], BlackBoxHeader],
        file_max_bytes: int = FILE_MAX_BYTES,
        total_max_bytes: int = TOTAL_MAX_BYTES,
    ) -> None:
        """path: of the folder; made where it is missing."""
        self._path, self._header = path, header
        self.file_max_bytes: int | None = file_max_bytes
        self._kept_bytes = total_max_bytes - file_max_bytes

    def begin(self) -> BlackBoxWriter:
        self._path.mkdir(parents=True, exist_ok=True)
        present = self._present()
        number = int(present[-1].name[:6]) + 1 if present else 1
        self._remove_oldest(present)
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        return BlackBoxWriter(self._path / f"{number:06}-{stamp}.blackbox", self._header())

    def _present(self) -> list[Path]:
        """Ours, oldest first; what has another name is somebody else's."""
        return sorted(path for path in self._path.iterdir() if NAME.fullmatch(path.name))

    def _remove_oldest(self, present: list[Path]) -> None:
        """Leaves room for one more whole file."""
        sizes = [path.stat().st_size for path in present]
        total = sum(sizes)
        for path, size in zip(present, sizes, strict=True):
            if total <= self._kept_bytes:
                return
            # One that cannot be removed keeps its room; the next one may go all the same.
            with contextlib.suppress(OSError):
                path.unlink()
                total -= size
