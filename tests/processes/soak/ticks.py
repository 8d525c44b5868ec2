"""`control`'s ticks as it records them itself: cycles that were too long, periods in which none ran."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import msgspec

from firmware_runtime.executive.link import crossing
from firmware_runtime.executive.link.ring import RingReader
from firmware_runtime.recorder.tick_record import ControlTick, Record, SupervisorTick
from firmware_runtime.vehicle.enums import SafetyState
from tests.processes.soak.counters import CounterWatch
from vehicle_hil.core_pace import SLOW
from vehicle_hil.stall_meter import Stall

PERIOD_NS = 10_000_000
AFTER_STALL_NS = 250_000_000
"""So long the machine's own stall of a tick still tells."""


class Overrun(NamedTuple):
    """A cycle that ended after its period."""

    begin_ns: int
    """When it was due: that it woke up late is its first part."""
    end_ns: int
    stage: str
    """The part of it that took longest."""

    @property
    def over_ns(self) -> int:
        return self.end_ns - self.begin_ns - PERIOD_NS


class Reason(StrEnum):
    """Why a cycle that was too long is none of the runtime's making, as the stall meter saw its core."""

    NO_PROCESSOR = "the core was away for as long"
    AFTER_A_STALL = "within a quarter of a second after it was away for a tick"
    SLOW = "it ran at less than half its usual speed"


def explanation(overrun: Overrun, stalls: Sequence[Stall], slowness: float) -> Reason | None:
    """stalls: of the core. slowness: of the core during the cycle, 1.0 as usual."""
    if _stalled_ns(overrun, stalls) >= overrun.over_ns:
        return Reason.NO_PROCESSOR
    # What was left lying waits, and caches are cold: traced, the supervisor's step took 4 times as long then.
    before_ns = overrun.begin_ns - AFTER_STALL_NS
    if any(
        one.late_ns >= PERIOD_NS and one.begin_ns <= overrun.end_ns and one.end_ns >= before_ns
        for one in stalls
    ):
        return Reason.AFTER_A_STALL
    return Reason.SLOW if slowness >= SLOW else None


def _stalled_ns(overrun: Overrun, stalls: Sequence[Stall]) -> int:
    """So long the core may have been away during the cycle.

    What two stalls have in common counts once. A stall counts from its earliest moment.
    """
    stalled_ns, to_ns = 0, overrun.begin_ns
    for one in sorted(stalls, key=lambda stall: stall.begin_ns):
        end_ns = min(one.end_ns, overrun.end_ns)
        stalled_ns += max(0, end_ns - max(one.earliest_ns, to_ns))
        to_ns = max(to_ns, end_ns)
    return stalled_ns


class RecordedTicks:
    """Follows the rings of both processes, as `services` does."""

    def __init__(self, link: Path) -> None:
        self._control = RingReader(link / crossing.CONTROL_TICKS)
        self._supervisor = RingReader(link / crossing.SUPERVISOR_TICKS)
        self._decoder = msgspec.msgpack.Decoder(Record)
        self.control_heard, self.supervisor_heard = CounterWatch(), CounterWatch()
        self.overruns: list[Overrun] = []
        self.ticks = 0
        self.proposals = 0
        self.withheld: list[SupervisorTick] = []
        """Steps whose frames the supervisor kept back as too old: their counters are missing on the bus."""
        self.stopped = ""
        """Why the drive ended, first of all: what `control` was told by the supervisor, or its own state."""
        self.stopped_ns = 0
        self._drove = False

    def take(self) -> None:
        """All records since the last call."""
        for ring in (self._control, self._supervisor):
            while (payload := ring.read()) is not None:
                record: Record = self._decoder.decode(payload)
                if isinstance(record, ControlTick):
                    self._note(record)
                elif isinstance(record, SupervisorTick):
                    self.proposals += record.proposal is not None
                    if record.withheld:
                        self.withheld.append(record)
                    for heard in record.heard:
                        self.supervisor_heard.note((bus, i, data) for _, bus, i, data in heard.frames)

    def _note(self, tick: ControlTick) -> None:
        self.ticks += 1
        self.control_heard.note((bus, can_id, data) for _, bus, can_id, data in tick.frames_in)
        told = tick.telemetry
        self._drove = self._drove or told.state is SafetyState.AUTO
        if self._drove and not self.stopped and (tick.report.took_over or told.state is not SafetyState.AUTO):
            why = tick.report.took_over or f"{told.state.name}: {', '.join(told.faults) or 'no fault'}"
            self.stopped, self.stopped_ns = why, tick.time_ns
        host = tick.host
        if host.cycle_ns > PERIOD_NS:
            end_ns = host.cycle_due_ns + host.cycle_ns
            self.overruns.append(Overrun(host.cycle_due_ns, end_ns, host.slowest_stage))

    @property
    def lost_records(self) -> int:
        return self._control.lost + self._supervisor.lost
