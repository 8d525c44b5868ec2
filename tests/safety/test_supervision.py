"""Alive, deadline and logical supervision by themselves, on small rows of their own."""

from enum import IntEnum

import pytest

from firmware_runtime.safety.supervision import (
    Alive,
    AliveRow,
    Deadline,
    DeadlineRow,
    LocalStatus,
    Order,
)

ROW = AliveRow(
    what="beats",
    reference_ns=100,
    expected=5,
    below=1,
    above=2,
    failed_cycles_borne=2,
    late_max_ns=20,
)
OK, FAILED, EXPIRED = LocalStatus.OK, LocalStatus.FAILED, LocalStatus.EXPIRED


def begun(row: AliveRow = ROW) -> Alive:
    alive = Alive(row)
    alive.step(1000, 1)
    return alive


def cycles(alive: Alive, *beats: int) -> LocalStatus:
    """Cycles of 100 ns after a begin at 1000, so many beats in each, all at its end."""
    for number, count in enumerate(beats):
        alive.step(1100 + 100 * number, count)
    return alive.status


def test_it_is_not_supervised_before_it_has_shown_itself() -> None:
    alive = Alive(ROW)
    for now_ns in range(0, 2000, 100):
        alive.step(now_ns, 0)
    assert alive.status is LocalStatus.DEACTIVATED
    assert alive.reason == ""
    alive.step(2000, 1)
    assert alive.status is OK


@pytest.mark.parametrize(
    ("beats", "status"), [(0, FAILED), (3, FAILED), (4, OK), (5, OK), (7, OK), (8, FAILED), (50, FAILED)]
)
def test_too_few_are_wrong_and_so_are_too_many(beats: int, status: LocalStatus) -> None:
    alive = begun()
    assert cycles(alive, beats) is status
    assert alive.reason == ("" if status is OK else f"{beats} beats in 0 ms, expected 4 to 7")


def test_beats_of_a_cycle_are_counted_together_and_the_first_begins_it() -> None:
    alive = begun()
    for now_ns in (1020, 1040, 1060, 1080):
        alive.step(now_ns, 1)
    alive.step(1099, 0)
    assert alive.status is OK
    alive.step(1100, 0)
    assert alive.status is OK, "four in (1000, 1100]"
    alive.step(1199, 3)
    alive.step(1200, 0)
    assert alive.status is FAILED, "and none of them counts again"


@pytest.mark.parametrize(
    ("beats", "status"),
    [
        ((3, 3), FAILED),
        ((3, 3, 3), EXPIRED),
        ((3, 5), OK),
        ((3, 5, 5, 3, 3), FAILED),
        ((3, 3, 5), FAILED),
        ((3, 3, 5, 5), OK),
        ((3, 3, 5, 3), FAILED),
        ((3, 3, 5, 3, 3), EXPIRED),
        ((9, 1, 9), EXPIRED),
    ],
)
def test_wrong_cycles_are_borne_and_forgiven_one_by_one(beats: tuple[int, ...], status: LocalStatus) -> None:
    """SWS_WdgM_00203, 00300, 00205, 00206."""
    assert cycles(begun(), *beats) is status


def test_expired_is_for_good() -> None:
    assert cycles(begun(), 0, 0, 0, *[5] * 20) is EXPIRED


def test_where_none_is_borne_the_first_wrong_cycle_expires() -> None:
    """SWS_WdgM_00202."""
    assert cycles(begun(ROW._replace(failed_cycles_borne=0)), 3) is EXPIRED


@pytest.mark.parametrize(("late_ns", "status"), [(20, FAILED), (21, OK)])
def test_a_cycle_that_is_looked_at_too_late_is_not_judged(late_ns: int, status: LocalStatus) -> None:
    alive = begun()
    alive.step(1100 + late_ns, 9)
    assert alive.status is status
    alive.step(1200 + late_ns, 5)
    assert alive.status is OK, "the next cycle begins where this one ended"


