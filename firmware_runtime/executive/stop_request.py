"""SIGTERM and SIGINT as a word that a loop looks at between its ticks."""

import signal
from types import FrameType


class StopRequest:
    """Set by SIGTERM or SIGINT, read once a tick."""

    def __init__(self) -> None:
        self.signal_number = 0
        """The signal that came; 0 while none has."""

    def __call__(self) -> bool:
        return self.signal_number != 0

    def listen(self) -> None:
        """Takes over both signals; in the main thread only."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.signal_number = number
