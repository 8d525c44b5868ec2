"""In MANUAL a failed traction takes the torque alone, until the vehicle stands in a state that stands."""

import msgspec
import pytest

from firmware_runtime.safety.torque_hold import TorqueHold
from firmware_runtime.vehicle.enums import OnOffState, SafetyState
from firmware_runtime.vehicle.signals import Commands

DRIVEN = Commands(
    traction_enable=OnOffState.ON,
    traction_torque_nm=300.0,
    brake_force_n=12_000.0,
    steering_enable=OnOffState.ON,
    steering_front_angle_rad=0.1,
)


@pytest.fixture
def taken() -> TorqueHold:
    hold = TorqueHold()
    assert hold.takes(SafetyState.MANUAL, "traction_status FAULT")
    return hold


@pytest.mark.parametrize("state", [state for state in SafetyState if state is not SafetyState.MANUAL])
def test_without_a_driver_it_takes_nothing(state: SafetyState) -> None:
    hold = TorqueHold()
    assert not hold.takes(state, "traction_status FAULT")
    assert hold.reason == ""
    assert hold.without(DRIVEN) is DRIVEN


@pytest.mark.requirement("SR-20")
def test_it_takes_torque_and_enable_and_nothing_else(taken: TorqueHold) -> None:
    expected = msgspec.structs.replace(DRIVEN, traction_torque_nm=0.0, traction_enable=OnOffState.OFF)
    assert taken.without(DRIVEN) == expected
    assert DRIVEN.traction_torque_nm == 300.0, "what was accepted stays as it was"


def test_the_first_reason_is_the_one_that_is_told(taken: TorqueHold) -> None:
    assert taken.takes(SafetyState.MANUAL, "lost motor_speed_radps")
    assert taken.reason == "traction_status FAULT"


@pytest.mark.parametrize(
    ("standing", "state", "given_back"),
    [
        (True, SafetyState.READY, True),
        (True, SafetyState.STANDBY, True),
        (True, SafetyState.MANUAL, False),
        (False, SafetyState.READY, False),
        (False, SafetyState.MANUAL, False),
    ],
)
@pytest.mark.requirement("SR-20")
def test_torque_comes_back_at_standstill_in_a_state_that_stands(
    taken: TorqueHold, standing: bool, state: SafetyState, given_back: bool
) -> None:
    taken.step(standing, state)
    assert taken.reason == ("" if given_back else "traction_status FAULT")
    assert (taken.without(DRIVEN) is DRIVEN) == given_back
