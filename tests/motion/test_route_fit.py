"""The fitted line: steerable, near the points, smooth, and refused only where no such line exists."""

from itertools import pairwise
from math import pi, tan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline
from scipy.optimize import linprog
from scipy.spatial import KDTree

from firmware_runtime.motion.route_fit import FittedLine, Steerability, fit_line
from firmware_runtime.motion.spline import FloatArray
from tests.motion.composed_line import Element, points

TOLERANCE_M = 0.10
CURVATURE_MAX = 2 * tan(0.5) / 8
"""Q-Truck: both axles steer by 0.5 rad, 8 m apart."""
TRUCK = Steerability(CURVATURE_MAX, lever_m=4.0)


def fit(place: FloatArray, *, closed: bool = False) -> FittedLine:
    everything = np.arange(len(place), dtype=np.int64)
    held = np.array([0] if closed else [0, len(place) - 1], dtype=np.int64)
    return fit_line(place, everything, held, closed=closed, vehicle=TRUCK)


def on_line(elements: list[Element], spacing_m: float) -> FloatArray:
    length = sum(element.length_m for element in elements)
    return np.column_stack(points(elements, np.linspace(0, length, round(length / spacing_m) + 1)))


def bend(curvature_1pm: float, angle_rad: float, blend_m: float) -> list[Element]:
    arc_m = angle_rad / abs(curvature_1pm) - blend_m
    entry, exit_ = Element(blend_m, 0, curvature_1pm), Element(blend_m, curvature_1pm, 0)
    return [Element(30, 0, 0), entry, Element(arc_m, curvature_1pm, curvature_1pm), exit_, Element(30, 0, 0)]


def curvature_by_positions(x_m: FloatArray, y_m: FloatArray) -> FloatArray:
    """Of the circle through each three neighbours (Menger curvature)."""
    ax, ay = x_m[1:-1] - x_m[:-2], y_m[1:-1] - y_m[:-2]
    bx, by = x_m[2:] - x_m[1:-1], y_m[2:] - y_m[1:-1]
    chord = np.hypot(ax + bx, ay + by)
    return 2 * (ax * by - ay * bx) / (np.hypot(ax, ay) * np.hypot(bx, by) * chord)


@settings(max_examples=25, deadline=None)
@given(
    st.floats(0.03, 0.11),
    st.floats(0.6, 2.8),
    st.sampled_from([-1, 1]),
    st.sampled_from([0.5, 1.0, 3.0, 5.0]),
    st.integers(0, 99),
)
def test_noisy_points_of_a_drivable_line_give_a_smooth_line_near_them(
    curvature: float, angle: float, side: int, spacing: float, seed: int
) -> None:
    exact = on_line(bend(side * curvature, max(angle, 6 * curvature + 0.1), 6.0), spacing)
    noisy = exact + np.clip(np.random.default_rng(seed).normal(0, 0.012, exact.shape), -0.03, 0.03)
    line = fit(noisy)
    samples = line.spline.sample(0.25)
    assert line.steerable
    assert np.max(np.abs(samples.curvature_1pm)) <= CURVATURE_MAX
    fine = line.spline.sample(0.01)
    nearest, _ = KDTree(np.column_stack([fine.x_m, fine.y_m])).query(noisy)
    assert nearest.max() <= TOLERANCE_M
    assert np.allclose(line.point_distance_m, nearest, atol=0.006)
    assert line.line_distance_max_m <= 0.15
    assert np.max(np.abs(np.diff(samples.curvature_1pm))) / samples.step_m < 0.06
    by_positions = curvature_by_positions(samples.x_m, samples.y_m)
    assert np.allclose(by_positions, samples.curvature_1pm[1:-1], atol=2e-3)
    by_heading = np.diff(samples.heading_rad) / samples.step_m
    assert np.allclose(by_heading, (samples.curvature_1pm[1:] + samples.curvature_1pm[:-1]) / 2, atol=2e-3)


def test_smooth_points_are_hardly_moved_and_the_ends_not_at_all() -> None:
    exact = on_line(bend(0.1, pi / 2, 7.0), 1.0)
    line = fit(exact)
    assert line.point_distance_m.max() < 0.015
    ends = line.spline.position(np.array([line.spline.knots_m[0], line.spline.knots_m[-1]]))
    assert np.allclose(ends, exact[[0, -1]], atol=1e-4)


def test_a_straight_stays_as_it_is() -> None:
    line = fit(np.column_stack([np.arange(0, 50, 5.0), np.zeros(10)]))
    assert line.line_distance_max_m < 1e-9
    assert np.max(np.abs(line.spline.sample(0.25).curvature_1pm)) < 1e-9


def test_the_same_points_give_the_same_bits() -> None:
    exact = on_line(bend(0.12, 2.0, 5.0), 4.0)
    first, second = fit(exact).spline.sample(0.25), fit(exact).spline.sample(0.25)
    assert first.x_m.tobytes() == second.x_m.tobytes()
    assert first.curvature_1pm.tobytes() == second.curvature_1pm.tobytes()


