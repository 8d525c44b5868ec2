"""Restarts after bus-off are spaced, bounded and forgiven; what stays off is given up until reset."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.can.bus_off import Recovery, RecoveryState, reset, step

MS = 1_000_000
TICK_NS = 10 * MS
DELAYS_MS = (100, 200, 500, 1000, 2000)
ANSWER_MS = 500
FORGIVE_S = 60


def restarts(off: list[bool], recovery: Recovery | None = None) -> tuple[list[int], Recovery]:
    """Ticks with the bus off or not; the ticks in which a restart was asked for, and the last state."""
    recovery = recovery or Recovery()
    asked: list[int] = []
    for tick, bus_off in enumerate(off):
        recovery, ask = step(recovery, tick * TICK_NS, bus_off)
        if ask:
            asked.append(tick)
    return asked, recovery


def test_a_bus_that_stays_off_is_restarted_five_times_at_growing_distances() -> None:
    asked, recovery = restarts([True] * 3000)
    expected: list[int] = []
    tick = 0
    for delay_ms in DELAYS_MS:
        tick += delay_ms // 10
        expected.append(tick)
        tick += ANSWER_MS // 10
    assert asked == expected
    assert recovery.state is RecoveryState.GIVEN_UP


def test_given_up_stays_given_up_even_when_the_bus_comes_back() -> None:
    _, recovery = restarts([True] * 3000 + [False] * 100 + [True] * 1000)
    assert recovery.state is RecoveryState.GIVEN_UP


def test_a_person_gives_it_another_five() -> None:
    asked, _ = restarts([True] * 3000, reset(0))
    assert len(asked) == 5


def test_a_restart_that_works_ends_it() -> None:
    asked, recovery = restarts([True] * 12 + [False] * 100)
    assert asked == [10]
    assert (recovery.state, recovery.attempts) == (RecoveryState.WELL, 1)


def test_a_bus_that_comes_back_by_itself_is_left_alone() -> None:
    asked, recovery = restarts([True] * 5 + [False] * 100)
    assert asked == []
    assert recovery.state is RecoveryState.WELL


def test_attempts_are_forgiven_after_a_minute_well_and_not_before() -> None:
    well = FORGIVE_S * 100
    assert restarts([True] * 12 + [False] * (well - 10))[1].attempts == 1
    assert restarts([True] * 12 + [False] * (well + 10))[1].attempts == 0


@given(st.lists(st.booleans(), max_size=2000))
def test_no_pattern_of_bus_off_gets_more_than_five_restarts_within_a_minute(off: list[bool]) -> None:
    asked, _ = restarts(off)
    assert len(asked) <= 5
    assert all(later - earlier >= 10 for earlier, later in pairwise(asked))
