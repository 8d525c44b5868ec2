"""Recording beside the tick: the tick puts a record into a bounded queue, a thread writes it."""

import threading
import time
from collections import deque

import msgspec

from firmware_runtime.recorder.blackbox import BlackBoxWriter
from firmware_runtime.recorder.tick_record import Record

QUEUE_TICKS = 1000
"""10 s of ticks; assumption: longer than any stall of a disk that is not broken."""
WRITE_INTERVAL_S = 0.05
SYNC_INTERVAL_S = 1.0


class BackgroundRecorder:
    """Recorder for real time: `record` costs an append, never waits and never raises.

    The death of this process loses what the thread had not written yet (at most WRITE_INTERVAL_S of
    ticks); a loss of power, what was not synced (at most SYNC_INTERVAL_S more).
    """

    def __init__(self, writer: BlackBoxWriter, queue_ticks: int = QUEUE_TICKS) -> None:
        self._writer = writer
        self._queue: deque[Record] = deque()
        self._queue_ticks = queue_ticks
        self._stop = threading.Event()
        self.drops = 0
        """Ticks that found the queue full, or came after an error."""
        self.error: OSError | None = None
        """Why recording ended early: disk full, disk gone."""
        self._dropped_before = 0
        self._thread = threading.Thread(target=self._run, name="black box", daemon=True)
        self._thread.start()

    def record(self, tick: Record) -> None:
        # One thread appends and one takes away: the length can only be too large here, never too small.
        if self.error is not None or len(self._queue) >= self._queue_ticks:
            self.drops += 1
            self._dropped_before += 1
            return
        if self._dropped_before:
            tick = msgspec.structs.replace(tick, dropped_before=self._dropped_before)
            self._dropped_before = 0
        self._queue.append(tick)

    def close(self) -> None:
        """Writes what is left, syncs and closes; `error` then tells whether all is on the disk."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            synced_s = time.monotonic()
            while not self._stop.wait(WRITE_INTERVAL_S):
                self._drain()
                if time.monotonic() - synced_s >= SYNC_INTERVAL_S:
                    self._writer.sync()
                    synced_s = time.monotonic()
            self._drain()
            self._writer.close()
        except OSError as error:
            self.error = error
            self.drops += len(self._queue)
            self._queue.clear()

    def _drain(self) -> None:
        for _ in range(len(self._queue)):
            self._writer.record(self._queue.popleft())
        self._writer.flush()
