"""The real-time loop keeps an absolute grid, never ticks twice at once, and hands everything on in order."""

import os
import signal
from collections.abc import Sequence

import can
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.can.bus import BusStatistics, open_bus
from firmware_runtime.can.bus_events import BusEvent, BusState, EventKind
from firmware_runtime.can.bus_port import WatchedBus
from firmware_runtime.can.frame import Frame
from firmware_runtime.executive.clock import MonotonicClock
from firmware_runtime.executive.host_health import Health
from firmware_runtime.executive.realtime import run_periodic
from firmware_runtime.executive.stage_clock import StageClock
from firmware_runtime.executive.stop_request import StopRequest
from firmware_runtime.executive.tick_grid import LoopStatistics
from firmware_runtime.recorder.tick_record import TickRecord
from firmware_runtime.safety.host_report import HostReport
from firmware_runtime.vehicle.telemetry import Telemetry
from tests.recorder.ticks import telemetry_at

MS = 1_000_000


class VirtualTime:
    """A clock that sleeps in no time; work moves it by hand."""

    def __init__(self) -> None:
        self.time_ns = 1_000 * MS

    def now_ns(self) -> int:
        return self.time_ns

    def sleep_until(self, deadline_ns: int) -> None:
        self.time_ns = max(self.time_ns, deadline_ns)


class Runtime:
    """Notes when it was stepped and with what; takes as long for each tick as it is told."""

    def __init__(self, clock: VirtualTime, durations_ns: Sequence[int] = ()) -> None:
        self.telemetry: Telemetry = telemetry_at(0)
        self.begins_ns: list[int] = []
        self.inputs: list[tuple[list[Frame], bytes]] = []
        self.hosts: list[HostReport] = []
        self.answer: list[Frame] = []
        self._clock = clock
        self._durations_ns = durations_ns

    def step(self, now_ns: int, frames: Sequence[Frame], serial: bytes, host: HostReport, /) -> list[Frame]:
        self.hosts.append(host)
        if len(self.begins_ns) < len(self._durations_ns):
            self._clock.time_ns += self._durations_ns[len(self.begins_ns)]
        self.begins_ns.append(now_ns)
        self.inputs.append((list(frames), serial))
        return self.answer


class Line:
    """A serial source that gives these bytes, one portion a tick."""

    def __init__(self, *portions: bytes) -> None:
        self._portions = list(portions)

    def read(self, now_ns: int) -> bytes:
        return self._portions.pop(0) if self._portions else b""


class Tape:
    def __init__(self) -> None:
        self.records: list[TickRecord] = []

    def record(self, tick: TickRecord) -> None:
        self.records.append(tick)

    def close(self) -> None:
        raise AssertionError("the loop does not own the recorder")


def run(runtime: Runtime, clock: VirtualTime, ticks: int, **options: object) -> LoopStatistics:
    settings: dict[str, object] = {"buses": (), "serial": Line(), "recorder": None} | options
    return run_periodic(
        runtime,
        clock=clock,
        should_stop=lambda: len(runtime.begins_ns) >= ticks,
        **settings,  # type: ignore[arg-type]
    )


def test_ticks_come_every_10_ms() -> None:
    clock = VirtualTime()
    runtime = Runtime(clock)
    statistics = run(runtime, clock, 100)
    assert runtime.begins_ns == [1_010 * MS + n * 10 * MS for n in range(100)]
    assert (statistics.ticks, statistics.late_ticks, statistics.missed_periods) == (100, 0, 0)


def test_after_each_tick_the_shell_does_what_it_was_given_to_do() -> None:
    clock, done = VirtualTime(), list[int]()
    runtime = Runtime(clock)
    run(runtime, clock, 3, after_tick=done.append)
    assert done == runtime.begins_ns


def test_delays_do_not_add_up() -> None:
    """Each tick takes 9 ms, yet the hundredth begins where it is due."""
    clock = VirtualTime()
    runtime = Runtime(clock, [9 * MS] * 100)
    run(runtime, clock, 100)
    assert runtime.begins_ns[-1] == 1_010 * MS + 99 * 10 * MS


