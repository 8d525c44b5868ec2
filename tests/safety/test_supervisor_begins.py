"""A supervisor that begins: again, while the wheels turn; and what it hears between its steps."""

import pytest

from firmware_runtime.safety.supervisor import Supervisor
from firmware_runtime.vehicle.enums import OnOffState, ParkBrakeRequest, SafetyState
from firmware_runtime.vehicle.load import Profile
from tests.bus_vehicle import HEALTHY, TICK_NS
from tests.safety.rig import Rig
from tests.safety.support import profile


@pytest.fixture(scope="module")
def truck() -> Profile:
    return profile()


@pytest.fixture
def again(truck: Profile) -> Rig:
    """A supervisor that knows nothing, beside a truck in a bend at 5 m/s; control is well and goes on."""
    rig = Rig(truck)
    rig.supervisor = Supervisor(truck)
    rig.answers["front"], rig.answers["rear"] = 0.12, -0.12
    rig.vehicle.set("SteeringFeedback", FrontAngle=0.12, RearAngle=-0.12)
    rig.vehicle.set("BrakeFeedback", ParkBrakeState="RELEASED")
    rig.vehicle.roll(5.0)
    return rig


@pytest.mark.requirement("SR-04")
@pytest.mark.parametrize("proposing", [True, False])
def test_begun_while_the_wheels_turn_its_first_frames_brake_and_hold_the_angle(
    again: Rig, proposing: bool
) -> None:
    again.proposing = proposing
    again.tick()
    assert again.supervisor.report.took_over == "begun while the wheels turn"
    assert again.said["BrakeCommand"]["ForceRequest"] > 0.0
    assert again.said["BrakeCommand"]["ParkBrakeRequest"] == "RELEASE"
    assert again.said["TractionCommand"]["TorqueRequest"] == 0.0
    assert again.said["SteeringCommand"]["Enable"] == "ON"
    assert again.said["SteeringCommand"]["FrontAngle"] == pytest.approx(6.88, abs=0.01)  # 0.12 rad
    assert again.said["SteeringCommand"]["RearAngle"] == pytest.approx(-6.88, abs=0.01)
    assert again.said["RuntimeHeartbeat"]["MotionState"] == "STOPPING"
    again.tick(20)
    assert again.said["SteeringCommand"]["FrontAngle"] == pytest.approx(6.88, abs=0.01)
    assert again.said["BrakeCommand"]["ForceRequest"] > 20_000.0
    assert again.supervisor.report.took_over == "begun while the wheels turn", "no proposal drives on"


def test_before_it_hears_the_vehicle_it_asks_nothing_of_the_steering(truck: Profile) -> None:
    rig = Rig(truck)
    rig.supervisor = Supervisor(truck)
    rig.vehicle.roll(5.0)
    rig.vehicle.silent |= {"WheelSpeedsFront", "WheelSpeedsRear", "TractionFeedback"}
    rig.proposing = False
    rig.tick()
    assert rig.said["SteeringCommand"]["Enable"] == "OFF"
    assert rig.said["TractionCommand"]["TorqueRequest"] == 0.0
    rig.vehicle.silent.clear()
    rig.tick()
    assert rig.supervisor.report.took_over == "begun while the wheels turn"


LOST = {
    "one wheel": ({"WheelSpeedsFront"}, True),
    "the motor": ({"TractionFeedback"}, True),
    "the steering": ({"SteeringFeedback"}, False),
    "front wheels and motor": ({"WheelSpeedsFront", "TractionFeedback"}, True),
    "all wheels and the steering": ({"WheelSpeedsFront", "WheelSpeedsRear", "SteeringFeedback"}, False),
}
"""What is silent, and whether the angle is heard."""


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.requirement("SR-04", "SR-10")
def test_what_is_lost_when_it_begins_closes_no_springs_and_straightens_no_wheel(
    again: Rig, lost: str
) -> None:
    again.proposing = False
    silent, angle_heard = LOST[lost]
    again.vehicle.silent |= silent
    for _ in range(20):
        again.tick()
        assert again.supervisor.report.took_over == "begun while the wheels turn"
        assert again.said["BrakeCommand"]["ParkBrakeRequest"] == "RELEASE"
        steering = again.said["SteeringCommand"]
        if angle_heard:
            assert steering["FrontAngle"] == pytest.approx(6.88, abs=0.01)
            assert steering["RearAngle"] == pytest.approx(-6.88, abs=0.01)
        assert steering["Enable"] == ("ON" if angle_heard else "OFF")
    assert again.said["BrakeCommand"]["ForceRequest"] > 20_000.0


