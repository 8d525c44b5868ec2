"""A progress bar on stderr for what takes more than a second; nothing before that."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress

SHOW_AFTER_S = 1.0


class ProgressBar:
    """Context manager; `update` is cheap enough for every block of work."""

    def __init__(self, description: str, show_after_s: float = SHOW_AFTER_S) -> None:
        self._description = description
        self._show_after_s = show_after_s
        self._progress = Progress(console=Console(stderr=True), transient=True)
        self._task = self._progress.add_task(description, total=1.0)
        self._begin_s = time.monotonic()
        self.shown = False

    def update(self, share: float) -> None:
        """Sets how much is done, 0..1."""
        if not self.shown:
            if time.monotonic() - self._begin_s < self._show_after_s:
                return
            self._progress.start()
            self.shown = True
        self._progress.update(self._task, completed=share)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.shown:
            self._progress.stop()
