"""How a loop on a grid in time has kept its deadlines since it began: what `status` shows of it."""

from firmware_runtime.executive.live.pages import OverrunFigures
from firmware_runtime.executive.live.spread import Spread

WHOLE_CYCLE = "whole cycle"
"""From the moment at which a tick was due to its end."""


class LoopFigures:
    """Told of each cycle as it ends."""

    def __init__(self, period_ns: int, spreads: dict[str, Spread]) -> None:
        """spreads: of the cycle's parts; the whole of it joins them."""
        self._period_ns = period_ns
        self._cycles = spreads.setdefault(WHOLE_CYCLE, Spread())
        self.overruns = OverrunFigures()

    def cycle(self, time_ns: int, cycle_ns: int, slowest_stage: str) -> None:
        """time_ns: at which the tick began. slowest_stage: of this cycle, waking up included."""
        self._cycles.add(cycle_ns)
        overruns = self.overruns
        if cycle_ns <= self._period_ns:
            overruns.in_a_row = 0
            return
        overruns.count += 1
        overruns.in_a_row += 1
        overruns.most_in_a_row = max(overruns.most_in_a_row, overruns.in_a_row)
        overruns.by_stage[slowest_stage] = overruns.by_stage.get(slowest_stage, 0) + 1
        overruns.last_ns, overruns.last_stage = time_ns, slowest_stage
