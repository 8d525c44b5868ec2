"""The command envelope row by row: just inside passes, just outside is refused by value and limit.

Figures of the Q-Truck, worked out here again: 26.5 t empty, 75 t load, 33.3 N at the tyres for each Nm.
"""

from collections.abc import Mapping
from math import nan, tan
from typing import Any

import msgspec
import pytest

from firmware_runtime.safety.envelope import CHECKS, Context, Envelope
from firmware_runtime.safety.envelope_memory import EnvelopeMemory
from firmware_runtime.vehicle.enums import (
    ContactorRequest,
    Direction,
    OnOffState,
    ParkBrakeRequest,
    ParkBrakeState,
    SafetyState,
)
from firmware_runtime.vehicle.profile import ProfileData
from firmware_runtime.vehicle.proposal import Proposal
from firmware_runtime.vehicle.signals import Commands
from firmware_runtime.vehicle.stop_plan import StopPlan
from tests.safety.support import profile

TRUCK = profile().data
EMPTY_KG, FULL_KG = 26_500.0, 101_500.0
FORCE_PER_TORQUE = 20.0 / 0.6
TICK_NS = 10_000_000
NOW_NS = 5_000_000_000
WHEELBASE_M = 8.0
HOLD_N = 180_000.0
S = SafetyState


def plan(**changes: Any) -> StopPlan:
    good = StopPlan(
        anchor_odometer_m=0.0,
        expires_ns=NOW_NS + 20_000_000_000,
        direction=Direction.FORWARD,
        step_m=1.0,
        curvature_1pm=(0.0,) * 40,
        crab_rad=(0.0,) * 40,
        deceleration_mps2=1.8,
        hold_park_brake=True,
    )
    return msgspec.structs.replace(good, **changes)


def along(commands: Commands, **changes: Any) -> StopPlan:
    """On along the arc that these angles steer."""
    bend = tan(commands.steering_front_angle_rad) - tan(commands.steering_rear_angle_rad)
    return plan(curvature_1pm=(bend / WHEELBASE_M,) * 40, **changes)


ALONG = plan()
"""Stands for the plan that goes on as the proposal steers."""
DRIVING: dict[str, Any] = {
    "traction_enable": OnOffState.ON,
    "park_brake_request": ParkBrakeRequest.RELEASE,
    "steering_enable": OnOffState.ON,
    "contactor_request": ContactorRequest.CLOSE,
}


def judged(
    commands: Mapping[str, Any] | None = None,
    accepted: Mapping[str, Any] | None = None,
    data: ProfileData = TRUCK,
    state: SafetyState = SafetyState.AUTO,
    stop_plan: StopPlan | None = ALONG,
    sequence: int = 8,
    age_ns: int = 0,
    **context: Any,
) -> str:
    """What the envelope says of a proposal 10 ms after the last one, by default a harmless one at 3 m/s."""
    now = Commands(**{**DRIVING, **(commands or {})})
    stop_plan = along(now) if stop_plan is ALONG else stop_plan
    proposal = Proposal(sequence, NOW_NS - age_ns, state, now, stop_plan)
    values: dict[str, Any] = {
        "now_ns": NOW_NS,
        "proposal": proposal,
        "accepted": Commands(**{**DRIVING, **(accepted or {})}),
        "accepted_ns": NOW_NS - TICK_NS,
        "last_sequence": 7,
        "speed_mps": 3.0,
        "standing": False,
        "in_charge": True,
        "lightest_kg": EMPTY_KG,
        "heaviest_kg": EMPTY_KG,
        "park_brake": ParkBrakeState.RELEASED,
        "contactors_may_stay": True,
    }
    memory = EnvelopeMemory()
    known = {"dead_man_ns": NOW_NS, "unplugged_ns": NOW_NS, "state_ns": NOW_NS, "state_speed_mps": 0.0}
    for name, value in known.items():
        setattr(memory, name, context.pop(name, value))
    values["memory"] = memory
    return Envelope(data).check(Context(**{**values, **context}))


def test_a_harmless_proposal_passes() -> None:
    assert judged() == ""


def test_every_row_has_a_name_of_its_own() -> None:
    assert len({row.name for row in CHECKS}) == len(CHECKS) == 25