def test_a_lap_is_closed_in_position_direction_and_curvature() -> None:
    angle = np.linspace(0, 2 * pi, 40, endpoint=False)
    oval = np.column_stack([40 * np.cos(angle), 25 * np.sin(angle)])
    oval += np.random.default_rng(2).normal(0, 0.01, oval.shape)
    samples = fit(oval, closed=True).spline.sample(0.25)
    assert (samples.x_m[-1], samples.y_m[-1]) == pytest.approx((samples.x_m[0], samples.y_m[0]), abs=1e-9)
    assert (samples.x_m[0], samples.y_m[0]) == pytest.approx(tuple(oval[0]), abs=1e-3)
    assert samples.heading_rad[-1] - samples.heading_rad[0] == pytest.approx(2 * pi, abs=1e-9)
    assert samples.curvature_1pm[-1] == pytest.approx(samples.curvature_1pm[0], abs=1e-9)


def least_deviation_m(place: FloatArray, curvature_max: float) -> float:
    """The least possible largest distance from the points to a line with bounded curvature.

    Oracle, without smoothness and by another method: shifts along the spline's normals at a fine grid,
    curvature by finite differences of positions, linearised three times, each a linear programme.
    """
    knots = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(place, axis=0).T))])
    spline = CubicSpline(knots, place)
    count = int(knots[-1] / 0.25)
    at = np.linspace(0, knots[-1], count)
    along = spline(at, 1)
    normal = np.column_stack([-along[:, 1], along[:, 0]]) / np.hypot(*along.T)[:, None]

    def curvature(shift: FloatArray) -> FloatArray:
        return curvature_by_positions(*(spline(at) + shift[:, None] * normal).T)

    pick = np.array([np.interp(knots, at, row) for row in np.eye(count)]).T
    shift, least = np.zeros(count), 0.0
    for reach in (0.8, 0.8, 0.3):
        now = curvature(shift)
        slope = np.zeros((count - 2, count))
        for colour in range(3):
            change = (curvature(shift + 1e-6 * (np.arange(count) % 3 == colour)) - now) / 1e-6
            rows = np.arange(count - 2)
            slope[rows, rows + (colour - rows) % 3] = change
        one, none = np.ones((len(knots), 1)), np.zeros((count - 2, 1))
        best = linprog(
            np.append(np.zeros(count), 1.0),
            A_ub=np.block([[slope, none], [-slope, none], [pick, -one], [-pick, -one]]),
            b_ub=np.concatenate(
                [
                    curvature_max - now + slope @ shift,
                    curvature_max + now - slope @ shift,
                    np.zeros(2 * len(knots)),
                ]
            ),
            bounds=[*((s - reach, s + reach) for s in shift.tolist()), (0, None)],
        )
        shift, least = best.x[:-1], float(best.x[-1])
    return least


@pytest.mark.parametrize("radius_m", [4.5, 5.0, 5.5, 6.0, 6.5, 7.0, 7.5])
def test_what_is_possible_with_ease_is_found_and_what_is_impossible_refused(radius_m: float) -> None:
    place = on_line(bend(1 / radius_m, 1.2, 3.0)[1:-1], 3.0)
    straight_in = np.column_stack([np.arange(-21, 0, 3.0), np.zeros(7)])
    heading = 1.2
    out = place[-1] + np.arange(3, 24, 3.0)[:, None] * np.array([np.cos(heading), np.sin(heading)])
    place = np.concatenate([straight_in, place, out])
    least_m = least_deviation_m(place, 0.98 * CURVATURE_MAX)
    line = fit(place)
    found_m = float(line.point_distance_m.max())
    assert line.steerable
    assert found_m >= least_m - 0.02, "nothing is nearer than the nearest"
    assert found_m <= 0.06 + 1.6 * least_m, "and not much farther"
    if least_m < 0.03:
        assert found_m <= TOLERANCE_M


@pytest.mark.parametrize(
    "corners",
    [[(0, 0), (40, 0), (40, 40)], [(0, 0), (40, 0), (40, 10), (0, 10)], [(0, 0), (30, 0), (45, 26)]],
)
def test_sharp_corners_are_cut_so_that_they_can_be_steered(corners: list[tuple[float, float]]) -> None:
    place: list[FloatArray] = []
    for begin, end in pairwise(corners):
        length = np.hypot(end[0] - begin[0], end[1] - begin[1])
        place += [np.linspace(begin, end, round(length), endpoint=False)]
    line = fit(np.concatenate([*place, np.array(corners[-1:], dtype=float)]))
    assert line.steerable
    assert TOLERANCE_M < line.point_distance_m.max() < 3.0


def test_a_wide_loop_between_two_points_is_no_nearness() -> None:
    there = np.column_stack([np.arange(0, 31.0), np.zeros(31)])
    line = fit(np.concatenate([there, there[::-1] + np.array([0.0, 1.0])]))
    assert line.steerable
    assert line.point_distance_m.max() <= TOLERANCE_M
    assert line.line_distance_max_m > 5.0
