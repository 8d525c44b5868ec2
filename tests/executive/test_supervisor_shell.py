"""The supervisor's process around the supervisor: where it is not well itself it falls silent, and ends.

Real links, real frames; the clock alone is the test's, so that a step takes as long as it is told.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from firmware_runtime.can.bus_events import BusEvent, BusState
from firmware_runtime.can.bus_port import BusStatistics
from firmware_runtime.can.frame import Frame
from firmware_runtime.executive.life_signs import LifeSigns
from firmware_runtime.executive.link.datagram import Inbox, Outbox
from firmware_runtime.executive.notify import Notifier
from firmware_runtime.executive.supervisor_shell import SupervisorShell
from firmware_runtime.safety.own_watch import OwnWatch
from firmware_runtime.safety.supervised import OwnStage
from firmware_runtime.safety.supervision import LocalStatus
from firmware_runtime.safety.supervisor import Supervisor
from tests.safety.support import profile

MS = 1_000_000
PERIOD_NS = 10 * MS


class Time:
    """A clock that goes on by itself only as far as a sleep or a slow step asks."""

    def __init__(self) -> None:
        self.time_ns = 1_000 * MS

    def now_ns(self) -> int:
        return self.time_ns

    def sleep_until(self, deadline_ns: int) -> None:
        raise AssertionError("the supervisor waits for its links")


class Wire:
    """A bus without anybody on it, and what was sent on it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.statistics = BusStatistics()
        self.state = BusState.ERROR_ACTIVE
        self.sent: list[Frame] = []

    def receive(self, now_ns: int) -> list[Frame]:
        return []

    def take_events(self) -> list[BusEvent]:
        return []

    def send(self, frames: Sequence[Frame]) -> None:
        self.sent += frames

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        """Nothing to release."""


class Slow(Supervisor):
    """A step takes what it is told."""

    def __init__(self, time: Time, *given: Any) -> None:
        super().__init__(*given)
        self.time, self.takes_ns = time, 0

    def step(self, *given: Any, **named: Any) -> list[Frame]:
        out = super().step(*given, **named)
        self.time.time_ns += self.takes_ns
        return out


class Process:
    def __init__(self, folder: Path) -> None:
        self.time = Time()
        self.own = OwnWatch(PERIOD_NS)
        self.supervisor = Slow(self.time, profile(), self.own.passed)
        self.life = LifeSigns(Notifier(str(folder / "notify"), 20 * MS), lambda: "well")
        self.wires = [Wire("drive"), Wire("body")]
        self._inbox, self._reports = Inbox(folder / "proposals"), Outbox(folder / "reports")
        self.shell = SupervisorShell(
            self.supervisor,
            self.own,
            self.wires,
            self._inbox,
            self._reports,
            None,
            self.time,
            {},
            None,
            self.life,
        )

    def close(self) -> None:
        self._inbox.close()
        self._reports.close()

    def steps(self, count: int) -> int:
        """So many steps, each at its deadline; the frames that went."""
        before = self.sent
        for _ in range(count):
            self.time.time_ns += PERIOD_NS
            self.shell.turn()
        return self.sent - before

    @property
    def sent(self) -> int:
        return sum(len(wire.sent) for wire in self.wires)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path)
    yield process
    process.close()


def test_as_long_as_it_is_well_it_says_something_in_each_step(process: Process) -> None:
    for _ in range(100):
        assert process.steps(1) > 0
    assert process.own.status is LocalStatus.OK


@pytest.mark.requirement("SR-11")
def test_slow_by_30_ms_it_never_sends_again(process: Process) -> None:
    process.steps(50)
    process.supervisor.takes_ns = 30 * MS
    for _ in range(11):
        assert process.steps(1) == 0
    process.supervisor.takes_ns = 0
    assert process.steps(200) == 0
    assert process.own.status is LocalStatus.EXPIRED


def test_one_slow_step_says_nothing_and_is_made_again_at_once(process: Process) -> None:
    process.steps(50)
    process.supervisor.takes_ns = 30 * MS
    assert process.steps(1) == 0
    process.supervisor.takes_ns, before = 0, process.time.time_ns
    sent = process.sent
    process.shell.turn()
    assert process.time.time_ns == before, "without waiting"
    assert process.sent > sent
    assert process.shell.statistics.withheld == 1
    assert process.steps(100) > 100
    assert process.own.status is LocalStatus.OK


def test_its_loop_ends_by_itself_then(process: Process) -> None:
    process.steps(50)
    process.supervisor.takes_ns = 30 * MS
    asked: list[int] = []

    def never() -> bool:
        asked.append(process.time.time_ns)
        process.time.time_ns += PERIOD_NS
        return False

    process.shell.run(never)
    assert len(asked) == 11, "ten slow steps are borne"


def test_a_step_that_misses_a_stage_sends_nothing(process: Process) -> None:
    process.steps(50)
    process.own.passed(OwnStage.JUDGED)
    assert process.steps(1) == 0
    assert process.own.reason == "JUDGED after RELEASED"