@pytest.mark.parametrize(
    ("sequence", "told"), [(8, ""), (7, "order of proposals: number 7 after 7"), (9, "")]
)
@pytest.mark.requirement("SR-15")
def test_no_proposal_counts_twice(sequence: int, told: str) -> None:
    assert judged(sequence=sequence) == told


@pytest.mark.parametrize(
    ("age_ns", "told"),
    [
        (30_000_000, ""),
        (31_000_000, "age of the proposal: 31 ms, limit 30 ms"),
        (-1_000_000, "age of the proposal: -0.001 s, from the future"),
    ],
)
@pytest.mark.requirement("SR-15")
def test_proposals_are_young(age_ns: int, told: str) -> None:
    assert judged(age_ns=age_ns) == told


@pytest.mark.parametrize(
    "signal",
    ["traction_torque_nm", "brake_force_n", "steering_front_angle_rad", "steering_rear_angle_rad"],
)
@pytest.mark.requirement("SR-15")
def test_what_is_not_a_number_is_refused(signal: str) -> None:
    assert judged({signal: nan}) == f"not a number: {signal} is nan"


@pytest.mark.parametrize("state", [SafetyState.REMOTE, SafetyState.MAINTENANCE])
@pytest.mark.requirement("SR-28")
def test_nothing_drives_when_the_dead_man_is_let_go(state: SafetyState) -> None:
    slow: dict[str, Any] = {"speed_mps": 0.2, "state": state}
    torque = {"traction_torque_nm": 1.0}
    held: dict[str, Any] = {"dead_man_ns": NOW_NS - 100_000_000}
    let_go: dict[str, Any] = {"dead_man_ns": NOW_NS - 101_000_000}
    assert judged(torque, **slow, **held) == ""
    assert judged(torque, **slow, **let_go) == "dead-man button: 101 ms let go, limit 100 ms let go"
    assert judged({"traction_torque_nm": -1.0}, **slow, **let_go) == "", "braking is always permitted"
    assert judged({"traction_torque_nm": 1.0}, dead_man_ns=0) == "", "in AUTO nobody holds it"
    resting: dict[str, Any] = {"standing": True, "speed_mps": 0.0, "state": state, "stop_plan": None}
    opens = {"brake_force_n": HOLD_N}
    assert judged(opens, **resting, **held) == ""
    assert judged(opens, **resting, **let_go).startswith("dead-man button: ")
    assert judged({**opens, "park_brake_request": ParkBrakeRequest.APPLY}, **resting, **let_go) == ""


@pytest.mark.requirement("SR-23")
def test_the_park_brake_is_released_at_standstill_only_where_wheels_may_turn() -> None:
    standing = {"standing": True, "speed_mps": 0.0, "stop_plan": None}
    assert judged({"brake_force_n": HOLD_N}, state=SafetyState.READY, **standing) == (
        "park brake: released at standstill in READY"
    )
    assert judged({"brake_force_n": HOLD_N}, state=SafetyState.AUTO, **standing) == ""
    assert judged(state=SafetyState.FAULT, standing=False, stop_plan=None) == "", "springs are no brake"


RELEASE, APPLY = ParkBrakeRequest.RELEASE, ParkBrakeRequest.APPLY
LEAST_N = 0.9 * HOLD_N


@pytest.mark.parametrize(
    ("request_", "springs", "force_n", "good"),
    [
        (RELEASE, ParkBrakeState.APPLIED, LEAST_N, True),
        (RELEASE, ParkBrakeState.APPLIED, LEAST_N - 1, False),
        (RELEASE, ParkBrakeState.MOVING, LEAST_N - 1, False),
        (RELEASE, ParkBrakeState.NOT_AVAILABLE, 0.0, False),
        (RELEASE, ParkBrakeState.RELEASED, 0.0, True),
        (APPLY, ParkBrakeState.RELEASED, LEAST_N - 1, False),
        (APPLY, ParkBrakeState.MOVING, LEAST_N, True),
        (APPLY, ParkBrakeState.APPLIED, 0.0, True),
    ],
)
@pytest.mark.requirement("SR-23")
def test_at_standstill_something_always_holds(
    request_: ParkBrakeRequest, springs: ParkBrakeState, force_n: float, good: bool
) -> None:
    commands = {"park_brake_request": request_, "brake_force_n": force_n}
    told = judged(commands, park_brake=springs, standing=True, speed_mps=0.0)
    assert told.startswith("" if good else "holding at standstill: ")
    assert (told == "") is good
    assert judged(commands, park_brake=springs) == "", "rolling is another matter"


