"""The serial port read by a thread of its own: asking a terminal for bytes may wait, and a tick must not.

Linux lets whoever reads or polls a terminal wait for the kernel's worker that fills it
(tty_buffer_flush_work in drivers/tty/n_tty.c), which runs at normal priority: on a busy machine that took
ten milliseconds and more. The thread waits without holding the interpreter; the tick takes what is there.
"""

import select
import threading
import time
from collections import deque

from firmware_runtime.executive.serial_port import SerialReader, SerialStatistics

WAIT_S = 0.1
"""Between two looks at whether it is to end, or whether a lost port is to be reopened."""
PORTIONS_MAX = 1000
"""Kept for a tick that does not come; the oldest go first, as a receiver's newest fix counts."""


class SerialThread:
    """A SerialSource. Start it after the real-time priority, which its thread inherits."""

    def __init__(self, reader: SerialReader) -> None:
        """reader: open; it belongs to the thread until `close`, and is closed by whoever opened it."""
        self._reader = reader
        self._portions: deque[bytes] = deque(maxlen=PORTIONS_MAX)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="serial port", daemon=True)
        self._thread.start()

    @property
    def statistics(self) -> SerialStatistics:
        return self._reader.statistics

    def read(self, now_ns: int) -> bytes:
        """All bytes that came since the last call; returns at once."""
        portions = self._portions
        if not portions:
            return b""
        # Only this side takes: what is counted now is there.
        return b"".join([portions.popleft() for _ in range(len(portions))])

    def close(self) -> None:
        """Ends the thread; the port stays open."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            descriptor = self._reader.fileno()
            if descriptor is None:
                self._stop.wait(WAIT_S)
            elif not select.select([descriptor], [], [], WAIT_S)[0]:
                continue
            data = self._reader.read(time.monotonic_ns())
            if data:
                self._portions.append(data)
