"""The tick's own clock: it must rise, and from tick to tick by no more than a vehicle can be left alone.

The monotonic clock never runs backwards on a sound computer; a gap means that this process did not run.
"""

from typing import NamedTuple

GAP_MAX_NS = 100_000_000
"""By then the actuators' own timeouts (50 ms) have acted."""
HOLD_NS = 1_000_000_000
"""So long a finding is told: it lasts for one tick only, and people must see it (assumption)."""


class _Finding(NamedTuple):
    text: str
    until_ns: int
    """Told before this time."""


class ClockWatch:
    """`step(now_ns) -> what was wrong within HOLD_NS, or empty`, once a tick."""

    def __init__(self) -> None:
        self._last_ns: int | None = None
        self._finding: _Finding | None = None

    def step(self, now_ns: int) -> str:
        if self._last_ns is not None:
            gap_ns = now_ns - self._last_ns
            if gap_ns <= 0:
                self._finding = _Finding(f"time did not rise: {gap_ns * 1e-6:+.1f} ms", now_ns + HOLD_NS)
            elif gap_ns > GAP_MAX_NS:
                self._finding = _Finding(f"no tick for {gap_ns * 1e-6:.0f} ms", now_ns + HOLD_NS)
        self._last_ns = now_ns
        if self._finding is None or now_ns >= self._finding.until_ns:
            return ""
        return self._finding.text
