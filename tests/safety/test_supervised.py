"""What is supervised of `control` and of the supervisor itself; its figures stand here a second time."""

import pytest

from firmware_runtime.safety.supervised import control_alive, own_alive
from firmware_runtime.safety.supervision import Alive, AliveRow, LocalStatus

MS = 1_000_000


@pytest.mark.parametrize(
    ("tick_ns", "row"),
    [
        (10 * MS, AliveRow("proposals", 50 * MS, 5, 1, 2, 2, 20 * MS)),
        (5 * MS, AliveRow("proposals", 50 * MS, 10, 2, 4, 2, 20 * MS)),
        (1 * MS, AliveRow("proposals", 50 * MS, 50, 10, 20, 2, 20 * MS)),
    ],
)
@pytest.mark.requirement("SR-10")
def test_control_proposes_once_a_tick_with_a_fifth_fewer_and_two_fifths_more(
    tick_ns: int, row: AliveRow
) -> None:
    assert control_alive(tick_ns) == row


@pytest.mark.parametrize(
    ("tick_ns", "least", "most"), [(10 * MS, 2, 20), (5 * MS, 2, 31), (2 * MS, 2, 64), (1 * MS, 2, 119)]
)
@pytest.mark.requirement("SR-11")
def test_the_supervisor_steps_twice_in_50_ms_at_least_and_not_without_end(
    tick_ns: int, least: int, most: int
) -> None:
    row = own_alive(tick_ns)
    assert (row.what, row.reference_ns, row.failed_cycles_borne) == ("steps", 50 * MS, 5)
    assert row.late_max_ns == 1 << 62, "judged whenever it ends: longer than any machine runs"
    assert (row.expected - row.below, row.expected + row.above) == (least, most)


def test_what_was_wrong_is_told_in_whole_numbers() -> None:
    alive = Alive(control_alive(10 * MS))
    alive.step(0, 1)
    alive.step(50 * MS, 10)
    assert alive.status is LocalStatus.FAILED
    assert alive.reason == "10 proposals in 50 ms, expected 4 to 7"
