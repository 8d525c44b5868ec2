"""When a cyclic message is due: a grid of instants from its first frame on; asked each tick by the sender."""

from firmware_runtime.can.freshness import NEVER_NS

EARLY_SHARE = 4
"""A frame may be early by the cycle over this (assumption: the tick is no slower than the fastest cycle)."""
EARLY_MAX_NS = 2_500_000
"""And by no more than a quarter of the default tick of 10 ms, so that slow cycles keep to their tick."""


class SendClock:
    """Cycle of one message, robust to jitter of the tick.

    The first question answers yes and sets the phase. Then one frame belongs to each instant
    first + k * cycle; it may go out in a call a little before it (EARLY_SHARE, EARLY_MAX_NS) or at any time
    after, so a tick that jitters neither skips nor doubles one. Two frames are never less than half a
    cycle apart. Instants that were
    missed altogether are left out, not made up for in a burst, and the grid keeps its phase: no drift.
    """

    __slots__ = ("_cycle_ns", "_early_ns", "_half_ns", "_instant_ns", "earliest_ns")

    def __init__(self, cycle_ns: int) -> None:
        self._cycle_ns = cycle_ns
        self._half_ns = cycle_ns // 2
        self._early_ns = min(cycle_ns // EARLY_SHARE, EARLY_MAX_NS)
        self._instant_ns = NEVER_NS
        """Instant that the next frame belongs to."""
        self.earliest_ns = NEVER_NS
        """The message is due from here on."""

    def sent(self, now_ns: int) -> None:
        """Note that the frame which was due has gone out."""
        half_ns = self._half_ns
        instant_ns = self._instant_ns + self._cycle_ns
        if instant_ns <= now_ns - half_ns:
            instant_ns = self._realigned(instant_ns, now_ns)
        self._instant_ns = instant_ns
        early_ns, apart_ns = instant_ns - self._early_ns, now_ns + half_ns
        self.earliest_ns = early_ns if early_ns > apart_ns else apart_ns

    def _realigned(self, instant_ns: int, now_ns: int) -> int:
        """The instant after the one nearest to now, which this frame counts for; the grid begins with it."""
        if self._instant_ns == NEVER_NS:
            return now_ns + self._cycle_ns
        missed = (now_ns + self._half_ns - instant_ns) // self._cycle_ns + 1
        return instant_ns + missed * self._cycle_ns

    def state(self) -> list[int]:
        """All that `restore_state` needs."""
        return [self._instant_ns, self.earliest_ns]

    def restore_state(self, state: list[int]) -> None:
        self._instant_ns, self.earliest_ns = state
