"""The real-time loop keeps an absolute grid, and never ticks twice at once to catch up."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.executive.tick_grid import LoopStatistics, TickGrid
from tests.executive.virtual_time import MS, VirtualTime


def begins(durations_ns: Sequence[int], clock: VirtualTime | None = None) -> tuple[list[int], LoopStatistics]:
    """When each tick began, if they take so long."""
    clock = clock or VirtualTime()
    grid = TickGrid(clock, 10 * MS)
    begun: list[int] = []
    while len(begun) < len(durations_ns):
        now_ns = grid.wait()
        if now_ns is None:
            continue
        clock.time_ns += durations_ns[len(begun)]
        begun.append(now_ns)
        grid.done()
    return begun, grid.statistics


def test_ticks_come_every_10_ms() -> None:
    begun, statistics = begins([0] * 100)
    assert begun == [1_010 * MS + n * 10 * MS for n in range(100)]
    assert (statistics.ticks, statistics.late_ticks, statistics.missed_periods) == (100, 0, 0)


@pytest.mark.parametrize("period_ms", [1, 2, 5])
def test_a_faster_loop_ticks_as_often_as_it_is_told(period_ms: int) -> None:
    clock = VirtualTime()
    grid = TickGrid(clock, period_ms * MS)
    begun: list[int] = []
    for took in (0.0, 0.4, 1.4, 0.0):
        now_ns = grid.wait()
        assert now_ns is not None
        begun.append((now_ns - 1_000 * MS) // (period_ms * MS))
        clock.time_ns += round(took * period_ms * MS)
        grid.done()
    assert begun == [1, 2, 3, 4]
    assert grid.statistics.late_ticks == grid.statistics.missed_periods == 0
    assert grid.statistics.worst_wake_ns == round(0.4 * period_ms * MS)


def test_delays_do_not_add_up() -> None:
    """Each tick takes 9 ms, yet the hundredth begins where it is due."""
    begun, _ = begins([9 * MS] * 100)
    assert begun[-1] == 1_010 * MS + 99 * 10 * MS


def test_a_slightly_late_tick_runs_at_once_and_the_grid_stays() -> None:
    begun, statistics = begins([15 * MS, 0, 0])
    assert begun == [1_010 * MS, 1_025 * MS, 1_030 * MS]
    assert (statistics.late_ticks, statistics.missed_periods) == (0, 0)
    assert (statistics.worst_wake_ns, statistics.worst_tick_ns) == (5 * MS, 15 * MS)


def test_a_tick_that_would_come_later_than_half_a_period_is_left_out_and_counted() -> None:
    """It would be followed at once by the next: two ticks to catch up."""
    begun, statistics = begins([19 * MS, 0, 0])
    assert begun == [1_010 * MS, 1_030 * MS, 1_040 * MS]
    assert (statistics.late_ticks, statistics.missed_periods) == (0, 1)


def test_one_that_sleeps_too_long_is_late_and_still_runs() -> None:
    clock = VirtualTime()
    grid = TickGrid(clock, 10 * MS)
    clock.time_ns += 18 * MS
    assert grid.wait() == 1_018 * MS
    grid.done()
    assert (grid.statistics.late_ticks, grid.statistics.missed_periods) == (1, 0)
    assert grid.wait() == 1_020 * MS


def test_periods_that_are_over_are_left_out_not_caught_up() -> None:
    begun, statistics = begins([35 * MS, 36 * MS, 0])
    assert begun == [1_010 * MS, 1_045 * MS, 1_081 * MS]
    assert statistics.missed_periods == 2 + 3


@given(st.lists(st.integers(0, 60 * MS), min_size=1, max_size=50))
def test_whatever_ticks_take_each_period_has_at_most_one_begin(durations_ns: list[int]) -> None:
    begun, statistics = begins([*durations_ns, 0, 0])
    periods = [(begin_ns - 1_010 * MS) // (10 * MS) for begin_ns in begun]
    assert len(set(periods)) == len(periods)
    assert statistics.ticks + statistics.missed_periods == periods[-1] + 1
    assert all(after - before >= 5 * MS for before, after in pairwise(begun)), "never two at once"


class Impatient(VirtualTime):
    """A clock whose sleeps are cut short by signals."""

    def sleep_until(self, deadline_ns: int) -> None:
        self.time_ns = min(deadline_ns, self.time_ns + 3 * MS)


def test_a_sleep_cut_short_makes_no_early_tick() -> None:
    begun, _ = begins([0, 0], Impatient())
    assert begun == [1_010 * MS, 1_020 * MS]