def test_a_slightly_late_tick_runs_at_once_and_the_grid_stays() -> None:
    clock = VirtualTime()
    runtime = Runtime(clock, [17 * MS])
    statistics = run(runtime, clock, 3)
    assert runtime.begins_ns == [1_010 * MS, 1_027 * MS, 1_030 * MS]
    assert (statistics.late_ticks, statistics.missed_periods) == (1, 0)
    assert (statistics.worst_wake_ns, statistics.worst_tick_ns) == (7 * MS, 17 * MS)


def test_periods_that_are_over_are_left_out_not_caught_up() -> None:
    clock = VirtualTime()
    runtime = Runtime(clock, [35 * MS])
    statistics = run(runtime, clock, 3)
    assert runtime.begins_ns == [1_010 * MS, 1_045 * MS, 1_050 * MS]
    assert statistics.missed_periods == 2


@given(st.lists(st.integers(0, 60 * MS), max_size=50))
def test_whatever_ticks_take_each_period_has_at_most_one_begin(durations_ns: list[int]) -> None:
    clock = VirtualTime()
    runtime = Runtime(clock, durations_ns)
    statistics = run(runtime, clock, len(durations_ns) + 2)
    periods = [(begin_ns - 1_010 * MS) // (10 * MS) for begin_ns in runtime.begins_ns]
    assert len(set(periods)) == len(periods)
    assert statistics.ticks + statistics.missed_periods == periods[-1] + 1


def test_each_bus_gives_and_gets_its_own_frames_and_all_is_recorded() -> None:
    clock = VirtualTime()
    runtime = Runtime(clock)
    ports = [open_bus(name, "virtual", f"loop-{name}") for name in ("drive", "body")]
    others = {name: can.Bus(interface="virtual", channel=f"loop-{name}") for name in ("drive", "body")}
    others["body"].send(can.Message(arbitration_id=2, is_extended_id=False, data=b"b"))
    others["drive"].send(can.Message(arbitration_id=1, is_extended_id=False, data=b"d"))
    runtime.answer = [
        Frame(0, "drive", 0x10, b"1"),
        Frame(0, "body", 0x20, b"2"),
        Frame(0, "drive", 0x11, b"3"),
    ]
    tape = Tape()
    run(runtime, clock, 2, buses=ports, serial=Line(b"$GP", b"GGA"), recorder=tape)
    at_ns = 1_010 * MS
    heard = [Frame(at_ns, "drive", 1, b"d"), Frame(at_ns, "body", 2, b"b")]
    assert runtime.inputs == [(heard, b"$GP"), ([], b"GGA")]
    for name, identifiers in (("drive", [0x10, 0x11]), ("body", [0x20])):
        sent = [others[name].recv(timeout=1) for _ in identifiers]
        assert [message.arbitration_id for message in sent if message] == identifiers
    first, second = tape.records
    assert (first.time_ns, first.frames_in, first.serial_in) == (at_ns, heard, b"$GP")
    assert (first.frames_out, first.telemetry) == (runtime.answer, runtime.telemetry)
    assert second.time_ns == at_ns + 10 * MS
    for port in ports:
        port.close()
    for other in others.values():
        other.shutdown()


class Impatient(VirtualTime):
    """A clock whose first sleeps are cut short by signals."""

    def sleep_until(self, deadline_ns: int) -> None:
        self.time_ns = min(deadline_ns, self.time_ns + 3 * MS)


def test_a_sleep_cut_short_makes_no_early_tick() -> None:
    clock = Impatient()
    runtime = Runtime(clock)
    run(runtime, clock, 2)
    assert runtime.begins_ns == [1_010 * MS, 1_020 * MS]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_ends_the_loop_after_the_tick_under_way(number: signal.Signals) -> None:
    class Ends(Runtime):
        def step(
            self, now_ns: int, frames: Sequence[Frame], serial: bytes, host: HostReport, /
        ) -> list[Frame]:
            if len(self.begins_ns) == 2:
                os.kill(os.getpid(), number)
            return super().step(now_ns, frames, serial, host)

    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    stop = StopRequest()
    stop.listen()
    runtime = Ends(VirtualTime())
    sent = Sink()
    runtime.answer = [Frame(0, "drive", 1, b"")]
    try:
        statistics = run_periodic(runtime, [sent], Line(), None, MonotonicClock(), stop)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    assert stop.signal_number == number
    assert statistics.ticks == sent.statistics.sent == 3


class Sink:
    """A bus port that takes all, hears nothing, and tells what it is given to tell, a portion a tick."""

    state = BusState.ERROR_ACTIVE

    def __init__(self, name: str = "drive", *events: list[BusEvent]) -> None:
        self.name = name
        self.statistics = BusStatistics()
        self._events = list(events)

    def take_events(self) -> list[BusEvent]:
        return self._events.pop(0) if self._events else []

    def receive(self, now_ns: int) -> list[Frame]:
        return []

    def send(self, frames: Sequence[Frame]) -> None:
        self.statistics.sent += len(frames)

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        raise AssertionError("the loop does not own its buses")


def test_the_sink_is_a_bus_port() -> None:
    port: WatchedBus = Sink()
    assert port.receive(0) == []


def test_what_the_buses_say_beside_frames_is_an_input_and_is_recorded() -> None:
    off = BusEvent(0, "drive", EventKind.STATE, int(BusState.BUS_OFF), text="BUS_OFF")
    step = BusEvent(0, "drive", EventKind.CLOCK_STEP, 5)
    lost = BusEvent(0, "body", EventKind.OVERFLOW, 7)
    clock, tape = VirtualTime(), Tape()
    runtime = Runtime(clock)
    buses = [Sink("drive", [], [off, step], []), Sink("body", [], [lost], [lost])]
    run(runtime, clock, 4, buses=buses, recorder=tape)
    assert [host.bus_events for host in runtime.hosts] == [(), (off, step, lost), (lost,), ()]
    assert [record.host for record in tape.records] == runtime.hosts


class Laborious(Runtime):
    """Works in two parts and says so; the second takes what it is told."""

    def __init__(self, clock: VirtualTime, stages: StageClock, durations_ns: Sequence[int]) -> None:
        super().__init__(clock)
        self._stages, self._parts_ns = stages, list(durations_ns)

    def step(self, now_ns: int, frames: Sequence[Frame], serial: bytes, host: HostReport, /) -> list[Frame]:
        self._clock.time_ns += 2 * MS
        self._stages.mark("decode")
        self._clock.time_ns += self._parts_ns.pop(0)
        self._stages.mark("motion")
        return super().step(now_ns, frames, serial, host)


def test_each_tick_is_told_how_long_the_cycle_before_took_and_which_part_of_it_longest() -> None:
    clock = VirtualTime()
    stages = StageClock(clock)
    runtime = Laborious(clock, stages, [1 * MS, 5 * MS, 25 * MS, 0, 0])
    run(runtime, clock, 5, stages=stages)
    assert [(h.cycle_ns, h.slowest_stage, h.slowest_stage_ns) for h in runtime.hosts] == [
        (0, "", 0),
        (3 * MS, "decode", 2 * MS),
        (7 * MS, "motion", 5 * MS),
        (27 * MS, "motion", 25 * MS),
        # Due at 1050 ms, where the long cycle left a period out; begun at 1057 ms.
        (9 * MS, "waking up", 7 * MS),
    ]
    assert {h.period_ns for h in runtime.hosts} == {10 * MS}


def test_temperature_disk_and_a_recorder_that_failed_are_told() -> None:
    class Source:
        latest = Health(71.5, 0.25, "")

    class Broken(Tape):
        error = OSError(28, "No space left on device")

    clock = VirtualTime()
    runtime = Runtime(clock)
    run(runtime, clock, 1, health=Source(), recorder=Broken())
    (host,) = runtime.hosts
    assert (host.temperature_degc, host.disk_free_share) == (71.5, 0.25)
    assert "No space left" in host.recorder_error


def test_without_a_source_nothing_is_known_of_the_computer() -> None:
    clock = VirtualTime()
    runtime = Runtime(clock)
    run(runtime, clock, 1, recorder=Tape())
    (host,) = runtime.hosts
    assert (host.temperature_degc, host.disk_free_share, host.recorder_error) == (None, None, "")