@pytest.mark.requirement("SR-22")
def test_contactors_stay_closed_in_a_stop_and_are_never_closed_in_one() -> None:
    opened = {"contactor_request": ContactorRequest.OPEN}
    for state in (SafetyState.ESTOP, SafetyState.FAULT, SafetyState.CHARGING, SafetyState.SHUTDOWN):
        assert judged(state=state) == "", "held"
        assert judged(state=state, contactors_may_stay=False) == (
            f"contactors: held closed for too long in {state.name}"
        )
        assert judged(accepted=opened, state=state) == f"contactors: asked to close in {state.name}"
        assert judged(opened, accepted=opened, state=state, contactors_may_stay=False) == ""
    for state in (SafetyState.STANDBY, SafetyState.MAINTENANCE):
        assert "contactors" not in judged(accepted=opened, state=state)
    for state in (SafetyState.READY, SafetyState.AUTO, SafetyState.MRM, SafetyState.SAFE_STOP):
        assert judged(accepted=opened, state=state) == f"contactors: asked to close in {state.name}"
        assert judged(accepted=opened, state=state, in_charge=False) == "", "opened by the supervisor itself"
        assert judged(state=state, contactors_may_stay=False) == ""


@pytest.mark.requirement("SR-27")
def test_a_plan_is_needed_where_the_vehicle_moves_or_sets_off() -> None:
    assert judged(stop_plan=None) == "stop plan: none while moving"
    still = {"standing": True, "speed_mps": 0.0, "stop_plan": None}
    assert judged(**still) == ""
    assert judged({"traction_torque_nm": 0.1}, **still) == "stop plan: none while moving"
    assert judged(state=SafetyState.FAULT, stop_plan=None) == ""


def steady(torque_nm: float) -> dict[str, Any]:
    commands = {"traction_torque_nm": torque_nm}
    return {"commands": commands, "accepted": commands}


@pytest.mark.requirement("SR-15")
def test_torque_keeps_its_limits_and_regeneration_its_own() -> None:
    laden: dict[str, Any] = {"lightest_kg": FULL_KG, "heaviest_kg": FULL_KG}
    assert judged(**steady(5600.0), **laden) == ""
    assert judged(**steady(5600.5), **laden) == "torque: 5600.5 Nm, limit 5600 Nm"
    assert judged(**steady(-3000.0), **laden) == ""
    assert (
        judged(**steady(-3000.5), **laden)
        == "torque: 3000.5 Nm of regeneration, limit 3000 Nm of regeneration"
    )


@pytest.mark.requirement("SR-15")
def test_torque_grows_no_faster_than_it_may_and_falls_at_once() -> None:
    laden: dict[str, Any] = {"lightest_kg": FULL_KG, "heaviest_kg": FULL_KG}
    assert judged({"traction_torque_nm": 119.9}, **laden) == ""
    assert judged({"traction_torque_nm": 120.1}, **laden) == "slew of torque: 12010 Nm/s, limit 12000 Nm/s"
    assert judged({"traction_torque_nm": 240.0}, **laden, accepted_ns=NOW_NS - 2 * TICK_NS) == ""
    assert judged({}, {"traction_torque_nm": 1400.0}) == "", "taking it away"
    assert judged({"traction_torque_nm": 500.0}, in_charge=False) == "", "no step from one to the next"


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.requirement("SR-15")
def test_torque_that_turns_round_grows_from_zero(sign: float) -> None:
    """What it had is taken away, which it always may be; all that comes beyond zero is growth."""
    laden: dict[str, Any] = {"lightest_kg": FULL_KG, "heaviest_kg": FULL_KG}
    for had_nm in (0.5, 70.0, 2999.0):
        before = {"traction_torque_nm": sign * had_nm}
        assert judged({"traction_torque_nm": -sign * 119.9}, before, **laden) == ""
        assert judged({"traction_torque_nm": -sign * 120.1}, before, **laden) == (
            "slew of torque: 12010 Nm/s, limit 12000 Nm/s"
        )


