"""The real-time shell of the tick: an absolute grid in time, buses and serial port in, frames out.

One thread, no locks. A tick that comes late is run once and counted; periods that are over by then are
left out and counted, so that two ticks never follow at once to catch up.

Not yet: real-time scheduling, locked memory, cores of its own, and a stop of the vehicle before the end.
On SIGTERM or SIGINT the loop ends after the tick under way; the actuators' own timeouts stop the vehicle.
"""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Protocol

from firmware_runtime.can.bus import BusPort
from firmware_runtime.can.frame import Frame
from firmware_runtime.executive.clock import Clock
from firmware_runtime.recorder.blackbox import Recorder
from firmware_runtime.recorder.replay import Steppable
from firmware_runtime.recorder.tick_record import make_record

TICK_NS = 10_000_000
"""Period of a tick: 100 Hz."""


class SerialSource(Protocol):
    """Where serial bytes come from; see serial_port.SerialReader."""

    def read(self, now_ns: int) -> bytes:
        """All bytes that are there; returns at once, empty while the port is lost."""
        ...


@dataclass(slots=True)
class LoopStatistics:
    """How well the loop kept its time."""

    ticks: int = 0
    late_ticks: int = 0
    """Ticks that began more than half a period after their moment."""
    missed_periods: int = 0
    """Periods in which no tick ran, because the one before took so long."""
    worst_wake_ns: int = 0
    """Longest time from a tick's moment to its begin."""
    worst_tick_ns: int = 0
    """Longest time from a tick's begin to its end."""


class StopRequest:
    """Set by SIGTERM or SIGINT, read once a tick."""

    def __init__(self) -> None:
        self.signal_number = 0
        """The signal that came; 0 while none has."""

    def __call__(self) -> bool:
        return self.signal_number != 0

    def listen(self) -> None:
        """Takes over both signals; in the main thread only."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.signal_number = number


def run_periodic(
    runtime: Steppable,
    buses: Sequence[BusPort],
    serial: SerialSource,
    recorder: Recorder | None,
    clock: Clock,
    should_stop: Callable[[], bool],
    period_ns: int = TICK_NS,
) -> LoopStatistics:
    """Ticks until `should_stop` says so, which is asked before each tick."""
    statistics = LoopStatistics()
    ports = {bus.name: bus for bus in buses}
    due_ns = clock.now_ns() + period_ns
    while not should_stop():
        clock.sleep_until(due_ns)
        now_ns = clock.now_ns()
        if now_ns < due_ns:
            # Woken early by a signal: ask again whether to stop.
            continue
        frames_in: list[Frame] = []
        for bus in buses:
            frames_in += bus.receive(now_ns)
        serial_in = serial.read(now_ns)
        frames_out = runtime.step(now_ns, frames_in, serial_in)
        _send(ports, frames_out)
        if recorder is not None:
            recorder.record(
                make_record(statistics.ticks, now_ns, frames_in, serial_in, frames_out, runtime.telemetry)
            )
        end_ns = clock.now_ns()
        _count(statistics, now_ns - due_ns, end_ns - now_ns, period_ns)
        due_ns += period_ns
        missed = max(0, end_ns - due_ns) // period_ns
        statistics.missed_periods += missed
        due_ns += missed * period_ns
    return statistics


def _send(ports: Mapping[str, BusPort], frames: Sequence[Frame]) -> None:
    """Each bus gets its frames in the order of the tick."""
    by_bus: dict[str, list[Frame]] = {}
    for frame in frames:
        by_bus.setdefault(frame.bus, []).append(frame)
    for name, batch in by_bus.items():
        ports[name].send(batch)


def _count(statistics: LoopStatistics, wake_ns: int, tick_ns: int, period_ns: int) -> None:
    statistics.ticks += 1
    statistics.late_ticks += wake_ns > period_ns // 2
    statistics.worst_wake_ns = max(statistics.worst_wake_ns, wake_ns)
    statistics.worst_tick_ns = max(statistics.worst_tick_ns, tick_ns)
