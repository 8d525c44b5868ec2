"""Which part of a cycle took longest: what an overrun is blamed on; and how long each takes over months.

The parts call `mark` as they end. They learn nothing from it, so components stay pure; in virtual time nobody
listens.
"""

from firmware_runtime.executive.clock import Clock
from firmware_runtime.executive.live.spread import Spread

WAKING_UP = "waking up"


class StageClock:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last_ns = 0
        self.slowest = ""
        """Of the cycle since `begin`."""
        self.slowest_ns = 0
        self._waking_up = Spread()
        self.spreads: dict[str, Spread] = {WAKING_UP: self._waking_up}
        """Each part by its name, in the order in which they were marked first."""

    def begin(self, due_ns: int, now_ns: int) -> None:
        """A cycle that was due at `due_ns` begins now; that it comes late is its first part."""
        self.slowest, self.slowest_ns = WAKING_UP, now_ns - due_ns
        self._waking_up.add(now_ns - due_ns)
        self._last_ns = now_ns

    def mark(self, stage: str) -> None:
        """This part has just ended."""
        now_ns = self._clock.now_ns()
        took_ns = now_ns - self._last_ns
        if took_ns > self.slowest_ns:
            self.slowest, self.slowest_ns = stage, took_ns
        spread = self.spreads.get(stage)
        if spread is None:
            spread = self.spreads[stage] = Spread()
        spread.add(took_ns)
        self._last_ns = now_ns
