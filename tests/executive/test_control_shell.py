"""The process of `control`, its shell: all that it hands to a tick is an input, and on record as it was."""

import os
import signal
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from firmware_runtime.can.bus_events import BusEvent, BusState, EventKind
from firmware_runtime.can.bus_port import BusStatistics
from firmware_runtime.can.frame import Frame
from firmware_runtime.controller import Controller
from firmware_runtime.executive.control_shell import NO_REPORT, ControlShell
from firmware_runtime.executive.host_health import Health
from firmware_runtime.executive.link.crossing import ProposalCodec, ReportCodec, ReportMessage
from firmware_runtime.executive.link.datagram import Inbox, Outbox
from firmware_runtime.executive.link.ring import RingReader, RingWriter
from firmware_runtime.executive.link.tick_log import TickLog
from firmware_runtime.executive.live.loop_figures import LoopFigures
from firmware_runtime.executive.stage_clock import StageClock
from firmware_runtime.executive.stop_request import StopRequest
from firmware_runtime.executive.tick_grid import TickGrid
from firmware_runtime.recorder.tick_record import ControlTick
from firmware_runtime.safety.supervisor_report import SupervisorReport
from firmware_runtime.vehicle.load import load_profile
from tests.drives.rig import BEND
from tests.executive.virtual_time import MS, VirtualTime
from tests.vehicle.support import Q_TRUCK

TICK_NS = 10 * MS


class Port:
    """A bus that gives these frames and events, a portion a tick, and sends nothing."""

    state = BusState.ERROR_ACTIVE

    def __init__(self, name: str, frames: Sequence[list[Frame]], events: Sequence[list[BusEvent]]) -> None:
        self.name = name
        self.statistics = BusStatistics()
        self._frames, self._events = list(frames), list(events)

    def receive(self, now_ns: int) -> list[Frame]:
        return self._frames.pop(0) if self._frames else []

    def take_events(self) -> list[BusEvent]:
        return self._events.pop(0) if self._events else []

    def send(self, frames: Sequence[Frame]) -> None:
        raise AssertionError("control sends nothing")

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        raise AssertionError("the shell does not own its buses")


class Line:
    """A serial source; reading it takes so long, a portion a tick."""

    def __init__(self, clock: VirtualTime, *portions: bytes, takes_ns: Sequence[int] = ()) -> None:
        self._clock, self._portions, self._takes_ns = clock, list(portions), list(takes_ns)

    def read(self, now_ns: int) -> bytes:
        self._clock.time_ns += self._takes_ns.pop(0) if self._takes_ns else 0
        return self._portions.pop(0) if self._portions else b""


class Warm:
    latest = Health(71.5, 0.25, "No space left on device")


class Bench:
    """A shell around the real controller, the supervisor's ends of the link, and the record."""

    def __init__(self, folder: Path) -> None:
        self.clock = VirtualTime()
        self.proposals = Inbox(folder / "proposals")
        self._folder = folder
        self._ring = RingWriter(folder / "ring")
        self._inbox = Inbox(folder / "reports")
        self.reports = Outbox(folder / "reports")
        self.line = Line(self.clock)

    def ticks(self, count: int, *ports: Port) -> list[ControlTick]:
        """Runs so many ticks, and gives what is on record of them."""
        stages = StageClock(self.clock)
        shell = ControlShell(
            Controller(load_profile(Q_TRUCK), BEND, stages.mark),
            ports,
            self.line,
            Outbox(self._folder / "proposals"),
            self._inbox,
            TickLog(self._ring),
            TickGrid(self.clock, TICK_NS),
            stages,
            Warm(),
            LoopFigures(TICK_NS, stages.spreads),
            status=None,
            state=None,
            life=None,
        )
        asked = iter([False] * (count - 1))
        # Without one word of a vehicle it ends with the tick in which it is asked to.
        shell.run(lambda: next(asked, True), TICK_NS)
        reader = RingReader(self._folder / "ring")
        records: list[ControlTick] = []
        while (payload := reader.read()) is not None:
            records.append(msgspec.msgpack.decode(payload, type=ControlTick))
        assert len(records) == count
        return records


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_frames_events_and_serial_bytes_are_inputs_and_on_record(bench: Bench) -> None:
    drive, body = Frame(1, "drive", 1, b"d"), Frame(2, "body", 2, b"b")
    off = BusEvent(0, "drive", EventKind.STATE, int(BusState.BUS_OFF), text="BUS_OFF")
    lost = BusEvent(0, "body", EventKind.OVERFLOW, 7)
    bench.line = Line(bench.clock, b"$GP", b"GGA")
    ports = (Port("drive", [[drive], []], [[], [off]]), Port("body", [[body], []], [[], [lost], [lost]]))
    ticks = bench.ticks(3, *ports)
    assert [list(tick.frames_in) for tick in ticks] == [[drive, body], [], []]
    assert [tick.serial_in for tick in ticks] == [b"$GP", b"GGA", b""]
    assert [tick.host.bus_events for tick in ticks] == [(), (off, lost), (lost,)]
    assert [tick.host.end_asked for tick in ticks] == [False, False, True]


