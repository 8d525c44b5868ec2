"""The supervisor looks at the vehicle a millisecond before a proposal is due, and never gets in its way."""

import pytest

from firmware_runtime.executive.look_ahead import LookAhead

MS = 1_000_000
TICK_NS = 10 * MS
CAME_NS = 1_000 * MS
"""When the last proposal came: the next is due at 1010 ms."""


@pytest.fixture
def ahead() -> LookAhead:
    made = LookAhead(TICK_NS)
    made.proposed(CAME_NS)
    return made


@pytest.mark.parametrize(
    ("at_ms", "due"), [(1_008.9, False), (1_009.0, True), (1_011.9, True), (1_012.0, False), (1_019.5, False)]
)
def test_a_look_is_due_from_1_ms_before_a_proposal_to_2_ms_after(
    ahead: LookAhead, at_ms: float, due: bool
) -> None:
    assert ahead.due(round(at_ms * MS), has_looked=False) is due
    assert not ahead.due(round(at_ms * MS), has_looked=True)


def test_before_the_first_proposal_there_is_nothing_to_look_ahead_to() -> None:
    ahead = LookAhead(TICK_NS)
    assert not ahead.due(CAME_NS, has_looked=False)
    assert ahead.before(CAME_NS, CAME_NS + 5 * MS) == CAME_NS + 5 * MS


def test_whoever_waits_is_woken_for_it_once(ahead: LookAhead) -> None:
    assert ahead.before(CAME_NS + MS, CAME_NS + 15 * MS) == CAME_NS + 9 * MS
    assert ahead.before(CAME_NS + MS, CAME_NS + 5 * MS) == CAME_NS + 5 * MS, "something else comes first"
    ahead.looked(CAME_NS + 9 * MS, MS // 10)
    assert ahead.before(CAME_NS + 9 * MS, CAME_NS + 15 * MS) == CAME_NS + 15 * MS
    ahead.proposed(CAME_NS + TICK_NS)
    assert ahead.before(CAME_NS + 11 * MS, CAME_NS + 25 * MS) == CAME_NS + 19 * MS


def test_it_does_not_spin_where_the_moment_has_passed(ahead: LookAhead) -> None:
    for late_ms in (9, 10, 30):
        assert ahead.before(CAME_NS + late_ms * MS, CAME_NS + 40 * MS) == CAME_NS + 40 * MS


def test_frames_that_come_then_are_looked_at_eight_times_at_most(ahead: LookAhead) -> None:
    now_ns = CAME_NS + 9 * MS
    for number in range(8):
        assert ahead.first is (number == 0)
        assert ahead.due(now_ns, has_looked=False)
        ahead.looked(now_ns, MS // 10)
    assert not ahead.due(now_ns, has_looked=False)
    ahead.proposed(CAME_NS + TICK_NS)
    assert ahead.first
    assert ahead.due(CAME_NS + TICK_NS + 9 * MS, has_looked=False)


def test_looks_take_no_more_than_a_millisecond_of_the_tick_that_they_wait_for(ahead: LookAhead) -> None:
    """But for the last, which nobody can know to be long; `control` may share the core."""
    now_ns = CAME_NS + 9 * MS
    ahead.looked(now_ns, 999_999)
    assert ahead.due(now_ns, has_looked=False)
    ahead.looked(now_ns, 1)
    assert not ahead.due(now_ns, has_looked=False)
    ahead.proposed(CAME_NS + TICK_NS)
    assert ahead.due(CAME_NS + TICK_NS + 9 * MS, has_looked=False)


def test_after_a_slow_look_there_is_none_for_a_second(ahead: LookAhead) -> None:
    ahead.looked(CAME_NS + 9 * MS, 2 * MS + 1)
    assert not ahead.due(CAME_NS + 9 * MS + 1, has_looked=False)
    looks: list[int] = []
    for tick in range(1, 150):
        ahead.proposed(CAME_NS + tick * TICK_NS)
        due_ns = CAME_NS + (tick + 1) * TICK_NS - MS
        if ahead.due(due_ns, has_looked=False):
            looks.append(due_ns - CAME_NS)
            ahead.looked(due_ns, 2 * MS)
    assert looks[0] == 1_009 * MS
    assert len(looks) == 50, "two milliseconds are not slow"


@pytest.mark.parametrize(("tick_ms", "looks"), [(5, True), (4, False), (1, False)])
def test_in_a_faster_loop_a_look_would_cost_more_than_it_saves(tick_ms: int, looks: bool) -> None:
    ahead = LookAhead(tick_ms * MS)
    ahead.proposed(CAME_NS)
    assert ahead.due(CAME_NS + tick_ms * MS - MS, has_looked=False) is looks
    if not looks:
        assert ahead.before(CAME_NS, CAME_NS + 15 * MS) == CAME_NS + 15 * MS
