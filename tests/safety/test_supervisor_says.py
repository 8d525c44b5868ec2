"""What the supervisor says beside forces and angles: heartbeat, lights, contactors, and its report."""

from typing import Any

import pytest

from firmware_runtime.can.frame import Frame
from firmware_runtime.safety.supervised import OwnStage
from firmware_runtime.safety.supervisor import Supervisor
from firmware_runtime.safety.supervisor_report import SupervisorReport
from firmware_runtime.vehicle.enums import (
    Configuration,
    ContactorRequest,
    OnOffState,
    ParkBrakeRequest,
    SafetyState,
)
from firmware_runtime.vehicle.load import Profile
from tests.safety.rig import Rig
from tests.safety.support import profile

PARKED: dict[str, Any] = {
    "traction_torque_nm": 0.0,
    "traction_enable": OnOffState.OFF,
    "park_brake_request": ParkBrakeRequest.APPLY,
    "brake_force_n": 180_000.0,
}
SHOWN: dict[str, Any] = {
    "beacon": OnOffState.ON,
    "head_lights": OnOffState.ON,
    "status_safety_state": SafetyState.AUTO,
    "status_severity": 2.0,
    "status_active_faults": 7.0,
    "status_route_share": 0.4,
}


@pytest.fixture(scope="module")
def truck() -> Profile:
    return profile()


@pytest.fixture
def rig(truck: Profile) -> Rig:
    return Rig(truck)


def park(rig: Rig, state: SafetyState = SafetyState.READY) -> None:
    """At rest, long enough for the supervisor to see it; control proposes what holds the vehicle."""
    rig.drive_at(3.0)
    rig.state, rig.commands = state, dict(PARKED)
    rig.vehicle.roll(0.0)
    rig.tick(30)
    assert rig.supervisor.report.took_over == ""


@pytest.mark.requirement("SR-04")
def test_the_heartbeat_says_who_leads_in_which_state_and_how_well(rig: Rig, truck: Profile) -> None:
    rig.commands = SHOWN
    rig.drive_at(3.0)
    heartbeat = rig.said["RuntimeHeartbeat"]
    assert heartbeat["Identity"] == truck.identity_word
    assert heartbeat["Severity"] == 2
    assert heartbeat["SafetyState"] == "AUTO"
    assert heartbeat["Handshake"] == 0


def test_control_is_told_the_identity_and_how_many_proposals_were_refused(rig: Rig, truck: Profile) -> None:
    rig.drive_at(3.0)
    assert rig.supervisor.report.identity == truck.identity
    assert rig.supervisor.report.rejected == 0
    rig.commands = {"traction_torque_nm": 6000.0}
    rig.tick(3)
    assert rig.supervisor.report.rejected == 3
    rig.proposing = False
    rig.tick(3)
    assert rig.supervisor.report.rejected == 3, "what does not come is not refused"


def test_before_its_first_step_it_has_nothing_to_report_but_what_it_is(truck: Profile) -> None:
    new = Supervisor(truck)
    assert new.report == SupervisorReport("", False, 0, {}, truck.identity)
    assert new.may_end is False
    assert new.parked is False


def test_each_step_marks_its_stages_in_their_order(truck: Profile) -> None:
    """What its own supervision of time goes by."""
    marked: list[OwnStage] = []
    rig = Rig(truck)
    rig.supervisor = Supervisor(truck, marked.append)
    rig.tick()
    assert marked == [OwnStage.HEARD, OwnStage.JUDGED, OwnStage.ENCODED]
    rig.proposing = False
    rig.tick(3)
    assert marked == [OwnStage.HEARD, OwnStage.JUDGED, OwnStage.ENCODED] * 4


@pytest.mark.parametrize(
    ("state", "propels"),
    [(state, "propels") for state in ("AUTO", "DEGRADED", "REMOTE", "MANUAL")]
    + [(state, "") for state in ("STANDBY", "READY", "SAFE_STOP", "MRM", "MAINTENANCE")],
)
@pytest.mark.requirement("SR-15")
def test_the_inverter_is_told_of_driving_only_in_a_state_that_drives(
    rig: Rig, state: str, propels: str
) -> None:
    park(rig, SafetyState[state])
    assert rig.said["RuntimeHeartbeat"]["MotionState"] == ("DRIVING" if propels else "STANDING")
    assert rig.said["RuntimeHeartbeat"]["ControlWell"] == 1


