"""A process that was asked to end ends when the vehicle stands and is held, in bounded time after that."""

import pytest

from firmware_runtime.safety.orderly_end import (
    CONTROL_PATIENCE_NS,
    SUPERVISOR_PATIENCE_NS,
    OrderlyEnd,
    nothing_left,
)
from firmware_runtime.vehicle.enums import ContactorRequest, ParkBrakeState, SafetyState, SwitchState
from firmware_runtime.vehicle.signals import VehicleState
from tests.vehicle_state import rolling, vehicle_state

S = SafetyState
NS_PER_S = 1_000_000_000
START_NS = 7 * NS_PER_S
HEARD = vehicle_state()
WHEELS = frozenset(
    {
        "wheel_speed_front_left_mps",
        "wheel_speed_front_right_mps",
        "wheel_speed_rear_left_mps",
        "wheel_speed_rear_right_mps",
    }
)
DEAF = vehicle_state(unusable=WHEELS | {"motor_speed_radps"})


class Steps:
    """One end, stepped with a time in seconds since it was first looked at."""

    def __init__(self, patience_s: float = 5.0, asked: bool = True) -> None:
        self.end = OrderlyEnd(round(patience_s * 1e9))
        self.end.asked = asked

    def at(
        self, time_s: float, standing: bool = True, done: bool = False, state: VehicleState = HEARD
    ) -> bool:
        return self.end.step(START_NS + round(time_s * 1e9), state, standing, done)


def test_who_was_not_asked_does_not_end() -> None:
    steps = Steps(asked=False)
    assert not steps.at(0.0, done=True)
    assert not steps.at(100.0, done=True)
    assert not steps.at(200.0, state=DEAF, done=True)


def test_at_standstill_with_nothing_left_to_do_it_ends_at_once() -> None:
    assert Steps().at(0.0, done=True)


def test_while_the_vehicle_moves_it_never_ends() -> None:
    steps = Steps()
    for second in range(120):
        assert not steps.at(float(second), standing=False, done=True, state=rolling(3.0))
    assert steps.at(120.0, done=True)


def test_what_is_not_done_is_waited_for_so_long_from_the_standstill_on() -> None:
    steps = Steps(patience_s=5.0)
    assert not steps.at(0.0, standing=False)
    assert not steps.at(10.0)
    assert not steps.at(14.999)
    assert steps.at(15.0)


def test_a_vehicle_that_moves_again_is_waited_for_anew() -> None:
    steps = Steps(patience_s=5.0)
    assert not steps.at(0.0)
    assert not steps.at(4.0, standing=False)
    assert not steps.at(8.0)
    assert not steps.at(12.999)
    assert steps.at(13.0)


def test_it_is_asked_under_way_and_waits_from_the_standstill_after_that() -> None:
    steps = Steps(patience_s=5.0, asked=False)
    assert not steps.at(0.0)
    steps.end.asked = True
    assert not steps.at(20.0)
    assert steps.at(25.0)


def test_on_a_bench_where_no_vehicle_was_ever_heard_it_ends_at_once() -> None:
    assert Steps().at(0.0, standing=False, state=DEAF)


@pytest.mark.parametrize(
    "heard", [vehicle_state(unusable=WHEELS), vehicle_state(unusable={"motor_speed_radps"})]
)
def test_wheels_or_motor_are_word_enough_of_a_vehicle(heard: VehicleState) -> None:
    assert not Steps().at(0.0, standing=False, state=heard)


def test_a_vehicle_that_is_heard_no_more_is_given_15_s_to_stop_by_itself() -> None:
    steps = Steps(asked=False)
    assert not steps.at(0.0, standing=False, state=rolling(5.0))
    steps.end.asked = True
    assert not steps.at(0.01, standing=False, state=DEAF)
    assert not steps.at(15.0, standing=False, state=DEAF)
    assert steps.at(15.01, standing=False, state=DEAF)


@pytest.mark.parametrize("state", [S.AUTO, S.REMOTE, S.MANUAL, S.DEGRADED, S.MRM, S.MAINTENANCE])
def test_a_vehicle_that_may_set_off_at_once_is_stopped_also_at_rest(state: SafetyState) -> None:
    end = Steps().end
    assert end.reason_to_stop(standing=True, safety_state=state) == "asked to end"


@pytest.mark.parametrize("state", [S.INIT, S.STANDBY, S.READY, S.SAFE_STOP, S.ESTOP, S.FAULT, S.SHUTDOWN])
def test_one_that_is_held_needs_no_stop_unless_it_moves(state: SafetyState) -> None:
    end = Steps().end
    assert end.reason_to_stop(standing=True, safety_state=state) == ""
    assert end.reason_to_stop(standing=False, safety_state=state) == "asked to end"


def test_nothing_is_stopped_by_an_end_that_nobody_asked_for() -> None:
    assert Steps(asked=False).end.reason_to_stop(standing=False, safety_state=S.AUTO) == ""


def test_a_new_one_was_not_asked() -> None:
    assert OrderlyEnd(1).asked is False


def test_the_supervisor_waits_longer_than_control_whose_frames_it_sends() -> None:
    assert (CONTROL_PATIENCE_NS, SUPERVISOR_PATIENCE_NS) == (5 * NS_PER_S, 8 * NS_PER_S)


RESTING = {
    "battery_contactor_plus": SwitchState.OPEN,
    "battery_contactor_minus": SwitchState.OPEN,
    "park_brake_state": ParkBrakeState.APPLIED,
}


@pytest.mark.parametrize("state", [S.SHUTDOWN, S.INIT, S.SELF_TEST, S.ESTOP])
def test_held_and_without_voltage_nothing_is_left(state: SafetyState) -> None:
    assert nothing_left(state, ContactorRequest.OPEN, vehicle_state(**RESTING))


@pytest.mark.parametrize("state", [S.AUTO, S.REMOTE, S.MANUAL, S.DEGRADED, S.MRM, S.MAINTENANCE])
def test_where_something_may_move_there_is(state: SafetyState) -> None:
    assert not nothing_left(state, ContactorRequest.OPEN, vehicle_state(**RESTING))


def test_contactors_that_are_asked_to_close_will_be() -> None:
    assert not nothing_left(S.SHUTDOWN, ContactorRequest.CLOSE, vehicle_state(**RESTING))


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("battery_contactor_plus", SwitchState.CLOSED),
        ("battery_contactor_minus", SwitchState.CLOSED),
        ("battery_contactor_plus", SwitchState.ERROR),
        ("battery_contactor_minus", SwitchState.NOT_AVAILABLE),
        ("park_brake_state", ParkBrakeState.MOVING),
        ("park_brake_state", ParkBrakeState.RELEASED),
    ],
)
def test_a_contactor_or_spring_that_says_otherwise_is_waited_for(name: str, word: object) -> None:
    assert not nothing_left(S.SHUTDOWN, ContactorRequest.OPEN, vehicle_state(**{**RESTING, name: word}))


@pytest.mark.parametrize("name", list(RESTING))
def test_what_is_not_heard_is_not_believed(name: str) -> None:
    lost = vehicle_state(**RESTING, unusable=frozenset({name}))
    assert not nothing_left(S.SHUTDOWN, ContactorRequest.OPEN, lost)
