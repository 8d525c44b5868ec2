"""Recording beside the tick: it takes what comes, never waits, and tells what it lost."""

import os
import threading
import time
from pathlib import Path

import pytest

from firmware_runtime.recorder.background import BackgroundRecorder
from firmware_runtime.recorder.blackbox import BlackBoxReader, BlackBoxWriter
from tests.recorder.ticks import HEADER, TICK_NS, tick


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "black_box"


def test_all_that_was_recorded_is_on_the_disk_after_closing(path: Path) -> None:
    recorder = BackgroundRecorder(BlackBoxWriter(path, HEADER))
    for sequence in range(500):
        recorder.record(tick(sequence))
    recorder.close()
    assert [read.time_ns for read in BlackBoxReader(path).ticks()] == [n * TICK_NS for n in range(500)]
    assert (recorder.drops, recorder.error) == (0, None)


class StalledWriter(BlackBoxWriter):
    """A disk that stands still until it is let go."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, HEADER)
        self.reached = threading.Event()
        self.go = threading.Event()

    def flush(self) -> None:
        if hasattr(self, "go"):
            self.reached.set()
            assert self.go.wait(10)
        super().flush()


def test_a_stalled_disk_costs_records_and_no_time(path: Path) -> None:
    writer = StalledWriter(path)
    recorder = BackgroundRecorder(writer, queue_ticks=20)
    assert writer.reached.wait(10)
    for sequence in range(50):
        recorder.record(tick(sequence))
    assert recorder.drops == 30
    writer.go.set()
    while recorder._queue:
        time.sleep(0.001)
    recorder.record(tick(50))
    recorder.close()
    read = list(BlackBoxReader(path).ticks())
    assert [each.time_ns for each in read] == [n * TICK_NS for n in [*range(20), 50]]
    assert [each.dropped_before for each in read] == [0] * 20 + [30]


def test_records_reach_the_kernel_while_it_runs(path: Path) -> None:
    recorder = BackgroundRecorder(BlackBoxWriter(path, HEADER))
    recorder.record(tick(0))
    pause = threading.Event()
    for _ in range(1000):
        if list(BlackBoxReader(path).ticks()):
            break
        pause.wait(0.01)
    else:
        pytest.fail("nothing was written in 10 s")
    recorder.close()


def test_it_syncs_while_it_runs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = threading.Event()
    writer = BlackBoxWriter(path, HEADER)
    monkeypatch.setattr(writer, "sync", synced.set)
    recorder = BackgroundRecorder(writer)
    assert synced.wait(10)
    recorder.close()


def test_a_full_disk_ends_recording_and_is_told(path: Path) -> None:
    writer = BlackBoxWriter(path, HEADER)
    os.close(writer._file)
    writer._file = os.open("/dev/full", os.O_WRONLY)
    recorder = BackgroundRecorder(writer)
    recorder.record(tick(0))
    recorder._thread.join(10)
    assert recorder.error is not None
    recorder.record(tick(1))
    assert recorder.drops >= 1
    recorder.close()
