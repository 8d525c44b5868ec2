"""Why the supervisor stops the vehicle by itself, how hard, and how such a stop ends."""

from typing import Any

import pytest

from firmware_runtime.vehicle.enums import ParkBrakeRequest, SafetyState
from firmware_runtime.vehicle.load import Profile
from tests.safety.rig import Rig
from tests.safety.support import profile

WHOLE_BRAKE_N = 420_000
SAFE: dict[str, Any] = {
    "traction_torque_nm": 0.0,
    "park_brake_request": ParkBrakeRequest.APPLY,
    "brake_force_n": 180_000.0,
}
BAD: dict[str, Any] = SAFE | {"brake_force_n": 500_000.0}


@pytest.fixture(scope="module")
def truck() -> Profile:
    return profile()


@pytest.fixture
def rig(truck: Profile) -> Rig:
    return Rig(truck)


@pytest.mark.parametrize("status", ["OFF", "LATCHED_STOP", "FAULT", "NOT_AVAILABLE"])
@pytest.mark.parametrize(
    ("message", "name", "hard"),
    [
        ("TractionFeedback", "traction_status", False),
        ("BrakeFeedback", "brake_status", True),
        ("SteeringFeedback", "steering_status", True),
    ],
)
@pytest.mark.requirement("SR-20")
def test_an_actuator_that_says_it_does_not_work_is_a_stop_at_once_and_the_whole_brake_but_for_traction(
    rig: Rig, message: str, name: str, hard: bool, status: str
) -> None:
    rig.drive_at(5.0)
    rig.vehicle.set(message, Status=status)
    rig.tick()
    assert rig.supervisor.report.took_over == f"{name} {status}"
    force_n = rig.said["BrakeCommand"]["ForceRequest"]
    assert force_n == WHOLE_BRAKE_N if hard else 0 < force_n < 10_000


@pytest.mark.parametrize("message", ["TractionFeedback", "BrakeFeedback", "SteeringFeedback"])
def test_an_actuator_that_is_ready_or_active_works(rig: Rig, message: str) -> None:
    rig.drive_at(5.0)
    rig.vehicle.set(message, Status="ACTIVE")
    rig.tick(3)
    assert rig.supervisor.report.took_over == ""


