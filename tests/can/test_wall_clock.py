"""Wall-clock stamps become monotonic times, right through steps of the wall clock and late readings."""

from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.can.wall_clock import WallClock

S, MS = 1_000_000_000, 1_000_000
EPOCH_NS = 1_700_000_000 * S


def test_a_stamp_is_moved_by_the_offset() -> None:
    wall = WallClock(100 * S, EPOCH_NS, 100 * S + 2000)
    assert wall.offset_ns == EPOCH_NS - 100 * S - 1000
    assert wall.monotonic_ns(EPOCH_NS, 99 * S, 101 * S) == 100 * S + 1000


def test_slewing_is_followed_without_a_word() -> None:
    wall = WallClock(0, EPOCH_NS, 0)
    for tick in range(1, 1000):
        now_ns = tick * 10 * MS
        assert wall.measure(now_ns, EPOCH_NS + now_ns + tick * 5000, now_ns) == 0
    assert wall.offset_ns == EPOCH_NS + 999 * 5000


def test_a_measurement_that_was_interrupted_is_left_out() -> None:
    wall = WallClock(0, EPOCH_NS, 0)
    assert wall.measure(10 * MS, EPOCH_NS + 50 * MS, 50 * MS) == 0
    assert wall.offset_ns == EPOCH_NS


def test_a_step_beyond_its_doubt_is_seen_though_the_measurement_was_interrupted() -> None:
    """On a busy machine each one may be; a clock that was set by an hour is told all the same."""
    wall = WallClock(0, EPOCH_NS, 0)
    step_ns = wall.measure(20 * MS, EPOCH_NS + 3600 * S + 30 * MS, 50 * MS)
    assert abs(step_ns - 3600 * S) <= 15 * MS
    stamped_ns = wall.monotonic_ns(EPOCH_NS + 3600 * S + 10 * MS, 0, 50 * MS)
    assert stamped_ns is not None
    assert abs(stamped_ns - 10 * MS) <= 15 * MS


def test_the_doubt_that_it_left_is_no_second_step() -> None:
    wall = WallClock(0, EPOCH_NS, 0)
    wall.measure(20 * MS, EPOCH_NS + 3600 * S + 30 * MS, 50 * MS)
    assert wall.measure(60 * MS, EPOCH_NS + 3600 * S + 60 * MS, 60 * MS) == 0
    assert wall.offset_ns == EPOCH_NS + 3600 * S, "but measured better"
    assert wall.measure(70 * MS, EPOCH_NS + 3600 * S + 75 * MS, 70 * MS) == 5 * MS, "and certain again"


def test_a_step_within_its_doubt_waits_for_a_better_measurement() -> None:
    wall = WallClock(0, EPOCH_NS, 0)
    assert wall.measure(10 * MS, EPOCH_NS + 30 * MS, 30 * MS) == 0
    assert wall.measure(40 * MS, EPOCH_NS + 45 * MS, 40 * MS) == 5 * MS


@given(st.integers(-(10**18), 10**18).filter(lambda step_ns: abs(step_ns) > 100 * MS))
def test_frames_from_before_and_after_a_step_both_get_their_time(step_ns: int) -> None:
    wall = WallClock(0, EPOCH_NS, 0)
    assert wall.measure(20 * MS, EPOCH_NS + step_ns + 20 * MS, 20 * MS) == step_ns
    assert wall.monotonic_ns(EPOCH_NS + 5 * MS, 0, 20 * MS) == 5 * MS
    assert wall.monotonic_ns(EPOCH_NS + step_ns + 15 * MS, 0, 20 * MS) == 15 * MS


def test_a_stamp_that_fits_no_clock_is_none() -> None:
    wall = WallClock(0, EPOCH_NS, 0)
    assert wall.monotonic_ns(EPOCH_NS + 3600 * S, 0, 10 * MS) is None
    assert wall.monotonic_ns(0, 0, 10 * MS) is None
