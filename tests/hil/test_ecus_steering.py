"""Steering ECU: the yardstick actuator (0.6 rad, 0.3 rad/s, lag 0.2 s, dead time 0.1 s), holding, zeros."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from tests.hil.bus_peer import Rig
from tests.hil.vehicles import parameters, variant
from vehicle_hil.ecus.first_order import FirstOrderLag, lag_with_rate_limit


@pytest.fixture
def rig() -> Rig:
    rig = Rig(parameters("yard_tractor"))
    rig.unlatch()
    rig.run(2.0)
    return rig


@given(st.floats(-0.6, 0.6), st.floats(-0.6, 0.6), st.floats(0.001, 1.5))
def test_closed_form_equals_the_differential_equation(start: float, target: float, dt_s: float) -> None:
    def slope(_: float, angle: list[float]) -> list[float]:
        return [min(max((target - angle[0]) / 0.2, -0.3), 0.3)]

    solution = solve_ivp(slope, (0, dt_s), [start], rtol=1e-8, atol=1e-10, max_step=0.05)
    assert lag_with_rate_limit(start, target, dt_s, 0.2, 0.3) == pytest.approx(solution.y[0][-1], abs=1e-5)


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0.0, 0.2), st.integers(1, 20))
def test_result_does_not_hang_on_the_length_of_the_step(
    start: float, target: float, dt_s: float, parts: int
) -> None:
    stepped = start
    for _ in range(parts):
        stepped = lag_with_rate_limit(stepped, target, dt_s / parts, 0.15, 0.35)
    assert stepped == pytest.approx(lag_with_rate_limit(start, target, dt_s, 0.15, 0.35), abs=1e-9)


def test_without_lag_it_moves_at_the_rate_until_it_is_there() -> None:
    assert lag_with_rate_limit(0.0, 1.0, 0.5, 0.0, 0.4) == pytest.approx(0.2)
    assert lag_with_rate_limit(0.0, 0.1, 0.5, 0.0, 0.4) == 0.1
    assert FirstOrderLag(0.0).step(0.01, 5.0) == 5.0


def test_answers_after_the_dead_time_then_at_the_rate_limit(rig: Rig) -> None:
    start = rig.truth.front_angle_rad
    rig.set("SteeringCommand", FrontAngle=0.3)
    angles = []
    for _ in range(60):
        rig.tick()
        angles.append(rig.truth.front_angle_rad - start)
    # The command of the first tick acts from its start on, less the 0.1 s: nothing in ten ticks.
    assert angles[9] == pytest.approx(0.0, abs=1e-6)
    assert angles[10] == pytest.approx(0.003, abs=1e-6)
    rates = [(b - a) / 0.01 for a, b in itertools.pairwise(angles)]
    assert max(rates) == pytest.approx(0.3, abs=1e-9)
    assert rates[20] == pytest.approx(0.3, abs=1e-9)


def test_settles_with_the_lag(rig: Rig) -> None:
    rig.set("SteeringCommand", FrontAngle=0.05)
    rig.run(0.10)
    start = rig.truth.front_angle_rad
    rig.run(0.20)
    share = (rig.truth.front_angle_rad - start) / (0.05 - 0.00087 - start)
    assert share == pytest.approx(1 - math.exp(-1), abs=0.01)


@pytest.mark.parametrize("sign", [1, -1])
def test_stops_at_the_end_stop(rig: Rig, sign: int) -> None:
    rig.set("SteeringCommand", FrontAngle=sign * 1.0)
    rig.run(4.0)
    assert rig.truth.front_angle_rad == sign * 0.6


def test_the_true_angle_lacks_the_sensors_zero_error(rig: Rig) -> None:
    rig.set("SteeringCommand", FrontAngle=0.2)
    rig.run(3.0)
    assert rig.truth.front_angle_rad == pytest.approx(0.2 - 0.00087, abs=1e-6)
    readings = []
    for _ in range(200):
        rig.tick()
        readings.append(rig.seen["SteeringFeedback"]["FrontAngle"])
    assert sum(readings) / 200 == pytest.approx(0.2, abs=1e-4)
    assert max(readings) - min(readings) > 1e-4


@pytest.mark.requirement("SR-11")
def test_holds_its_angle_when_latched(rig: Rig) -> None:
    rig.set("SteeringCommand", FrontAngle=0.3)
    rig.run(0.6)
    rig.silent = {"RuntimeHeartbeat"}
    rig.run(0.05)
    assert rig.truth.steering_latched
    held = rig.truth.front_angle_rad
    assert 0.05 < held < 0.28
    rig.run(3.0)
    assert rig.truth.front_angle_rad == held


def test_holds_its_angle_when_disabled(rig: Rig) -> None:
    rig.set("SteeringCommand", FrontAngle=0.3)
    rig.run(0.6)
    rig.set("SteeringCommand", Enable="OFF", FrontAngle=0.0)
    rig.tick()
    held = rig.truth.front_angle_rad
    rig.run(1.0)
    assert rig.truth.front_angle_rad == held
    assert rig.seen["SteeringFeedback"]["Status"] == "READY"


def test_after_the_latch_clears_it_goes_on_from_the_held_angle(rig: Rig) -> None:
    rig.set("SteeringCommand", FrontAngle=0.3)
    rig.run(2.0)
    rig.silent = {"SteeringCommand"}
    rig.run(0.2)
    held = rig.truth.front_angle_rad
    rig.silent = set()
    rig.set("SteeringCommand", FrontAngle=0.0)
    rig.run(0.3)
    assert rig.truth.front_angle_rad == held
    rig.unlatch()
    rig.run(3.0)
    assert rig.truth.front_angle_rad == pytest.approx(-0.00087, abs=1e-4)


def test_both_axles_of_the_q_truck_steer_on_their_own() -> None:
    rig = Rig(parameters("q_truck"))
    rig.unlatch()
    rig.set("SteeringCommand", FrontAngle=10, RearAngle=-6)
    rig.run(3.0)
    assert math.degrees(rig.truth.front_angle_rad) == pytest.approx(10 - 0.0498, abs=0.01)
    assert math.degrees(rig.truth.rear_angle_rad) == pytest.approx(-6 + 0.0286, abs=0.01)
    assert rig.seen["SteeringFeedback"]["RearAngle"] == pytest.approx(-6, abs=0.06)


def test_a_stuck_steering_says_it_is_well_a_failed_one_does_not(rig: Rig) -> None:
    rig.vehicle.steering.stuck = True
    rig.set("SteeringCommand", FrontAngle=0.3)
    rig.run(1.0)
    assert abs(rig.truth.front_angle_rad) < 0.002
    assert rig.seen["SteeringFeedback"]["Status"] == "ACTIVE"
    rig.vehicle.steering.failed = True
    rig.tick()
    assert rig.seen["SteeringFeedback"]["Status"] == "FAULT"


def test_dead_time_is_the_files() -> None:
    rig = Rig(variant("yard_tractor", steering={"dead_time_s": 0.0}))
    rig.unlatch()
    rig.run(0.5)
    before = rig.truth.front_angle_rad
    rig.set("SteeringCommand", FrontAngle=0.3)
    rig.tick()
    assert rig.truth.front_angle_rad - before == pytest.approx(0.003, abs=1e-6)
