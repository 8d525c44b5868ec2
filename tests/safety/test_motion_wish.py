"""When the disk is asked for leave to move, and what the tick takes from a state that outlived the power."""

from typing import Any

import msgspec
import pytest

from firmware_runtime.safety.facts import SafetyConfig
from firmware_runtime.safety.motion_wish import motion_wanted
from firmware_runtime.safety.state_report import NO_STATE_KEPT, Restored
from firmware_runtime.vehicle.enums import ModeKey, SafetyState
from tests.safety.support import HEALTHY

S = SafetyState


def wanted(state: SafetyState, barred: bool = False, **told: Any) -> bool:
    return motion_wanted(SafetyConfig(state=state), msgspec.structs.replace(HEALTHY, **told), barred)


@pytest.mark.parametrize("state", [S.READY, S.AUTO, S.REMOTE, S.MANUAL, S.DEGRADED, S.MRM, S.MAINTENANCE])
def test_where_wheels_may_turn_or_one_press_lets_them_leave_is_wanted(state: SafetyState) -> None:
    assert wanted(state)
    assert wanted(state, barred=True, mode=ModeKey.OFF, high_voltage_ready=False, plugged=True)


@pytest.mark.parametrize(
    "state", [S.INIT, S.SELF_TEST, S.SAFE_STOP, S.ESTOP, S.FAULT, S.CHARGING, S.SHUTDOWN]
)
def test_where_nothing_may_move_none_is_wanted(state: SafetyState) -> None:
    assert not wanted(state)


@pytest.mark.parametrize("key", [ModeKey.AUTO, ModeKey.REMOTE, ModeKey.MANUAL])
def test_standby_wants_it_where_ready_waits_for_nothing_else(key: ModeKey) -> None:
    assert wanted(S.STANDBY, mode=key)


@pytest.mark.parametrize(
    "told",
    [
        {"high_voltage_ready": False},
        {"plugged": True},
        {"mode": ModeKey.OFF},
        {"mode": ModeKey.MAINTENANCE},
        {"mode": ModeKey.NOT_AVAILABLE},
        {"barred": True},
    ],
    ids=str,
)
def test_standby_wants_none_while_anything_else_is_missing(told: dict[str, Any]) -> None:
    assert not wanted(S.STANDBY, **told)


@pytest.mark.parametrize("latch", ["estop_latch", "immediate_latch", "minimal_risk_latch"])
@pytest.mark.requirement("SR-06")
def test_each_latch_that_was_kept_is_set_again_and_none_that_is_set_is_cleared(latch: str) -> None:
    none = Restored(False, False, False)
    one = msgspec.structs.replace(none, **{latch: True})
    plain = SafetyConfig(state=S.STANDBY, entered_ns=7)
    latched = msgspec.structs.replace(plain, **{latch: True})
    assert none.latched(plain) == plain
    assert one.latched(plain) == latched
    assert none.latched(latched) == latched


def test_a_runtime_that_keeps_no_state_needs_no_leave_and_waits_for_no_disk() -> None:
    assert NO_STATE_KEPT.may_move
    assert NO_STATE_KEPT.ended
    assert NO_STATE_KEPT.error == ""
    assert NO_STATE_KEPT.restored is None
