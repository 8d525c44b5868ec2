"""The state table: every transition is one row, and what may move in each state is one row.

Rows are tried from the top; the first whose state and guard hold is taken, at most one a tick. So the order
*is* the priority: e-stop, then severity 4, then severity 3, then mode logic. `STATES.md` is this, printed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from firmware_runtime.safety import guards, permits
from firmware_runtime.safety.facts import Facts, Latch, SafetyConfig, SafetyInputs
from firmware_runtime.vehicle.enums import SafetyState as S
from firmware_runtime.vehicle.enums import Severity, StopKind


@dataclass(frozen=True, slots=True)
class Row:
    identifier: str
    sources: frozenset[S]
    guard: Callable[[Facts], bool]
    target: S
    clears: Latch | None = None
    """The one latch that this transition clears."""
    stop: StopKind = StopKind.NONE
    """The stop that this transition commands; NONE where the target itself says it."""


class Cap(Enum):
    """Speed caps; the machine turns them into m/s by the profile and its hard bounds."""

    NONE = "0"
    FULL = "limits.speed_max_mps"
    DEGRADED = "safety.degraded_speed_mps"
    REMOTE = "remote"
    REMOTE_DEGRADED = "remote, lowered"
    RECOVERY = "recovery"


REMOTE_SPEED_MPS = 1.5
"""Brisk walking pace: what a person at a distance can follow by camera (assumption)."""
REMOTE_DEGRADED_SPEED_MPS = 0.75
"""Half of it (assumption)."""
RECOVERY_SPEED_MPS = 0.3
"""ISO 3691-4 (secondary): the speed that is permitted with muted detection."""

Permit = Callable[[SafetyConfig, SafetyInputs], bool]


@dataclass(frozen=True, slots=True)
class MayMove:
    """What may move in a state, which stop is made where it must not move, and which latch it holds."""

    propulsion: Permit = permits.never
    brake_release: Permit = permits.never
    steering: Permit = permits.never
    """Where not, it stays powered and holds its angle while the wheels still turn."""
    closing: Permit = permits.never
    """Contactors that are open. Where a person has yet to acknowledge what happened, none closes."""
    contactors: Permit = permits.until_low
    """Closed ones stay."""
    cap: Cap = Cap.NONE
    lowered_from: Severity | None = None
    """From this severity on the cap is `lowered`."""
    lowered: Cap = Cap.NONE
    stop: StopKind = StopKind.MINIMAL_RISK
    """Asked of a vehicle that moves without permitted propulsion; a harder one of the row that led here
    counts instead. NONE: nobody stops it but the driver, or the row decides."""
    latch: Latch | None = None


def _of(*states: S) -> frozenset[S]:
    return frozenset(states)


_ALL = frozenset(S) - {S.NOT_AVAILABLE}
_WAITING = _of(S.INIT, S.SELF_TEST, S.STANDBY, S.READY, S.CHARGING)
STANDING_STATES = _of(S.STANDBY, S.READY, S.CHARGING, S.SAFE_STOP, S.FAULT, S.ESTOP, S.MAINTENANCE)
"""Where a vehicle waits for people, and may be switched off. Maintenance begins from them too, but not from
ESTOP: nothing passes an e-stop but release and acknowledge, and two presses of acknowledge are not too many
before somebody crawls under the vehicle."""
DRIVE_STATES = _of(S.AUTO, S.DEGRADED)
"""Where the runtime drives along the route by itself."""
_DRIVERLESS = DRIVE_STATES | {S.REMOTE}

PRIORITIES: tuple[tuple[str, tuple[Row, ...]], ...] = (
    (
        "E-stop",
        (
            # SHUTDOWN has nothing left that could be stopped; the latch is kept there too.
            Row("estop", _ALL - {S.ESTOP, S.SHUTDOWN}, guards.estop_latched, S.ESTOP),
        ),
    ),
    (
        "Severity 4",
        (
            Row("immediate", _ALL - {S.ESTOP, S.FAULT, S.MAINTENANCE, S.SHUTDOWN}, guards.immediate, S.FAULT),
            # A vehicle with its bumper at a wall has severity 4 and must be moved off: there the catalogue
            # decides. At standstill nothing moves in MAINTENANCE without that, and the latch is set.
            Row("immediate_in_recovery", _of(S.MAINTENANCE), guards.immediate_in_motion, S.FAULT),
        ),
    ),
    (
        "Severity 3",
        (
            Row("fault_while_waiting", _WAITING, guards.minimal_risk_or_worse, S.FAULT),
            Row(
                "minimal_risk",
                _DRIVERLESS,
                guards.minimal_risk_or_worse,
                S.MRM,
                stop=StopKind.MINIMAL_RISK,
            ),
            # Stays in MRM, and its time goes on: a stop may become harder, never softer, never longer.
            Row("harder_stop", _of(S.MRM), guards.worse_than_comfortable, S.MRM, stop=StopKind.MINIMAL_RISK),
        ),
    ),
    (
        "Mode logic",
        (
            Row("begin_self_test", _of(S.INIT), guards.always, S.SELF_TEST),
            Row("self_test_to_fault", _of(S.SELF_TEST), guards.self_test_passed_immediate_latch, S.FAULT),
            Row(
                "self_test_to_safe_stop",
                _of(S.SELF_TEST),
                guards.self_test_passed_minimal_risk_latch,
                S.SAFE_STOP,
            ),
            Row("self_test_passed", _of(S.SELF_TEST), guards.self_test_passed, S.STANDBY),
            Row("self_test_overdue", _of(S.SELF_TEST), guards.self_test_overdue, S.FAULT),
            # Of people who want to work on it or switch it off.
            Row("shut_down", STANDING_STATES, guards.shutdown_requested, S.SHUTDOWN),
            Row(
                "maintain",
                STANDING_STATES - {S.ESTOP, S.MAINTENANCE},
                guards.maintenance_key,
                S.MAINTENANCE,
            ),
            Row("maintained_to_fault", _of(S.MAINTENANCE), guards.maintenance_left_immediate_latch, S.FAULT),
            Row(
                "maintained_to_safe_stop",
                _of(S.MAINTENANCE),
                guards.maintenance_left_minimal_risk_latch,
                S.SAFE_STOP,
            ),
            Row("maintained", _of(S.MAINTENANCE), guards.maintenance_left, S.STANDBY),
            # Waiting.
            Row("plug_in", _of(S.STANDBY), guards.plugged, S.CHARGING),
            Row("unplug", _of(S.CHARGING), guards.unplugged, S.STANDBY),
            Row("ready", _of(S.STANDBY), guards.may_be_ready, S.READY),
            Row("not_ready", _of(S.READY), guards.not_ready_any_more, S.STANDBY),
            Row("run_degraded", _of(S.READY), guards.run_degraded, S.DEGRADED),
            Row("run", _of(S.READY), guards.run, S.AUTO),
            Row("run_remote", _of(S.READY), guards.run_remote, S.REMOTE),
            Row("drive_by_hand", _of(S.READY), guards.drive_by_hand, S.MANUAL),
            # Driving without a driver on board.
            Row("drive_lost", _DRIVERLESS, guards.drive_lost, S.MRM, stop=StopKind.MINIMAL_RISK),
            Row("auto_left", DRIVE_STATES, guards.auto_left, S.MRM, stop=StopKind.MINIMAL_RISK),
            Row("remote_left", _of(S.REMOTE), guards.remote_left, S.MRM, stop=StopKind.MINIMAL_RISK),
            Row(
                "dead_man_released",
                _of(S.REMOTE),
                guards.dead_man_released,
                S.MRM,
                stop=StopKind.MINIMAL_RISK,
            ),
            Row("done", _DRIVERLESS, guards.done, S.READY),
            Row("taken_over", _DRIVERLESS, guards.cab_override, S.MANUAL),
            Row("degrade", _of(S.AUTO), guards.degrade, S.DEGRADED),
            Row("recover", _of(S.DEGRADED), guards.recovered_at_standstill, S.AUTO),
            Row(
                "degraded_overdue",
                _of(S.DEGRADED),
                guards.degraded_overdue,
                S.MRM,
                stop=StopKind.COMFORTABLE,
            ),
            Row("stopped", _of(S.MRM), guards.standing, S.SAFE_STOP),
            Row("minimal_risk_overdue", _of(S.MRM), guards.minimal_risk_overdue, S.ESTOP),
            Row("stop_taken_over", _of(S.MRM), guards.cab_override, S.MANUAL),
            # Driving by hand.
            Row("manual_to_safe_stop", _of(S.MANUAL), guards.manual_left_minimal_risk_latch, S.SAFE_STOP),
            Row("manual_left", _of(S.MANUAL), guards.manual_left, S.READY),
            # Latched states: out only by an acknowledge edge, at standstill, with the cause gone.
            Row(
                "stop_acknowledged",
                _of(S.SAFE_STOP),
                guards.acknowledged,
                S.STANDBY,
                clears=Latch.MINIMAL_RISK,
            ),
            Row("fault_acknowledged", _of(S.FAULT), guards.acknowledged, S.SELF_TEST, clears=Latch.IMMEDIATE),
            Row(
                "estop_to_fault",
                _of(S.ESTOP),
                guards.estop_released_immediate_latch,
                S.FAULT,
                clears=Latch.ESTOP,
            ),
            Row(
                "estop_to_safe_stop",
                _of(S.ESTOP),
                guards.estop_released_minimal_risk_latch,
                S.SAFE_STOP,
                clears=Latch.ESTOP,
            ),
            Row("estop_to_standby", _of(S.ESTOP), guards.estop_released, S.STANDBY, clears=Latch.ESTOP),
        ),
    ),
)

TRANSITIONS: tuple[Row, ...] = tuple(row for _, rows in PRIORITIES for row in rows)

_YES, _NO = permits.always, permits.never

MAY_MOVE: dict[S, MayMove] = {
    S.INIT: MayMove(),
    S.SELF_TEST: MayMove(),
    S.STANDBY: MayMove(closing=_YES, contactors=_YES),
    S.READY: MayMove(contactors=_YES),
    S.AUTO: MayMove(_YES, _YES, _YES, _NO, _YES, Cap.FULL, stop=StopKind.NONE),
    S.REMOTE: MayMove(
        _YES, _YES, _YES, _NO, _YES, Cap.REMOTE, Severity.DEGRADE, Cap.REMOTE_DEGRADED, stop=StopKind.NONE
    ),
    # The driver warns himself by the severity on the bus, and brakes himself: no stop is made for him.
    S.MANUAL: MayMove(
        permits.powered,
        _YES,
        _YES,
        _NO,
        _YES,
        Cap.FULL,
        Severity.MINIMAL_RISK,
        Cap.DEGRADED,
        stop=StopKind.NONE,
    ),
    S.DEGRADED: MayMove(_YES, _YES, _YES, _NO, _YES, Cap.DEGRADED, stop=StopKind.NONE),
    S.MRM: MayMove(
        brake_release=_YES, steering=_YES, contactors=_YES, stop=StopKind.NONE, latch=Latch.MINIMAL_RISK
    ),
    S.SAFE_STOP: MayMove(contactors=_YES, latch=Latch.MINIMAL_RISK),
    S.ESTOP: MayMove(stop=StopKind.EMERGENCY, latch=Latch.ESTOP),
    S.FAULT: MayMove(stop=StopKind.EMERGENCY, latch=Latch.IMMEDIATE),
    S.CHARGING: MayMove(),
    S.MAINTENANCE: MayMove(
        permits.hold_to_run,
        permits.hold_to_run,
        permits.hold_to_run,
        permits.closing_for_recovery,
        permits.closed_for_recovery,
        Cap.RECOVERY,
        stop=StopKind.EMERGENCY,
    ),
    S.SHUTDOWN: MayMove(stop=StopKind.EMERGENCY),
}

MOVING_STATES = frozenset(state for state, may in MAY_MOVE.items() if may.brake_release is not permits.never)
"""Where the wheels may turn."""
CLOSING_STATES = frozenset(state for state, may in MAY_MOVE.items() if may.closing is not permits.never)
"""Where contactors that are open may close."""
PROPULSION_STATES = frozenset(state for state, may in MAY_MOVE.items() if may.propulsion is not permits.never)
"""Where torque may propel: by itself, by a person at a distance, by one in the cab, or at hold-to-run."""
EMERGENCY_STATES = frozenset({S.ESTOP, S.FAULT})
"""Where what moves is stopped by an emergency stop."""
