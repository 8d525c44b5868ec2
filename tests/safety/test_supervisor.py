"""The second eye: what it lets through, what it stops, and how, judged by the frames it sends."""

from typing import Any

import msgspec
import pytest

from firmware_runtime.can.frame import Frame
from firmware_runtime.vehicle.enums import (
    Direction,
    ParkBrakeRequest,
    SafetyState,
)
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.stop_plan import StopPlan
from tests.safety.rig import EMPTY_KG, MINIMAL_RISK_MPS2, Rig
from tests.safety.support import profile

WHEELBASE_M = 8.0
STOPPED: dict[str, Any] = {
    "traction_torque_nm": 0.0,
    "park_brake_request": ParkBrakeRequest.APPLY,
    "brake_force_n": 180_000.0,
}


@pytest.fixture(scope="module")
def truck() -> Profile:
    return profile()


@pytest.fixture
def rig(truck: Profile) -> Rig:
    return Rig(truck)


def test_a_good_proposal_goes_out_as_it_is(rig: Rig) -> None:
    rig.drive_at(3.0)
    assert rig.said["TractionCommand"]["TorqueRequest"] == 50.0
    assert rig.said["SteeringCommand"]["FrontAngle"] == pytest.approx(2.865, abs=0.005)  # 0.05 rad in deg
    assert rig.said["BrakeCommand"] | {"ForceRequest": 0} == rig.said["BrakeCommand"]
    assert rig.said["RuntimeHeartbeat"]["MotionState"] == "DRIVING"
    assert rig.said["RuntimeHeartbeat"]["ControlWell"] == 1


@pytest.mark.requirement("SR-04")
def test_at_boot_it_says_the_safe_words(rig: Rig) -> None:
    rig.proposing = False
    rig.tick(5)
    assert rig.said["TractionCommand"]["TorqueRequest"] == 0
    assert rig.said["BrakeCommand"]["ParkBrakeRequest"] == "APPLY"
    assert rig.said["RuntimeHeartbeat"]["MotionState"] in ("STANDING", "STOPPING")
    assert rig.said["RuntimeHeartbeat"]["ControlWell"] == 0
    assert rig.said["BatteryCommand"]["ContactorRequest"] == "OPEN"
    assert rig.supervisor.report.took_over == "", "nobody was there yet who could be lost"


