"""The supervisor's process around the supervisor: where it is not well itself it falls silent, and ends.

Real links, real frames; the clock alone is the test's, so that a step takes as long as it is told.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from firmware_runtime.can.bus_events import BusEvent, BusState
from firmware_runtime.can.bus_port import BusStatistics
from firmware_runtime.can.frame import Frame
from firmware_runtime.executive.life_signs import LifeSigns
from firmware_runtime.executive.link.crossing import ProposalCodec
from firmware_runtime.executive.link.datagram import Inbox, Outbox
from firmware_runtime.executive.link.ring import RingReader, RingWriter
from firmware_runtime.executive.link.tick_log import TickLog
from firmware_runtime.executive.live.spread import Spread
from firmware_runtime.executive.notify import Notifier
from firmware_runtime.executive.supervisor_shell import SupervisorShell
from firmware_runtime.recorder.replay import replay_supervisor
from firmware_runtime.recorder.tick_record import Record, SupervisorBegin, SupervisorTick
from firmware_runtime.safety.control_watch import expected_word
from firmware_runtime.safety.own_watch import OwnWatch
from firmware_runtime.safety.supervised import OwnStage
from firmware_runtime.safety.supervision import LocalStatus
from firmware_runtime.safety.supervisor import Supervisor
from firmware_runtime.vehicle.enums import SafetyState
from firmware_runtime.vehicle.proposal import Proposal
from firmware_runtime.vehicle.signals import Commands
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
        self.look_takes_ns = 0

    def look(self, now_ns: int) -> None:
        super().look(now_ns)
        self.time.time_ns += self.look_takes_ns

    def step(self, *given: Any, **named: Any) -> list[Frame]:
        out = super().step(*given, **named)
        self.time.time_ns += self.takes_ns
        return out


class Process:
    def __init__(self, folder: Path) -> None:
        self.time = Time()
        self.own = OwnWatch(PERIOD_NS)
        self.supervisor = Slow(self.time, profile(), self.own.passed)
        self.spreads: dict[str, Spread] = {}
        ticks = TickLog(RingWriter(folder / "ticks"))
        ticks.write(SupervisorBegin(self.time.time_ns, "c0ffee"))
        self._records = RingReader(folder / "ticks")
        self.life = LifeSigns(Notifier(str(folder / "notify"), 20 * MS), lambda: "well")
        self.wires = [Wire("drive"), Wire("body")]
        self._inbox, self._reports = Inbox(folder / "proposals"), Outbox(folder / "reports")
        self.control = Outbox(folder / "proposals")
        self._sequence = 0
        self.shell = SupervisorShell(
            self.supervisor,
            self.own,
            self.wires,
            self._inbox,
            self._reports,
            ticks,
            self.time,
            PERIOD_NS,
            self.spreads,
            None,
            self.life,
        )

    def close(self) -> None:
        self._inbox.close()
        self._reports.close()
        self.control.close()

    def steps(self, count: int) -> int:
        """So many steps, each at its deadline; the frames that went."""
        before = self.sent
        for _ in range(count):
            self.time.time_ns += PERIOD_NS
            self.shell.turn()
        return self.sent - before

    def propose(self, count: int = 1) -> None:
        """So many proposals of a tick that begins now, by all its stages, at rest and held."""
        for _ in range(count):
            self._sequence += 1
            now_ns = self.time.time_ns
            held = Commands(brake_force_n=60_000.0)
            proposal = Proposal(
                self._sequence, now_ns, SafetyState.STANDBY, held, None, expected_word(now_ns)
            )
            self.control.send(ProposalCodec().encode(proposal))

    def run(self, ticks: int, proposal_ns: int = 0) -> None:
        """By half milliseconds; a proposal in each tick, made from its begin on, so long after it."""
        for _ in range(ticks * PERIOD_NS // (MS // 2)):
            self.time.time_ns += MS // 2
            if self.time.time_ns % PERIOD_NS == proposal_ns:
                self.propose()
            self.shell.turn()

    @property
    def looks(self) -> int:
        return sum(self.spreads["look ahead"].counts)

    def records(self) -> list[SupervisorBegin | SupervisorTick]:
        """All since the last call."""
        found: list[SupervisorBegin | SupervisorTick] = []
        while (payload := self._records.read()) is not None:
            record = msgspec.msgpack.decode(payload, type=Record)
            assert isinstance(record, SupervisorBegin | SupervisorTick)
            found.append(record)
        return found

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


@pytest.mark.requirement("SR-11")
def test_slow_in_hearing_is_slow_all_the_same(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(now_ns: int) -> list[Frame]:
        process.time.time_ns += 30 * MS
        return []

    process.steps(50)
    monkeypatch.setattr(process.wires[0], "receive", slow)
    assert process.steps(12) == 0
    assert process.own.status is LocalStatus.EXPIRED


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


def test_a_proposal_goes_out_as_it_comes(process: Process) -> None:
    process.propose()
    process.shell.turn()
    for _ in range(20):
        process.time.time_ns += 7 * MS
        process.propose()
        process.time.time_ns += MS // 2
        process.shell.turn()
    assert process.shell.statistics.forwarded == 21
    assert process.supervisor.report.rejected == 0


def test_a_proposal_that_comes_while_it_is_pushed_aside_is_not_from_the_future(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between waking up and reading what came, a busy machine may give it no processor for a while."""

    def pushed_aside(now_ns: int) -> list[Frame]:
        process.time.time_ns += 12 * MS
        process.propose()
        process.time.time_ns += MS // 2
        return []

    process.propose()
    process.shell.turn()
    process.time.time_ns += 7 * MS
    monkeypatch.setattr(process.wires[0], "receive", pushed_aside)
    process.shell.turn()
    assert process.shell.statistics.forwarded == 2
    assert process.supervisor.report.rejected == 0
    assert process.supervisor.report.took_over == ""


