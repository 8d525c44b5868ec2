"""The supervisor's own odometer, read off the angles of a stop along a plan whose curvature grows evenly."""

from math import cos, radians, tan

import pytest

from firmware_runtime.vehicle.enums import Direction
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.stop_plan import StopPlan
from tests.safety.rig import Rig
from tests.safety.support import profile

HALF_WHEELBASE_M = 4.0
LEAD_S = 0.2
"""The plan is read so far ahead, as steering acts late."""
TICK_S = 0.01


@pytest.fixture(scope="module")
def truck() -> Profile:
    return profile()


@pytest.fixture
def rig(truck: Profile) -> Rig:
    return Rig(truck)


def ramp() -> StopPlan:
    """Curvature grows by 0.001 1/m each metre: the angle on the bus tells where on it the vehicle is."""
    curvatures = tuple(0.001 * metre for metre in range(60))
    return StopPlan(0.0, 10**15, Direction.FORWARD, 1.0, curvatures, (0.0,) * 60, 1.8, True)


def place_m(rig: Rig) -> float:
    """Where on the ramp the angle on the bus belongs; its grain of 0.005 degrees is 0.02 m."""
    return tan(radians(rig.said["SteeringCommand"]["FrontAngle"])) / HALF_WHEELBASE_M / 0.001


def stop_on_ramp(rig: Rig, speed_mps: float) -> None:
    rig.plan = ramp()
    rig.drive_at(speed_mps)
    rig.proposing = False
    rig.tick(4)
    assert rig.supervisor.report.took_over == "no proposal from control"


@pytest.mark.requirement("SR-10")
def test_the_place_on_the_plan_is_what_the_wheels_have_rolled_since_it_was_accepted(rig: Rig) -> None:
    stop_on_ramp(rig, 5.0)
    rig.tick(96)
    assert place_m(rig) == pytest.approx(100 * TICK_S * 5.0 + LEAD_S * 5.0, abs=0.03)


def test_of_two_speeds_in_succession_the_mean_counts(rig: Rig) -> None:
    """Between 2 and 8 m/s in turns, a tick each: 5 m/s."""
    stop_on_ramp(rig, 5.0)
    for number in range(96):
        rig.vehicle.roll((2.0, 8.0)[number % 2])
        rig.tick()
    # Wheels that would have to jump with the speed turn no faster than they may: they need a moment.
    rig.vehicle.roll(5.0)
    rig.tick(10)
    assert place_m(rig) == pytest.approx(110 * TICK_S * 5.0 + LEAD_S * 5.0, abs=0.06)


@pytest.mark.parametrize("lost", [{"TractionFeedback"}, {"TractionFeedback", "WheelSpeedsFront"}])
def test_while_the_motor_is_not_heard_the_wheels_count_and_the_last_that_they_said(
    rig: Rig, lost: set[str]
) -> None:
    stop_on_ramp(rig, 5.0)
    rig.vehicle.set("TractionFeedback", MotorSpeed=2.0 / 0.6 * 20.0)
    rig.tick()
    rig.vehicle.silent |= lost
    rig.tick(95)
    assert place_m(rig) == pytest.approx(100 * TICK_S * 5.0 + LEAD_S * 5.0, abs=0.03)


@pytest.mark.parametrize("lost", ["WheelSpeedsFront", "WheelSpeedsRear"])
def test_where_a_wheel_is_lost_the_motor_counts(rig: Rig, lost: str) -> None:
    """Lost is a wheel after 30 ms; until then its last word counts."""
    stop_on_ramp(rig, 5.0)
    rig.vehicle.silent.add(lost)
    rig.tick(6)
    rig.vehicle.set("TractionFeedback", MotorSpeed=2.0 / 0.6 * 20.0)
    rig.tick(90)
    expected_m = 10 * TICK_S * 5.0 + 0.5 * TICK_S * 3.0 + 90 * TICK_S * 2.0 + LEAD_S * 2.0
    assert place_m(rig) == pytest.approx(expected_m, abs=0.06)


def test_where_both_speak_the_wheels_count_and_not_the_motor(rig: Rig) -> None:
    stop_on_ramp(rig, 5.0)
    rig.vehicle.set("TractionFeedback", MotorSpeed=2.0 / 0.6 * 20.0)
    rig.tick(96)
    assert place_m(rig) == pytest.approx(100 * TICK_S * 5.0 + LEAD_S * 5.0, abs=0.03)


@pytest.mark.parametrize(("front_rad", "rear_rad", "crab_rad"), [(0.4, -0.1, 0.16), (0.1, -0.4, -0.16)])
def test_each_wheel_counts_along_the_vehicle_by_the_angle_of_its_own_axle(
    rig: Rig, front_rad: float, rear_rad: float, crab_rad: float
) -> None:
    """Crabbing in a bend, one axle steered far and the other hardly, and no wheel as fast as another."""
    bend_1pm = 0.0654
    curvatures = tuple(bend_1pm + 0.0005 * metre for metre in range(60))
    rig.plan = StopPlan(0.0, 10**15, Direction.FORWARD, 1.0, curvatures, (crab_rad,) * 60, 1.8, True)
    rig.commands = {"steering_front_angle_rad": front_rad, "steering_rear_angle_rad": rear_rad}
    rig.vehicle.set("BrakeFeedback", ParkBrakeState="RELEASED")
    rig.drive_at(1.0, 250)
    rig.vehicle.set("WheelSpeedsFront", Left=2.0, Right=3.0)
    rig.vehicle.set("WheelSpeedsRear", Left=3.5, Right=4.5)
    rig.tick(2)
    rig.proposing = False
    travelled_m = 0.0
    for _ in range(250):
        front, rear = cos(rig.answers["front"]), cos(rig.answers["rear"])
        rig.tick()
        speed_mps = 0.25 * ((2.0 + 3.0) * cos(rig.answers["front"]) + (3.5 + 4.5) * cos(rig.answers["rear"]))
        travelled_m += 0.5 * TICK_S * (0.25 * (5.0 * front + 8.0 * rear) + speed_mps)
    slope = tan(radians(rig.said["SteeringCommand"]["FrontAngle"])) - tan(crab_rad)
    place = (slope / HALF_WHEELBASE_M - bend_1pm) / 0.0005
    assert rig.supervisor.report.took_over == "no proposal from control"
    assert place == pytest.approx(travelled_m + LEAD_S * speed_mps, abs=0.06)
