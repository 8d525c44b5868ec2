"""What a moving vehicle cannot be driven without: told apart by who can still stop it, and named in full."""

import pytest

from firmware_runtime.safety.fitness import FIT, Unfit, unfit
from firmware_runtime.vehicle.enums import ActuatorStatus
from tests.vehicle_state import vehicle_state

A = ActuatorStatus


def without(*names: str) -> Unfit:
    return unfit(vehicle_state(unusable=frozenset(names)))


def test_a_healthy_vehicle_is_fit() -> None:
    assert unfit(vehicle_state()) == FIT == Unfit("", "", False)


@pytest.mark.requirement("SR-20")
def test_what_is_lost_is_named_and_no_hard_stop_by_itself() -> None:
    """Words are compared as such: a flag that is neither yes nor no would be found."""
    assert without("steering_status") == Unfit("", "lost steering_status", False)
    assert without("steering_status").hard is False
    lost = "lost brake_status, wheel_speed_front_left_mps"
    assert without("wheel_speed_front_left_mps", "brake_status") == Unfit("", lost, False)
    assert without("battery_soc") == FIT


@pytest.mark.requirement("SR-20")
def test_what_torque_alone_needs_is_told_apart() -> None:
    assert without("motor_speed_radps") == Unfit("lost motor_speed_radps", "", False)
    both = without("traction_status", "motor_speed_radps")
    assert both == Unfit("lost motor_speed_radps, traction_status", "", False)
    # With something else it is no affair of the torque any more.
    assert without("motor_speed_radps", "park_brake_state").traction == ""
    assert unfit(vehicle_state(traction_status=A.FAULT)) == Unfit("traction_status FAULT", "", False)


@pytest.mark.parametrize("status", [A.OFF, A.LATCHED_STOP, A.FAULT, A.NOT_AVAILABLE])
@pytest.mark.requirement("SR-20")
def test_brake_and_steering_that_failed_are_a_hard_stop(status: ActuatorStatus) -> None:
    assert unfit(vehicle_state(brake_status=status)) == Unfit("", f"brake_status {status.name}", True)
    assert unfit(vehicle_state(steering_status=status)) == Unfit("", f"steering_status {status.name}", True)
    # A traction that failed with it is told too.
    found = unfit(vehicle_state(traction_status=status, steering_status=status))
    assert found == Unfit(f"traction_status {status.name}", f"steering_status {status.name}", True)
