"""The spline is scipy's, its samples are equidistant, and the banded solver solves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.interpolate import CubicSpline

from firmware_runtime.motion.banded import BandedLeastSquares, solve_banded
from firmware_runtime.motion.spline import FloatArray, fit_spline

seeds = st.integers(0, 10_000)


def wandering_points(seed: int, count: int) -> FloatArray:
    """Points 1 to 8 m apart whose direction drifts."""
    random = np.random.default_rng(seed)
    heading = np.cumsum(random.normal(0, 0.4, count))
    step = random.uniform(1, 8, count)
    return np.cumsum(np.stack([step * np.cos(heading), step * np.sin(heading)], axis=1), axis=0)


def oracle(points: FloatArray, closed: bool) -> tuple[FloatArray, CubicSpline]:
    if closed:
        points = np.concatenate([points, points[:1]])
    knots = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    return knots, CubicSpline(knots, points, bc_type="periodic" if closed else "not-a-knot")


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(2, 200), st.booleans())
def test_position_tangent_and_curvature_are_those_of_scipys_spline(
    seed: int, count: int, closed: bool
) -> None:
    points = wandering_points(seed, max(count, 3) if closed else count)
    spline = fit_spline(points, closed=closed)
    knots, expected = oracle(points, closed)
    at = np.linspace(0, knots[-1], 777)
    assert spline.knots_m == pytest.approx(knots)
    first, second = expected(at, 1), expected(at, 2)
    curvature = (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / np.hypot(*first.T) ** 3
    assert np.allclose(spline.position(at), expected(at), atol=1e-8)
    assert np.allclose(spline.derivative(at), first, atol=1e-8)
    inside = np.hypot(*first.T) > 0.2
    assert np.allclose(spline.curvature(at)[inside], curvature[inside], atol=1e-6)


def test_arc_length_is_the_integral_of_speed() -> None:
    points = wandering_points(3, 12)
    _, expected = oracle(points, closed=False)
    spline = fit_spline(points, closed=False)
    length = sum(
        quad(lambda t: float(np.hypot(*expected(t, 1))), a, b, epsabs=1e-10)[0]
        for a, b in zip(spline.knots_m[:-1], spline.knots_m[1:], strict=True)
    )
    assert spline.length_m == pytest.approx(length, abs=2e-3)


@pytest.mark.parametrize("closed", [False, True])
def test_samples_are_equidistant_from_end_to_end(closed: bool) -> None:
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    points = np.stack([30 * np.cos(angle), 20 * np.sin(angle)], axis=1)
    samples = fit_spline(points, closed=closed).sample(0.25)
    chord = np.hypot(np.diff(samples.x_m), np.diff(samples.y_m))
    assert samples.step_m == pytest.approx(0.25, abs=0.001)
    assert np.allclose(chord, samples.step_m, rtol=0, atol=1e-5), "chords are hardly shorter than arcs"
    assert (samples.x_m[0], samples.y_m[0]) == pytest.approx(tuple(points[0]))
    last = points[0] if closed else points[-1]
    assert (samples.x_m[-1], samples.y_m[-1]) == pytest.approx(tuple(last))
    turned = samples.heading_rad[-1] - samples.heading_rad[0]
    assert np.max(np.abs(np.diff(samples.heading_rad))) < 0.05, "unwrapped"
    if closed:
        assert turned == pytest.approx(2 * np.pi)
    assert np.trapezoid(samples.curvature_1pm, samples.distance_m) == pytest.approx(turned, abs=1e-3)


def test_two_points_make_a_straight_and_three_a_parabola() -> None:
    straight = fit_spline(np.array([[0.0, 0.0], [3.0, 4.0]]), closed=False)
    assert straight.length_m == pytest.approx(5.0)
    assert np.all(straight.curvature(np.linspace(0, 5, 9)) == 0)
    bend = fit_spline(np.array([[0.0, 0.0], [5.0, 0.0], [10.0, 5.0]]), closed=False)
    assert np.all(bend.curvature(np.linspace(0, 12, 9)) > 0)


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(8, 400), st.integers(1, 3), st.booleans())
def test_banded_systems_are_solved_open_and_closed(
    seed: int, unknowns: int, half_width: int, closed: bool
) -> None:
    random = np.random.default_rng(seed)
    bands = random.uniform(-1, 1, (half_width + 1, unknowns))
    bands[0] = random.uniform(9, 12, unknowns)
    upper = np.zeros((unknowns, unknowns))
    rows = np.arange(unknowns)
    for offset in range(1, half_width + 1):
        if not closed:
            bands[offset, unknowns - offset :] = 0
        upper[rows, (rows + offset) % unknowns] = bands[offset]
    matrix = upper + upper.T + np.diag(bands[0])
    right_side = random.normal(size=(unknowns, 2))
    assert np.allclose(solve_banded(bands, right_side), np.linalg.solve(matrix, right_side), atol=1e-10)


def test_least_squares_of_rows_is_numpys() -> None:
    random = np.random.default_rng(5)
    unknowns, rows = 60, 200
    first = random.integers(0, unknowns, rows)
    coefficients = random.normal(size=(3, rows))
    wanted, weight = random.normal(size=rows), random.uniform(0.1, 2, rows)
    problem = BandedLeastSquares(unknowns, half_width=2)
    problem.add(first[:50], coefficients[:, :50], wanted[:50], weight[:50])
    more = problem.copy()
    more.add(first[50:], coefficients[:, 50:], wanted[50:], weight[50:])
    matrix = np.zeros((rows, unknowns))
    for row in range(rows):
        for place in range(3):
            matrix[row, (first[row] + place) % unknowns] += coefficients[place, row]
    scale = np.sqrt(weight)
    expected = np.linalg.lstsq(matrix * scale[:, None], wanted * scale, rcond=None)[0]
    assert np.allclose(more.solve(), expected, atol=1e-8)