def test_a_failed_traction_does_not_soften_the_stop_for_the_brake(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.vehicle.set("BrakeFeedback", Status="LATCHED_STOP")
    rig.tick()
    rig.vehicle.set("TractionFeedback", Status="FAULT")
    rig.vehicle.set("BrakeFeedback", Status="READY")
    rig.tick()
    assert rig.said["BrakeCommand"]["ForceRequest"] == WHOLE_BRAKE_N


@pytest.mark.requirement("SR-20")
def test_all_that_was_lost_is_named(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.vehicle.silent |= {"BrakeFeedback", "WheelSpeedsFront"}
    rig.tick(5)
    assert rig.supervisor.report.took_over == (
        "lost brake_status, park_brake_state, wheel_speed_front_left_mps, wheel_speed_front_right_mps"
    )


@pytest.mark.parametrize(("speed_mps", "stops"), [(0.31, True), (0.29, False), (-0.31, True), (-0.29, False)])
def test_below_a_walk_of_0_3_mps_what_is_lost_is_left_to_the_state_machine(
    rig: Rig, speed_mps: float, stops: bool
) -> None:
    rig.drive_at(speed_mps)
    rig.vehicle.silent.add("BrakeFeedback")
    rig.tick(20)
    assert bool(rig.supervisor.report.took_over) is stops


def test_a_standing_vehicle_whose_one_wheel_sensor_lies_may_lose_its_brake_ecu(rig: Rig) -> None:
    """The lie of 2 m/s lifts the mean of the wheels above 0.3 m/s; four sources say that it stands."""
    rig.drive_at(3.0)
    rig.state, rig.commands = SafetyState.READY, SAFE
    rig.vehicle.roll(0.0)
    rig.vehicle.set("WheelSpeedsFront", Left=2.0)
    rig.tick(120)
    rig.vehicle.set("BrakeFeedback", Status="FAULT")
    rig.tick(5)
    assert rig.supervisor.report.took_over == ""


@pytest.mark.parametrize("state", [SafetyState.ESTOP, SafetyState.FAULT])
def test_in_a_stop_of_its_own_control_may_ask_for_the_whole_brake(rig: Rig, state: SafetyState) -> None:
    rig.drive_at(5.0)
    rig.proposing = False
    rig.tick(10)
    assert 0 < rig.said["BrakeCommand"]["ForceRequest"] < 50_000
    rig.proposing, rig.commands, rig.state = True, SAFE, SafetyState.MRM
    rig.tick()
    assert 0 < rig.said["BrakeCommand"]["ForceRequest"] < 50_000
    rig.state = state
    rig.tick()
    assert rig.said["BrakeCommand"]["ForceRequest"] == WHOLE_BRAKE_N


@pytest.mark.requirement("SR-28")
def test_who_never_held_the_dead_man_button_drives_nothing(rig: Rig) -> None:
    rig.drive_at(1.0)
    rig.state = SafetyState.REMOTE
    rig.tick()
    assert rig.supervisor.report.took_over.startswith("dead-man button: ")


@pytest.mark.requirement("SR-28")
def test_a_dead_man_button_that_is_not_heard_any_more_is_let_go(rig: Rig) -> None:
    rig.state = SafetyState.REMOTE
    rig.vehicle.set("OperatorInputs", DeadMan="PRESSED")
    rig.drive_at(1.0, 60)
    rig.vehicle.silent.add("OperatorInputs")
    rig.tick(30)
    assert rig.supervisor.report.took_over == "dead-man button: 110 ms let go, limit 100 ms let go"


def finish(rig: Rig, ticks: int) -> None:
    """Ticks at rest, in which control proposes what is good and does not drive."""
    rig.vehicle.roll(0.0)
    rig.proposing, rig.state, rig.commands = True, SafetyState.SAFE_STOP, SAFE
    rig.tick(ticks)


def to_rest_after_its_own_stop(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.proposing = False
    rig.tick(10)
    rig.vehicle.roll(0.0)
    rig.tick(30)
    assert rig.supervisor.report.took_over == "no proposal from control"


@pytest.mark.requirement("SR-10")
def test_its_own_stop_ends_after_half_a_second_of_good_proposals_at_rest(rig: Rig) -> None:
    to_rest_after_its_own_stop(rig)
    finish(rig, 50)
    assert rig.supervisor.report.took_over, "0.49 s after the first"
    finish(rig, 1)
    assert rig.supervisor.report.took_over == "", "0.5 s after it"


def test_a_stop_that_begins_and_ends_at_rest_needs_its_own_half_second(rig: Rig) -> None:
    to_rest_after_its_own_stop(rig)
    finish(rig, 51)
    rig.commands = SAFE | {"scanner_field_set": 900.0}
    while rig.supervisor.report.took_over == "":
        rig.tick()
    finish(rig, 50)
    assert rig.supervisor.report.took_over.startswith("cannot encode")
    finish(rig, 1)
    assert rig.supervisor.report.took_over == ""


@pytest.mark.parametrize("between", ["a bad one", "none for 40 ms", "one that drives", "motion"])
@pytest.mark.requirement("SR-10")
def test_that_half_second_has_no_gap(rig: Rig, between: str) -> None:
    to_rest_after_its_own_stop(rig)
    finish(rig, 40)
    if between == "a bad one":
        rig.commands = BAD
    elif between == "one that drives":
        rig.state = SafetyState.MRM
    elif between == "motion":
        rig.vehicle.roll(1.0)
    else:
        rig.proposing = False
        rig.tick(3)
    rig.tick()
    rig.vehicle.roll(0.0)
    finish(rig, 50 if between != "motion" else 70)
    assert rig.supervisor.report.took_over
    finish(rig, 1 if between != "motion" else 2)
    assert rig.supervisor.report.took_over == ""


def again(rig: Rig) -> None:
    """Up and driving again, by way of what opens and closes the contactors."""
    rig.state, rig.commands = SafetyState.STANDBY, SAFE
    rig.tick(5)
    rig.state, rig.commands = SafetyState.AUTO, {"brake_force_n": 180_000.0}
    rig.tick(5)
    rig.commands = {}
    rig.vehicle.set("BrakeFeedback", ParkBrakeState="RELEASED")
    rig.tick(2)
    rig.drive_at(5.0)


@pytest.mark.requirement("SR-10")
def test_the_stop_after_a_hard_one_is_a_gentle_one_again_and_needs_its_own_half_second(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.vehicle.set("SteeringFeedback", Status="FAULT")
    rig.tick(10)
    assert rig.said["BrakeCommand"]["ForceRequest"] == WHOLE_BRAKE_N
    rig.vehicle.set("SteeringFeedback", Status="READY")
    rig.vehicle.roll(0.0)
    rig.tick(30)
    finish(rig, 60)
    assert rig.supervisor.report.took_over == ""
    again(rig)
    rig.proposing = False
    rig.tick(4)
    assert rig.supervisor.report.took_over == "no proposal from control"
    assert 0 < rig.said["BrakeCommand"]["ForceRequest"] < 10_000
    rig.vehicle.roll(0.0)
    rig.tick(30)
    finish(rig, 50)
    assert rig.supervisor.report.took_over


@pytest.mark.parametrize("told", ["late", "ERROR"])
@pytest.mark.requirement("SR-03")
def test_an_acknowledge_button_that_was_lost_in_between_has_made_no_edge(rig: Rig, told: str) -> None:
    rig.drive_at(5.0)
    rig.vehicle.set("EStopStatus", ChannelA="OPEN", ChannelB="OPEN")
    rig.tick(2)
    rig.vehicle.set("EStopStatus", ChannelA="CLOSED", ChannelB="CLOSED")
    rig.vehicle.roll(0.0)
    rig.state, rig.commands = SafetyState.ESTOP, SAFE
    rig.tick(40)
    if told == "late":
        rig.vehicle.silent.add("OperatorInputs")
    else:
        rig.vehicle.set("OperatorInputs", AcknowledgeButton=told)
    rig.tick(20)
    rig.vehicle.silent.clear()
    rig.vehicle.set("OperatorInputs", AcknowledgeButton="PRESSED")
    rig.tick(5)
    assert rig.supervisor.report.estop
    rig.vehicle.set("OperatorInputs", AcknowledgeButton="RELEASED")
    rig.tick(2)
    rig.vehicle.set("OperatorInputs", AcknowledgeButton="PRESSED")
    rig.tick(2)
    assert not rig.supervisor.report.estop


@pytest.mark.requirement("SR-01")
def test_a_pressed_estop_is_not_acknowledged_away(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.vehicle.set("EStopStatus", ChannelA="OPEN", ChannelB="OPEN")
    rig.vehicle.roll(0.0)
    rig.state, rig.commands = SafetyState.ESTOP, SAFE
    rig.tick(40)
    rig.vehicle.set("OperatorInputs", AcknowledgeButton="PRESSED")
    rig.tick(5)
    assert rig.supervisor.report.estop


def test_the_first_proposal_of_all_is_taken(rig: Rig) -> None:
    """Number 1, at rest."""
    rig.commands = {"brake_force_n": 180_000.0}
    rig.tick()
    assert rig.said["RuntimeHeartbeat"]["ControlWell"] == 1
    assert rig.supervisor.report.rejected == 0


def test_the_first_reason_is_the_one_that_is_told(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.proposing = False
    rig.tick(5)
    rig.proposing, rig.commands = True, BAD
    rig.tick(3)
    rig.vehicle.set("SteeringFeedback", Status="FAULT")
    rig.tick(3)
    assert rig.supervisor.report.took_over == "no proposal from control"
    assert rig.said["BrakeCommand"]["ForceRequest"] == WHOLE_BRAKE_N, "and yet it becomes harder"


@pytest.mark.requirement("SR-23")
def test_at_rest_the_springs_stay_closed_in_a_state_that_does_not_drive(
    rig: Rig,
) -> None:
    rig.drive_at(3.0)
    rig.vehicle.roll(0.0)
    rig.state, rig.commands = SafetyState.READY, SAFE
    rig.tick(30)
    assert rig.supervisor.report.took_over == ""
    rig.commands = SAFE | {"park_brake_request": ParkBrakeRequest.RELEASE}
    rig.tick()
    assert rig.supervisor.report.took_over.endswith("released at standstill in READY")
