"""A driver in the cab: what the supervisor takes from him, and what it leaves him."""

from typing import Any

import pytest

from firmware_runtime.vehicle.enums import ContactorRequest, ParkBrakeRequest, SafetyState
from firmware_runtime.vehicle.load import Profile
from tests.safety.rig import Rig
from tests.safety.support import profile

WHOLE_BRAKE_N = 420_000
AT_REST: dict[str, Any] = {
    "traction_torque_nm": 0.0,
    "park_brake_request": ParkBrakeRequest.APPLY,
    "brake_force_n": 180_000.0,
    "contactor_request": ContactorRequest.CLOSE,
}
BY_ITSELF = (SafetyState.AUTO, SafetyState.DEGRADED, SafetyState.MRM)


@pytest.fixture(scope="module")
def truck() -> Profile:
    return profile()


@pytest.fixture
def by_hand(truck: Profile) -> Rig:
    rig = Rig(truck)
    rig.state = SafetyState.MANUAL
    rig.drive_at(5.0)
    return rig


def fail_status(rig: Rig) -> None:
    rig.vehicle.set("TractionFeedback", Status="FAULT")


def fall_silent(rig: Rig) -> None:
    rig.vehicle.silent.add("TractionFeedback")


def push(rig: Rig) -> None:
    """600 Nm whatever is asked."""
    rig.stuck.add("torque")
    rig.answers["torque"] = 600.0


CAUSES = {
    "traction_status FAULT": fail_status,
    "lost motor_speed_radps, traction_status": fall_silent,
    "traction does not follow: told 47 to 53 Nm, is at 600 Nm": push,
}


@pytest.mark.parametrize(("told", "cause"), CAUSES.items())
@pytest.mark.requirement("SR-20")
def test_a_failed_traction_takes_the_torque_and_leaves_wheel_and_brake(
    by_hand: Rig, told: str, cause: Any
) -> None:
    cause(by_hand)
    by_hand.tick(20)
    assert by_hand.supervisor.report.torque_taken.startswith(told)
    by_hand.commands = {"steering_front_angle_rad": 0.055, "brake_force_n": 12_000.0}
    by_hand.tick(30)
    assert by_hand.supervisor.report.took_over == ""
    assert by_hand.said["TractionCommand"]["TorqueRequest"] == 0
    assert by_hand.said["TractionCommand"]["Enable"] == "OFF"
    assert by_hand.said["SteeringCommand"]["FrontAngle"] == pytest.approx(3.151, abs=0.005)
    assert by_hand.said["BrakeCommand"]["ForceRequest"] == 12_000
    assert by_hand.said["BodyCommand"]["HazardLights"] == "OFF"
    assert by_hand.supervisor.report.rejected == 0


@pytest.mark.parametrize("state", BY_ITSELF)
@pytest.mark.parametrize("cause", [fail_status, fall_silent, push])
@pytest.mark.requirement("SR-20")
def test_without_a_driver_the_same_is_a_stop(truck: Profile, state: SafetyState, cause: Any) -> None:
    rig = Rig(truck)
    rig.drive_at(5.0)
    rig.state = state
    rig.commands = {} if state is not SafetyState.MRM else {"traction_torque_nm": 0.0}
    rig.tick(5)
    cause(rig)
    rig.tick(20)
    assert rig.supervisor.report.took_over
    assert rig.supervisor.report.torque_taken == ""


@pytest.mark.parametrize(
    ("message", "told"),
    [("BrakeFeedback", "brake_status FAULT"), ("SteeringFeedback", "steering_status FAULT")],
)
@pytest.mark.requirement("SR-20")
def test_a_wheel_or_brake_that_fails_is_a_stop_for_a_driver_too_whatever_the_traction_says(
    by_hand: Rig, message: str, told: str
) -> None:
    fail_status(by_hand)
    by_hand.tick(5)
    by_hand.vehicle.set(message, Status="FAULT")
    by_hand.tick()
    assert by_hand.supervisor.report.took_over == told
    assert by_hand.said["BrakeCommand"]["ForceRequest"] == WHOLE_BRAKE_N


