"""Whatever arrives as a proposal: each step gives frames, and what is no good one is a stop."""

from enum import IntEnum
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware_runtime.executive.link.crossing import ProposalCodec, ReportCodec
from firmware_runtime.safety.control_watch import expected_word
from firmware_runtime.vehicle.enums import (
    ContactorRequest,
    Direction,
    OnOffState,
    ParkBrakeRequest,
    SafetyState,
)
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.signals import Commands
from firmware_runtime.vehicle.stop_plan import StopPlan
from tests.safety.rig import DRIVING, MINIMAL_RISK_MPS2, Rig, flow_word
from tests.safety.support import profile

WORD_MAX = (1 << 64) - 1
"""MessagePack's integers have 64 bits, with a sign or without."""
INTEGERS = st.integers(-(1 << 63), WORD_MAX)
FLOATS = st.floats() | st.sampled_from([0.0, -0.0, 5e-324, 1e308, -1e308])
NUMBERS = st.lists(FLOATS | st.floats(-0.1, 0.1), max_size=20)
NESTED = b"\x81\xa1x" + b"\x91" * 30_000
"""An unknown field with lists in lists: deeper than any decoder goes."""
HURT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def truck() -> Profile:
    return profile()


def wild_value(of: Any) -> st.SearchStrategy[Any]:
    """Of a field that is encoded as this one is."""
    if isinstance(of, float):
        return FLOATS
    kind: type[IntEnum] = type(of)
    return st.sampled_from(list(kind))


WILD_COMMANDS = st.fixed_dictionaries(
    {}, optional={name: wild_value(getattr(Commands(), name)) for name in Commands.__struct_fields__}
)
WILD_PLANS = st.builds(
    StopPlan,
    anchor_odometer_m=FLOATS,
    expires_ns=INTEGERS,
    direction=st.sampled_from(Direction),
    step_m=FLOATS | st.just(1.0),
    curvature_1pm=NUMBERS.map(tuple),
    crab_rad=NUMBERS.map(tuple),
    deceleration_mps2=FLOATS | st.just(MINIMAL_RISK_MPS2),
    hold_park_brake=st.booleans(),
)


def driven(truck: Profile, speed_mps: float) -> Rig:
    """At rest held, and `control` has been heard."""
    rig = Rig(truck)
    if not speed_mps:
        rig.state, rig.commands = SafetyState.STANDBY, at_rest()
    rig.drive_at(speed_mps, ticks=2)
    return rig


def at_rest() -> dict[str, Any]:
    rest = Commands(brake_force_n=180_000.0)
    return {name: getattr(rest, name) for name in DRIVING} | {"brake_force_n": rest.brake_force_n}


@HURT
@given(
    speed_mps=st.sampled_from([0.0, 3.0]),
    sequence=st.none() | INTEGERS,
    time_ns=st.none() | INTEGERS,
    state=st.sampled_from(SafetyState),
    commands=WILD_COMMANDS,
    plan=st.none() | WILD_PLANS,
    right_flow=st.booleans(),
)
@pytest.mark.requirement("SR-10", "SR-15")
def test_whatever_a_proposal_says_each_step_gives_frames(
    truck: Profile,
    speed_mps: float,
    sequence: int | None,
    time_ns: int | None,
    state: SafetyState,
    commands: dict[str, Any],
    plan: StopPlan | None,
    right_flow: bool,
) -> None:
    """Fields that are not wild are those of a good one, so that all of it is reached."""
    rig = driven(truck, speed_mps)
    rig.now_ns += 10_000_000
    good = rig.proposal()
    time_ns = good.time_ns if time_ns is None else time_ns
    wild = msgspec.structs.replace(
        good,
        sequence=good.sequence if sequence is None else sequence,
        time_ns=time_ns,
        state=state,
        commands=msgspec.structs.replace(good.commands, **commands),
        stop_plan=plan,
        flow=expected_word(time_ns) if right_flow else 7,
    )
    codec = ProposalCodec()
    heard = codec.decode(codec.encode(wild))
    assert heard is not None
    assert rig.step(heard)
    rig.vehicle.roll(3.0)
    for _ in range(11):
        # More than a cycle of the slowest message.
        rig.now_ns += 10_000_000
        assert rig.supervisor.step(rig.now_ns, rig.vehicle.frames(rig.now_ns), None)
    rig.proposing = False
    rig.tick()
    assert rig.supervisor.report.took_over
    assert rig.said["TractionCommand"]["TorqueRequest"] == 0.0


