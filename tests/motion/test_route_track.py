"""Where on the route: distance, side and heading error on lines whose answers are known."""

from math import cos, pi, sin

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
@given(st.floats(0.1, 2 * pi - 0.2), st.floats(-1.5, 1.5))
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


def test_the_first_call_takes_the_earlier_of_two_passages_and_heeds_the_direction() -> None:
    there_and_back = route_of([(60, 0, 0), (10 * pi, 0.1, 0.1), (20, 0, 0), (10 * pi, 0.1, 0.1), (60, 0, 0)])
    tracker = RouteTracker(there_and_back)
    tracker.update(0.9, 0.2, 0.0)
    assert tracker.distance_m == pytest.approx(0.9, abs=0.02), "the lane is driven again at the end"
    back = RouteTracker(route_of([(40, 0, 0), (0.5, 2 * pi, 2 * pi), (40, 0, 0)]))
    back.update(10.0, 0.16, pi)
    assert back.distance_m > 50, "on the way back, which leads in the pose's direction"


def test_a_lap_begins_at_its_start_also_a_little_before_it() -> None:
    lap = RouteTracker(CIRCLE)
    lap.update(-0.2, 0.0, 0.0)
    assert lap.distance_m == pytest.approx(-0.2, abs=0.01)


def test_points_are_interpolated_and_go_on_beyond_the_ends_as_they_bend_there() -> None:
    tracker = RouteTracker(STRAIGHT)
    assert tracker.point_at(10.1) == (pytest.approx(10.1), 0.0)
    assert tracker.point_at(103.0) == (pytest.approx(103.0), 0.0)
    assert tracker.point_at(-2.0) == (pytest.approx(-2.0), 0.0)
    arc = RouteTracker(route_of([(10, 0.1, 0.1)]))
    x_m, y_m = arc.point_at(13.0)
    assert (x_m, y_m) == (pytest.approx(10 * sin(1.3), abs=0.02), pytest.approx(10 - 10 * cos(1.3), abs=0.02))


def test_the_tangent_is_interpolated_and_held_beyond_the_ends() -> None:
    tracker = RouteTracker(CIRCLE)
    heading, curvature = tracker.tangent_at(12.34)
    assert (heading, curvature) == (pytest.approx(1.234, abs=1e-9), pytest.approx(0.1))
    assert tracker.tangent_at(-5.0) == (0.0, pytest.approx(0.1))
    assert tracker.tangent_at(500.0)[0] == pytest.approx(float(CIRCLE.heading_rad[-1]), abs=1e-6)


@pytest.mark.parametrize("stride", [4, 3])
def test_curvature_ahead_is_the_routes_and_then_its_ends(stride: int) -> None:
    tracker = RouteTracker(FIGURE)
    ahead = tracker.curvature_ahead(35.0, stride, 200)
    assert len(ahead) == 200
    wanted = FIGURE.curvature_1pm[140::stride].tolist()
    assert list(ahead) == wanted + [0.0] * (200 - len(wanted))
    assert RouteTracker(CIRCLE).curvature_ahead(CIRCLE.length_m - 1.0, 4, 5) == (0.1,) * 5


def test_a_snapshot_carries_all_state_and_its_version_is_checked() -> None:
    first, second = RouteTracker(FIGURE), RouteTracker(FIGURE)
    for index in range(60, 150):
        first.update(float(FIGURE.x_m[index]), float(FIGURE.y_m[index]) + 0.1, 0.3)
    second.restore(first.snapshot())
    assert second.snapshot() == first.snapshot()
    for tracker in (first, second):
        tracker.update(float(FIGURE.x_m[152]), float(FIGURE.y_m[152]), 0.3)
    assert second.snapshot() == first.snapshot()
    with pytest.raises(ValueError, match="version 1, got 7"):
        second.restore({**first.snapshot(), "version": 7})


def test_a_vehicle_that_was_led_elsewhere_is_looked_for_on_the_whole_route() -> None:
    tracker = RouteTracker(CIRCLE)
    tracker.update(0.0, 0.0, 0.0)
    tracker.update(0.0, 19.0, pi)
    assert abs(tracker.cross_track_m) > 5.0, "the search from tick to tick is bounded"
    tracker.locate(0.0, 19.0, pi)
    assert tracker.distance_m == pytest.approx(10.0 * pi, abs=0.02)
    assert tracker.cross_track_m == pytest.approx(1.0, abs=0.01)