@pytest.mark.parametrize("cause", [fail_status, fall_silent])
@pytest.mark.parametrize("message", ["BrakeFeedback", "SteeringFeedback"])
@pytest.mark.requirement("SR-20")
def test_a_traction_that_has_failed_hides_no_other_failure(
    truck: Profile, by_hand: Rig, message: str, cause: Any
) -> None:
    alone = Rig(truck)
    alone.drive_at(5.0)
    for rig in (alone, by_hand):
        cause(rig)
        rig.tick(4 if cause is fall_silent else 0)
        rig.vehicle.set(message, Status="FAULT")
        rig.tick()
        assert rig.said["BrakeCommand"]["ForceRequest"] == WHOLE_BRAKE_N


@pytest.mark.parametrize("other", ["BrakeFeedback", "SteeringFeedback", "WheelSpeedsFront"])
@pytest.mark.requirement("SR-20")
def test_what_a_driver_needs_besides_is_lost_as_ever(by_hand: Rig, other: str) -> None:
    by_hand.vehicle.silent |= {"TractionFeedback", other}
    by_hand.tick(10)
    assert by_hand.supervisor.report.took_over.startswith("lost ")


@pytest.mark.requirement("SR-20")
def test_a_brake_that_does_not_follow_is_a_stop_for_a_driver_too(by_hand: Rig) -> None:
    by_hand.stuck.add("brake")
    by_hand.commands = {"brake_force_n": 60_000.0, "traction_torque_nm": 0.0}
    by_hand.tick(40)
    assert by_hand.supervisor.report.took_over.startswith("brake does not follow")


@pytest.mark.requirement("SR-20")
def test_a_traction_that_does_not_follow_hides_no_brake_that_does_not(by_hand: Rig) -> None:
    push(by_hand)
    by_hand.stuck.add("brake")
    by_hand.commands = {"brake_force_n": 60_000.0, "traction_torque_nm": 0.0}
    by_hand.tick(40)
    assert by_hand.supervisor.report.torque_taken.startswith("traction does not follow")
    assert by_hand.supervisor.report.took_over.startswith("brake does not follow")
    assert by_hand.said["BrakeCommand"]["ForceRequest"] == WHOLE_BRAKE_N


@pytest.mark.requirement("SR-20")
def test_torque_comes_back_once_manual_was_left_at_standstill_and_not_before(by_hand: Rig) -> None:
    fail_status(by_hand)
    by_hand.tick(3)
    by_hand.vehicle.set("TractionFeedback", Status="READY")
    by_hand.tick(30)
    assert by_hand.said["TractionCommand"]["TorqueRequest"] == 0, "not on the way"
    by_hand.commands = {"brake_force_n": 180_000.0}
    by_hand.vehicle.roll(0.0)
    by_hand.tick(40)
    assert by_hand.said["TractionCommand"]["TorqueRequest"] == 0, "the foot is still on the pedal"
    by_hand.state, by_hand.commands = SafetyState.READY, AT_REST
    by_hand.tick(3)
    assert by_hand.supervisor.report.torque_taken == ""
    by_hand.state, by_hand.commands = SafetyState.MANUAL, {"brake_force_n": 180_000.0}
    by_hand.tick(3)
    assert by_hand.said["TractionCommand"]["TorqueRequest"] == 50
    assert by_hand.supervisor.report.took_over == ""


def test_a_state_that_stands_while_the_wheels_turn_gives_no_torque_back(by_hand: Rig) -> None:
    fail_status(by_hand)
    by_hand.tick(3)
    by_hand.state, by_hand.commands = SafetyState.FAULT, {"traction_torque_nm": 0.0}
    by_hand.tick(3)
    assert by_hand.supervisor.report.torque_taken == "traction_status FAULT", "the first reason"


def test_below_a_walk_of_0_3_mps_a_failed_traction_is_left_to_the_state_machine(by_hand: Rig) -> None:
    by_hand.vehicle.roll(0.29)
    by_hand.tick()
    fail_status(by_hand)
    by_hand.tick(10)
    assert by_hand.supervisor.report.torque_taken == ""
