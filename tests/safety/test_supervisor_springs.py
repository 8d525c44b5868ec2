"""A service brake that has failed leaves the springs: the one friction that its ECU can still give."""

import pytest

from firmware_runtime.vehicle.enums import ContactorRequest, OnOffState, ParkBrakeRequest, SafetyState
from firmware_runtime.vehicle.load import Profile
from tests.safety.rig import Rig
from tests.safety.support import profile

AT_REST = {
    "traction_enable": OnOffState.OFF,
    "traction_torque_nm": 0.0,
    "brake_force_n": 180_000.0,
    "park_brake_request": ParkBrakeRequest.APPLY,
}


@pytest.fixture(scope="module")
def truck() -> Profile:
    return profile()


@pytest.fixture
def rig(truck: Profile) -> Rig:
    return Rig(truck)


@pytest.mark.requirement("SR-20")
def test_a_service_brake_that_says_it_has_failed_is_answered_with_the_springs_while_moving(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.vehicle.set("BrakeFeedback", Status="FAULT")
    rig.tick(10)
    assert rig.supervisor.report.took_over == "brake_status FAULT"
    assert rig.said["BrakeCommand"]["ParkBrakeRequest"] == "APPLY"
    assert rig.said["BrakeCommand"]["ForceRequest"] > 0, "whatever it still gives"


@pytest.mark.parametrize(
    ("message", "status"),
    [("SteeringFeedback", "FAULT"), ("TractionFeedback", "FAULT"), ("BrakeFeedback", "LATCHED_STOP")],
)
def test_where_the_service_brake_works_the_springs_stay_open_on_turning_wheels(
    rig: Rig, message: str, status: str
) -> None:
    """A brake ECU that has latched brakes by itself."""
    rig.drive_at(5.0)
    rig.vehicle.set(message, Status=status)
    rig.tick(10)
    assert rig.supervisor.report.took_over.endswith(status)
    assert rig.said["BrakeCommand"]["ParkBrakeRequest"] == "RELEASE"


@pytest.mark.requirement("SR-20")
def test_a_brake_that_said_it_has_failed_keeps_its_springs_when_it_falls_silent(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.vehicle.set("BrakeFeedback", Status="FAULT")
    rig.tick(10)
    rig.vehicle.silent.add("BrakeFeedback")
    rig.tick(30)
    assert rig.said["BrakeCommand"]["ParkBrakeRequest"] == "APPLY"


@pytest.mark.requirement("SR-20")
def test_where_a_brake_is_silent_its_last_word_counts(rig: Rig) -> None:
    """It failed at rest, which is no stop, and is not heard any more when the truck rolls away."""
    rig.drive_at(5.0)
    rig.vehicle.roll(0.0)
    rig.commands = {"traction_torque_nm": 0.0, "brake_force_n": 180_000.0}
    rig.tick(30)
    rig.vehicle.set("BrakeFeedback", Status="FAULT")
    rig.tick(3)
    rig.vehicle.silent.add("BrakeFeedback")
    rig.tick(30)
    assert rig.supervisor.report.took_over == ""
    assert rig.said["BrakeCommand"]["ParkBrakeRequest"] == "RELEASE"
    rig.vehicle.roll(5.0)
    rig.tick(10)
    assert rig.supervisor.report.took_over.startswith("lost brake_status")
    assert rig.said["BrakeCommand"]["ParkBrakeRequest"] == "APPLY"


def test_springs_of_one_stop_are_not_those_of_the_next(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.vehicle.set("BrakeFeedback", Status="FAULT")
    rig.tick(10)
    rig.vehicle.set("BrakeFeedback", Status="READY")
    rig.vehicle.roll(0.0)
    rig.state, rig.commands = SafetyState.READY, AT_REST
    rig.tick(100)
    assert rig.supervisor.report.took_over == ""
    rig.state, rig.commands = SafetyState.AUTO, {}
    rig.drive_at(5.0)
    rig.proposing = False
    rig.tick(10)
    assert rig.supervisor.report.took_over == "no proposal from control"
    assert rig.said["BrakeCommand"]["ParkBrakeRequest"] == "RELEASE"


def test_a_brake_ecu_that_is_not_heard_any_more_has_not_said_that_it_failed(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.vehicle.silent.add("BrakeFeedback")
    rig.tick(10)
    assert rig.supervisor.report.took_over.startswith("lost ")
    assert rig.said["BrakeCommand"]["ParkBrakeRequest"] == "RELEASE"


@pytest.mark.requirement("SR-20")
def test_a_service_brake_that_does_not_come_is_answered_with_the_springs_to_standstill(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.stuck.add("brake")
    rig.commands = {"brake_force_n": 60_000.0, "traction_torque_nm": 0.0}
    rig.tick(40)
    assert rig.supervisor.report.took_over.startswith("brake does not follow: told ")
    assert rig.said["BrakeCommand"]["ParkBrakeRequest"] == "APPLY"
    rig.stuck.clear()
    rig.tick(100)
    assert rig.supervisor.report.not_following == {}
    assert rig.said["BrakeCommand"]["ParkBrakeRequest"] == "APPLY", "it is not tried out on the way"


@pytest.mark.requirement("SR-20")
def test_after_that_stop_the_springs_open_again_as_control_proposes(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.stuck.add("brake")
    rig.commands = {"brake_force_n": 60_000.0, "traction_torque_nm": 0.0}
    rig.tick(40)
    rig.stuck.clear()
    rig.vehicle.roll(0.0)
    rig.state = SafetyState.SAFE_STOP
    rig.commands = {
        "traction_torque_nm": 0.0,
        "traction_enable": OnOffState.OFF,
        "park_brake_request": ParkBrakeRequest.APPLY,
        "contactor_request": ContactorRequest.OPEN,
    }
    rig.tick(200)
    assert rig.supervisor.report.took_over == ""
    rig.state = SafetyState.STANDBY
    del rig.commands["contactor_request"]
    rig.tick(5)
    rig.state, rig.commands = SafetyState.AUTO, {}
    rig.vehicle.set("BrakeFeedback", ParkBrakeState="RELEASED")
    rig.tick(5)
    rig.drive_at(5.0)
    rig.proposing = False
    rig.tick(20)
    assert rig.supervisor.report.took_over == "no proposal from control"
    assert rig.said["BrakeCommand"]["ParkBrakeRequest"] == "RELEASE", "this stop has a brake"


@pytest.mark.requirement("SR-20")
def test_a_brake_that_does_not_come_makes_a_gentle_stop_an_emergency_stop(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.stuck.add("brake")
    rig.proposing = False
    rig.tick(10)
    assert rig.said["BrakeCommand"]["ForceRequest"] < 420_000
    rig.tick(90)
    assert rig.supervisor.report.took_over == "no proposal from control"
    assert rig.said["BrakeCommand"]["ForceRequest"] == 420_000
    rig.stuck.add("torque")
    rig.answers["torque"] = 600.0
    rig.tick(40)
    assert rig.said["BrakeCommand"]["ForceRequest"] == 420_000, "nothing softens it again"