@pytest.mark.requirement("SR-28")
def test_maintenance_drives_only_while_the_inverter_is_enabled_by_hold_to_run(rig: Rig) -> None:
    rig.state = SafetyState.MAINTENANCE
    rig.vehicle.set("OperatorInputs", DeadMan="PRESSED")
    rig.drive_at(0.3)
    assert rig.said["RuntimeHeartbeat"]["MotionState"] == "DRIVING"
    rig.commands = {"traction_enable": OnOffState.OFF, "traction_torque_nm": 0.0}
    rig.tick()
    assert rig.said["RuntimeHeartbeat"]["MotionState"] == "STOPPING"
    assert rig.supervisor.report.took_over == ""


@pytest.mark.parametrize("message", ["TractionFeedback", "BrakeFeedback", "SteeringFeedback"])
def test_each_latched_ecu_is_asked_to_clear_at_rest_and_nobody_else_is(rig: Rig, message: str) -> None:
    park(rig)
    assert rig.said["RuntimeHeartbeat"]["Handshake"] == 0, "nothing is latched"
    rig.vehicle.set(message, Status="LATCHED_STOP")
    rig.tick()
    assert rig.said["RuntimeHeartbeat"]["Handshake"] == 1
    rig.vehicle.set(message, Status="FAULT")
    rig.tick()
    assert rig.said["RuntimeHeartbeat"]["Handshake"] == 0, "a fault is not cleared by asking"
    rig.vehicle.set(message, Status="LATCHED_STOP")
    rig.state, rig.commands = SafetyState.AUTO, {"brake_force_n": 180_000.0}
    rig.tick()
    assert rig.said["RuntimeHeartbeat"]["MotionState"] == "DRIVING"
    assert rig.said["RuntimeHeartbeat"]["Handshake"] == 0, "who drives asks for nothing"


@pytest.mark.requirement("SR-03")
def test_under_an_estop_the_heartbeat_says_stopping_then_standing_and_never_well(rig: Rig) -> None:
    rig.drive_at(3.0)
    rig.vehicle.set("EStopStatus", ChannelA="OPEN", ChannelB="OPEN")
    rig.tick(3)
    heartbeat = rig.said["RuntimeHeartbeat"]
    assert (heartbeat["MotionState"], heartbeat["ControlWell"]) == ("STOPPING", 0)
    rig.vehicle.roll(0.0)
    rig.tick(30)
    heartbeat = rig.said["RuntimeHeartbeat"]
    assert (heartbeat["MotionState"], heartbeat["ControlWell"]) == ("STANDING", 0)


def test_in_a_stop_of_its_own_people_see_what_they_saw_and_the_warning_lights(rig: Rig) -> None:
    rig.commands = SHOWN
    rig.drive_at(5.0)
    assert rig.said["BodyCommand"]["HazardLights"] == "OFF"
    assert rig.said["BodyCommand"]["BrakeLights"] == "OFF"
    rig.proposing = False
    rig.tick(20)
    body, status = rig.said["BodyCommand"], rig.said["RuntimeStatus"]
    assert (body["HazardLights"], body["BrakeLights"]) == ("ON", "ON")
    assert (body["Beacon"], body["HeadLights"]) == ("ON", "ON")
    assert body["ScannerFieldSet"] == 0
    assert (status["SafetyState"], status["Severity"], status["ActiveFaults"]) == ("AUTO", 2, 7)
    assert status["RouteShare"] == pytest.approx(40.0, abs=0.2)
    assert rig.said["RuntimeHeartbeat"]["SafetyState"] == "AUTO"
    assert rig.said["RuntimeHeartbeat"]["Severity"] == 2
    assert rig.said["SteeringCommand"]["Enable"] == "ON"
    assert rig.said["TractionCommand"]["Enable"] == "OFF"


