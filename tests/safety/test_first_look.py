"""A supervisor that begins: does the vehicle roll, and how is it steered?"""

import pytest

from firmware_runtime.safety.first_look import FirstLook
from firmware_runtime.vehicle.enums import OnOffState, ParkBrakeRequest, ParkBrakeState
from firmware_runtime.vehicle.signals import WHEEL_SPEEDS, Commands
from tests.vehicle_state import vehicle_state

HEARD = ("steering_front_angle_rad", "steering_rear_angle_rad", *WHEEL_SPEEDS)
STEERED = {"steering_front_angle_rad": 0.2, "steering_rear_angle_rad": -0.1}


def test_before_the_first_look_and_at_rest_nobody_waits_for_an_angle() -> None:
    look = FirstLook(HEARD)
    assert look.angle_awaited is False
    assert look.steered(Commands(), vehicle_state(**STEERED)) == Commands()
    assert not look.rolls(vehicle_state(), 0.0)
    assert not look.rolls(vehicle_state(), 8.0), "one look is the first"
    assert look.angle_awaited is False


@pytest.mark.parametrize(("speed_mps", "rolls"), [(0.3, False), (0.301, True), (-0.301, True)])
@pytest.mark.requirement("SR-04")
def test_it_rolls_beyond_the_speed_that_matters(speed_mps: float, rolls: bool) -> None:
    assert FirstLook(HEARD).rolls(vehicle_state(), speed_mps) is rolls


@pytest.mark.requirement("SR-04")
def test_with_a_wheel_and_the_motor_lost_the_other_wheels_tell() -> None:
    """What is left of the speed counts for nothing, nor does what a lost wheel said last."""
    lost = frozenset({"motor_speed_radps", "wheel_speed_front_left_mps"})
    turning = {"wheel_speed_rear_left_mps": 3.0}
    assert FirstLook(HEARD).rolls(vehicle_state(**turning, unusable=lost), 0.0)
    look = FirstLook(HEARD)
    assert not look.rolls(vehicle_state(wheel_speed_front_left_mps=3.0, unusable=lost), 3.0)
    assert not look.rolls(vehicle_state(unusable=lost), 0.0)
    assert look.rolls(vehicle_state(**turning, unusable=lost), 0.0), "nothing was known until then"


@pytest.mark.requirement("SR-04")
def test_the_angle_is_held_from_when_it_is_heard() -> None:
    look = FirstLook(HEARD)
    assert look.rolls(vehicle_state(), 3.0)
    deaf = vehicle_state(**STEERED, unusable=frozenset({"steering_rear_angle_rad"}))
    assert look.steered(Commands(), deaf) == Commands()
    assert look.angle_awaited is True
    held = look.steered(Commands(), vehicle_state(**STEERED))
    assert (held.steering_front_angle_rad, held.steering_rear_angle_rad) == (0.2, -0.1)
    assert held.steering_enable is OnOffState.ON
    assert look.angle_awaited is False


def test_springs_close_on_no_turning_wheel_and_closed_ones_stay() -> None:
    look = FirstLook(HEARD)
    released = look.commands(vehicle_state(park_brake_state=ParkBrakeState.RELEASED))
    assert released.park_brake_request is ParkBrakeRequest.RELEASE
    applied = look.commands(vehicle_state(park_brake_state=ParkBrakeState.APPLIED))
    assert applied.park_brake_request is ParkBrakeRequest.APPLY