def test_an_angle_that_is_heard_later_is_held_then(again: Rig) -> None:
    again.proposing = False
    again.vehicle.silent.add("SteeringFeedback")
    again.tick(3)
    again.vehicle.silent.clear()
    again.tick()
    assert again.said["SteeringCommand"]["Enable"] == "ON"
    assert again.said["SteeringCommand"]["FrontAngle"] == pytest.approx(6.88, abs=0.01)
    force_n = again.said["BrakeCommand"]["ForceRequest"]
    assert force_n > 0.0, "and the stop goes on"
    again.answers["front"] = 0.2
    again.tick(5)
    assert again.said["SteeringCommand"]["FrontAngle"] == pytest.approx(6.88, abs=0.01), "once"
    assert again.said["BrakeCommand"]["ForceRequest"] > force_n


def test_once_the_stop_is_over_it_is_not_held_any_more(again: Rig) -> None:
    again.proposing = False
    again.vehicle.silent.add("SteeringFeedback")
    again.tick(3)
    again.vehicle.roll(0.0)
    again.proposing, again.state = True, SafetyState.STANDBY
    again.commands = {
        "traction_enable": OnOffState.OFF,
        "traction_torque_nm": 0.0,
        "park_brake_request": ParkBrakeRequest.APPLY,
        "brake_force_n": 180_000.0,
        "steering_enable": OnOffState.OFF,
    }
    again.tick(150)
    assert again.supervisor.report.took_over == ""
    again.vehicle.silent.clear()
    again.proposing = False
    again.tick()
    assert again.said["SteeringCommand"]["Enable"] == "OFF", "as control asked last"


def test_springs_that_are_closed_stay_closed_though_the_wheels_seem_to_turn(again: Rig) -> None:
    """A wheel that lies must not let go a truck on a hill."""
    again.vehicle.set("BrakeFeedback", ParkBrakeState="APPLIED")
    again.tick()
    assert again.supervisor.report.took_over == "begun while the wheels turn"
    assert again.said["BrakeCommand"]["ParkBrakeRequest"] == "APPLY"


def test_where_nothing_tells_of_motion_it_goes_on_looking(again: Rig) -> None:
    again.proposing = False
    again.vehicle.silent |= {"WheelSpeedsFront", "WheelSpeedsRear", "TractionFeedback"}
    again.tick(3)
    assert again.supervisor.report.took_over == ""
    again.vehicle.silent.clear()
    again.tick()
    assert again.supervisor.report.took_over == "begun while the wheels turn"


def test_begun_at_rest_it_waits_for_good_proposals_as_ever(truck: Profile) -> None:
    rig = Rig(truck)
    rig.drive_at(3.0)
    assert rig.supervisor.report.took_over == ""


@pytest.mark.requirement("SR-01")
def test_an_estop_frame_asks_for_a_step_at_once_and_that_step_stops(truck: Profile) -> None:
    rig = Rig(truck)
    rig.drive_at(3.0)
    now_ns = rig.now_ns + 3_000_000
    healthy = rig.vehicle.frames(now_ns)
    assert not rig.supervisor.hear(now_ns, healthy), "frames without an e-stop can wait"
    rig.vehicle.set("EStopStatus", ChannelA="OPEN", ChannelB="OPEN")
    pressed = rig.vehicle.frames(now_ns + 1_000_000)
    assert rig.supervisor.hear(now_ns + 1_000_000, pressed)
    frames = rig.supervisor.step(now_ns + 1_000_000, (), None)
    assert rig.supervisor.report.estop
    assert frames
    assert not rig.supervisor.hear(now_ns + 2_000_000, rig.vehicle.frames(now_ns + 2_000_000)), "latched"


def test_what_is_heard_between_steps_is_there_in_the_next_step(truck: Profile) -> None:
    rig = Rig(truck)
    rig.drive_at(3.0)
    for _ in range(20):
        rig.now_ns += TICK_NS
        rig.supervisor.hear(rig.now_ns, rig.vehicle.frames(rig.now_ns))
        rig.supervisor.step(rig.now_ns, (), rig.proposal())
    assert rig.supervisor.report.took_over == ""