@pytest.mark.requirement("SR-15")
def test_where_torque_may_hardly_grow_it_may_be_kept_and_taken_away() -> None:
    slow = msgspec.structs.replace(
        TRUCK, traction=msgspec.structs.replace(TRUCK.traction, torque_slew_nmps=0.1)
    )
    for torque_nm in (0.0, 0.9, -0.9, 500.0):
        assert judged(**steady(torque_nm), data=slow) == ""
        assert judged({}, {"traction_torque_nm": torque_nm}, data=slow) == ""
        assert judged({"traction_torque_nm": torque_nm}, in_charge=False, data=slow) == ""
    assert judged({"traction_torque_nm": 0.9}, data=slow) == "slew of torque: 90 Nm/s, limit 0.15 Nm/s"


def test_the_empty_vehicle_is_not_jerked() -> None:
    # 15 m/s³ of 26.5 t are 11,925 Nm/s
    assert judged({"traction_torque_nm": 119.0}) == ""
    assert judged({"traction_torque_nm": 119.5}).startswith("jerk: 15.031 m/s³, limit 15 m/s³")


@pytest.mark.requirement("SR-15")
def test_acceleration_is_bounded_by_the_lightest_mass_that_it_may_be() -> None:
    # twice 0.6 m/s², 15 % of grade, rolling resistance
    limit_mps2 = 2 * 0.6 + 9.81 * 0.15 / (1 + 0.15**2) ** 0.5 + 9.81 * 0.01
    torque_nm = limit_mps2 * EMPTY_KG / FORCE_PER_TORQUE
    assert judged(**steady(torque_nm - 1)) == ""
    assert judged(**steady(torque_nm + 1)) == "acceleration: 2.7546 m/s², limit 2.7533 m/s²"
    assert judged(**steady(torque_nm + 1), lightest_kg=FULL_KG, heaviest_kg=FULL_KG) == ""


@pytest.mark.requirement("SR-15")
def test_brake_force_is_a_magnitude_within_its_limit() -> None:
    assert judged({"brake_force_n": 420_000.0}) == ""
    assert judged({"brake_force_n": 420_100.0}) == "brake force: 4.201e+05 N, limit 4.2e+05 N"
    assert judged({"brake_force_n": -1.0}) == "brake force: -1 N, limit 0 N"


@pytest.mark.parametrize("axle", ["front", "rear"])
@pytest.mark.requirement("SR-15")
def test_steering_keeps_its_angle_and_its_rate_at_any_speed(axle: str) -> None:
    signal, opposite = f"steering_{axle}_angle_rad", "rear" if axle == "front" else "front"
    both = {signal: -0.5, f"steering_{opposite}_angle_rad": -0.5}
    assert judged(both, both) == "", "crab"
    wide = both | {signal: -0.5001}
    assert judged(wide, wide) == "steering angle: 0.5001 rad, limit 0.5 rad"
    for speed_mps in (0.0, 0.6):
        assert judged({signal: 0.0069}, speed_mps=speed_mps) == ""
        assert judged({signal: -0.0071}, speed_mps=speed_mps) == "steering rate: 0.71 rad/s, limit 0.7 rad/s"


@pytest.mark.parametrize(
    "excuse",
    [
        {"in_charge": False},
        {"accepted": {"steering_enable": OnOffState.OFF}},
        {"commands": {"steering_enable": OnOffState.OFF, "steering_front_angle_rad": 0.1}},
    ],
)
def test_steering_that_only_begins_makes_no_step(excuse: dict[str, Any]) -> None:
    assert judged(**{"commands": {"steering_front_angle_rad": 0.1}, "speed_mps": 1.0, **excuse}) == ""


@pytest.mark.requirement("SR-15")
def test_curvature_is_bounded_by_speed() -> None:
    """Twice the profile's lateral acceleration: 2 m/s² at 6 m/s are 0.0556 1/m, 0.4185 rad in front alone."""
    for angle_rad, good in ((0.4180, True), (0.4190, False)):
        commands = {"steering_front_angle_rad": angle_rad}
        told = judged(commands, commands, speed_mps=6.0)
        assert (told == "") is good, told
        assert told in ("", "lateral acceleration: 2.0042 m/s², limit 2 m/s²")
    opposed = {"steering_front_angle_rad": 0.3, "steering_rear_angle_rad": -0.3}
    assert judged(opposed, opposed, speed_mps=6.0).startswith("lateral acceleration: ")
    crab = {"steering_front_angle_rad": 0.4, "steering_rear_angle_rad": 0.4}
    assert judged(crab, crab, speed_mps=6.0) == "", "no curvature"