def test_it_says_how_long_the_wrong_cycle_was() -> None:
    alive = Alive(ROW._replace(reference_ns=50_000_000, late_max_ns=20_000_000))
    alive.step(0, 1)
    alive.step(61_000_000, 2)
    assert alive.reason == "2 beats in 61 ms, expected 4 to 7"


LIMIT = DeadlineRow(what="it took", max_ns=20_000_000, forgiven_ns=1_000, borne=1)


@pytest.mark.parametrize(("took_ns", "status"), [(0, OK), (20_000_000, OK), (20_000_001, FAILED)])
def test_a_deadline_is_kept_up_to_its_limit(took_ns: int, status: LocalStatus) -> None:
    deadline = Deadline(LIMIT)
    deadline.judge(0, took_ns)
    assert deadline.status is status
    assert deadline.reason == ("" if status is OK else "it took 20.0 ms, limit 20 ms")


@pytest.mark.parametrize(("apart_ns", "status"), [(1, EXPIRED), (999, EXPIRED), (1000, FAILED)])
def test_one_missed_deadline_is_borne_for_a_while_and_a_second_one_then_is_not(
    apart_ns: int, status: LocalStatus
) -> None:
    deadline = Deadline(LIMIT)
    deadline.judge(5000, 30_000_000)
    assert deadline.status is FAILED
    deadline.judge(5000 + apart_ns, 31_500_000)
    assert deadline.status is status
    assert deadline.reason == "it took 31.5 ms, limit 20 ms"


@pytest.mark.parametrize(("after_ns", "status"), [(999, FAILED), (1000, OK)])
def test_a_missed_deadline_is_forgiven_after_its_while(after_ns: int, status: LocalStatus) -> None:
    deadline = Deadline(LIMIT)
    deadline.judge(5000, 30_000_000)
    deadline.judge(5000 + after_ns, 1)
    assert deadline.status is status


def test_an_expired_deadline_is_never_forgiven() -> None:
    deadline = Deadline(LIMIT)
    deadline.judge(0, 30_000_000)
    deadline.judge(1, 30_000_000)
    deadline.judge(5000, 1)
    assert deadline.status is EXPIRED
    deadline.judge(9000, 30_000_000)
    assert deadline.status is EXPIRED


class Place(IntEnum):
    A = 1
    B = 2
    C = 3


RING = ((Place.A, Place.B), (Place.B, Place.C), (Place.C, Place.A))


@pytest.mark.parametrize(
    ("walk", "reason"),
    [
        ("ABCABCA", ""),
        ("B", "B after the begin"),
        ("AC", "C after A"),
        ("AA", "A after A"),
        ("ABA", "A after B"),
        ("ABCB", "B after C"),
        ("ABBC", "B after B"),
        ("AABCC", "A after A"),
    ],
)
def test_only_the_transitions_of_the_graph_are_right_and_the_first_wrong_one_expires_at_once(
    walk: str, reason: str
) -> None:
    """SWS_WdgM_00202; what follows a wrong one is no second reason."""
    order = Order(Place.A, RING)
    for letter in walk:
        order.reach(Place[letter])
    assert order.status is (EXPIRED if reason else OK)
    assert order.reason == reason


@pytest.mark.parametrize("borne", [0, 1, 3])
def test_as_many_are_borne_as_the_row_says_and_no_more(borne: int) -> None:
    deadline = Deadline(LIMIT._replace(borne=borne))
    for number in range(borne):
        deadline.judge(5000 + number, 30_000_000)
        assert deadline.status is FAILED
    deadline.judge(5000 + borne, 30_000_000)
    assert deadline.status is EXPIRED


def test_they_are_forgotten_one_by_one() -> None:
    deadline = Deadline(LIMIT._replace(borne=2))
    for now_ns in (0, 400, 1000, 1400):
        deadline.judge(now_ns, 30_000_000)
        assert deadline.status is FAILED
    deadline.judge(1399 + 600, 30_000_000)
    assert deadline.status is EXPIRED