def test_a_stop_of_its_own_shows_the_state_that_control_says_while_it_lasts(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.proposing = False
    rig.tick(5)
    rig.proposing, rig.state, rig.commands = True, SafetyState.MRM, {"traction_torque_nm": 0.0}
    rig.tick(12)
    assert rig.supervisor.report.took_over
    assert rig.said["RuntimeStatus"]["SafetyState"] == "MRM"
    assert rig.said["RuntimeHeartbeat"]["SafetyState"] == "MRM"


@pytest.mark.requirement("SR-15")
def test_a_stop_of_its_own_takes_nothing_from_a_proposal_but_its_state(rig: Rig) -> None:
    rig.drive_at(5.0)
    rig.proposing = False
    rig.tick(30)
    front = rig.said["SteeringCommand"]["FrontAngle"]
    rig.proposing, rig.curvature_1pm = True, -0.02
    rig.commands = {"steering_front_angle_rad": -0.1, "steering_rear_angle_rad": 0.1, "beacon": OnOffState.ON}
    rig.tick(20)
    assert rig.said["SteeringCommand"]["FrontAngle"] == pytest.approx(front, abs=0.01)
    assert rig.said["BodyCommand"]["Beacon"] == "OFF"
    assert rig.said["TractionCommand"]["TorqueRequest"] == 0


STOPS = ("an estop", "a stop of its own", "a state that wants them open")


def stop(rig: Rig, why: str) -> None:
    if why == "an estop":
        rig.vehicle.set("EStopStatus", ChannelA="OPEN", ChannelB="OPEN")
    elif why == "a stop of its own":
        rig.proposing = False
    else:
        rig.state, rig.commands = SafetyState.FAULT, {"traction_torque_nm": 0.0}


@pytest.mark.parametrize("why", STOPS)
def test_in_a_stop_the_contactors_stay_closed_while_it_moves_and_open_at_rest(rig: Rig, why: str) -> None:
    rig.drive_at(5.0)
    assert rig.said["BatteryCommand"]["ContactorRequest"] == "CLOSE"
    stop(rig, why)
    rig.tick(50)
    assert (rig.supervisor.report.took_over == "") is (why != "a stop of its own"), "nothing is refused"
    assert rig.said["BatteryCommand"]["ContactorRequest"] == "CLOSE"
    rig.vehicle.roll(0.0)
    rig.tick(30)
    assert rig.said["BatteryCommand"]["ContactorRequest"] == "OPEN"


@pytest.mark.parametrize("why", STOPS)
def test_under_a_current_that_does_not_fall_they_open_after_two_seconds(rig: Rig, why: str) -> None:
    """2 s by the profile and 0.1 s for what `control` sees later."""
    rig.vehicle.set("BatteryPack", Current=200.0)
    rig.drive_at(5.0)
    rig.tick(250)
    assert rig.said["BatteryCommand"]["ContactorRequest"] == "CLOSE", "it drives: current is no wonder"
    stop(rig, why)
    rig.tick(205)
    assert rig.said["BatteryCommand"]["ContactorRequest"] == "CLOSE"
    rig.tick(15)
    assert rig.said["BatteryCommand"]["ContactorRequest"] == "OPEN"


def test_in_a_stop_contactors_that_are_open_are_never_asked_to_close(rig: Rig) -> None:
    rig.commands = {"contactor_request": ContactorRequest.OPEN}
    rig.drive_at(5.0)
    rig.proposing = False
    rig.tick(20)
    assert rig.said["BatteryCommand"]["ContactorRequest"] == "OPEN"


UNSPEAKABLE = [
    ({"status_active_faults": 900.0}, "RuntimeStatus.ActiveFaults"),
    ({"status_route_share": float("nan")}, "RuntimeStatus.RouteShare"),
    ({"status_severity": 9.0}, "Severity"),
    ({"scanner_field_set": 900.0}, "BodyCommand.ScannerFieldSet"),
]
"""No figure that drives anything: the envelope lets them pass, no frame can say them."""
MESSAGES = 7
"""RuntimeHeartbeat, Traction-, Brake-, Steering-, Battery-, BodyCommand and RuntimeStatus."""


@pytest.mark.parametrize(("shown", "named"), UNSPEAKABLE)
@pytest.mark.requirement("SR-15")
def test_whatever_cannot_be_said_is_a_stop_with_every_message_and_no_gap(
    rig: Rig, shown: dict[str, Any], named: str
) -> None:
    rig.drive_at(5.0)
    rig.commands = shown
    frames = rig.tick()
    while rig.supervisor.report.took_over == "":
        assert frames
        frames = rig.tick()
    assert len(frames) == MESSAGES
    assert rig.supervisor.report.took_over.startswith("cannot encode: ")
    assert named in rig.supervisor.report.took_over
    assert (
        rig.said["RuntimeStatus"] | {"ActiveFaults": 0, "RouteShare": 0, "Severity": 0}
        == (rig.said["RuntimeStatus"])
    )
    assert rig.said["RuntimeHeartbeat"]["ControlWell"] == 0
    assert rig.said["RuntimeHeartbeat"]["MotionState"] == "STOPPING"
    assert 0 < rig.said["BrakeCommand"]["ForceRequest"] < 10_000, "no emergency"
    rig.proposing = False
    for _ in range(12):
        assert rig.tick()


@pytest.mark.requirement("SR-23")
def test_what_cannot_be_said_at_rest_is_a_hold(rig: Rig) -> None:
    rig.drive_at(1.0)
    rig.vehicle.roll(0.0)
    rig.commands = {"traction_torque_nm": 0.0, "brake_force_n": 170_000.0}
    rig.tick(30)
    assert rig.supervisor.report.took_over == ""
    rig.commands["scanner_field_set"] = 900.0
    for _ in range(12):
        rig.tick()
        if rig.supervisor.report.took_over:
            break
    assert rig.supervisor.report.took_over.startswith("cannot encode: ")
    assert rig.said["RuntimeHeartbeat"]["MotionState"] == "STANDING"
    assert rig.said["BrakeCommand"]["ParkBrakeRequest"] == "APPLY"
    assert rig.said["BrakeCommand"]["ForceRequest"] == 180_000.0


@pytest.mark.parametrize("emergency", ["estop", "brake"])
def test_what_cannot_be_said_does_not_soften_an_emergency_stop(rig: Rig, emergency: str) -> None:
    rig.drive_at(5.0)
    while "RuntimeStatus" in rig.said:
        del rig.said["RuntimeStatus"]
        rig.tick()
    rig.commands = {"status_active_faults": 900.0}
    rig.tick()
    assert rig.supervisor.report.took_over == "", "that message is not due yet"
    if emergency == "estop":
        rig.vehicle.set("EStopStatus", ChannelA="OPEN", ChannelB="OPEN")
    else:
        rig.vehicle.set("BrakeFeedback", Status="LATCHED_STOP")
    frames = rig.tick()
    assert len(frames) == MESSAGES
    assert rig.said["BrakeCommand"]["ForceRequest"] == 420_000


@pytest.mark.parametrize(("why", "after"), [("an estop", 0), ("a stop of its own", 3)])
@pytest.mark.requirement("SR-01", "SR-10")
def test_a_stop_of_its_own_begins_with_every_message_and_goes_on_with_those_that_are_due(
    rig: Rig, why: str, after: int
) -> None:
    rig.drive_at(5.0)
    while len(rig.tick()) < MESSAGES:
        """Until those of 100 ms have just gone out."""
    stop(rig, why)
    whole = [len(rig.tick()) == MESSAGES for _ in range(9)]
    assert whole == [number == after for number in range(9)]


@pytest.mark.requirement("SR-17")
def test_by_what_right_it_was_started_is_said_and_changes_nothing_else(truck: Profile) -> None:
    """Bit for bit: the same drive and the same stop under each of them."""
    sent: dict[str, list[Frame]] = {}
    for configuration in Configuration:
        rig = Rig(truck)
        rig.supervisor = Supervisor(truck, configuration=configuration)
        rig.drive_at(5.0)
        rig.proposing = False
        sent[configuration.name] = [frame for _ in range(60) for frame in rig.tick()]
        assert rig.said["RuntimeStatus"]["Configuration"] == configuration.name
        assert rig.supervisor.report.took_over
    status = {"NOT_KNOWN": 0, "DEPLOYMENT": 1, "DEVELOPMENT": 2, "NOT_AVAILABLE": 3}
    assert {configuration.name: configuration.value for configuration in Configuration} == status
    others = [[f for f in frames if f.can_id != 0x98FF2227] for frames in sent.values()]
    assert len(others[0]) > 100
    assert all(frames == others[0] for frames in others)
    for name, frames in sent.items():
        last_bytes = {f.data[7] & 0b11 for f in frames if f.can_id == 0x98FF2227}
        assert last_bytes == {status[name]}


def test_what_control_proposes_about_it_is_not_said(truck: Profile) -> None:
    rig = Rig(truck)
    rig.supervisor = Supervisor(truck, configuration=Configuration.DEVELOPMENT)
    rig.commands = {"status_configuration": Configuration.DEPLOYMENT}
    rig.drive_at(5.0)
    assert rig.said["RuntimeStatus"]["Configuration"] == "DEVELOPMENT"
