"""The reference line is the spline through the file's points, and distances to it are true."""

from math import cos, hypot, pi, sin
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline
from scipy.optimize import minimize_scalar

from vehicle_hil.reference_line import REPEAT_M, ReferenceLine, drop_repeats

from .synthetic_drive import array, ring_points, yard_points

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared/data"


def straight(length_m: float = 100.0, count: int = 11) -> ReferenceLine:
    return ReferenceLine(np.linspace(0, length_m, count), np.zeros(count), closed=False)


def test_left_of_a_straight_line_is_positive_and_distance_counts_from_its_beginning() -> None:
    tracker = straight().tracker()
    assert tracker.locate(10.0, 0.25) == pytest.approx((0.25, 10.0), abs=1e-9)
    assert tracker.locate(11.0, -0.4) == pytest.approx((-0.4, 11.0), abs=1e-9)


def test_the_line_goes_through_the_points_of_the_file() -> None:
    points = yard_points()
    tracker = ReferenceLine(points.x_m, points.y_m, closed=False).tracker()
    for x, y in zip(points.x_m, points.y_m, strict=True):
        signed, _ = tracker.locate(float(x), float(y))
        assert abs(signed) < 1e-9


def test_beyond_the_ends_of_an_open_line_its_tangent_goes_on() -> None:
    line = straight()
    tracker = line.tracker()
    assert tracker.locate(-0.3, 0.1) == pytest.approx((0.1, -0.3), abs=1e-9)
    for x in range(101):
        tracker.locate(float(x), 0.0)
    assert tracker.locate(100.5, -0.2) == pytest.approx((-0.2, 100.5), abs=1e-9)


def test_two_points_make_a_line() -> None:
    line = ReferenceLine(array([0.0, 3.0]), array([0.0, 4.0]), closed=False)
    assert line.length_m == pytest.approx(5.0)
    signed, distance = line.tracker().locate(0.0, 1.0)
    assert (signed, distance) == pytest.approx((0.6, 0.8))


def test_a_circle_is_a_circle_and_laps_count_on() -> None:
    points = ring_points(radius_m=40.0, count=60)
    line = ReferenceLine(points.x_m, points.y_m, closed=True)
    assert line.length_m == pytest.approx(2 * pi * 40.0, rel=1e-6)
    tracker = line.tracker()
    for step in range(1500):
        angle = 2 * pi * step / 500
        signed, distance = tracker.locate(39.5 * sin(angle), 40.0 - 39.5 * cos(angle))
        assert signed == pytest.approx(0.5, abs=1e-4)
        assert distance == pytest.approx(40.0 * angle, abs=2e-3)


def test_a_vehicle_that_rolls_back_over_the_start_of_a_lap_has_a_negative_distance() -> None:
    points = ring_points(radius_m=40.0, count=60)
    tracker = ReferenceLine(points.x_m, points.y_m, closed=True).tracker()
    for angle in np.linspace(0, -0.05, 50):
        _, distance = tracker.locate(40.0 * sin(angle), 40.0 - 40.0 * cos(angle))
    assert distance == pytest.approx(-2.0, abs=1e-3)


def test_at_a_crossing_the_tracker_stays_on_its_own_branch() -> None:
    # Figure of eight (Gerono): both branches pass through the origin, 126 m of line apart.
    angle = np.linspace(0, 2 * pi, 200, endpoint=False)
    x, y = 50 * np.sin(angle), 50 * np.sin(angle) * np.cos(angle)
    line = ReferenceLine(x, y, closed=True)
    tracker = line.tracker()
    last = 0.0
    for value in np.linspace(0, 2 * pi, 6000)[1:]:
        signed, distance = tracker.locate(50 * sin(value), 50 * sin(value) * cos(value))
        assert abs(signed) < 1e-3
        assert 0 < distance - last < 0.2
        last = distance
    assert last == pytest.approx(line.length_m, abs=0.01)


