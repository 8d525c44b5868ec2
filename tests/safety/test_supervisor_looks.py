"""Looking ahead of a proposal takes time from the step, and changes nothing else of what goes on the buses.

But that what is judged by time alone (standstill, a message that is lost) may come a tick later or sooner,
where looks begin or end: a look sees it up to 3 ms before the step.
"""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_runtime.can.frame import Frame
from firmware_runtime.vehicle.enums import OnOffState, ParkBrakeRequest, SafetyState
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.proposal import Proposal
from tests.bus_vehicle import TICK_NS
from tests.safety.rig import DRIVING, Rig
from tests.safety.support import profile

MS = 1_000_000
STANDING: dict[str, Any] = {
    "traction_torque_nm": 0.0,
    "brake_force_n": 180_000.0,
    "park_brake_request": ParkBrakeRequest.RELEASE,
}
HOLD_MIN_N = 162_000.0
"""The Q-Truck's, of what the envelope bears: 0.9 of 180 kN."""


@pytest.fixture(scope="module")
def truck() -> Profile:
    return profile()


class LookingRig(Rig):
    """Frames come, the supervisor looks, goes through its motions, and then the proposal comes."""

    def __init__(self, of: Profile) -> None:
        super().__init__(of)
        self.looks_ns: tuple[int, ...] = ()
        """So long before each step it looks."""
        self.heard_before_ns = 4 * MS
        """So long before it the vehicle has spoken."""

    def step(self, proposal: Proposal | None, arrived: int | None = None) -> list[Frame]:
        heard_ns = self.now_ns - self.heard_before_ns
        self.supervisor.hear(heard_ns, self.vehicle.frames(heard_ns))
        for before_ns in sorted(self.looks_ns, reverse=True):
            self.supervisor.look(self.now_ns - before_ns)
            self.supervisor.rehearse()
        return self.step_alone(proposal, arrived)

    def step_alone(self, proposal: Proposal | None, arrived: int | None = None) -> list[Frame]:
        vehicle_frames, self.vehicle.frames = self.vehicle.frames, lambda now_ns: []
        try:
            return super().step(proposal, arrived)
        finally:
            self.vehicle.frames = vehicle_frames


ACTIONS = st.sampled_from(
    ["drive"] * 8 + ["no proposal", "press", "release", "acknowledge", "roll", "stand", "brake fault", "well"]
)
LOOKS = st.sampled_from([(), (0,), (MS,), (3 * MS,), (3 * MS, 2 * MS, MS), (3 * MS, 3 * MS)])
"""So long before each step of a script."""


def act(rig: LookingRig, action: str) -> None:
    if action in ("press", "release"):
        word = "OPEN" if action == "press" else "CLOSED"
        rig.vehicle.set("EStopStatus", ChannelA=word, ChannelB=word)
    elif action in ("roll", "stand"):
        rig.vehicle.roll(3.0 if action == "roll" else 0.0)
    elif action in ("brake fault", "well"):
        rig.vehicle.set("BrakeFeedback", Status="FAULT" if action == "brake fault" else "ACTIVE")
    rig.proposing = action != "no proposal"


@given(LOOKS, st.lists(st.tuples(ACTIONS, st.integers(1, 30)), min_size=1, max_size=12))
@settings(max_examples=25)
def test_whatever_happens_the_same_frames_go_with_and_without_looks(
    looks_ns: tuple[int, ...], script: list[tuple[str, int]]
) -> None:
    truck = profile()
    looking, plain = LookingRig(truck), LookingRig(truck)
    looking.looks_ns = looks_ns
    for action, ticks in script:
        for rig in (looking, plain):
            act(rig, action)
        for _ in range(ticks):
            assert looking.tick() == plain.tick()
        assert looking.supervisor.report == plain.supervisor.report


@pytest.mark.parametrize("looks_ns", [(MS,), (3 * MS,), (3 * MS, 2 * MS, MS), (0,)], ids=str)
def test_a_drive_goes_on_as_it_is_proposed(truck: Profile, looks_ns: tuple[int, ...]) -> None:
    looking, plain = LookingRig(truck), LookingRig(truck)
    looking.looks_ns = looks_ns
    for rig in (looking, plain):
        rig.drive_at(5.0)
    for tick in range(100):
        for rig in (looking, plain):
            rig.commands["steering_front_angle_rad"] = 0.05 + 0.0005 * tick
        assert looking.tick() == plain.tick()
    assert looking.supervisor.report.took_over == ""


