"""Pure pursuit against a kinematic plant with the yardstick's steering: dead time, lag, rate."""

from collections import deque
from pathlib import Path

import pytest

from firmware_runtime.motion.kinematics import SteeringAngles, SteeringGeometry, advance
from firmware_runtime.motion.pure_pursuit import PurePursuit
from firmware_runtime.motion.route_track import RouteTracker
from firmware_runtime.motion.steering_model import SteeringModel
from firmware_runtime.vehicle.load import load_profile
from firmware_runtime.vehicle.pose import Pose
from firmware_runtime.vehicle.route import Route
from tests.motion.lines import route_of

DATA = load_profile(Path(__file__).parents[2] / "configs" / "yard_tractor.toml").data
GEOMETRY = SteeringGeometry(DATA.geometry, DATA.steering)
ANGLE_MAX, RATE_MAX, LAG_S, DEAD_TIME_S = 0.6, 0.3, 0.2, 0.1


def worst_cross_track_m(
    route: Route, speed_mps: float, start: tuple[float, float, float] = (0, 0, 0)
) -> float:
    """Perfect pose, kinematic plant, constant speed."""
    pursuit = PurePursuit(DATA.control, DATA.steering, GEOMETRY, 0.01)
    tracker = RouteTracker(route)
    x_m, y_m, heading = start
    angle = 0.0
    underway = deque([0.0] * round(DEAD_TIME_S / 0.01))
    errors: list[float] = []
    for tick in range(100_000):
        pose = Pose(tick, x_m, y_m, heading, speed_mps, 0.0, 0.01, 0.01, 0.001, 1, 0.0, True)
        tracker.update(x_m, y_m, heading)
        if tracker.distance_m > route.length_m - 5.0:
            break
        errors.append(abs(tracker.cross_track_m))
        request = pursuit.step(pose, SteeringAngles(angle, 0.0), tracker)
        assert abs(request.front_rad) <= ANGLE_MAX
        underway.append(request.front_rad)
        rate = (underway.popleft() - angle) / LAG_S
        angle += min(max(rate, -RATE_MAX), RATE_MAX) * 0.01
        x_m, y_m, heading = advance(x_m, y_m, heading, speed_mps * 0.01, GEOMETRY.turning(angle, 0.0)[0], 0.0)
    assert len(errors) > 100
    return max(errors)


def test_a_straight_line_is_held() -> None:
    assert worst_cross_track_m(route_of([(150.0, 0.0, 0.0)]), 8.0) < 1e-6


@pytest.mark.parametrize(("curvature", "speed_mps"), [(0.14, 2.5), (0.1, 3.0), (0.04, 5.0), (-0.015, 8.0)])
def test_bends_with_transitions_are_held_within_2_cm(curvature: float, speed_mps: float) -> None:
    transition_m = 14.0
    route = route_of(
        [
            (20, 0, 0),
            (transition_m, 0, curvature),
            (20, curvature, curvature),
            (transition_m, curvature, 0),
            (30, 0, 0),
        ]
    )
    assert worst_cross_track_m(route, speed_mps) < 0.02


def test_an_offset_is_driven_out_without_overshooting_far() -> None:
    route = route_of([(150.0, 0.0, 0.0)])
    assert worst_cross_track_m(route, 5.0, start=(0.0, 0.5, 0.0)) == pytest.approx(0.5, abs=0.01)
    assert worst_cross_track_m(route, 5.0, start=(60.0, 0.1, 0.05)) < 0.35


def test_the_steering_model_predicts_what_the_actuator_does() -> None:
    model = SteeringModel(GEOMETRY, DATA.steering, 0.01)
    pose = Pose(0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.01, 0.01, 0.001, 1, 0.0, True)
    for _ in range(50):
        model.command(SteeringAngles(0.2, 0.0))
    x_m, y_m, heading, angles = model.predict(pose, SteeringAngles(0.1, 0.0))
    horizon_s = DEAD_TIME_S + 0.02
    assert model.lead_s == pytest.approx(horizon_s)
    assert x_m == pytest.approx(3.0 * horizon_s, abs=0.005)
    assert 0.1 < angles.front_rad < 0.2
    assert angles.front_rad - 0.1 <= RATE_MAX * horizon_s + 1e-9
    assert y_m > 0
    assert heading > 0
