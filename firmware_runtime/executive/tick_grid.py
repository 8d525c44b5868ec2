"""The grid in time on which a real-time loop ticks, and how well the loop keeps it.

Moments are absolute, so delays never add up. A tick that wakes late runs once and is counted. Where a tick
ends later than half a period after the next moment, that period is left out and counted, as are those that
are over: after a tick that took too long two never follow at once to catch up. The
supervisor bears one that `control` leaves out in 50 ms, and two cycles with more (supervised.CONTROL_ALIVE).
"""

from dataclasses import dataclass

from firmware_runtime.executive.clock import Clock


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


class TickGrid:
    """`wait`, tick, `done`, and again; the first moment is one period after the making."""

    def __init__(self, clock: Clock, period_ns: int) -> None:
        self.statistics = LoopStatistics()
        self._clock = clock
        self._period_ns = period_ns
        self._due_ns = clock.now_ns() + period_ns
        self._begin_ns = 0
        self.begun_due_ns = 0
        """Moment at which the cycle that began last was due."""
        self.cycle_due_ns = 0
        """Of the last cycle that ended; 0 before the first has."""
        self.cycle_ns = 0
        """Of that cycle, from that moment to its end; 0 before the first has ended."""

    def wait(self) -> int | None:
        """Sleeps until the next tick is due and gives the time; None where a signal cut the sleep short."""
        self._clock.sleep_until(self._due_ns)
        now_ns = self._clock.now_ns()
        if now_ns < self._due_ns:
            return None
        self._begin_ns = now_ns
        self.begun_due_ns = self._due_ns
        return now_ns

    def done(self) -> None:
        """The tick that `wait` began has ended."""
        end_ns = self._clock.now_ns()
        wake_ns, tick_ns = self._begin_ns - self._due_ns, end_ns - self._begin_ns
        self.cycle_due_ns = self._due_ns
        self.cycle_ns = end_ns - self._due_ns
        statistics = self.statistics
        statistics.ticks += 1
        statistics.late_ticks += wake_ns > self._period_ns // 2
        statistics.worst_wake_ns = max(statistics.worst_wake_ns, wake_ns)
        statistics.worst_tick_ns = max(statistics.worst_tick_ns, tick_ns)
        self._due_ns += self._period_ns
        # Rounded, half a period down: a tick that began later would be followed at once by the next.
        half_ns = self._period_ns // 2
        missed = max(0, end_ns - self._due_ns + half_ns - 1) // self._period_ns
        statistics.missed_periods += missed
        self._due_ns += missed * self._period_ns
