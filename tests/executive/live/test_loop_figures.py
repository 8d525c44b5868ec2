"""Each cycle is judged for itself: a mean over many would hide the one that stalls."""

from firmware_runtime.executive.live.loop_figures import WHOLE_CYCLE, LoopFigures
from firmware_runtime.executive.live.spread import Spread

MS = 1_000_000


def test_overruns_are_counted_in_a_row_and_by_the_stage_that_took_longest() -> None:
    spreads: dict[str, Spread] = {}
    figures = LoopFigures(10 * MS, spreads)
    cycles = [(9, "motion"), (11, "motion"), (25, "record"), (10, "decode"), (30, "motion"), (8, "decode")]
    for number, (cycle_ms, stage) in enumerate(cycles):
        figures.cycle(number * 10 * MS, cycle_ms * MS, stage)
    overruns = figures.overruns
    assert (overruns.count, overruns.in_a_row, overruns.most_in_a_row) == (3, 0, 2)
    assert overruns.by_stage == {"motion": 2, "record": 1}
    assert (overruns.last_ns, overruns.last_stage) == (40 * MS, "motion")
    assert spreads[WHOLE_CYCLE].worst_ns == 30 * MS


def test_a_row_of_overruns_is_told_while_it_lasts() -> None:
    figures = LoopFigures(10 * MS, {})
    for number in range(4):
        figures.cycle(number, 12 * MS, "motion")
    assert figures.overruns.in_a_row == 4