def test_each_tick_makes_a_proposal_of_its_own(bench: Bench) -> None:
    ticks = bench.ticks(5)
    codec = ProposalCodec()
    said = [codec.decode(message) for message in bench.proposals.take()]
    assert [one.time_ns for one in said if one] == [1_010 * MS + n * 10 * MS for n in range(5)]
    assert [tick.proposal.sequence for tick in ticks] == [one.sequence for one in said if one]


def test_what_the_supervisor_says_comes_in_with_its_events_and_its_silence_is_told(bench: Bench) -> None:
    stopped = SupervisorReport("no proposal from control", True, 3)
    foreign = BusEvent(0, "drive", EventKind.FOREIGN_SENDER, 2, 7)
    bench.reports.send(ReportCodec().encode(ReportMessage(1_010 * MS, stopped, [foreign])))
    ticks = bench.ticks(8)
    assert [tick.host.bus_events for tick in ticks[:2]] == [(foreign,), ()]
    assert {tick.report.took_over for tick in ticks[:6]} == {"no proposal from control"}
    # 50 ms after its last word.
    assert {tick.report.took_over for tick in ticks[6:]} == {NO_REPORT}
    assert all(tick.report.estop for tick in ticks)


def test_a_report_is_as_old_as_it_says_and_not_as_long_as_it_has_lain_there(bench: Bench) -> None:
    well = SupervisorReport("", False, 0)
    # Of 45 ms before the first tick: 50 ms are over in the second one.
    bench.reports.send(ReportCodec().encode(ReportMessage(965 * MS, well, [])))
    ticks = bench.ticks(3)
    assert [tick.report.took_over for tick in ticks] == ["", NO_REPORT, NO_REPORT]


def test_what_lay_there_while_control_began_tells_nothing_of_now(bench: Bench) -> None:
    """A start takes longer than the queue of reports is deep: the first tick stopped the drive by that."""
    old = SupervisorReport("no proposal from control", True, 0)
    foreign = BusEvent(0, "drive", EventKind.FOREIGN_SENDER, 2, 7)
    for time_ns in (500 * MS, 510 * MS, 950 * MS):
        bench.reports.send(ReportCodec().encode(ReportMessage(time_ns, old, [foreign])))
    ticks = bench.ticks(3)
    assert [tick.report.took_over for tick in ticks] == [""] * 3
    assert not any(tick.report.estop for tick in ticks)
    assert ticks[0].host.bus_events == (foreign,) * 3, "events are told whenever they were"


def test_no_report_is_made_younger_by_an_older_one_or_one_from_the_future(bench: Bench) -> None:
    well = SupervisorReport("", False, 0)
    for time_ns in (1_005 * MS, 900 * MS, 5_000 * MS):
        bench.reports.send(ReportCodec().encode(ReportMessage(time_ns, well, [])))
    ticks = bench.ticks(8)
    assert [tick.report.took_over for tick in ticks] == [""] * 6 + [NO_REPORT] * 2


@pytest.mark.requirement("SR-12")
def test_a_supervisor_that_never_says_a_word_is_told_once_it_had_time_to_begin(bench: Bench) -> None:
    """5 s from the first tick: it begins some 1 s after control, and a cold start takes longer."""
    ticks = bench.ticks(503)
    assert {tick.report.took_over for tick in ticks[:501]} == {""}
    assert {tick.report.took_over for tick in ticks[501:]} == {NO_REPORT}


def test_each_tick_is_told_how_long_the_cycle_before_took_and_which_part_of_it_longest(bench: Bench) -> None:
    bench.line = Line(bench.clock, takes_ns=[1 * MS, 25 * MS, 0, 0])
    ticks = bench.ticks(4)
    assert [(t.host.cycle_ns, t.host.slowest_stage, t.host.slowest_stage_ns) for t in ticks] == [
        (0, "", 0),
        (1 * MS, "serial", 1 * MS),
        (25 * MS, "serial", 25 * MS),
        # Due at 1040 ms, where the long cycle left a period out; begun at 1045 ms.
        (5 * MS, "waking up", 5 * MS),
    ]
    assert {t.host.period_ns for t in ticks} == {10 * MS}
    assert [t.host.cycle_due_ns for t in ticks] == [0, 1_010 * MS, 1_020 * MS, 1_040 * MS]


def test_temperature_disk_and_a_recorder_that_failed_are_told(bench: Bench) -> None:
    (tick,) = bench.ticks(1)
    assert (tick.host.temperature_degc, tick.host.disk_free_share) == (71.5, 0.25)
    assert "No space left" in tick.host.recorder_error


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_a_word_that_is_looked_at(number: signal.Signals) -> None:
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    stop = StopRequest()
    stop.listen()
    try:
        assert not stop()
        os.kill(os.getpid(), number)
        assert stop()
        assert stop.signal_number == number
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