@pytest.mark.requirement("SR-15")
def test_curvature_changes_more_slowly_at_speed() -> None:
    """Twice the profile's 2 m/s³ at 8 m/s are 0.0625 1/(m s): 0.005 rad a tick; the rate permits 0.007."""
    step_rad = 4.0 / 64.0 * WHEELBASE_M * 0.01
    assert tan(step_rad) == pytest.approx(step_rad, rel=1e-4)
    assert judged({"steering_front_angle_rad": 0.99 * step_rad}, speed_mps=8.0) == ""
    assert judged({"steering_front_angle_rad": -1.01 * step_rad}, speed_mps=8.0).startswith(
        "lateral jerk: 4.04 m/s³, limit 4 m/s³"
    )
    assert judged({"steering_front_angle_rad": 1.01 * step_rad}, speed_mps=7.0) == ""


@pytest.mark.requirement("SR-15")
def test_speed_is_bounded_in_both_directions() -> None:
    assert judged(speed_mps=9.16) == ""
    assert judged(speed_mps=9.17) == "speed: 9.17 m/s, limit 9.163 m/s"
    assert judged(speed_mps=-9.17).startswith("speed: 9.17 m/s")


def test_no_torque_is_too_little_to_count_as_propulsion() -> None:
    assert judged({"traction_torque_nm": 0.1}, state=SafetyState.MRM) == "propulsion: 0.1 Nm in MRM"
    assert judged({"traction_torque_nm": 0.0}, state=SafetyState.MRM) == ""


@pytest.mark.parametrize(("speed_mps", "refused"), [(-0.049, False), (-0.05, True), (-0.051, True)])
def test_regeneration_ends_where_the_vehicle_rolls_back(speed_mps: float, refused: bool) -> None:
    told = judged({"traction_torque_nm": -20.0}, {"traction_torque_nm": -20.0}, speed_mps=speed_mps)
    rolling = f"direction of torque: -20 Nm while rolling back with {-speed_mps:.2f} m/s"
    assert told == (rolling if refused else "")


@pytest.mark.requirement("SR-15")
def test_torque_that_brakes_ends_where_nothing_turns_or_nothing_may() -> None:
    """At standstill regeneration would drive backwards. Less than a truck's rolling resistance moves nothing:
    2600 N of 26.5 t, 78 Nm; and 3000 Nm fade over the last 0.8 m/s."""
    brakes = steady(-0.1)
    for state in set(SafetyState) - {S.NOT_AVAILABLE}:
        told = judged(**brakes, state=state, speed_mps=0.2)
        if state in {S.AUTO, S.DEGRADED, S.REMOTE, S.MANUAL, S.MRM, S.MAINTENANCE}:
            assert told == ""
        else:
            assert told == f"torque at rest: -0.1 Nm in {state.name}"
    assert judged(**steady(-3000.0), speed_mps=0.2) == ""
    rolling_nm = 9.81 * 0.010 * EMPTY_KG / FORCE_PER_TORQUE
    for speed_mps in (0.0, 0.02, -0.02):
        rest: dict[str, Any] = {"standing": True, "speed_mps": speed_mps}
        most_nm = rolling_nm + 3000.0 * abs(speed_mps) / 0.8
        assert judged(**steady(-most_nm + 0.01), **rest) == ""
        assert judged(**steady(-most_nm - 0.01), **rest).startswith("torque at rest: ")
        assert judged(**steady(100.0), **rest) == "", "it sets off"
    laden: dict[str, Any] = {
        "lightest_kg": FULL_KG,
        "heaviest_kg": FULL_KG,
        "standing": True,
        "speed_mps": 0.0,
    }
    assert judged(**steady(-290.0), **laden) == ""
    assert judged(**steady(-3000.0), **laden) == (
        "torque at rest: 3000 Nm of regeneration at standstill, limit 298.71 Nm of regeneration at standstill"
    )
