"""Where on the route: distance, side and heading error on lines whose answers are known."""

from math import cos, pi, sin

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_runtime.motion.route_track import RouteTracker
from tests.motion.lines import route_of

STRAIGHT = route_of([(100.0, 0.0, 0.0)])
CIRCLE = route_of([(2 * pi * 10, 0.1, 0.1)])
FIGURE = route_of([(40, 0, 0), (2 * pi * 8 * 0.75, 1 / 8, 1 / 8), (60, 0, 0)])
"""A loop of three quarters, then straight across its own beginning."""


@given(st.floats(0.1, 99.0), st.floats(-3, 3), st.floats(-1, 1))
def test_on_a_straight_all_is_exact(x_m: float, y_m: float, heading_rad: float) -> None:
    tracker = RouteTracker(STRAIGHT)
    tracker.update(x_m, y_m, heading_rad)
    assert tracker.distance_m == pytest.approx(x_m, abs=1e-9)
    assert tracker.cross_track_m == pytest.approx(y_m, abs=1e-9)
    assert tracker.heading_error_rad == pytest.approx(heading_rad, abs=1e-9)


@settings(max_examples=60)
@given(st.floats(0.1, 2 * pi - 0.1), st.floats(-1.5, 1.5))
def test_on_a_circle_left_is_inside(angle_rad: float, left_m: float) -> None:
    tracker = RouteTracker(CIRCLE)
    radius_m = 10.0 - left_m
    x_m, y_m = radius_m * sin(angle_rad), 10.0 - radius_m * cos(angle_rad)
    tracker.update(x_m, y_m, angle_rad + 0.1)
    assert tracker.cross_track_m == pytest.approx(left_m, abs=2e-3)
    assert tracker.distance_m == pytest.approx(10.0 * angle_rad, abs=0.02)
    assert tracker.heading_error_rad == pytest.approx(0.1, abs=2e-3)


def test_a_route_that_crosses_itself_is_followed_in_order() -> None:
    tracker = RouteTracker(FIGURE)
    tracker.update(0.0, 0.0, 0.0)
    last_m = 0.0
    for x_m, y_m, heading in zip(FIGURE.x_m, FIGURE.y_m, FIGURE.heading_rad, strict=True):
        tracker.update(float(x_m) + 0.05, float(y_m), float(heading))
        assert tracker.distance_m == pytest.approx(last_m, abs=0.6)
        last_m = tracker.distance_m + 0.25
    assert tracker.distance_m == pytest.approx(FIGURE.length_m, abs=0.3)


def test_backwards_works_as_well() -> None:
    tracker = RouteTracker(FIGURE)
    tracker.update(float(FIGURE.x_m[200]), float(FIGURE.y_m[200]), 0.0)
    for index in range(199, 20, -1):
        tracker.update(float(FIGURE.x_m[index]), float(FIGURE.y_m[index]), 0.0)
        assert tracker.distance_m == pytest.approx(index * 0.25, abs=0.02)


def test_points_are_interpolated_and_continue_straight_beyond_the_ends() -> None:
    tracker = RouteTracker(STRAIGHT)
    assert tracker.point_at(10.1) == (pytest.approx(10.1), 0.0)
    assert tracker.point_at(103.0) == (pytest.approx(103.0), 0.0)
    assert tracker.point_at(-2.0) == (pytest.approx(-2.0), 0.0)


@pytest.mark.parametrize("stride", [1, 4])
def test_curvature_ahead_is_the_routes_and_then_straight(stride: int) -> None:
    ahead = RouteTracker(FIGURE).curvature_ahead(35.0, stride, 600 // stride)
    places = 35.0 + 0.25 * stride * np.arange(600 // stride)
    wanted = np.interp(places, FIGURE.distance_m, FIGURE.curvature_1pm, right=0.0)
    assert np.array(ahead) == pytest.approx(wanted, abs=1e-12)


def test_a_snapshot_tells_the_place() -> None:
    tracker = RouteTracker(STRAIGHT)
    tracker.update(12.0, 0.5, 0.0)
    assert tracker.snapshot()["distance_m"] == pytest.approx(12.0)
