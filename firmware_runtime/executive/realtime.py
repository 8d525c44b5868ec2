"""The real-time shell of the tick: an absolute grid in time, buses and serial port in, frames out.

One thread, no locks; tick_grid.py says when.

Not yet: a stop of the vehicle before the end. On SIGTERM or SIGINT the loop ends after the tick under
way; the actuators' own timeouts stop the vehicle.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from firmware_runtime.can.bus_events import BusEvent
from firmware_runtime.can.bus_port import WatchedBus, send_all
from firmware_runtime.can.frame import Frame
from firmware_runtime.executive.clock import Clock
from firmware_runtime.executive.host_health import UNKNOWN, Health
from firmware_runtime.executive.stage_clock import StageClock
from firmware_runtime.executive.tick_grid import TICK_NS, LoopStatistics, TickGrid
from firmware_runtime.recorder.blackbox import Recorder
from firmware_runtime.recorder.replay import Steppable
from firmware_runtime.recorder.tick_record import TickRecord
from firmware_runtime.safety.host_report import HostReport


class SerialSource(Protocol):
    """Where serial bytes come from; see serial_port.SerialReader."""

    def read(self, now_ns: int) -> bytes:
        """All bytes that are there; returns at once, empty while the port is lost."""
        ...


class HealthSource(Protocol):
    """How this computer fares; see host_health.HostHealth."""

    @property
    def latest(self) -> Health: ...


def do_nothing(now_ns: int) -> None:
    """The runtime asks for nothing beside frames."""


def run_periodic(
    runtime: Steppable,
    buses: Sequence[WatchedBus],
    serial: SerialSource,
    recorder: Recorder | None,
    clock: Clock,
    should_stop: Callable[[], bool],
    period_ns: int = TICK_NS,
    stages: StageClock | None = None,
    health: HealthSource | None = None,
    after_tick: Callable[[int], None] = do_nothing,
) -> LoopStatistics:
    """Ticks until `should_stop` says so, which is asked before each tick.

    stages: the clock that the runtime marks its own parts on, or None. health: of this computer, or None.
    after_tick: what the shell does for the runtime beside frames, told the tick's time; within the cycle.
    """
    ports = {bus.name: bus for bus in buses}
    grid = TickGrid(clock, period_ns)
    stages = stages or StageClock(clock)
    while not should_stop():
        now_ns = grid.wait()
        if now_ns is None:
            continue
        slowest, slowest_ns = stages.slowest, stages.slowest_ns
        stages.begin(grid.begun_due_ns, now_ns)
        frames_in: list[Frame] = []
        events: list[BusEvent] = []
        for bus in buses:
            frames_in += bus.receive(now_ns)
            events += bus.take_events()
        stages.mark("buses in")
        serial_in = serial.read(now_ns)
        stages.mark("serial in")
        host = HostReport(
            tuple(events),
            period_ns,
            grid.cycle_ns,
            slowest,
            slowest_ns,
            *(health.latest if health is not None else UNKNOWN)[:2],
            _error_of(recorder),
        )
        frames_out = runtime.step(now_ns, frames_in, serial_in, host)
        stages.mark("runtime")
        send_all(ports, frames_out)
        after_tick(now_ns)
        stages.mark("buses out")
        if recorder is not None:
            telemetry = runtime.telemetry
            recorder.record(TickRecord(now_ns, frames_in, serial_in, frames_out, telemetry, host=host))
        stages.mark("recording")
        grid.done()
    return grid.statistics


def _error_of(recorder: Recorder | None) -> str:
    """Why recording ended early; a recorder that has no such word has none."""
    error = getattr(recorder, "error", None)
    return str(error) if error is not None else ""
