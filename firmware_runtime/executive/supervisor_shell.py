"""The supervisor's process: waits for a proposal, an e-stop or its own deadline, steps, sends.

A good proposal goes out as it comes, not a tick later; only what comes within half a period of the last one
waits for so long, for a `control` that runs away must not drive the steps of its supervisor. Without one the
supervisor steps at its deadline all the same, and finds the last one too old. Frames are taken as they come;
one that presses an e-stop is stepped at once. Just before a proposal is due it looks at the vehicle (see
look_ahead.py), so that less is left to do when it comes. No thread, no lock; whatever other processes do, the
next step comes.

This process loads nothing of motion, battery and drive: so this file is its own.
"""

import select
from collections.abc import Callable, Mapping, Sequence

from firmware_runtime.can.bus_events import BusEvent
from firmware_runtime.can.bus_port import WatchedBus, send_all
from firmware_runtime.executive.bus_restarts import BusRestarts
from firmware_runtime.executive.clock import Clock
from firmware_runtime.executive.life_signs import LifeSigns
from firmware_runtime.executive.link.crossing import (
    ProposalCodec,
    ReportCodec,
    ReportMessage,
)
from firmware_runtime.executive.link.datagram import Inbox, Outbox
from firmware_runtime.executive.link.tick_log import TickLog
from firmware_runtime.executive.live.pages import ShellStatistics
from firmware_runtime.executive.live.spread import Spread
from firmware_runtime.executive.live.supervisor_page import SupervisorStatus
from firmware_runtime.executive.look_ahead import LookAhead
from firmware_runtime.recorder.tick_record import Heard, SupervisorTick
from firmware_runtime.safety.own_watch import OwnWatch
from firmware_runtime.safety.supervision import LocalStatus
from firmware_runtime.safety.supervisor import Supervisor
from firmware_runtime.vehicle.proposal import Proposal

STEP_NS = 10_000_000
"""Without proposals it steps so often, at every rate of `control`: as the ECUs are to hear their commands."""
PATIENCE_NS = 5_000_000
"""So much later than that after the last proposal it begins to (assumption: beyond any jitter of a healthy
`control`)."""
BLIND_POLL_NS = 1_000_000
"""Ports that cannot wake anybody are looked at so often (python-can's `virtual`)."""
EVENTS_MAX = 64
"""Kept for a `control` that does not listen; what comes first counts."""


