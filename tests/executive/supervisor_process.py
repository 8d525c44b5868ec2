"""The supervisor's process for tests: real links, real frames; the clock alone is the test's."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

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
from firmware_runtime.recorder.tick_record import Record, SupervisorBegin, SupervisorTick
from firmware_runtime.safety.control_watch import expected_word
from firmware_runtime.safety.own_watch import OwnWatch
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
