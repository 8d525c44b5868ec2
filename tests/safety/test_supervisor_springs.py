"""A service brake that has failed leaves the springs: the one friction that its ECU can still give."""

import pytest

from firmware_runtime.vehicle.load import Profile
from tests.safety.rig import Rig
from tests.safety.support import profile


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


def test_a_brake_ecu_that_is_not_heard_any_more_has_not_said_that_it_failed(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.vehicle.silent.add("BrakeFeedback")
    rig.tick(10)
    assert rig.supervisor.report.took_over.startswith("lost ")
    assert rig.said["BrakeCommand"]["ParkBrakeRequest"] == "RELEASE"