@settings(max_examples=60, deadline=None)
@given(share=st.floats(0.02, 0.98), offset=st.floats(-2.0, 2.0), seed=st.integers(0, 5), closed=st.booleans())
def test_distance_is_the_nearest_that_an_independent_search_finds(
    share: float, offset: float, seed: int, closed: bool
) -> None:
    line, spline, length = wavy(seed, closed)
    t = share * length
    (x, y), (vx, vy) = spline(t), spline(t, 1)
    norm = hypot(vx, vy)
    px, py = x - offset * vy / norm, y + offset * vx / norm
    tracker = line.tracker()
    for part in np.arange(0, t, 0.5):
        tracker.locate(*spline(part))
    signed, _ = tracker.locate(px, py)

    def squared(parameter: float) -> float:
        ax, ay = spline(parameter)
        return (ax - px) ** 2 + (ay - py) ** 2

    found: Any = minimize_scalar(
        squared, bounds=(t - 1.5, t + 1.5), method="bounded", options={"xatol": 1e-10}
    )
    # A minimum is found to the square root of the floats' resolution.
    assert abs(signed) == pytest.approx(found.fun**0.5, abs=1e-5)
    if abs(offset) > 1e-5:
        assert np.sign(signed) == np.sign(offset)


def wavy(seed: int, closed: bool) -> tuple[ReferenceLine, CubicSpline, float]:
    """A line with bends of more than 5 m radius, its own spline built once more by scipy, its length."""
    random = np.random.default_rng(seed)
    angle = np.arange(40) * 2 * pi / 40
    radius = np.full(40, 60.0)
    for k in (2, 3, 4):
        radius += random.uniform(-1.5, 1.5) * np.cos(k * angle + random.uniform(0, 6))
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    line = ReferenceLine(x, y, closed)
    if closed:
        x, y = np.append(x, x[0]), np.append(y, y[0])
    chord = np.concatenate(([0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))))
    kind = "periodic" if closed else "not-a-knot"
    return line, CubicSpline(chord, np.column_stack((x, y)), bc_type=kind), float(chord[-1])


def test_points_of_a_vehicle_that_stands_make_no_knots_in_the_line() -> None:
    random = np.random.default_rng(3)
    stand = random.normal(0, 0.004, (50, 2))
    drive = np.column_stack((np.arange(1, 40) * 5.0, np.zeros(39)))
    points = np.concatenate((stand, drive))
    line = ReferenceLine(array(points[:, 0].tolist()), array(points[:, 1].tolist()), closed=False)
    assert line.length_m == pytest.approx(195.0, abs=0.02)


def test_the_last_point_of_an_open_line_is_its_end_though_it_repeats_the_one_before() -> None:
    x, y = drop_repeats(array([0.0, 10.0, 20.0, 20.0 + REPEAT_M / 2]), np.zeros(4), closed=False)
    assert x.tolist() == [0.0, 10.0, 20.0 + REPEAT_M / 2]
    assert y.tolist() == [0.0, 0.0, 0.0]


def test_a_closed_line_may_repeat_its_first_point_at_the_end() -> None:
    points = ring_points()
    once = ReferenceLine(points.x_m, points.y_m, closed=True)
    twice = ReferenceLine(
        np.append(points.x_m, points.x_m[0]), np.append(points.y_m, points.y_m[0]), closed=True
    )
    assert twice.length_m == pytest.approx(once.length_m, rel=1e-12)


def test_a_single_place_is_no_line() -> None:
    with pytest.raises(ValueError, match="needs 2 points"):
        ReferenceLine(np.zeros(5), np.zeros(5), closed=False)


def test_nothing_of_the_runtime_is_imported_by_the_line_it_is_measured_against() -> None:
    source = (ROOT / "tools/vehicle_hil/reference_line.py").read_text()
    imports = [row for row in source.splitlines() if row.startswith(("import ", "from "))]
    assert imports
    assert not any("firmware_runtime" in row for row in imports)


@pytest.mark.parametrize("name", ["Norisring", "Oschersleben", "Shanghai", "Spielberg", "YasMarina"])
def test_real_tracks_are_followed_all_the_way_round(name: str) -> None:
    path = SHARED / f"tracks/{name}.csv"
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the project")
    table = np.loadtxt(path, delimiter=",")
    line = ReferenceLine(table[:, 0], table[:, 1], closed=True)
    tracker = line.tracker()
    errors = []
    for distance in np.arange(0, line.length_m, 0.4):
        x = np.interp(distance, line.sample_distance_m, line.sample_x_m)
        y = np.interp(distance, line.sample_distance_m, line.sample_y_m)
        signed, along = tracker.locate(float(x), float(y))
        errors.append((abs(signed), abs(along - distance)))
    # The chords between samples 0.25 m apart are up to 1.5 mm off in the tightest hairpin (5.5 m).
    assert np.max(errors, axis=0)[0] < 0.002
    assert np.max(errors, axis=0)[1] < 0.002