@pytest.mark.parametrize("heard", [True, False])
def test_what_control_may_know_already_its_judge_knows_too(truck: Profile, heard: bool) -> None:
    """The springs are heard to be open after the look; `control` lets its brake go in that tick."""
    rig = LookingRig(truck)
    rig.drive_at(0.0)
    rig.state = SafetyState.AUTO
    rig.commands = dict(STANDING)
    rig.vehicle.set("BrakeFeedback", ParkBrakeState="MOVING", Force=180_000.0)
    rig.answers["brake"] = 180_000.0
    rig.tick(30)
    assert rig.supervisor.report.took_over == ""
    rig.now_ns += TICK_NS
    rig.supervisor.look(rig.now_ns - MS)
    if heard:
        rig.vehicle.set("BrakeFeedback", ParkBrakeState="RELEASED")
        rig.supervisor.hear(rig.now_ns - MS // 2, rig.vehicle.frames(rig.now_ns - MS // 2))
    rig.commands["brake_force_n"] = HOLD_MIN_N - 1.0
    rig.step_alone(rig.proposal())
    refused = rig.supervisor.report.took_over
    assert refused.startswith("" if heard else "holding at standstill: ")
    assert (refused == "") is heard


@pytest.mark.requirement("SR-01")
@pytest.mark.parametrize("with_a_proposal", [True, False])
def test_an_estop_after_the_look_stops_in_the_next_step(truck: Profile, with_a_proposal: bool) -> None:
    rig = LookingRig(truck)
    rig.looks_ns = (MS,)
    rig.drive_at(3.0)
    rig.now_ns += TICK_NS
    rig.supervisor.look(rig.now_ns - MS)
    rig.vehicle.set("EStopStatus", ChannelA="OPEN", ChannelB="OPEN")
    assert rig.supervisor.hear(rig.now_ns, rig.vehicle.frames(rig.now_ns))
    rig.step_alone(rig.proposal() if with_a_proposal else None)
    assert rig.supervisor.report.estop
    assert rig.said["TractionCommand"]["TorqueRequest"] == 0
    assert rig.said["BrakeCommand"]["ForceRequest"] > 0
    assert rig.said["RuntimeHeartbeat"]["MotionState"] == "STOPPING"


@pytest.mark.parametrize(
    ("proposed", "estop", "motion"),
    [
        (True, False, "STOPPING"),
        (False, False, "STANDING"),
        (True, True, "STANDING"),
        (False, True, "STANDING"),
    ],
)
def test_only_what_is_proposed_is_judged_by_a_look_before(
    truck: Profile, proposed: bool, estop: bool, motion: str
) -> None:
    """A stop of its own is decided by the present, however young the look is; here, that it stands by now."""
    rig = LookingRig(truck)
    rig.drive_at(0.0)
    rig.state, rig.commands = SafetyState.STANDBY, {**STANDING, "traction_enable": OnOffState.OFF}
    rig.commands["park_brake_request"] = ParkBrakeRequest.APPLY
    word = "OPEN" if estop else "CLOSED"
    rig.vehicle.set("EStopStatus", ChannelA=word, ChannelB=word)
    rig.vehicle.roll(3.0)
    rig.tick(5)
    rig.vehicle.roll(0.0)
    rig.tick(20)
    assert rig.said["RuntimeHeartbeat"]["MotionState"] == "STOPPING", "not for 200 ms yet"
    rig.now_ns += TICK_NS - 4 * MS
    rig.supervisor.hear(rig.now_ns, rig.vehicle.frames(rig.now_ns))
    rig.now_ns += 3 * MS
    rig.supervisor.look(rig.now_ns)
    rig.now_ns += MS
    rig.step_alone(rig.proposal() if proposed else None)
    assert rig.said["RuntimeHeartbeat"]["MotionState"] == motion
    assert rig.supervisor.report.estop is estop


def test_what_was_seen_is_used_once(truck: Profile) -> None:
    rig = LookingRig(truck)
    rig.drive_at(3.0)
    rig.supervisor.look(rig.now_ns)
    assert rig.supervisor.has_looked
    rig.now_ns += TICK_NS
    rig.step_alone(rig.proposal())
    assert not rig.supervisor.has_looked


def test_a_rehearsal_before_anything_was_proposed_is_none(truck: Profile) -> None:
    rig, plain = LookingRig(truck), LookingRig(truck)
    rig.supervisor.rehearse()
    assert [rig.tick() for _ in range(5)] == [plain.tick() for _ in range(5)]


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize(
    ("stuck", "command", "value"),
    [
        ("front", "steering_front_angle_rad", 0.15),
        ("torque", "traction_torque_nm", 400.0),
        ("brake", "brake_force_n", 60_000.0),
    ],
)
def test_an_actuator_that_does_not_follow_is_found_20_ms_later_at_most(
    truck: Profile, stuck: str, command: str, value: float
) -> None:
    """Where looks come and go, a judging of the bands is left out now and then."""
    found: list[int] = []
    for looks in ((), (MS,), (MS, None)):
        rig, ticks = LookingRig(truck), 0
        rig.drive_at(5.0)
        rig.stuck = {stuck}
        at = rig.commands.get(command, DRIVING.get(command, 0.0))
        while not rig.supervisor.report.took_over:
            ticks += 1
            assert ticks < 150
            at = min(at + value / 20.0, value)
            rig.commands[command] = at
            ahead = looks[ticks % len(looks)] if looks else None
            rig.looks_ns = () if ahead is None else (ahead,)
            rig.tick()
        found.append(ticks)
    assert max(found) <= found[0] + 2, found


@pytest.mark.requirement("SR-11")
def test_after_frames_that_did_not_go_everything_is_said_in_the_next_step(truck: Profile) -> None:
    rig = LookingRig(truck)
    rig.drive_at(3.0)
    rig.now_ns += MS
    assert rig.step_alone(None) == [], "nothing is due so soon"
    rig.supervisor.withhold()
    rig.now_ns += MS
    everything = {(frame.bus, frame.can_id) for frame in rig.step_alone(None)}
    assert len(everything) == 7
    rig.now_ns += MS
    assert rig.step_alone(None) == [], "once"
