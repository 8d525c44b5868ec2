"""Single-track kinematics against commonroad-vehicle-models and analytic circles."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from vehiclemodels.parameters_vehicle2 import parameters_vehicle2
from vehiclemodels.vehicle_dynamics_ks import vehicle_dynamics_ks

from vehicle_hil.plant.kinematics import Kinematics
from vehicle_hil.plant.parameters import GeometryParameters

DT_S = 0.01


def geometry(wheelbase_m: float, ratio: float) -> GeometryParameters:
    return GeometryParameters(wheelbase_m, 2.5, ratio, 1.5)


def drive(
    motion: Kinematics,
    seconds: float,
    speed: Callable[[float], float],
    front: Callable[[float], float],
    rear: Callable[[float], float],
) -> None:
    for step in range(round(seconds / DT_S)):
        t0, t1 = step * DT_S, (step + 1) * DT_S
        distance = 0.5 * (speed(t0) + speed(t1)) * DT_S
        motion.step(DT_S, distance, speed(t1), front(t1), rear(t1))


@pytest.mark.parametrize("sign", [1, -1])
def test_front_steering_follows_commonroads_kinematic_single_track(sign: int) -> None:
    p = parameters_vehicle2()
    p.steering.v_min, p.steering.v_max = -10.0, 10.0
    wheelbase = p.a + p.b

    def front(t: float) -> float:
        return 0.4 * math.sin(0.6 * t)

    def speed(t: float) -> float:
        return sign * (2.0 + 1.5 * math.sin(0.4 * t))

    def derivative(t: float, x: list[float]) -> list[float]:
        rate = 0.4 * 0.6 * math.cos(0.6 * t)
        acceleration = sign * 1.5 * 0.4 * math.cos(0.4 * t)
        return vehicle_dynamics_ks(x, [rate, acceleration], p)

    start = [3.0, -2.0, 0.0, speed(0.0), 0.7]
    oracle = solve_ivp(derivative, (0, 30), start, rtol=1e-9, atol=1e-9, max_step=0.05).y[:, -1]
    motion = Kinematics(geometry(wheelbase, 0.0), 3.0, -2.0, 0.7)
    drive(motion, 30, speed, front, lambda _: 0.0)
    assert math.hypot(motion.x_m - oracle[0], motion.y_m - oracle[1]) < 0.002
    assert motion.heading_rad == pytest.approx(oracle[4], abs=1e-4)


@given(
    wheelbase=st.floats(2.0, 10.0),
    ratio=st.floats(0.0, 1.0),
    front=st.floats(0.05, 0.6),
    side=st.sampled_from([1, -1]),
    direction=st.sampled_from([1, -1]),
)
def test_steered_as_designed_the_reference_point_runs_a_circle(
    wheelbase: float, ratio: float, front: float, side: int, direction: int
) -> None:
    motion = Kinematics(geometry(wheelbase, ratio), 0.0, 0.0, 0.0)
    front *= side
    rear = math.atan(-ratio * math.tan(front))
    motion.step(DT_S, 0.0, 0.0, front, rear)
    radius = wheelbase / (math.tan(front) - math.tan(rear))
    for _ in range(400):
        motion.step(DT_S, direction * 0.02, direction * 2.0, front, rear)
    # The circle's centre lies square to the start heading; its points keep their distance from it.
    assert math.hypot(motion.x_m, motion.y_m - radius) == pytest.approx(abs(radius), abs=1e-6)
    assert motion.heading_rad == pytest.approx(direction * 8.0 / radius, abs=1e-9)
    assert motion.lateral_mps == pytest.approx(0.0, abs=1e-12)
    assert motion.yaw_rate_radps == pytest.approx(direction * 2.0 / radius)


def test_equal_angles_on_both_axles_move_it_sideways_without_turning() -> None:
    motion = Kinematics(geometry(8.0, 1.0), 0.0, 0.0, math.pi / 2)
    motion.step(DT_S, 0.0, 0.0, 0.2, 0.2)
    for _ in range(1000):
        motion.step(DT_S, 0.01, 1.0, 0.2, 0.2)
    assert motion.heading_rad == pytest.approx(math.pi / 2)
    assert motion.y_m == pytest.approx(10.0)
    assert motion.x_m == pytest.approx(-10.0 * math.tan(0.2))
    assert motion.lateral_mps == pytest.approx(math.tan(0.2))


def test_rear_axle_of_a_crab_and_turn_has_no_slip() -> None:
    """With unequal angles the velocity at each axle lies along its wheels."""
    motion = Kinematics(geometry(8.0, 1.0), 0.0, 0.0, 0.0)
    motion.step(DT_S, 0.0, 0.0, 0.3, -0.1)
    motion.step(DT_S, 0.03, 3.0, 0.3, -0.1)
    for ahead, angle in ((4.0, 0.3), (-4.0, -0.1)):
        lateral = motion.lateral_mps + motion.yaw_rate_radps * ahead
        assert math.atan2(lateral, 3.0) == pytest.approx(angle)


def test_wheel_speeds_of_a_circle_are_as_their_radii() -> None:
    motion = Kinematics(geometry(4.5, 0.0), 0.0, 0.0, 0.0)
    motion.step(DT_S, 0.0, 0.0, 0.4, 0.0)
    motion.step(DT_S, 0.02, 2.0, 0.4, 0.0)
    radius = 4.5 / math.tan(0.4)
    yaw = 2.0 / radius
    expected = (
        yaw * math.hypot(radius - 1.25, 4.5),
        yaw * math.hypot(radius + 1.25, 4.5),
        yaw * (radius - 1.25),
        yaw * (radius + 1.25),
    )
    assert motion.wheel_speeds(2.0) == pytest.approx(expected)


def test_wheel_speeds_backwards_are_negative() -> None:
    motion = Kinematics(geometry(4.5, 0.0), 0.0, 0.0, 0.0)
    motion.step(DT_S, -0.02, -2.0, 0.1, 0.0)
    assert all(speed < 0 for speed in motion.wheel_speeds(-2.0))
