"""What the shell saw of its own computer since the last tick, beside frames and serial bytes.

An input of the tick like those two: recorded with them, and given again in a replay.
"""

import msgspec

from firmware_runtime.can.bus_events import BusEvent
from firmware_runtime.safety.state_report import NO_STATE_KEPT, StateReport


class HostReport(msgspec.Struct, frozen=True, array_like=True, gc=False):
    bus_events: tuple[BusEvent, ...] = ()
    """Of all buses, in the order of the profile and then of time; at most EVENTS_MAX a bus."""
    period_ns: int = 0
    """Of the loop; 0 where there is none (virtual time), and then no cycle either."""
    cycle_ns: int = 0
    """Of the last cycle, from the moment at which it was due to its end."""
    slowest_stage: str = ""
    """The part of that cycle that took longest, waking up included."""
    slowest_stage_ns: int = 0
    temperature_degc: float | None = None
    """Of the computer's warmest thermal zone; None where it has none."""
    disk_free_share: float | None = None
    """Of the file system that the black box is written to; None without a black box."""
    recorder_error: str = ""
    """Why the black box ended early, or empty."""
    end_asked: bool = False
    """This process is asked to end; once it was, it stays so."""
    state: StateReport = NO_STATE_KEPT
    """Of what outlives the power."""
    cycle_due_ns: int = 0
    """Moment at which the last cycle was due, on the clock of the ticks; 0 before the first has ended."""


NOTHING_TO_REPORT = HostReport()
