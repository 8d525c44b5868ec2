"""The state table: every transition is one row, and what may move in each state is one row.

Rows are tried from the top; the first whose state and guard hold is taken, at most one a tick. So the order
*is* the priority: e-stop, then severity 4, then severity 3, then mode logic. REMOTE, MANUAL, MAINTENANCE and
SHUTDOWN have numbers on the bus already and no rows yet: they cannot be entered.
"""

from collections.abc import Callable
from dataclasses import dataclass

from firmware_runtime.safety import guards
from firmware_runtime.safety.facts import Facts
from firmware_runtime.vehicle.enums import SafetyState as S


@dataclass(frozen=True, slots=True)
class Row:
    identifier: str
    sources: frozenset[S]
    guard: Callable[[Facts], bool]
    target: S
    clears: str = ""
    """The one latch that this transition clears: `estop`, `immediate`, `minimal_risk`."""


@dataclass(frozen=True, slots=True)
class MayMove:
    """What may move in a state."""

    propulsion: bool
    brake_release: bool
    steering: bool
    contactors: bool
    capped: bool = False
    """The profile's degraded speed caps."""


MOVING_STATES = frozenset({S.AUTO, S.DEGRADED, S.MRM})
"""Where the wheels may turn."""
DRIVE_STATES = frozenset({S.AUTO, S.DEGRADED})
"""Where torque may propel."""
_LIVE = frozenset(
    {S.INIT, S.SELF_TEST, S.STANDBY, S.READY, S.AUTO, S.DEGRADED, S.MRM, S.SAFE_STOP, S.FAULT, S.CHARGING}
)
_WAITING = frozenset({S.INIT, S.SELF_TEST, S.STANDBY, S.READY, S.CHARGING})


def _of(*states: S) -> frozenset[S]:
    return frozenset(states)


TRANSITIONS: tuple[Row, ...] = (
    # Priority 1: e-stop, from any state.
    Row("estop", _LIVE, guards.estop_latched, S.ESTOP),
    # Priority 2: severity 4, from any state that is not already the harder one.
    Row("immediate", _LIVE - {S.FAULT}, guards.immediate, S.FAULT),
    # Priority 3: severity 3 stops along the path when driving, and is a fault when standing ready.
    Row("fault_while_waiting", _WAITING - {S.INIT, S.SELF_TEST}, guards.minimal_risk_or_worse, S.FAULT),
    Row("minimal_risk", DRIVE_STATES, guards.must_stop_driving, S.MRM),
    # Mode logic.
    Row("begin_self_test", _of(S.INIT), guards.always, S.SELF_TEST),
    Row("self_test_to_fault", _of(S.SELF_TEST), guards.self_test_passed_immediate_latch, S.FAULT),
    Row("self_test_to_safe_stop", _of(S.SELF_TEST), guards.self_test_passed_minimal_risk_latch, S.SAFE_STOP),
    Row("self_test_passed", _of(S.SELF_TEST), guards.self_test_passed, S.STANDBY),
    Row("self_test_overdue", _of(S.SELF_TEST), guards.self_test_overdue, S.FAULT),
    Row("plug_in", _of(S.STANDBY), guards.plugged, S.CHARGING),
    Row("unplug", _of(S.CHARGING), guards.unplugged, S.STANDBY),
    Row("ready", _of(S.STANDBY), guards.may_be_ready, S.READY),
    Row("not_ready", _of(S.READY), guards.not_ready_any_more, S.STANDBY),
    Row("run_degraded", _of(S.READY), guards.run_degraded, S.DEGRADED),
    Row("run", _of(S.READY), guards.run, S.AUTO),
    Row("done", DRIVE_STATES, guards.done, S.READY),
    Row("degrade", _of(S.AUTO), guards.degrade, S.DEGRADED),
    Row("recover", _of(S.DEGRADED), guards.recovered_at_standstill, S.AUTO),
    Row("degraded_overdue", _of(S.DEGRADED), guards.degraded_overdue, S.MRM),
    Row("stopped", _of(S.MRM), guards.standing, S.SAFE_STOP),
    Row("minimal_risk_overdue", _of(S.MRM), guards.minimal_risk_overdue, S.ESTOP),
    # Latched states: out only by an acknowledge edge, at standstill, with the cause gone.
    Row("stop_acknowledged", _of(S.SAFE_STOP), guards.stop_acknowledged, S.STANDBY, clears="minimal_risk"),
    Row("fault_acknowledged", _of(S.FAULT), guards.fault_acknowledged, S.SELF_TEST, clears="immediate"),
    Row("estop_to_fault", _of(S.ESTOP), guards.estop_released_immediate_latch, S.FAULT, clears="estop"),
    Row(
        "estop_to_safe_stop",
        _of(S.ESTOP),
        guards.estop_released_minimal_risk_latch,
        S.SAFE_STOP,
        clears="estop",
    ),
    Row("estop_to_standby", _of(S.ESTOP), guards.estop_released, S.STANDBY, clears="estop"),
)

_NOTHING = MayMove(propulsion=False, brake_release=False, steering=False, contactors=False)

MAY_MOVE: dict[S, MayMove] = {
    S.INIT: _NOTHING,
    S.SELF_TEST: _NOTHING,
    S.STANDBY: MayMove(propulsion=False, brake_release=False, steering=False, contactors=True),
    S.READY: MayMove(propulsion=False, brake_release=False, steering=False, contactors=True),
    S.AUTO: MayMove(propulsion=True, brake_release=True, steering=True, contactors=True),
    S.DEGRADED: MayMove(propulsion=True, brake_release=True, steering=True, contactors=True, capped=True),
    S.MRM: MayMove(propulsion=False, brake_release=True, steering=True, contactors=True),
    S.SAFE_STOP: MayMove(propulsion=False, brake_release=False, steering=False, contactors=True),
    S.ESTOP: _NOTHING,
    S.FAULT: _NOTHING,
    S.CHARGING: _NOTHING,
}
"""Steering stays powered and holds its angle where `steering` is False while the wheels still turn."""