@pytest.mark.requirement("SR-10")
def test_without_control_it_stops_along_the_plan_by_friction_alone(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.proposing = False
    rig.tick(3)
    assert rig.supervisor.report.took_over == "", "30 ms old is not yet too old"
    rig.tick()
    assert rig.supervisor.report.took_over == "no proposal from control"
    rig.brake_from(5.0, EMPTY_KG, 100)
    assert rig.said["TractionCommand"]["TorqueRequest"] == 0
    force_n = rig.said["BrakeCommand"]["ForceRequest"]
    assert force_n == pytest.approx(EMPTY_KG * MINIMAL_RISK_MPS2, rel=0.05)
    assert rig.said["RuntimeHeartbeat"]["MotionState"] == "STOPPING"
    assert rig.said["RuntimeHeartbeat"]["ControlWell"] == 0
    assert rig.said["BodyCommand"]["HazardLights"] == "ON"
    assert rig.said["BrakeCommand"]["ParkBrakeRequest"] == "RELEASE", "the spring brake is no service brake"
    # curvature 0.02 with both axles: tan(angle) = 0.02 * 8 / 2
    assert rig.said["SteeringCommand"]["FrontAngle"] == pytest.approx(4.574, abs=0.01)
    assert rig.said["SteeringCommand"]["RearAngle"] == pytest.approx(-4.574, abs=0.01)


@pytest.mark.requirement("SR-23")
def test_at_standstill_it_holds_with_the_park_brake(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.proposing = False
    rig.tick(50)
    rig.vehicle.roll(0.0)
    rig.tick(30)
    assert rig.said["BrakeCommand"]["ParkBrakeRequest"] == "APPLY"
    assert rig.said["BrakeCommand"]["ForceRequest"] == 180_000
    assert rig.said["RuntimeHeartbeat"]["MotionState"] == "STANDING"


def test_the_load_counts_in_the_braking_force(rig: Rig) -> None:
    rig.vehicle.set("BodyStatus", LoadMass=50_000.0)
    rig.drive_at(5.0)
    rig.proposing = False
    rig.brake_from(5.0, EMPTY_KG + 50_000, 100)
    force_n = rig.said["BrakeCommand"]["ForceRequest"]
    assert force_n == pytest.approx((EMPTY_KG + 50_000) * MINIMAL_RISK_MPS2, rel=0.05)


def test_a_hill_that_eats_the_deceleration_is_braked_in_addition(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.proposing = False
    rig.tick(200)
    force_n = rig.said["BrakeCommand"]["ForceRequest"]
    assert force_n == pytest.approx(EMPTY_KG * (MINIMAL_RISK_MPS2 + 2.0), rel=0.01)


def test_wheels_that_are_lost_are_no_evidence_of_a_hill(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.proposing = False
    rig.vehicle.silent |= {"WheelSpeedsFront", "WheelSpeedsRear"}
    rig.tick(200)
    force_n = rig.said["BrakeCommand"]["ForceRequest"]
    assert force_n <= EMPTY_KG * (MINIMAL_RISK_MPS2 + 0.2)


WINDING_1PM = (*(0.04,) * 8, 0.035, 0.03, 0.025, 0.02, 0.015, *(0.01,) * 5)
"""A plan of 17 m; 5 m/s take 13.8 m on the worst grade. 0.01 1/m are atan(0.04) = 2.29 degrees."""


def winding(expires_ns: int) -> StopPlan:
    zeros = (0.0,) * len(WINDING_1PM)
    return StopPlan(0.0, expires_ns, Direction.FORWARD, 1.0, WINDING_1PM, zeros, MINIMAL_RISK_MPS2, True)


@pytest.mark.requirement("SR-10")
def test_beyond_the_end_of_the_plan_the_angle_is_held(rig: Rig) -> None:
    rig.plan = winding(10**15)
    rig.drive_at(5.0)
    rig.proposing = False
    rig.tick(80)
    assert rig.said["SteeringCommand"]["FrontAngle"] > 5.0, "still in the bend"
    rig.tick(230)
    assert rig.said["SteeringCommand"]["FrontAngle"] == pytest.approx(2.29, abs=0.01), "near its end"
    rig.tick(200)
    assert rig.said["SteeringCommand"]["FrontAngle"] == pytest.approx(2.29, abs=0.01), "never straightened"


@pytest.mark.requirement("SR-10")
def test_after_the_expiry_of_the_plan_the_angle_is_held(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.plan = winding(rig.now_ns + 500_000_000)
    rig.tick(2)
    rig.proposing = False
    rig.tick(48)
    angle = rig.said["SteeringCommand"]["FrontAngle"]
    assert angle > 5.0, "still in the bend"
    rig.tick(200)
    assert rig.said["SteeringCommand"]["FrontAngle"] == pytest.approx(angle, abs=0.5)


def test_a_proposal_at_standstill_without_a_plan_leaves_the_last_plan_in_force(rig: Rig) -> None:
    rig.drive_at(3.0)
    rig.state = SafetyState.READY
    held = {"traction_torque_nm": 0.0, "brake_force_n": 180_000.0}
    rig.commands = {**held, "park_brake_request": ParkBrakeRequest.APPLY}
    rig.vehicle.roll(0.0)
    rig.tick(60)
    for _ in range(3):
        rig.tick(proposal=msgspec.structs.replace(rig.proposal(), stop_plan=None, time_ns=rig.now_ns))
    assert rig.supervisor.report.took_over == ""
    rig.proposing = False
    rig.vehicle.roll(1.0)
    rig.tick(10)
    assert rig.supervisor.report.took_over == "no proposal from control"
    # curvature 0.02 with both axles: tan(angle) = 0.02 * 8 / 2; told before were 2.865 degrees.
    assert rig.said["SteeringCommand"]["FrontAngle"] == pytest.approx(4.574, abs=0.01)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"traction_torque_nm": 5601.0}, "torque: 5601 Nm, limit 5600 Nm"),
        ({"traction_torque_nm": 2000.0}, "slew of torque: 1.95e+05 Nm/s, limit 12000 Nm/s"),
        ({"traction_torque_nm": float("nan")}, "not a number: traction_torque_nm is nan"),
        ({"steering_front_angle_rad": float("inf")}, "not a number: steering_front_angle_rad is inf"),
        ({"brake_force_n": 420_010.0}, "brake force: 4.2001e+05 N, limit 4.2e+05 N"),
        ({"brake_force_n": -1.0}, "brake force: -1 N, limit 0 N"),
        ({"steering_front_angle_rad": 0.501}, "steering angle: 0.501 rad, limit 0.5 rad"),
        (
            {"steering_front_angle_rad": 0.4, "steering_rear_angle_rad": -0.4},
            "steering rate: 35 rad/s, limit 0.7 rad/s",
        ),
    ],
)
@pytest.mark.requirement("SR-15")
def test_a_proposal_outside_the_envelope_is_a_stop(rig: Rig, change: dict[str, Any], reason: str) -> None:
    rig.drive_at(6.0)
    rig.commands = change
    rig.tick()
    assert rig.supervisor.report.took_over == reason
    assert rig.said["TractionCommand"]["TorqueRequest"] == 0
    assert rig.said["RuntimeHeartbeat"]["MotionState"] == "STOPPING"


PROPELLING = {
    SafetyState.AUTO,
    SafetyState.DEGRADED,
    SafetyState.REMOTE,
    SafetyState.MANUAL,
    SafetyState.MAINTENANCE,
}


@pytest.mark.parametrize("state", [s for s in SafetyState if s not in PROPELLING])
@pytest.mark.requirement("SR-15")
def test_propulsion_is_refused_in_every_state_but_the_driving_ones(rig: Rig, state: SafetyState) -> None:
    rig.drive_at(3.0)
    rig.state = state
    rig.tick()
    assert rig.supervisor.report.took_over == f"propulsion: 50 Nm in {state.name}"


@pytest.mark.parametrize(
    ("state", "limit_mps"), [(SafetyState.REMOTE, 1.85), (SafetyState.MAINTENANCE, 0.53)]
)
@pytest.mark.requirement("SR-28")
def test_states_that_begin_at_standstill_are_slow(rig: Rig, state: SafetyState, limit_mps: float) -> None:
    rig.state = state
    rig.vehicle.set("OperatorInputs", DeadMan="PRESSED")
    rig.drive_at(limit_mps - 0.01)
    rig.vehicle.roll(limit_mps + 0.01)
    rig.tick()
    assert rig.supervisor.report.took_over.startswith("speed: ")
    assert rig.supervisor.report.took_over.endswith(f"limit {limit_mps} m/s")


@pytest.mark.requirement("SR-15")
def test_regeneration_that_would_drive_backwards_is_refused(rig: Rig) -> None:
    rig.drive_at(0.5)
    rig.commands = {"traction_torque_nm": -20.0}
    rig.vehicle.roll(-0.04)
    rig.tick(3)
    assert rig.supervisor.report.took_over == ""
    rig.vehicle.roll(-0.06)
    rig.tick(3)
    assert rig.supervisor.report.took_over == "direction of torque: -20 Nm while rolling back with 0.06 m/s"


@pytest.mark.requirement("SR-15")
def test_an_old_or_repeated_proposal_is_refused(rig: Rig) -> None:
    rig.drive_at(3.0)
    stale = rig.proposal()
    rig.now_ns += 40_000_000
    rig.tick(proposal=stale)
    assert rig.supervisor.report.took_over == "age of the proposal: 50 ms, limit 30 ms"


@pytest.mark.requirement("SR-15")
def test_a_proposal_out_of_order_is_refused(rig: Rig) -> None:
    rig.drive_at(3.0)
    rig.sequence -= 5
    rig.tick()
    assert rig.supervisor.report.took_over == "order of proposals: number 26 after 30"


@pytest.mark.requirement("SR-27")
def test_moving_without_a_stop_plan_is_refused(rig: Rig) -> None:
    rig.drive_at(3.0)
    rig.plan = StopPlan(0.0, rig.now_ns, Direction.FORWARD, 1.0, (0.0, 0.0), (0.0, 0.0), 1.8, True)
    rig.tick()
    assert rig.supervisor.report.took_over == "stop plan: expired 0.01 s ago"


@pytest.mark.parametrize(
    "message", ["SteeringFeedback", "TractionFeedback", "BrakeFeedback", "WheelSpeedsRear"]
)
@pytest.mark.requirement("SR-20")
def test_a_lost_actuator_is_a_stop_within_100_ms(rig: Rig, message: str) -> None:
    rig.drive_at(5.0)
    rig.vehicle.silent.add(message)
    rig.tick(10)
    assert rig.supervisor.report.took_over.startswith("lost ")
    assert rig.said["RuntimeHeartbeat"]["MotionState"] == "STOPPING"


@pytest.mark.parametrize(
    "channels",
    [{"ChannelA": "OPEN"}, {"ChannelB": "OPEN"}, {"ChannelA": "ERROR", "ChannelB": "NOT_AVAILABLE"}],
)
@pytest.mark.requirement("SR-01", "SR-02")
def test_the_estop_acts_in_the_tick_it_arrives_whatever_control_says(
    rig: Rig, channels: dict[str, str]
) -> None:
    rig.drive_at(5.0)
    rig.vehicle.set("EStopStatus", **channels)
    rig.tick()
    assert rig.said["TractionCommand"]["TorqueRequest"] == 0
    assert rig.said["BrakeCommand"]["ForceRequest"] == 420_000, "the whole service brake"
    assert rig.said["RuntimeHeartbeat"]["MotionState"] == "STOPPING"


@pytest.mark.requirement("SR-01")
def test_a_lost_estop_frame_is_an_estop(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.vehicle.silent.add("EStopStatus")
    rig.tick(5)
    assert rig.supervisor.report.estop


@pytest.mark.requirement("SR-03")
def test_the_estop_is_cleared_only_released_at_standstill_by_an_acknowledge_edge(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.vehicle.set("EStopStatus", ChannelA="OPEN")
    rig.tick()
    rig.vehicle.set("EStopStatus", ChannelA="CLOSED")
    rig.vehicle.set("OperatorInputs", AcknowledgeButton="PRESSED")
    rig.tick(10)
    assert rig.supervisor.report.estop, "moving"
    rig.vehicle.roll(0.0)
    rig.state, rig.commands = SafetyState.ESTOP, STOPPED
    rig.tick(40)
    assert rig.supervisor.report.estop, "a held button is no edge"
    rig.vehicle.set("OperatorInputs", AcknowledgeButton="RELEASED")
    rig.tick(5)
    rig.vehicle.set("OperatorInputs", AcknowledgeButton="PRESSED")
    rig.tick(3)
    assert not rig.supervisor.report.estop


@pytest.mark.requirement("SR-10")
def test_its_own_stop_ends_only_at_standstill_by_good_proposals_that_no_longer_drive(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.proposing = False
    rig.tick(10)
    rig.proposing = True
    rig.tick(100)
    assert rig.supervisor.report.took_over, "control is back, the truck still rolls"
    rig.vehicle.roll(0.0)
    rig.tick(100)
    assert rig.supervisor.report.took_over, "control still wants to drive"
    rig.state, rig.commands = SafetyState.SAFE_STOP, STOPPED
    rig.tick(45)
    assert rig.supervisor.report.took_over
    rig.tick(10)
    assert rig.supervisor.report.took_over == ""


def test_latched_actuators_are_asked_to_clear_only_at_standstill(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.state = SafetyState.STANDBY
    rig.commands = {"traction_torque_nm": 0.0}
    rig.vehicle.set("SteeringFeedback", Status="LATCHED_STOP")
    rig.tick(5)
    assert rig.said["RuntimeHeartbeat"]["Handshake"] == 0
    rig.vehicle.roll(0.0)
    rig.commands |= {"park_brake_request": ParkBrakeRequest.APPLY}
    rig.tick(40)
    assert rig.said["RuntimeHeartbeat"]["MotionState"] == "STANDING"
    assert rig.said["RuntimeHeartbeat"]["Handshake"] == 1


@pytest.mark.requirement("SR-15")
def test_a_proposal_that_cannot_be_encoded_is_a_stop_not_a_gap(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.commands = {"scanner_field_set": 900.0}
    frames: list[Frame] = []
    for _ in range(12):
        frames = rig.tick()
        assert frames, "never a gap"
    assert rig.supervisor.report.took_over.startswith("cannot encode")
    assert rig.said["TractionCommand"]["TorqueRequest"] == 0
