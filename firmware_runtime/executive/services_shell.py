"""The loop of `services`: orders to the store, records to the black box, a word to whoever asks.

Normal priority, one thread. It may be late, killed or gone at any time: the real-time processes hand over
without waiting, and it goes on where it is begun again.
"""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from firmware_runtime.executive.black_box.followed_ring import FollowedRing
from firmware_runtime.executive.black_box.recording import Recording
from firmware_runtime.executive.clock import Clock
from firmware_runtime.executive.live.pages import ServicesPage
from firmware_runtime.executive.live.publisher import Publisher
from firmware_runtime.executive.notify import Notifier
from firmware_runtime.executive.persistence.keep import Inbox, serve
from firmware_runtime.executive.persistence.writer import Writer

ROUND_S = 0.05
"""Between two rounds: at most so much of a drive is lost with this process (assumption)."""
SYNC_NS = 1_000_000_000
"""At most so much more is lost with the power (assumption)."""
LAST_ROUNDS_MAX = 100
"""At the end: what is there is taken, but not for ever, while somebody still writes."""


class Store(NamedTuple):
    """The state that outlives power, as this process serves it."""

    writer: Writer
    inbox: Inbox


class ServicesShell:
    def __init__(
        self,
        rings: Mapping[str, FollowedRing],
        recording: Recording | None,
        store: Store | None,
        disk: Path | None,
        publisher: Publisher,
        notifier: Notifier,
        clock: Clock,
    ) -> None:
        """recording, store: None where nothing is to be kept. disk: a path on what they write to."""
        self._rings = rings
        self._recording = recording
        self._store = store
        self._disk = disk
        self._publisher = publisher
        self._notifier = notifier
        self._clock = clock
        self._sync_due_ns = clock.now_ns() + SYNC_NS

    def run(self, should_stop: Callable[[], bool]) -> None:
        """Rounds until `should_stop` says so; then once more what is there by then, all of it on the disk."""
        while not should_stop():
            self._round(ROUND_S)
        self._notifier.stopping()
        for _ in range(LAST_ROUNDS_MAX):
            if not self._round(0.0):
                break
        if self._recording is not None:
            self._recording.close()
        self._publisher.write(self._page(ended=True))
        self._publisher.close()

    def _round(self, timeout_s: float) -> int:
        """Returns how many records there were."""
        if self._store is not None:
            serve(self._store.writer, self._store.inbox, timeout_s)
        else:
            time.sleep(timeout_s)
        taken = 0
        for ring in self._rings.values():
            records = ring.take()
            taken += len(records)
            if self._recording is not None:
                for record in records:
                    self._recording.append(record)
        now_ns = self._clock.now_ns()
        if self._recording is not None:
            self._recording.flush()
            if now_ns >= self._sync_due_ns:
                self._recording.sync()
                self._sync_due_ns = now_ns + SYNC_NS
        if self._publisher.due(now_ns):
            self._publisher.write(self._page(ended=False))
        self._notifier.alive(now_ns)
        return taken

    def counts(self) -> dict[str, int]:
        """What was done since its start."""
        counts = {f"{name} records taken": ring.taken for name, ring in self._rings.items()}
        counts |= {f"{name} records lost": ring.lost for name, ring in self._rings.items()}
        if self._recording is not None:
            counts["records kept"] = self._recording.records
            counts["bytes kept"] = self._recording.bytes
            counts["records refused"] = self._recording.refused
        if self._store is not None:
            counts["state written"] = self._store.writer.written
            counts["state failed"] = self._store.writer.failed
            counts["state refused"] = self._store.inbox.refused
        return counts

    def errors(self) -> list[str]:
        """What does not work now, empty where all does."""
        said = [
            "" if self._recording is None else self._recording.error,
            "" if self._store is None else self._store.writer.error,
        ]
        return [text for text in said if text]

    def _page(self, ended: bool) -> ServicesPage:
        return ServicesPage(
            process=self._publisher.process(self._clock.now_ns(), ended),
            counts=self.counts(),
            errors=self.errors(),
            recorder_error="" if self._recording is None else self._recording.error,
            disk_free_share=free_share(self._disk),
        )


def free_share(path: Path | None) -> float | None:
    """Of the file system that it lies on; None without one, or where it cannot be asked."""
    if path is None:
        return None
    try:
        figures = os.statvfs(path)
    except OSError:
        return None
    return figures.f_bavail / figures.f_blocks if figures.f_blocks else None