class SupervisorShell:
    def __init__(
        self,
        supervisor: Supervisor,
        own: OwnWatch,
        buses: Sequence[WatchedBus],
        proposals: Inbox,
        reports: Outbox,
        ticks: TickLog | None,
        clock: Clock,
        tick_ns: int,
        spreads: dict[str, Spread],
        status: SupervisorStatus | None,
        life: LifeSigns | None,
    ) -> None:
        """
        own: told by `supervisor` of its stages.
        tick_ns: between two proposals of a `control` that is well.
        spreads: filled with how long the parts take.
        """
        self._supervisor = supervisor
        self._own = own
        self._buses = buses
        self._ports: Mapping[str, WatchedBus] = {bus.name: bus for bus in buses}
        self._restarts = BusRestarts(buses)
        self._proposals = proposals
        self._reports = reports
        self._ticks = ticks
        self._clock = clock
        self._proposal_codec = ProposalCodec()
        self._report_codec = ReportCodec()
        self._wires = [fd for bus in buses if (fd := bus.fileno()) >= 0]
        self._waits_on = [proposals.fileno(), *self._wires]
        self._blind = len(self._wires) < len(buses)
        self._apart_ns = tick_ns // 2
        self._listens_ns = 0
        """Until then proposals are left in the kernel, which refuses more of them than it keeps."""
        self._due_ns = clock.now_ns() + STEP_NS
        self._heard: list[Heard] = []
        self._end_asked = False
        self._events: list[BusEvent] = []
        self._status = status
        self._life = life
        self._step_spread = spreads.setdefault("step and send", Spread())
        self._hand_over_spread = spreads.setdefault("tick's begin to bus", Spread())
        self._late_spread = spreads.setdefault("late at its deadline", Spread())
        self._look_spread = spreads.setdefault("look ahead", Spread())
        self._look_ahead = LookAhead(tick_ns)
        self._last_message = b""
        """Of `control`."""
        self._arrived = 0
        """Proposals since the last step."""
        self.statistics = ShellStatistics()

    def run(self, asked_to_end: Callable[[], bool]) -> None:
        """Until the vehicle stands and is held, after `asked_to_end` said so, which is asked in each turn.

        Or until it is not well itself.
        """
        while not self._supervisor.may_end and self._own.status is not LocalStatus.EXPIRED:
            if asked_to_end():
                self._end_asked = True
                self._supervisor.ask_end()
                if self._life is not None:
                    self._life.ending()
            self.turn()

    def turn(self) -> None:
        """Waits for whatever comes first, at most until the deadline, and steps if it asks for that."""
        woken_ns = self._wait()
        urgent = self._hear(woken_ns)
        proposal = self._newest(woken_ns) if woken_ns >= self._listens_ns else None
        # Read after what is judged by it: pushed aside in between, it would find a proposal that came
        # meanwhile to be from the future, and stop a truck that is well.
        now_ns = self._clock.now_ns()
        if proposal is not None or urgent or now_ns >= self._due_ns:
            self._step(woken_ns, now_ns, proposal, urgent)
        elif self._look_ahead.due(now_ns, self._supervisor.has_looked):
            self._look(now_ns)

    def _wait(self) -> int:
        now_ns = self._clock.now_ns()
        listens = now_ns >= self._listens_ns
        until_ns = self._due_ns if listens else min(self._due_ns, self._listens_ns)
        left_ns = self._look_ahead.before(now_ns, until_ns) - now_ns
        if self._blind:
            left_ns = min(left_ns, BLIND_POLL_NS)
        if left_ns > 0:
            select.select(self._waits_on if listens else self._wires, (), (), left_ns * 1e-9)
        return self._clock.now_ns()

    def _hear(self, now_ns: int) -> bool:
        urgent = False
        for bus in self._buses:
            frames = bus.receive(now_ns)
            if frames:
                self._heard.append(Heard(now_ns, frames))
                urgent = self._supervisor.hear(now_ns, frames) or urgent
            events = bus.take_events()
            if events:
                self._events = (self._events + events)[:EVENTS_MAX]
        return urgent

    def _newest(self, now_ns: int) -> Proposal | None:
        messages = self._proposals.take()
        self._arrived += len(messages)
        if not messages:
            return None
        self._listens_ns = now_ns + self._apart_ns
        self.statistics.overtaken += len(messages) - 1
        self._last_message = messages[-1]
        proposal = self._proposal_codec.decode(self._last_message)
        self.statistics.unreadable += proposal is None
        return proposal

    def _look(self, now_ns: int) -> None:
        """Before the next proposal comes: the supervisor sees the vehicle, and goes through its motions."""
        self._supervisor.look(now_ns)
        self._heard.append(Heard(now_ns, (), looked=True))
        if self._look_ahead.first:
            self._proposal_codec.decode(self._last_message)
            self._supervisor.rehearse()
        took_ns = self._clock.now_ns() - now_ns
        self._own.looked(took_ns)
        self._look_ahead.looked(now_ns, took_ns)
        self._look_spread.add(took_ns)

    def _step(self, woken_ns: int, now_ns: int, proposal: Proposal | None, urgent: bool) -> None:
        statistics = self.statistics
        statistics.steps += 1
        arrived, self._arrived = self._arrived, 0
        # What it hears counts too: a supervisor that takes long over it is slow.
        self._own.begin(woken_ns)
        out = self._supervisor.step(now_ns, (), proposal, arrived)
        sends = self._own.may_send(self._clock.now_ns())
        if sends:
            send_all(self._ports, out)
        sent_ns = self._clock.now_ns()
        if sends:
            self._own.sent(sent_ns)
        self._step_spread.add(sent_ns - now_ns)
        if proposal is not None:
            self._restarts.take(now_ns, proposal.renewals)
            statistics.forwarded += 1
            self._due_ns = now_ns + STEP_NS + PATIENCE_NS
            self._look_ahead.proposed(now_ns)
            taken_ns = sent_ns - proposal.time_ns
            self._hand_over_spread.add(taken_ns)
            statistics.worst_hand_over_ns = max(statistics.worst_hand_over_ns, taken_ns)
        elif now_ns >= self._due_ns:
            statistics.without += 1
            statistics.worst_late_ns = max(statistics.worst_late_ns, now_ns - self._due_ns)
            self._late_spread.add(now_ns - self._due_ns)
            # Never two steps at once to catch up.
            self._due_ns = max(self._due_ns, now_ns - STEP_NS) + STEP_NS
        if not sends:
            # What it says is old, and may be a stop: once more, and at once.
            self._supervisor.withhold()
            statistics.withheld += 1
            self._due_ns = now_ns
        statistics.urgent += urgent
        message = ReportMessage(now_ns, self._supervisor.report, self._events)
        if self._reports.send(self._report_codec.encode(message)):
            self._events = []
        if self._ticks is not None:
            self._ticks.write(
                SupervisorTick(
                    now_ns,
                    self._heard,
                    proposal,
                    out,
                    message.report,
                    self._end_asked,
                    arrived=arrived,
                    withheld=not sends,
                )
            )
        self._heard = []
        if self._status is not None:
            self._status.step(now_ns, statistics)
        if self._life is not None and sends:
            self._life.well(now_ns)
