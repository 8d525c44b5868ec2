"""A minute under load: no overrun of the processes' own making, no lost frame; ten minutes by a command."""

from pathlib import Path

import pytest

from tests.processes.soak.__main__ import as_text
from tests.processes.soak.counters import CounterWatch
from tests.processes.soak.growth import Growth, growth
from tests.processes.soak.run import Soak, kernel_drops, soak
from tests.processes.soak.ticks import Overrun, explained
from vehicle_hil.stall_meter import Stall, StallMeterError

MS = 1_000_000
SECONDS = 60.0


def test_a_minute_under_load_loses_and_leaves_nothing(tmp_path: Path) -> None:
    try:
        found = soak(SECONDS, tmp_path, lambda words: None)
    except StallMeterError as error:
        pytest.skip(f"no stall can be told from an overrun here: {error}")
    print(as_text(found))
    assert found.problems() == []
    # It was there all the time, and drove.
    assert found.ticks >= 0.95 * SECONDS * 100
    assert found.proposals >= 0.95 * SECONDS * 100
    assert found.driven_m > 5.0 * SECONDS
    assert min(found.heard_frames.values()) > 390 * SECONDS * 0.95


def test_an_overrun_is_explained_by_a_stall_that_is_as_long_as_it_was_too_long() -> None:
    overrun = Overrun(100 * MS, 114 * MS, "safety")
    assert overrun.over_ns == 4 * MS
    assert explained(overrun, [Stall(0, 105 * MS, 4 * MS)])
    assert explained(overrun, [Stall(0, 101 * MS, 2 * MS), Stall(1, 110 * MS, 2 * MS)])
    # Only what lies within the cycle counts.
    assert explained(overrun, [Stall(0, 90 * MS, 14 * MS)])
    assert not explained(overrun, [Stall(0, 90 * MS, 13 * MS)])
    assert not explained(overrun, [Stall(0, 111 * MS, 9 * MS)])
    assert not explained(overrun, [Stall(0, 105 * MS, 3 * MS)])
    assert not explained(overrun, [])


def frames(*counters: int) -> list[tuple[str, int, bytes]]:
    return [("drive", 1, bytes((0, 0x30 | counter))) for counter in counters]


def test_a_frame_that_is_missing_is_found_by_the_counters_around_it() -> None:
    watch = CounterWatch()
    watch.note(frames(12, 13, 14, 0, 1))
    assert (watch.heard, watch.lost) == (5, 0)
    watch.note(frames(3))
    assert watch.lost == 1
    watch.note([("body", 1, bytes((0, 9)))])
    assert watch.lost == 1
    watch.note(frames(2))
    assert (watch.heard, watch.lost) == (8, 1 + 13)


def test_growth_is_found_with_its_uncertainty() -> None:
    flat = growth([(float(at), 5000.0) for at in range(0, 512, 2)])
    assert flat.kb_per_h == 0.0
    # One page of 4 kB in 510 s.
    assert flat.bound_kb_per_h == pytest.approx(28.2, abs=0.1)
    rising = growth([(float(at), 5000.0 + at / 36.0) for at in range(0, 512, 2)])
    assert rising.kb_per_h == pytest.approx(100.0)
    noisy = growth([(float(at), 5000.0 + 40.0 * (at // 2 % 2)) for at in range(0, 60, 2)])
    assert abs(noisy.kb_per_h) < noisy.uncertain_kb_per_h
    assert noisy.last_kb == 5040.0


def test_a_leak_a_loss_and_an_end_are_problems() -> None:
    well = Soak(60.0, lost_frames={"control": 0}, growth={"control": Growth(30.0, 100.0, 5000.0)})
    assert well.problems() == []
    overrun = Overrun(0, 12 * MS, "motion")
    bad = Soak(
        60.0,
        unexplained=[overrun],
        lost_frames={"control": 2},
        kernel_drops=3,
        lost_records=4,
        growth={"control": Growth(200.0, 100.0, 5000.0)},
        resident_mb=251.0,
        took_over="no proposal from control",
        ended=["services"],
    )
    assert len(bad.problems()) == 7
    # 200 kB/h are 2 kB in a minute; in ten minutes they are growth.
    bad.seconds = 600.0
    assert len(bad.problems()) == 8
    bad.seconds, bad.growth = 60.0, {"control": Growth(110_000.0, 10_000.0, 5000.0)}
    assert len(bad.problems()) == 8


def test_the_kernels_drop_counter_is_read() -> None:
    """Of a port that nobody has."""
    assert kernel_drops([0x1FFFF]) == 0
