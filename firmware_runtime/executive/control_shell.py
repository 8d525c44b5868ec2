"""The process of `control`: on an absolute grid in time, buses and serial port in, a proposal out.

It sends nothing on a bus. What the supervisor says of the buses that it sends on is an input of the next
tick. Beside the loop two threads of this process look at what may keep a tick waiting: the serial port
(serial_thread.py), temperature and disk (host_health.py). The tick takes what they have found and waits for
neither; a supervisor or `services` that is gone is not waited for.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from firmware_runtime.can.bus_events import BusEvent
from firmware_runtime.can.bus_port import WatchedBus
from firmware_runtime.can.frame import Frame
from firmware_runtime.controller import Controller
from firmware_runtime.executive.host_health import UNKNOWN, Health
from firmware_runtime.executive.life_signs import LifeSigns
from firmware_runtime.executive.link.crossing import ProposalCodec, ReportCodec
from firmware_runtime.executive.link.datagram import Inbox, Outbox
from firmware_runtime.executive.link.tick_log import TickLog
from firmware_runtime.executive.live.control_page import ControlStatus
from firmware_runtime.executive.live.loop_figures import LoopFigures
from firmware_runtime.executive.persistence.desk import StateDesk
from firmware_runtime.executive.stage_clock import StageClock
from firmware_runtime.executive.tick_grid import TickGrid
from firmware_runtime.recorder.tick_record import ControlTick
from firmware_runtime.safety.host_report import HostReport
from firmware_runtime.safety.state_report import NO_STATE_KEPT
from firmware_runtime.safety.supervisor_report import SupervisorReport

REPORT_AGE_MAX_NS = 50_000_000
"""A supervisor that has not said anything for so long is gone (assumption: five of its steps)."""
BEGIN_MAX_NS = 5_000_000_000
"""From the first tick: a supervisor of which nobody has heard by then does not come. Both take 1.5 s to begin
and are begun together or this one later; without it nothing moves in any case (assumption)."""
NO_REPORT = "no report from the supervisor"


class SerialSource(Protocol):
    """Where serial bytes come from; see serial_thread.SerialThread."""

    def read(self, now_ns: int) -> bytes:
        """All bytes that are there; returns at once, empty while the port is lost."""
        ...


class HealthSource(Protocol):
    """How this computer fares; see host_health.HostHealth."""

    @property
    def latest(self) -> Health: ...


class ReportDesk:
    """The supervisor's last word, and since when it has said none, by the time of its step."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._codec = ReportCodec()
        self._begun_ns: int | None = None
        self._last_ns: int | None = None
        """Of the youngest step that was heard of; a report may have lain here for long."""
        self._report = SupervisorReport("", False, 0)

    def take(self, now_ns: int) -> tuple[SupervisorReport, list[BusEvent]]:
        """The report that counts now, and events of the supervisor's ports since the last call."""
        events: list[BusEvent] = []
        self._begun_ns = now_ns if self._begun_ns is None else self._begun_ns
        for message in self._inbox.take():
            said = self._codec.decode(message)
            if said is None:
                continue
            events += said.bus_events
            # What lay here while this process still began tells nothing of now, not even that it is late.
            if said.time_ns >= self._begun_ns - REPORT_AGE_MAX_NS:
                said_ns = min(said.time_ns, now_ns)
                self._last_ns = said_ns if self._last_ns is None else max(self._last_ns, said_ns)
                self._report = said.report
        late = (
            now_ns - self._begun_ns > BEGIN_MAX_NS
            if self._last_ns is None
            else now_ns - self._last_ns > REPORT_AGE_MAX_NS
        )
        if late:
            return msgspec.structs.replace(self._report, took_over=NO_REPORT), events
        return self._report, events


class ControlShell:
    def __init__(
        self,
        controller: Controller,
        buses: Sequence[WatchedBus],
        serial: SerialSource,
        proposals: Outbox,
        reports: Inbox,
        ticks: TickLog | None,
        grid: TickGrid,
        stages: StageClock,
        health: HealthSource | None,
        figures: LoopFigures,
        status: ControlStatus | None,
        state: StateDesk | None,
        life: LifeSigns | None,
    ) -> None:
        self._controller = controller
        self._buses = buses
        self._serial = serial
        self._proposals = proposals
        self._desk = ReportDesk(reports)
        self._ticks = ticks
        self._grid = grid
        self._stages = stages
        self._health = health
        self._figures = figures
        self._status = status
        self._state = state
        self._life = life
        self._codec = ProposalCodec()

    def run(self, asked_to_end: Callable[[], bool], period_ns: int) -> None:
        """Until the vehicle stands and is held, after `asked_to_end` said so; asked before each tick."""
        while not self._controller.may_end:
            now_ns = self._grid.wait()
            if now_ns is not None:
                self._tick(now_ns, period_ns, asked_to_end())
                self._grid.done()
                self._figures.cycle(now_ns, self._grid.cycle_ns, self._stages.slowest)

    def _tick(self, now_ns: int, period_ns: int, end_asked: bool) -> None:
        stages = self._stages
        slowest, slowest_ns = stages.slowest, stages.slowest_ns
        stages.begin(self._grid.begun_due_ns, now_ns)
        frames: list[Frame] = []
        events: list[BusEvent] = []
        for bus in self._buses:
            frames += bus.receive(now_ns)
            events += bus.take_events()
        stages.mark("receive")
        serial = self._serial.read(now_ns)
        stages.mark("serial")
        report, told = self._desk.take(now_ns)
        stages.mark("report")
        host = HostReport(
            (*events, *told),
            period_ns,
            self._grid.cycle_ns,
            slowest,
            slowest_ns,
            *(self._health.latest if self._health is not None else UNKNOWN),
            end_asked=end_asked,
            state=self._state.report if self._state is not None else NO_STATE_KEPT,
            cycle_due_ns=self._grid.cycle_due_ns,
        )
        proposal = self._controller.step(now_ns, frames, serial, report, host)
        self._proposals.send(self._codec.encode(proposal))
        stages.mark("send")
        telemetry = self._controller.telemetry
        if self._ticks is not None and telemetry is not None:
            self._ticks.write(ControlTick(now_ns, frames, serial, report, host, proposal, telemetry))
        stages.mark("record")
        if self._state is not None:
            self._state.step(now_ns, self._controller, end_asked)
            stages.mark("state")
        if self._status is not None:
            self._status.step(now_ns)
            stages.mark("status")
        if self._life is not None:
            self._life.well(now_ns)
            if end_asked:
                self._life.ending()
