"""Single-track kinematics against an independent model and against the geometry of a circle."""

from math import atan, cos, pi, sin, tan
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vehiclemodels.parameters_vehicle2 import parameters_vehicle2
from vehiclemodels.vehicle_dynamics_ks import vehicle_dynamics_ks

from firmware_runtime.motion.kinematics import SteeringGeometry, advance, wrap_angle
from firmware_runtime.vehicle.load import load_profile

CONFIGS = Path(__file__).parents[2] / "configs"
TRACTOR = load_profile(CONFIGS / "yard_tractor.toml").data
TRUCK = load_profile(CONFIGS / "q_truck.toml").data
FRONT = SteeringGeometry(TRACTOR.geometry, TRACTOR.steering)
BOTH = SteeringGeometry(TRUCK.geometry, TRUCK.steering)


def test_the_reference_point_and_the_tightest_curve() -> None:
    assert FRONT.reference_x_m == 0.0, "the rear axle"
    assert BOTH.reference_x_m == pytest.approx(4.0), "the middle of 8 m"
    assert 1 / FRONT.curvature_max_1pm == pytest.approx(6.58, abs=0.005)
    assert 1 / BOTH.curvature_max_1pm == pytest.approx(8.0 / 2 / tan(0.5))


@given(st.floats(-0.15, 0.15))
def test_angles_and_curvature_are_inverse(curvature_1pm: float) -> None:
    for geometry in (FRONT, BOTH):
        wanted = min(max(curvature_1pm, -geometry.curvature_max_1pm), geometry.curvature_max_1pm)
        angles = geometry.angles(curvature_1pm)
        assert geometry.turning(angles.front_rad, angles.rear_rad)[0] == pytest.approx(wanted, abs=1e-12)
        assert geometry.turning(angles.front_rad, angles.rear_rad)[1] == pytest.approx(0.0, abs=1e-12)


@given(st.floats(-0.3, 0.3))
def test_crab_steers_both_axles_alike(crab_rad: float) -> None:
    angles = BOTH.angles(0.0, crab_rad)
    assert angles.front_rad == pytest.approx(crab_rad)
    assert angles.rear_rad == pytest.approx(crab_rad)
    assert atan(BOTH.turning(angles.front_rad, angles.rear_rad)[1]) == pytest.approx(crab_rad)


def test_angles_stay_within_the_steering() -> None:
    assert FRONT.angles(10.0).front_rad == pytest.approx(0.6)
    assert BOTH.angles(-10.0).front_rad == pytest.approx(-0.5)
    assert BOTH.angles(-10.0).rear_rad == pytest.approx(0.5)


@given(st.floats(-0.5, 0.5), st.floats(0.5, 8.0))
def test_yaw_and_travel_agree_with_commonroads_kinematic_single_track(
    angle_rad: float, speed_mps: float
) -> None:
    """The oracle's wheelbase differs, and yaw per metre scales with it."""
    p = parameters_vehicle2()
    rates = vehicle_dynamics_ks([0.0, 0.0, angle_rad, speed_mps, 0.3], [0.0, 0.0], p)
    wheelbase_m = p.a + p.b
    ours = FRONT.turning(angle_rad, 0.0)[0] * FRONT.wheelbase_m / wheelbase_m * speed_mps
    assert ours == pytest.approx(rates[4], rel=1e-9, abs=1e-12)
    x_m, y_m, _ = advance(0.0, 0.0, 0.3, 1e-6 * speed_mps, ours / speed_mps, 0.0)
    assert x_m / 1e-6 == pytest.approx(rates[0], rel=1e-5)
    assert y_m / 1e-6 == pytest.approx(rates[1], rel=1e-5)


def test_a_full_circle_comes_back() -> None:
    x_m, y_m, heading_rad = 0.0, 0.0, 0.0
    steps = 2000
    for _ in range(steps):
        x_m, y_m, heading_rad = advance(x_m, y_m, heading_rad, 2 * pi * 10 / steps, 0.1, 0.0)
    assert (x_m, y_m) == (pytest.approx(0.0, abs=1e-3), pytest.approx(0.0, abs=1e-3))
    assert heading_rad == pytest.approx(2 * pi)


@given(st.floats(-50, 50))
def test_wrapped_angles_are_the_same_direction(angle_rad: float) -> None:
    wrapped = wrap_angle(angle_rad)
    assert -pi <= wrapped <= pi
    assert (cos(wrapped), sin(wrapped)) == (pytest.approx(cos(angle_rad)), pytest.approx(sin(angle_rad)))
