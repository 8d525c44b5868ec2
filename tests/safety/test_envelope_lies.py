"""The command envelope against what `control` may say and yet not do: plugged in, slow, DEGRADED.

Figures of the Q-Truck, as in test_envelope.
"""

from typing import Any

import pytest

from firmware_runtime.vehicle.enums import ParkBrakeRequest, ParkBrakeState, SafetyState
from tests.safety.test_envelope import HOLD_N, NOW_NS, judged, plan, steady

APPLY = ParkBrakeRequest.APPLY
S = SafetyState


@pytest.mark.parametrize("state", [SafetyState.AUTO, SafetyState.MAINTENANCE])
@pytest.mark.requirement("SR-21")
def test_nothing_sets_off_or_drives_on_while_the_plug_is_not_heard_to_be_out(state: SafetyState) -> None:
    rolls: dict[str, Any] = {"state": state, "speed_mps": 0.2}
    rests: dict[str, Any] = {"state": state, "speed_mps": 0.0, "standing": True}
    out: dict[str, Any] = {"unplugged_ns": NOW_NS - 100_000_000}
    not_out: dict[str, Any] = {"unplugged_ns": NOW_NS - 101_000_000}
    told = "charging plug: 101 ms not unplugged, limit 100 ms not unplugged"
    assert judged(**steady(0.1), **rolls, **out) == ""
    assert judged(**steady(0.1), **rolls, **not_out) == told
    assert judged(**steady(0.0), **rolls, **not_out) == "", "braking is permitted"
    assert judged(**steady(-1.0), **rolls, **not_out) == ""
    held = {"brake_force_n": HOLD_N}
    applied, moving = ParkBrakeState.APPLIED, ParkBrakeState.MOVING
    assert judged(held, **rests, **out, park_brake=applied) == ""
    assert judged(held, **rests, **not_out, park_brake=applied) == told, "opens the springs"
    assert judged(held, **rests, **not_out, park_brake=moving) == told
    assert judged(held, **rests, **not_out) == "", "they are open still"
    assert judged(held, **rolls, **not_out, park_brake=applied) == "", "rolling is no opening"
    assert judged({"park_brake_request": APPLY}, **rests, **not_out, park_brake=applied) == ""


@pytest.mark.parametrize(
    ("state", "most_mps"), [(SafetyState.REMOTE, 1.1 * 1.5 + 0.2), (SafetyState.MAINTENANCE, 1.1 * 0.3 + 0.2)]
)
@pytest.mark.requirement("SR-28")
def test_where_a_person_holds_a_button_it_is_slow(state: SafetyState, most_mps: float) -> None:
    assert judged(state=state, speed_mps=most_mps - 0.001) == ""
    assert judged(state=state, speed_mps=most_mps + 0.001).startswith("speed: ")


DEGRADED_MPS = 1.1 * 2.0 + 0.4
OVERSHOOT_MPS = 0.6 + 0.6**2 / (2 * 0.8)
REACTION_S = 0.8 + 0.7 / 0.8
FALLS_MPS2 = 0.7 * 0.7


def degraded(since_s: float, entered_mps: float, speed_mps: float, state: SafetyState = S.DEGRADED) -> str:
    since_ns = NOW_NS - round(since_s * 1e9)
    far = plan(curvature_1pm=(0.0,) * 60, crab_rad=(0.0,) * 60)
    return judged(
        state=state, state_ns=since_ns, state_speed_mps=entered_mps, speed_mps=speed_mps, stop_plan=far
    )


@pytest.mark.parametrize(
    ("since_s", "entered_mps", "permitted_mps"),
    [
        (0.0, 0.0, DEGRADED_MPS),
        (0.0, 5.0, 5.0 + OVERSHOOT_MPS),
        (0.0, -5.0, 5.0 + OVERSHOOT_MPS),
        (REACTION_S, 5.0, 5.0 + OVERSHOOT_MPS),
        (REACTION_S + 2.0, 5.0, 5.0 + OVERSHOOT_MPS - 2.0 * FALLS_MPS2),
        (REACTION_S + 9.0, 5.0, DEGRADED_MPS),
        # Never above what the profile permits anywhere.
        (0.0, 9.0, 1.1 * 8.33),
    ],
)
@pytest.mark.requirement("SR-15")
def test_who_says_degraded_slows_down_to_its_cap(
    since_s: float, entered_mps: float, permitted_mps: float
) -> None:
    for sign in (1.0, -1.0):
        assert degraded(since_s, entered_mps, sign * (permitted_mps - 0.001)) == ""
        assert degraded(since_s, entered_mps, sign * (permitted_mps + 0.001)).startswith("speed: ")
    assert degraded(since_s, entered_mps, permitted_mps - 0.001, S.AUTO) == ""
    assert degraded(REACTION_S + 9.0, 5.0, 8.0, S.AUTO) == "", "only where it says so"
