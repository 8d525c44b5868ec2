"""Power lost at random instants of a real persisting process: never unreadable, never older than promised.

Each kill ends one life of the process. What the disk may hold then (power_loss.py: torn writes, renames that
did or did not happen) is read back many times, as it is and with one file spoilt besides; the next life
begins on one of these outcomes. `python -m tests.executive.persistence.test_power_loss` runs all 300.
"""

import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from firmware_runtime.executive.persistence.boot import LastShutdown, restore
from firmware_runtime.executive.persistence.generation import Generation
from firmware_runtime.executive.persistence.hand_over import HandOver
from firmware_runtime.executive.persistence.items import Record
from firmware_runtime.executive.persistence.keep import stamp
from firmware_runtime.executive.persistence.store import StateReading
from tests.executive.persistence.fed_vehicle import FedVehicle, History
from tests.executive.persistence.power_loss import Files, damaged, folder_after
from tests.executive.persistence.support import FILES, commissioned, read

ROOT = Path(__file__).parents[3]
KILLS = 300
"""The requirement."""
SAMPLE = 40
OUTCOMES = 12
"""Drawn for each kill; each is read as it is and with one file spoilt."""
PROMISED_AGE_NS = 1_000_000_000
"""The requirement, written again."""
LIFE_MAX_S = 0.25


@dataclass
class Figures:
    counts: Counter[str] = field(default_factory=Counter)
    oldest_ns: int = 0
    oldest_spoilt_ns: int = 0

    def __str__(self) -> str:
        told = ", ".join(f"{count} {what}" for what, count in sorted(self.counts.items()))
        return (
            f"{told}; odometer, charge and pose at most {self.oldest_ns / 1e9:.2f} s old, "
            f"{self.oldest_spoilt_ns / 1e9:.2f} s with a file spoilt besides (promised 1 s)"
        )


class Life:
    """One process on a folder of its own, from its start to its death."""

    def __init__(self, place: Path, files: Files, number: int) -> None:
        self.before = files
        self._place = place / str(number)
        self._number = number
        folder = self._place / "state"
        folder.mkdir(parents=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
        # Short, as a socket's path may have 107 characters.
        self._socket = self._place / "s"
        self._log = self._place / "log"
        command = [sys.executable, "-m", "tests.executive.persistence.persisting_process"]
        self.process = subprocess.Popen(
            [*command, str(folder), str(self._socket), str(self._log)], cwd=ROOT, stdin=subprocess.DEVNULL
        )

    def live(self, rng: random.Random) -> History:
        hand_over = HandOver(self._socket)
        try:
            assert hand_over.wait_until_written(self._number, 60.0), "the process did not start"
            vehicle = FedVehicle(restore(read(self.before), stamp()), self._number, rng)
            return vehicle.live(hand_over, self.process, rng.uniform(0.0, LIFE_MAX_S))
        finally:
            hand_over.close()
            self.process.kill()
            self.process.wait()

    def outcomes(self, rng: random.Random, count: int) -> list[Files]:
        """First what is there where the power stayed on, then what a loss of power may leave."""
        folder = folder_after(self.before, self._log)
        return [self._on_disk(), *(folder.any_outcome(rng) for _ in range(count))]

    def _on_disk(self) -> Files:
        return {path.name: path.read_bytes() for path in (self._place / "state").iterdir()}


def power_losses(place: Path, kills: int, seed: int) -> Figures:
    """The whole test; two chains of lives, so that one process starts while the other one lives."""
    rng = random.Random(seed)
    figures = Figures()
    lives = [Life(place, commissioned().files, number) for number in (1, 2)]
    try:
        for kill in range(kills):
            life = lives[kill % 2]
            history = life.live(rng)
            outcomes = life.outcomes(rng, OUTCOMES)
            for files in outcomes:
                judge(life.before, history, files, figures, rng)
            figures.counts["kills"] += 1
            figures.counts["kills with turning wheels"] += history.turning
            figures.counts["kills with an order under way"] += any(
                orders and not orders[-1].answered for orders in history.orders.values()
            )
            figures.counts["acknowledgements"] += sum(map(len, history.acknowledged.values()))
            lives[kill % 2] = Life(place, rng.choice(outcomes), kill + 3)
    finally:
        for life in lives:
            life.process.kill()
            life.process.wait()
    return figures


def judge(before: Files, history: History, files: Files, figures: Figures, rng: random.Random) -> None:
    figures.counts["states read"] += 2
    whole = promised(before, history, files)
    figures.oldest_ns = max(figures.oldest_ns, whole)
    worse = damaged(files, rng.choice(FILES), rng)
    figures.oldest_spoilt_ns = max(figures.oldest_spoilt_ns, promised(before, history, worse))


def promised(before: Files, history: History, files: Files) -> int:
    """Holds the promises against one state; the age of odometer, charge and pose."""
    reading = read(files)
    boot = restore(reading, stamp())
    assert boot.trouble_codes is not None, boot.words
    assert boot.running is not None, boot.words
    for record in Record:
        generation = reading.records[record].generation
        assert generation is not None
        least = max(history.acknowledged[record], default=0)
        found = sequence(history, record, generation)
        assert found >= least, (record, boot.words)
        # Nothing of this life: then it is what this life began with.
        assert found or any(compact(bytes(generation.content)) in compact(data) for data in before.values())
    if history.turning:
        assert boot.last_shutdown is LastShutdown.LOST_MOVING
        assert boot.safety.minimal_risk_latch
    age_ns = running_age_ns(history, reading)
    assert age_ns <= PROMISED_AGE_NS, (age_ns, boot.words)
    return age_ns


def sequence(history: History, record: Record, generation: Generation) -> int:
    """Of the last order with that content; 0 for one from before this life."""
    content = compact(bytes(generation.content))
    return max((o.sequence for o in history.orders[record] if compact(o.content) == content), default=0)


def running_age_ns(history: History, reading: StateReading) -> int:
    generation = reading.records[Record.RUNNING].generation
    assert generation is not None
    orders = history.orders[Record.RUNNING]
    found = sequence(history, Record.RUNNING, generation)
    # From before this life: nothing of this one is on the disk yet, and its first order tells since when.
    if not orders:
        return 0
    return history.now_ns - next((o.true_until_ns for o in orders if o.sequence == found), orders[0].time_ns)


def compact(content: bytes) -> bytes:
    return b"".join(content.split())


def kept(figures: Figures) -> None:
    """`promised` has judged each state; here, that there was something to judge."""
    print(figures)
    kills = figures.counts["kills"]
    assert figures.counts["states read"] >= 2 * kills
    assert figures.counts["kills with turning wheels"] > 0
    assert figures.counts["acknowledgements"] > kills
    assert max(figures.oldest_ns, figures.oldest_spoilt_ns) <= PROMISED_AGE_NS


@pytest.mark.requirement("SR-06")
def test_a_sample_of_losses_of_power(tmp_path: Path) -> None:
    figures = power_losses(tmp_path, SAMPLE, seed=1)
    kept(figures)
    assert figures.counts["kills"] == SAMPLE


@pytest.mark.full
@pytest.mark.requirement("SR-06")
def test_all_losses_of_power(tmp_path: Path) -> None:
    figures = power_losses(tmp_path, KILLS, seed=2)
    kept(figures)
    assert figures.counts["kills"] == KILLS


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        began_s = time.monotonic()
        print(power_losses(Path(name), KILLS, seed=int(sys.argv[1]) if len(sys.argv) > 1 else 2))
        print(f"{time.monotonic() - began_s:.0f} s")
