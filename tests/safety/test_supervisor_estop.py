"""The supervisor's e-stop latch: set by every frame, cleared by people alone, and never into a drive."""

from typing import Any

import pytest

from firmware_runtime.can.frame import Frame
from firmware_runtime.safety.supervisor import Supervisor
from firmware_runtime.vehicle.enums import ContactorRequest, ParkBrakeRequest, SafetyState
from firmware_runtime.vehicle.load import Profile
from tests.bus_vehicle import HEALTHY, TICK_NS
from tests.safety.rig import Rig
from tests.safety.support import profile

WHOLE_BRAKE_N = 420_000
MAY_TURN = (
    SafetyState.AUTO,
    SafetyState.DEGRADED,
    SafetyState.REMOTE,
    SafetyState.MANUAL,
    SafetyState.MRM,
    SafetyState.MAINTENANCE,
)
"""States in which wheels may turn, written again."""
STOPPED: dict[str, Any] = {
    "traction_torque_nm": 0.0,
    "park_brake_request": ParkBrakeRequest.APPLY,
    "brake_force_n": 180_000.0,
    "contactor_request": ContactorRequest.OPEN,
}
RELEASING = {name: STOPPED[name] for name in ("brake_force_n", "contactor_request")}
"""Torque and open springs, still held by the service brake."""
OPEN, CLOSED, ERROR = ("OPEN", "OPEN"), ("CLOSED", "CLOSED"), ("ERROR", "NOT_AVAILABLE")


@pytest.fixture(scope="module")
def truck() -> Profile:
    return profile()


@pytest.fixture
def rig(truck: Profile) -> Rig:
    return Rig(truck)


def frames_of(rig: Rig, *pairs: tuple[str, str]) -> list[Frame]:
    """E-stop frames that lie in one batch, a millisecond apart."""
    rig.vehicle.silent = set(HEALTHY) - {"EStopStatus"}
    frames: list[Frame] = []
    for number, (a, b) in enumerate(pairs, 1):
        rig.vehicle.set("EStopStatus", ChannelA=a, ChannelB=b)
        frames += rig.vehicle.frames(rig.now_ns + number * 1_000_000)
    rig.vehicle.silent = set()
    return frames


BATCHES = [
    (OPEN, CLOSED, CLOSED),
    (CLOSED, OPEN, CLOSED),
    (CLOSED, ("OPEN", "CLOSED"), CLOSED),
    (CLOSED, ("ERROR", "OPEN"), CLOSED),
    (CLOSED, ERROR, CLOSED),
]


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.requirement("SR-01", "SR-02")
def test_a_press_that_a_later_frame_of_the_batch_takes_back_is_latched_as_it_is_heard(
    rig: Rig, batch: tuple[tuple[str, str], ...]
) -> None:
    rig.drive_at(3.0)
    now_ns = rig.now_ns + 5_000_000
    assert rig.supervisor.hear(now_ns, frames_of(rig, *batch)), "a step at once"
    assert rig.supervisor.report.estop, "latched before that step"
    assert not rig.supervisor.hear(now_ns, frames_of(rig, OPEN)), "it is known already"
    said = rig.supervisor.step(now_ns, (), None)
    assert len(said) >= 4, "the stop does not wait for the cycles of its messages"
    rig.tick()
    assert rig.said["BrakeCommand"]["ForceRequest"] == WHOLE_BRAKE_N
    assert rig.said["TractionCommand"]["TorqueRequest"] == 0


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.requirement("SR-01", "SR-02")
def test_a_press_among_the_frames_of_a_step_is_latched_too(
    rig: Rig, batch: tuple[tuple[str, str], ...]
) -> None:
    rig.drive_at(3.0)
    rig.supervisor.step(rig.now_ns + TICK_NS, frames_of(rig, *batch), None)
    assert rig.supervisor.report.estop


@pytest.mark.requirement("SR-01")
def test_frames_that_press_nothing_latch_nothing(rig: Rig) -> None:
    rig.drive_at(3.0)
    batch = frames_of(rig, CLOSED, ("CLOSED", "ERROR"), ("NOT_AVAILABLE", "CLOSED"), CLOSED)
    assert not rig.supervisor.hear(rig.now_ns + 5_000_000, batch)
    rig.tick(3)
    assert not rig.supervisor.report.estop


@pytest.mark.requirement("SR-01")
def test_a_frame_that_is_refused_presses_nothing(rig: Rig) -> None:
    rig.drive_at(3.0)
    frame = frames_of(rig, OPEN)[0]
    broken = frame._replace(data=bytes([frame.data[0] ^ 1, *frame.data[1:]]))
    assert not rig.supervisor.hear(rig.now_ns + 5_000_000, [broken])
    assert not rig.supervisor.report.estop


@pytest.mark.requirement("SR-01")
def test_old_frames_of_a_batch_that_waited_are_no_lost_channel(rig: Rig) -> None:
    """50 ms of them at once; the newest is fresh."""
    rig.drive_at(3.0)
    times_ns = [rig.now_ns + number * TICK_NS for number in range(1, 6)]
    batch = [frame for time_ns in times_ns for frame in rig.vehicle.frames(time_ns)]
    rig.now_ns = times_ns[-1]
    rig.supervisor.step(rig.now_ns, batch, rig.proposal())
    assert not rig.supervisor.report.estop


