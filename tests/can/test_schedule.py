"""When a cyclic message is due: on its grid, whatever the tick's jitter; never doubled, never in bursts."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.can.schedule import SendClock

MS = 1_000_000


def sent_at(clock: SendClock, instants_ns: list[int]) -> list[int]:
    sent: list[int] = []
    for now_ns in instants_ns:
        if now_ns >= clock.earliest_ns:
            clock.sent(now_ns)
            sent.append(now_ns)
    return sent


def test_the_first_call_sends_and_sets_the_phase() -> None:
    start = 1_234_567
    calls = [start + tick * 10 * MS for tick in range(21)]
    assert sent_at(SendClock(10 * MS), calls) == calls
    assert sent_at(SendClock(20 * MS), calls) == calls[::2]
    assert sent_at(SendClock(100 * MS), calls) == calls[::10]


@given(st.lists(st.integers(-1_200_000, 1_200_000), min_size=50, max_size=50), st.sampled_from([1, 2, 5, 10]))
def test_a_jittering_tick_neither_skips_nor_doubles(jitter_ns: list[int], every: int) -> None:
    calls = [1_000 * MS + tick * 10 * MS + jitter_ns[tick] for tick in range(50)]
    assert sent_at(SendClock(every * 10 * MS), calls) == calls[::every]


@given(st.integers(0, 9 * MS), st.lists(st.integers(0, 200_000), min_size=100, max_size=100))
def test_a_late_first_call_costs_one_instant_at_most(late_ns: int, jitter_ns: list[int]) -> None:
    calls = [late_ns] + [tick * 10 * MS + jitter_ns[tick] for tick in range(1, 100)]
    assert len(sent_at(SendClock(10 * MS), calls)) >= len(calls) - 1


@given(st.lists(st.integers(0, 35 * MS), min_size=1, max_size=200), st.integers(1, 30))
def test_two_frames_are_never_within_half_a_cycle(steps: list[int], cycle_ms: int) -> None:
    now, calls = 0, []
    for step in steps:
        now += step
        calls.append(now)
    sent = sent_at(SendClock(cycle_ms * MS), calls)
    gaps = [later - earlier for earlier, later in itertools.pairwise(sent)]
    assert all(gap >= cycle_ms * MS // 2 for gap in gaps)


@given(st.lists(st.integers(1 * MS, 9 * MS), min_size=500, max_size=500))
def test_fast_irregular_calls_do_not_drift(steps: list[int]) -> None:
    now, calls = 0, []
    for step in steps:
        calls.append(now)
        now += step
    sent = sent_at(SendClock(20 * MS), calls)
    # One frame each instant of the grid: a quarter of a tick early at most, and one call late.
    for index, time_ns in enumerate(sent):
        assert -2.5 * MS <= time_ns - index * 20 * MS <= 9 * MS


@given(
    st.sampled_from([1, 2, 5]),
    st.sampled_from([10, 20, 50, 100, 500]),
    st.integers(0, 10**15),
    st.lists(st.integers(0, 200_000), min_size=1, max_size=50),
)
def test_calls_faster_than_the_bus_make_no_more_frames_and_no_uneven_ones(
    call_ms: int, cycle_ms: int, begin_ns: int, jitter_ns: list[int]
) -> None:
    late_ns = itertools.cycle(jitter_ns)
    calls = [begin_ns + tick * call_ms * MS + next(late_ns) for tick in range(2000 // call_ms)]
    sent = sent_at(SendClock(cycle_ms * MS), calls)
    for index, time_ns in enumerate(sent):
        assert -2.5 * MS <= time_ns - sent[0] - index * cycle_ms * MS <= call_ms * MS
    # The first instant sets the phase; from the second on a frame goes in every n-th call, late as that is.
    gaps = [later - earlier for earlier, later in itertools.pairwise(sent[1:])]
    assert all(abs(gap - cycle_ms * MS) <= 200_000 for gap in gaps)
    assert len(sent) in (2000 // cycle_ms, 2000 // cycle_ms + 1)


@pytest.mark.parametrize(("call_ms", "first_ms"), [(1, 8), (2, 8), (5, 10), (10, 10)])
def test_a_fast_loop_sends_at_the_same_place_of_each_cycle(call_ms: int, first_ms: int) -> None:
    calls = [tick * call_ms * MS for tick in range(60 // call_ms)]
    assert sent_at(SendClock(10 * MS), calls) == [0, *range(first_ms * MS, 60 * MS, 10 * MS)]


def test_a_stall_is_not_made_up_for_in_a_burst_and_keeps_the_phase() -> None:
    stalled = 10_000 * MS
    calls = [tick * MS for tick in range(100)] + [stalled + tick * MS for tick in range(100)]
    sent = [time_ns for time_ns in sent_at(SendClock(20 * MS), calls) if time_ns >= stalled]
    # Early by no more than 2.5 ms: the call at 18 is the first for the instant at 20.
    assert sent == [stalled + offset * MS for offset in (0, 18, 38, 58, 78, 98)]


def test_a_restored_clock_goes_on_with_the_same_grid() -> None:
    clock, other = SendClock(20 * MS), SendClock(20 * MS)
    sent_at(clock, [7 * MS, 20 * MS, 29 * MS])
    other.restore_state(clock.state())
    calls = [30 * MS + step * 3 * MS for step in range(40)]
    assert sent_at(clock, calls) == sent_at(other, calls)