def test_an_estop_that_is_heard_before_its_first_step_is_urgent_too(truck: Profile) -> None:
    rig = Rig(truck)
    new = Supervisor(truck)
    rig.vehicle.set("EStopStatus", ChannelA="OPEN", ChannelB="OPEN")
    assert new.hear(rig.now_ns + TICK_NS, rig.vehicle.frames(rig.now_ns + TICK_NS))
    assert new.report.estop


@pytest.mark.parametrize("channel", ["ChannelA", "ChannelB"])
@pytest.mark.requirement("SR-01")
def test_the_estop_frame_alone_is_urgent_and_one_open_channel_is_enough(truck: Profile, channel: str) -> None:
    rig = Rig(truck)
    rig.drive_at(3.0)
    rig.vehicle.set("EStopStatus", **{channel: "OPEN"})
    rig.vehicle.silent = set(HEALTHY) - {"EStopStatus"}
    now_ns = rig.now_ns + 3_000_000
    assert rig.supervisor.hear(now_ns, rig.vehicle.frames(now_ns))
    rig.supervisor.step(now_ns, (), None)
    assert rig.supervisor.report.estop


def test_frames_of_others_are_not_urgent_though_the_estop_is_late_by_then(truck: Profile) -> None:
    """Late is for the step to find, which comes in any case."""
    rig = Rig(truck)
    rig.drive_at(3.0)
    rig.vehicle.silent.add("EStopStatus")
    now_ns = rig.now_ns + 60_000_000
    assert not rig.supervisor.hear(now_ns, rig.vehicle.frames(now_ns))
    rig.supervisor.step(now_ns, (), None)
    assert rig.supervisor.report.estop


@pytest.mark.parametrize("message", ["WheelSpeedsFront", "WheelSpeedsRear", "TractionFeedback"])
def test_one_that_is_left_is_enough_and_rest_is_rest_by_the_motor_too(again: Rig, message: str) -> None:
    again.proposing = False
    again.vehicle.roll(0.0)
    again.vehicle.silent.add(message)
    again.tick(3)
    assert again.supervisor.report.took_over == ""
    again.vehicle.roll(5.0)
    again.tick(3)
    assert again.supervisor.report.took_over == "", "it has been seen at rest, and moves after that"


@pytest.mark.parametrize(("speed_mps", "stops"), [(0.31, True), (0.29, False), (-0.31, True), (-0.29, False)])
def test_turning_means_faster_than_0_3_mps_either_way(again: Rig, speed_mps: float, stops: bool) -> None:
    again.proposing = False
    again.vehicle.roll(speed_mps)
    again.tick()
    assert bool(again.supervisor.report.took_over) is stops


def test_who_began_at_rest_has_begun_and_may_be_pushed(truck: Profile) -> None:
    rig = Rig(truck)
    rig.proposing = False
    rig.tick(3)
    rig.vehicle.roll(1.0)
    rig.tick(3)
    assert rig.supervisor.report.took_over == ""


@pytest.mark.requirement("SR-04", "SR-15")
def test_a_first_proposal_that_is_refused_leaves_the_safe_words_and_is_no_stop_of_its_own(
    truck: Profile,
) -> None:
    rig = Rig(truck)
    rig.commands = {"traction_torque_nm": 6000.0}
    rig.tick(3)
    assert rig.supervisor.report.rejected == 3
    assert rig.supervisor.report.took_over == ""
    assert rig.said["TractionCommand"]["TorqueRequest"] == 0
    assert rig.said["RuntimeHeartbeat"]["ControlWell"] == 0
    assert rig.said["RuntimeHeartbeat"]["SafetyState"] == "INIT"


def test_who_was_never_asked_to_brake_is_not_blamed_before_control_has_come(again: Rig) -> None:
    """The brake that does not come is told; the reason of the stop stays, and so do the springs."""
    again.proposing = False
    again.stuck.add("brake")
    again.tick(60)
    assert again.supervisor.report.not_following
    assert again.supervisor.report.took_over == "begun while the wheels turn"
    assert again.said["BrakeCommand"]["ParkBrakeRequest"] == "RELEASE"
