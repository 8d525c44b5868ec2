"""Where an actuator can be, given what it was told: a band between its quickest and its slowest self.

The actuator is a dead time, then a first-order lag with a limited rate, and none of the three is known better
than a tolerance. Such a system is monotone: a higher command never gives a lower answer. So two models, one
that rises as quickly and falls as slowly as any permitted actuator and one the other way round, enclose every
one of them (an interval observer). Each measurement inside narrows the band again to its own tolerance; one
outside says that no permitted actuator answers like that.
"""

from collections import deque
from dataclasses import dataclass

STEP_MIN_NS = 9_500_000
"""The bus tells something new each 10 ms, less its jitter (assumption). Looked at more often, the band waits:
the same measurement again would narrow it around an actuator that moves on. Each command counts. Where looks
a millisecond before their tick set in, one is left out: 10 ms, which the budgets have."""
STEP_MAX_S = 0.1
"""A longer pause is no step of the models: the band begins anew."""


@dataclass(frozen=True, slots=True)
class BandModel:
    """Quickest and slowest actuator that counts as healthy; `rate` in units of the answer per second."""

    dead_min_s: float
    dead_max_s: float
    """Bus, ticks and the age of a measurement included."""
    lag_min_s: float
    lag_max_s: float
    rate_min: float
    """Least rate of the slowest, where it lags behind by more than its lag explains."""
    rate_max: float
    tolerance: float
    """Between answer and measurement: play, sensor, noise."""


class ResponseBand:
    """Pure; `excess` tells how far the measurement is outside, signed, or 0."""

    __slots__ = ("_acting", "_excess", "_high", "_low", "_model", "_now_ns", "_told", "_underway")

    def __init__(self, model: BandModel) -> None:
        self._model = model
        self._underway: deque[tuple[int, float, float]] = deque()
        """Commands too young to act on the quickest actuator: (time, low, high)."""
        self._acting: deque[tuple[int, float, float]] = deque()
        """Commands that one actuator or another may follow now."""
        self._told: tuple[float, float] | None = None
        """What was commanded last; None where it was not looked at."""
        self._now_ns = 0
        self._low = self._high = 0.0
        self._excess = 0.0
        """Of the last step."""

    def rest(self, now_ns: int, low: float, high: float, measured: float) -> None:
        """A tick in which nothing need follow: only the measurement is known, and what is on its way."""
        self._underway.append((now_ns, min(low, measured), max(high, measured)))
        self._told = None
        self._take_up(now_ns)
        self._now_ns = now_ns
        self._excess = 0.0
        self._low, self._high = measured - self._model.tolerance, measured + self._model.tolerance

    def step(self, now_ns: int, low: float, high: float, measured: float) -> float:
        """One look: the command sent last lies in [low, high]; `measured` is what the actuator tells now."""
        elapsed_s = (now_ns - self._now_ns) * 1e-9
        if elapsed_s > STEP_MAX_S:
            self.rest(now_ns, low, high, measured)
            return 0.0
        if self._told != (low, high):
            # The same again is the same command, which acts until another does.
            self._told = low, high
            self._underway.append((now_ns, low, high))
        if now_ns - self._now_ns >= STEP_MIN_NS:
            self._now_ns = now_ns
            self._take_up(now_ns)
            self._excess = self._narrow(elapsed_s, measured)
        return self._excess

    def _narrow(self, elapsed_s: float, measured: float) -> float:
        self._advance(elapsed_s)
        tolerance = self._model.tolerance
        if measured > self._high + tolerance:
            return measured - self._high - tolerance
        if measured < self._low - tolerance:
            return measured - self._low + tolerance
        self._high = min(self._high, measured + tolerance)
        self._low = max(self._low, measured - tolerance)
        return 0.0

    def _take_up(self, now_ns: int) -> None:
        """Commands that begin to act on the quickest actuator, without those that act on none any more."""
        acting, underway = self._acting, self._underway
        youngest_ns = now_ns - round(self._model.dead_min_s * 1e9)
        oldest_ns = now_ns - round(self._model.dead_max_s * 1e9)
        while underway and underway[0][0] <= youngest_ns:
            acting.append(underway.popleft())
        while len(acting) > 1 and acting[1][0] <= oldest_ns:
            acting.popleft()

    def _advance(self, elapsed_s: float) -> None:
        model = self._model
        target_high = max((command[2] for command in self._acting), default=self._high)
        target_low = min((command[1] for command in self._acting), default=self._low)
        quick, slow = elapsed_s / (model.lag_min_s + elapsed_s), elapsed_s / (model.lag_max_s + elapsed_s)
        furthest, least = model.rate_max * elapsed_s, model.rate_min * elapsed_s
        up, down = target_high - self._high, target_low - self._low
        self._high += min(quick * up, furthest) if up > 0.0 else max(slow * up, -least)
        self._low += max(quick * down, -furthest) if down < 0.0 else min(slow * down, least)
