"""Steps of a command are judged by what went on the bus, at every rate at which `control` proposes."""

from dataclasses import replace

import msgspec
import pytest

from firmware_runtime.can.frame import Frame
from firmware_runtime.vehicle.enums import ParkBrakeRequest, SafetyState
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.profile import Loop
from tests.safety.rig import Rig
from tests.safety.support import profile

MS = 1_000_000
SLEW_NMPS = 1.5 * 8000.0
"""What the envelope bears: half as much again as the Q-Truck's."""
RATE_RADPS = 2.0 * 0.35
RATES = pytest.mark.parametrize("tick_ms", [10, 5, 2, 1])


@pytest.fixture(scope="module")
def truck() -> Profile:
    return profile()


class FastRig(Rig):
    """A vehicle that talks each 10 ms, and a `control` that proposes more often."""

    def __init__(self, of: Profile, tick_ms: int) -> None:
        super().__init__(replace(of, data=msgspec.structs.replace(of.data, loop=Loop(1000 // tick_ms))))
        self.tick_ns = tick_ms * MS
        self.sent: list[tuple[int, float, float]] = []
        """When a torque and an angle went, and which."""
        self.begin_ns = self.now_ns

    def propose(self, ms: float, late_ms: float = 0.0, **commands: float) -> None:
        """One proposal, made so many ms from here on."""
        self.now_ns += round(ms * MS)
        self.commands |= commands
        proposal = self.proposal()
        self.now_ns += round(late_ms * MS)
        frames: list[Frame] = []
        if self.now_ns - self.begin_ns >= 10 * MS:
            self.begin_ns = self.now_ns
            self._answer()
            frames = self.vehicle.frames(self.now_ns)
        said = self.supervisor.step(self.now_ns, frames, proposal)
        self.now_ns -= round(late_ms * MS)
        self._hear(said)

    def _hear(self, said: list[Frame]) -> None:
        for frame in said:
            message = self._databases[frame.bus].get_message_by_frame_id(frame.can_id & 0x1FFF_FFFF)
            decoded = message.decode(frame.data, decode_choices=True)
            assert isinstance(decoded, dict)
            self.said[message.name] = {
                name: str(v) if hasattr(v, "name") else v for name, v in decoded.items()
            }
        if any(frame.bus == "drive" for frame in said):
            torque = self.said["TractionCommand"]["TorqueRequest"]
            angle = self.said["SteeringCommand"]["FrontAngle"]
            self.sent.append((self.now_ns, float(torque), float(angle)))

    @property
    def took_over(self) -> str:
        return self.supervisor.report.took_over


@pytest.fixture
def rig(truck: Profile, tick_ms: int) -> FastRig:
    return under_way(truck, tick_ms)


def under_way(truck: Profile, tick_ms: int) -> FastRig:
    """At 2 m/s."""
    rig = FastRig(truck, tick_ms)
    rig.vehicle.roll(0.0)
    for _ in range(30):
        rig.now_ns += 10 * MS
        rig._hear(rig.supervisor.step(rig.now_ns, rig.vehicle.frames(rig.now_ns), None))
    rig.vehicle.roll(2.0)
    for _ in range(300 // tick_ms):
        rig.propose(tick_ms)
    assert rig.took_over == ""
    return rig


@RATES
def test_commands_go_out_each_10_ms(rig: FastRig, tick_ms: int) -> None:
    begin = len(rig.sent)
    for _ in range(200 // tick_ms):
        rig.propose(tick_ms)
    assert len(rig.sent) - begin == 20


@RATES
@pytest.mark.parametrize(("share", "good"), [(0.98, True), (1.02, False)])
@pytest.mark.requirement("SR-15")
def test_torque_that_grows_with_the_slew_is_good_and_faster_is_not(
    rig: FastRig, tick_ms: int, share: float, good: bool
) -> None:
    torque_nm = 50.0
    for _ in range(100 // tick_ms):
        torque_nm += share * SLEW_NMPS * tick_ms * 1e-3
        rig.propose(tick_ms, traction_torque_nm=torque_nm)
    assert (rig.took_over == "") is good, rig.took_over
    assert good or rig.took_over.startswith("slew of torque: ")


@RATES
@pytest.mark.parametrize(("share", "good"), [(0.98, True), (1.02, False)])
@pytest.mark.requirement("SR-15")
def test_steering_that_turns_with_its_rate_is_good_and_faster_is_not(
    rig: FastRig, tick_ms: int, share: float, good: bool
) -> None:
    angle_rad = 0.05
    for _ in range(80 // tick_ms):
        angle_rad += share * RATE_RADPS * tick_ms * 1e-3
        rig.propose(tick_ms, steering_front_angle_rad=angle_rad, steering_rear_angle_rad=-angle_rad)
    assert (rig.took_over == "") is good, rig.took_over
    assert good or rig.took_over.startswith("steering rate: ")


@RATES
def test_no_two_frames_on_the_bus_are_further_apart_than_the_slew(rig: FastRig, tick_ms: int) -> None:
    """What a `control` gains that asks for ten times too much."""
    for step in range(50 // tick_ms):
        rig.propose(tick_ms, traction_torque_nm=50.0 + (step + 1) * 10 * SLEW_NMPS * tick_ms * 1e-3)
    gained = [after[1] - before[1] for before, after in zip(rig.sent, rig.sent[1:], strict=False)]
    assert max(gained) <= SLEW_NMPS * 0.0101
    assert rig.took_over.startswith(("slew of torque: ", "jerk: "))


@RATES
def test_a_proposal_that_is_late_or_left_out_makes_no_step_too_large(rig: FastRig, tick_ms: int) -> None:
    """At two thirds of what is borne, which is all that a `control` ever asks for."""
    torque_nm, waited_ms = 50.0, tick_ms
    for number in range(240 // tick_ms):
        torque_nm = 50.0 + (torque_nm - 50.0 + SLEW_NMPS / 1.5 * tick_ms * 1e-3) % 400.0
        if number % 7 == 3:
            waited_ms += tick_ms
            continue
        rig.propose(waited_ms, late_ms=4.0 if number % 5 == 1 else 0.2, traction_torque_nm=torque_nm)
        waited_ms = tick_ms
        assert rig.took_over == ""


def test_the_last_frames_again_are_no_new_ones() -> None:
    """A proposal comes 6 ms late: at the deadline what was sent goes once more. The next two are no leap."""
    rig = Rig(profile())
    rig.drive_at(2.0)
    grown_nm = SLEW_NMPS / 1.5 * 0.01
    rig.now_ns += 15 * MS
    rig.step(None)
    rig.now_ns += 1 * MS
    rig.commands = {"traction_torque_nm": 50.0 + grown_nm}
    rig.step(rig.proposal())
    rig.now_ns += 4 * MS
    rig.commands = {"traction_torque_nm": 50.0 + 2 * grown_nm}
    rig.step(rig.proposal())
    assert rig.supervisor.report.took_over == ""


@pytest.mark.parametrize("tick_ms", [10, 1])
def test_after_its_own_stop_the_first_proposal_that_goes_out_is_no_step(rig: FastRig, tick_ms: int) -> None:
    """Steering follows the wheels at rest, wherever the stop has left its command."""
    rig.vehicle.roll(2.0)
    rig.propose(tick_ms, traction_torque_nm=1e9)
    assert rig.took_over
    rig.vehicle.roll(0.0)
    rig.state = SafetyState.STANDBY
    rig.commands = {
        "traction_torque_nm": 0.0,
        "park_brake_request": ParkBrakeRequest.APPLY,
        "brake_force_n": 180_000.0,
        "steering_front_angle_rad": -0.2,
        "steering_rear_angle_rad": 0.2,
    }
    for _ in range(1500 // tick_ms):
        rig.propose(tick_ms)
    assert rig.took_over == ""
    assert rig.sent[-1][2] == pytest.approx(-11.46, abs=0.1), "degrees"


@pytest.mark.parametrize("tick_ms", [5, 2, 1])
@pytest.mark.requirement("SR-25")
def test_its_own_stop_beside_a_control_that_goes_on_is_no_harder_than_at_100_hz(
    truck: Profile, tick_ms: int
) -> None:
    slow, fast = own_stop_n(truck, 10), own_stop_n(truck, tick_ms)
    assert fast == pytest.approx(slow, abs=800.0), "N: what 5 ms of jerk make, and some"
    assert slow[4] == pytest.approx(26_500.0 * 4.0 * 0.06, rel=0.1), "the jerk of 4 m/s³, and a little more"


def own_stop_n(truck: Profile, tick_ms: int) -> list[float]:
    """Friction on the bus, each 10 ms, from the step that refused a proposal on."""
    rig = under_way(truck, tick_ms)
    rig.propose(tick_ms, traction_torque_nm=1e9)
    forces_n: list[float] = []
    for _ in range(30):
        for _ in range(10 // tick_ms):
            rig.propose(tick_ms)
        forces_n.append(float(rig.said["BrakeCommand"]["ForceRequest"]))
    return forces_n