@pytest.mark.parametrize("time_ns", [-1, -(1 << 63), 1 << 63, WORD_MAX])
def test_a_time_that_is_none_is_refused(truck: Profile, time_ns: int) -> None:
    rig = driven(truck, 3.0)
    rig.tick(proposal=msgspec.structs.replace(rig.proposal(), time_ns=time_ns))
    assert rig.supervisor.report.took_over.startswith("flow of control: ")
    rig = driven(truck, 3.0)
    wild = msgspec.structs.replace(rig.proposal(), time_ns=time_ns, flow=expected_word(time_ns))
    rig.tick(proposal=wild)
    assert rig.supervisor.report.took_over.startswith("age of the proposal: ")


@pytest.mark.parametrize("time_ns", [-1, -(1 << 63), 1 << 64, (1 << 64) + 5])
def test_the_word_is_of_the_lowest_64_bits(time_ns: int) -> None:
    assert expected_word(time_ns) == flow_word(time_ns % (1 << 64))


@HURT
@given(data=st.binary(max_size=200), at=st.integers(0, 2000), cut=st.integers(0, 2000))
def test_whatever_bytes_come_they_are_a_proposal_or_none(
    truck: Profile, data: bytes, at: int, cut: int
) -> None:
    """Those of a good proposal, with others among them."""
    rig = driven(truck, 3.0)
    codec = ProposalCodec()
    good = codec.encode(rig.proposal())
    at = min(at, len(good))
    for message in (data, good[:at] + data + good[at + len(data) :], good[:cut]):
        heard = codec.decode(message)
        rig.now_ns += 10_000_000
        assert rig.step(heard, arrived=1)


def test_bytes_that_go_deeper_than_the_decoder_are_none() -> None:
    assert ProposalCodec().decode(NESTED) is None
    assert ReportCodec().decode(NESTED) is None


DEFECTS = {
    "step_m": [0.0, -1.0, float("nan"), float("inf")],
    "deceleration_mps2": [0.0, -1.8, float("nan"), float("inf")],
    "curvature_1pm": [(0.0,), (float("nan"),) * 40, (float("inf"),) * 40],
    "crab_rad": [(0.0,), (float("nan"),) * 40],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in DEFECTS for value in DEFECTS[name]])
@pytest.mark.requirement("SR-15", "SR-27")
def test_a_plan_with_a_defect_is_refused_at_standstill_too(truck: Profile, name: str, value: Any) -> None:
    """The next stop would be along it."""
    rig = driven(truck, 0.0)
    assert rig.supervisor.report.took_over == ""
    good = rig.proposal()
    assert good.stop_plan is not None
    bad = msgspec.structs.replace(good.stop_plan, **{name: value})
    rig.now_ns += 10_000_000
    rig.step(msgspec.structs.replace(rig.proposal(), stop_plan=bad))
    assert rig.supervisor.report.took_over.startswith("stop plan: ")


def test_a_plan_in_the_finest_steps_is_at_its_end_at_once(truck: Profile) -> None:
    """Its reach is nothing, which is enough at standstill; the distance in steps is beyond every integer."""
    rig = driven(truck, 0.0)
    plan = rig.proposal().stop_plan
    assert plan is not None
    rig.plan = msgspec.structs.replace(plan, step_m=5e-324)
    rig.tick()
    rig.proposing = False
    rig.vehicle.roll(1.0)
    rig.tick(10)
    assert rig.supervisor.report.took_over == "no proposal from control"
    assert rig.said["SteeringCommand"]["FrontAngle"] == 0.0


ASKED = {
    "traction_enable": OnOffState,
    "park_brake_request": ParkBrakeRequest,
    "steering_enable": OnOffState,
    "contactor_request": ContactorRequest,
    "hazard_lights": OnOffState,
    "beacon": OnOffState,
    "brake_lights": OnOffState,
    "head_lights": OnOffState,
}


@pytest.mark.parametrize("name", ASKED)
def test_a_command_that_is_no_word_is_refused_and_a_word_is_not(truck: Profile, name: str) -> None:
    """A stop goes on with lights and contactors as they were: no bus has a word for these."""
    rig = driven(truck, 3.0)
    good = rig.proposal()
    for value in ASKED[name]:
        commands = msgspec.structs.replace(good.commands, **{name: value})
        rig = driven(truck, 3.0)
        proposal = rig.proposal()
        rig.now_ns += 10_000_000
        rig.step(msgspec.structs.replace(proposal, commands=commands))
        refused = f"not a word: {name} is {value.name}"
        assert (rig.supervisor.report.took_over == refused) == (value.name in ("ERROR", "NOT_AVAILABLE"))


def test_a_state_that_is_none_is_refused_at_rest_too(truck: Profile) -> None:
    rig = driven(truck, 0.0)
    rig.state = SafetyState.NOT_AVAILABLE
    rig.tick()
    assert rig.supervisor.report.took_over == "not a word: state is NOT_AVAILABLE"