def acknowledge(rig: Rig) -> None:
    for button in ("RELEASED", "PRESSED", "RELEASED"):
        rig.vehicle.set("OperatorInputs", AcknowledgeButton=button)
        rig.tick(3)


def pressed_and_released(rig: Rig) -> None:
    rig.drive_at(1.0)
    rig.supervisor.hear(rig.now_ns, frames_of(rig, OPEN, CLOSED))
    rig.vehicle.roll(0.0)
    rig.tick(40)
    assert rig.supervisor.report.estop


@pytest.mark.parametrize("state", MAY_TURN)
@pytest.mark.requirement("SR-03", "SR-04")
def test_no_acknowledge_clears_the_latch_while_control_wants_to_move(rig: Rig, state: SafetyState) -> None:
    """It has seen no e-stop: with the latch gone its next proposal would drive on, without run."""
    rig.vehicle.set("OperatorInputs", DeadMan="PRESSED")
    pressed_and_released(rig)
    rig.state, rig.commands = state, STOPPED
    acknowledge(rig)
    assert rig.supervisor.report.estop
    assert rig.said["TractionCommand"]["TorqueRequest"] == 0
    assert rig.said["BrakeCommand"]["ParkBrakeRequest"] == "APPLY"


@pytest.mark.parametrize("state", [SafetyState.ESTOP, SafetyState.STANDBY, SafetyState.SAFE_STOP])
@pytest.mark.requirement("SR-03")
def test_an_acknowledge_clears_it_where_control_means_to_stand(rig: Rig, state: SafetyState) -> None:
    pressed_and_released(rig)
    rig.state, rig.commands = state, STOPPED
    acknowledge(rig)
    assert not rig.supervisor.report.estop


@pytest.mark.requirement("SR-03")
def test_where_no_control_ever_was_an_acknowledge_clears_it(rig: Rig) -> None:
    rig.proposing = False
    rig.vehicle.roll(0.0)
    rig.tick(40)
    rig.supervisor.hear(rig.now_ns, frames_of(rig, OPEN, CLOSED))
    rig.tick(3)
    acknowledge(rig)
    assert not rig.supervisor.report.estop


@pytest.mark.requirement("SR-03")
def test_a_press_in_the_tick_of_the_acknowledge_stays(rig: Rig) -> None:
    pressed_and_released(rig)
    rig.state, rig.commands = SafetyState.ESTOP, STOPPED
    rig.vehicle.set("OperatorInputs", AcknowledgeButton="RELEASED")
    rig.tick(3)
    rig.supervisor.hear(rig.now_ns + 3_000_000, frames_of(rig, OPEN, CLOSED))
    rig.vehicle.set("OperatorInputs", AcknowledgeButton="PRESSED")
    rig.tick(5)
    assert rig.supervisor.report.estop


@pytest.mark.parametrize("state", MAY_TURN)
@pytest.mark.requirement("SR-01", "SR-15")
def test_nothing_moves_before_the_estop_was_heard(truck: Profile, state: SafetyState) -> None:
    """Begun anew at rest, with a body bus that it does not hear."""
    rig = Rig(truck)
    rig.supervisor = Supervisor(truck)
    rig.vehicle.silent.add("EStopStatus")
    rig.state, rig.commands = state, STOPPED
    rig.tick(30)
    assert rig.supervisor.report.rejected == 30
    assert rig.said["RuntimeHeartbeat"]["ControlWell"] == 0
    assert rig.said["BrakeCommand"]["ParkBrakeRequest"] == "APPLY"
    assert not rig.supervisor.report.estop, "nothing was there that could be lost"


@pytest.mark.requirement("SR-01", "SR-15")
def test_a_control_that_wants_to_drive_before_the_supervisor_heard_the_estop_is_told_why(rig: Rig) -> None:
    rig.vehicle.silent.add("EStopStatus")
    rig.state, rig.commands = SafetyState.STANDBY, STOPPED
    rig.tick(30)
    assert rig.supervisor.report.took_over == ""
    assert rig.said["RuntimeHeartbeat"]["ControlWell"] == 1, "a start waits for nothing here"
    rig.state, rig.commands = (
        SafetyState.AUTO,
        RELEASING,
    )
    rig.tick()
    assert rig.supervisor.report.took_over == "e-stop not heard yet: AUTO"
    assert rig.said["TractionCommand"]["TorqueRequest"] == 0
    assert rig.said["BrakeCommand"]["ParkBrakeRequest"] == "APPLY"


@pytest.mark.parametrize("told", [("CLOSED", "CLOSED"), ("CLOSED", "ERROR")])
@pytest.mark.requirement("SR-15")
def test_from_the_first_estop_frame_on_it_drives(rig: Rig, told: tuple[str, str]) -> None:
    rig.vehicle.silent.add("EStopStatus")
    rig.state, rig.commands = SafetyState.STANDBY, STOPPED
    rig.tick(30)
    rig.vehicle.silent.clear()
    rig.vehicle.set("EStopStatus", ChannelA=told[0], ChannelB=told[1])
    rig.state, rig.commands = (
        SafetyState.AUTO,
        RELEASING,
    )
    rig.tick(3)
    assert rig.supervisor.report.took_over == ""
    assert rig.said["BrakeCommand"]["ParkBrakeRequest"] == "RELEASE"
