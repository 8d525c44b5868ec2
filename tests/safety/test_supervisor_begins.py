"""A supervisor that begins: again, while the wheels turn; and what it hears between its steps."""

import pytest

from firmware_runtime.safety.supervisor import Supervisor
from firmware_runtime.vehicle.load import Profile
from tests.bus_vehicle import TICK_NS
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
    rig.vehicle.silent.add("WheelSpeedsFront")
    rig.proposing = False
    rig.tick()
    assert rig.said["SteeringCommand"]["Enable"] == "OFF"
    assert rig.said["TractionCommand"]["TorqueRequest"] == 0.0
    rig.vehicle.silent.clear()
    rig.tick()
    assert rig.supervisor.report.took_over == "begun while the wheels turn"


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


def test_before_its_first_step_nothing_is_urgent(truck: Profile) -> None:
    rig = Rig(truck)
    new = Supervisor(truck)
    rig.vehicle.set("EStopStatus", ChannelA="OPEN", ChannelB="OPEN")
    assert not new.hear(rig.now_ns, rig.vehicle.frames(rig.now_ns + TICK_NS))
    new.step(rig.now_ns + TICK_NS, (), None)
    assert new.report.estop