@pytest.mark.requirement("SR-10", "SR-11")
@pytest.mark.parametrize("message", [None, b"", b"no proposal"])
def test_a_flood_of_proposals_stops_the_vehicle_and_never_silences_the_supervisor(
    process: Process, message: bytes | None
) -> None:
    """2000 a second and more: as often as that the supervisor would be beyond its own supervision."""
    for _ in range(20):
        process.time.time_ns += PERIOD_NS
        process.propose()
        process.shell.turn()
    assert process.supervisor.report.took_over == ""
    steps, stopped_ns = process.shell.statistics.steps, 0
    begin_ns = process.time.time_ns
    while process.time.time_ns < begin_ns + 400 * MS:
        process.time.time_ns += MS // 2
        for _ in range(3):
            if message is None:
                process.propose()
            else:
                process.control.send(message)
        process.shell.turn()
        assert process.own.status is LocalStatus.OK, process.own.reason
        if process.supervisor.report.took_over and not stopped_ns:
            stopped_ns = process.time.time_ns
    assert process.shell.statistics.steps - steps <= 84, "one in half a period, and its own deadlines"
    assert 0 < stopped_ns - begin_ns <= 150 * MS
    assert process.supervisor.report.took_over.startswith("control: ") == (message is None)


@pytest.mark.requirement("SR-01")
def test_in_a_flood_an_estop_is_still_stepped_at_once(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    process.steps(5)
    process.propose()
    process.shell.turn()
    process.time.time_ns += MS
    process.propose()
    steps = process.shell.statistics.steps
    process.shell.turn()
    assert process.shell.statistics.steps == steps
    frame = Frame(process.time.time_ns, "body", 1, b"")
    monkeypatch.setattr(process.wires[1], "receive", lambda now_ns: [frame])
    monkeypatch.setattr(process.supervisor, "hear", lambda now_ns, frames: True)
    process.shell.turn()
    assert process.shell.statistics.steps == steps + 1
    assert process.shell.statistics.urgent == 1


def test_it_looks_once_before_each_proposal_and_not_without_one(process: Process) -> None:
    process.run(20)
    looks = process.looks
    assert looks == 19, "before the first nobody knew when it was due"
    assert process.shell.statistics.forwarded == 20
    process.time.time_ns += 30 * MS
    for _ in range(100):
        process.time.time_ns += MS // 2
        process.shell.turn()
    assert process.looks <= looks + 1
    assert process.own.status is LocalStatus.OK


def test_a_proposal_that_is_there_goes_before_the_look(process: Process) -> None:
    process.run(5)
    looks, forwarded = process.looks, process.shell.statistics.forwarded
    process.time.time_ns += PERIOD_NS - MS // 2
    process.propose()
    process.shell.turn()
    assert (process.looks, process.shell.statistics.forwarded) == (looks, forwarded + 1)


def test_an_estop_goes_before_the_look(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    process.run(5)
    looks, steps = process.looks, process.shell.statistics.steps
    process.time.time_ns += PERIOD_NS - MS // 2
    frame = Frame(process.time.time_ns, "body", 1, b"")
    monkeypatch.setattr(process.wires[1], "receive", lambda now_ns: [frame])
    monkeypatch.setattr(process.supervisor, "hear", lambda now_ns, frames: True)
    process.shell.turn()
    assert (process.looks, process.shell.statistics.steps) == (looks, steps + 1)


def test_frames_that_come_after_it_are_looked_at_but_not_without_end(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bus that is full says something all the time."""
    process.run(5)
    looks = process.looks
    monkeypatch.setattr(process.wires[0], "receive", lambda now_ns: [Frame(now_ns, "drive", 1, b"")])
    process.time.time_ns += 8 * MS
    for _ in range(25):
        process.time.time_ns += MS // 10
        process.shell.turn()
    assert process.looks == looks + 3


@pytest.mark.requirement("SR-11")
def test_one_slow_look_costs_its_step_and_is_not_tried_again_for_a_second(process: Process) -> None:
    process.run(20)
    looks = process.looks
    process.supervisor.look_takes_ns = 30 * MS
    process.run(1)
    assert process.looks == looks + 1
    process.run(3)
    assert process.shell.statistics.withheld == 1
    process.run(90)
    assert process.looks == looks + 1
    assert process.own.status is not LocalStatus.EXPIRED


def test_what_it_looked_at_is_recorded_and_replayed(process: Process) -> None:
    process.run(30)
    records = process.records()
    steps = [one for one in records if isinstance(one, SupervisorTick)]
    assert sum(heard.looked for step in steps for heard in step.heard) == process.looks == 29
    result = replay_supervisor(records, lambda configuration: Supervisor(profile()))
    assert (result.difference, result.ticks) == (None, process.shell.statistics.steps)
