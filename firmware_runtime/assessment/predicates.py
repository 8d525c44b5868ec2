"""The predicates of the invariants: what one step of the safety machine must keep.

Written from the requirement, not from the table: nothing of table, guards or permits is imported here.
A predicate reads as few inputs as it can: each one that it reads is tried with every value.
"""

from collections.abc import Callable

import msgspec

from firmware_runtime.assessment.forking import START_NS, LazyTime
from firmware_runtime.safety.facts import SafetyConfig, SafetyInputs
from firmware_runtime.vehicle.enums import ModeKey, SafetyState, Severity, StopKind
from firmware_runtime.vehicle.permissions import Permissions
from firmware_runtime.vehicle.profile import Safety

S = SafetyState
ALONG_ROUTE = frozenset({S.AUTO, S.DEGRADED})
DRIVERLESS = ALONG_ROUTE | {S.REMOTE}
DRIVE = DRIVERLESS | {S.MANUAL}
LATCHED = frozenset({S.SAFE_STOP, S.ESTOP, S.FAULT})
WAITING = frozenset({S.INIT, S.SELF_TEST, S.STANDBY, S.READY, S.CHARGING})
STANDING = frozenset({S.STANDBY, S.READY, S.CHARGING, S.SAFE_STOP, S.FAULT, S.ESTOP, S.MAINTENANCE})
NOTHING_MOVES = frozenset(S) - DRIVE - {S.MRM, S.MAINTENANCE}
OPENS = frozenset({S.INIT, S.SELF_TEST, S.ESTOP, S.FAULT, S.CHARGING, S.SHUTDOWN})
LATCHES = ("estop_latch", "immediate_latch", "minimal_risk_latch")
LATCHED_STATE = {"estop_latch": S.ESTOP, "immediate_latch": S.FAULT, "minimal_risk_latch": S.SAFE_STOP}
RECOVERY_SPEED_MPS = 0.3


class Step(msgspec.Struct, frozen=True):
    before: SafetyConfig
    inputs: SafetyInputs
    now_ns: LazyTime
    after: SafetyConfig
    may: Permissions
    """What may move after it."""
    cab: bool
    safety: Safety
    """The figures the machine was built with."""


def _acknowledged(s: Step) -> bool:
    return s.before.acknowledge_released and s.inputs.acknowledge_pressed and s.inputs.standing


def _cleared(s: Step) -> list[str]:
    return [name for name in LATCHES if getattr(s.before, name) and not getattr(s.after, name)]


def estop_wins(s: Step) -> bool:
    if s.after.estop_latch and s.after.state is S.ESTOP:
        return True
    # Off is where nothing moves; it is reached through ESTOP, and the latch is kept.
    off = s.before.state in (S.ESTOP, S.SHUTDOWN) and s.after.state is S.SHUTDOWN and s.after.estop_latch
    return off or not s.inputs.estop_pressed


def estop_latch_shows(s: Step) -> bool:
    return not s.after.estop_latch or s.after.state in (S.ESTOP, S.SHUTDOWN)


def immediate_wins(s: Step) -> bool:
    if s.after.immediate_latch and s.after.state in (S.FAULT, S.ESTOP, S.SHUTDOWN):
        return True
    if s.inputs.severity < Severity.IMMEDIATE:
        return True
    recovery = s.after.state is S.MAINTENANCE and (s.inputs.standing or s.inputs.recovery_permitted)
    return s.after.immediate_latch and recovery


def barred_is_not_ready(s: Step) -> bool:
    begins = s.after.state is S.READY and s.before.state is S.STANDBY
    sets_off = s.before.state is S.READY and s.after.state in DRIVE
    return not (begins or sets_off) or not s.inputs.ready_barred


def severity_3_stops(s: Step) -> bool:
    if s.before.state in DRIVERLESS:
        return s.after.state in (S.MRM, S.FAULT, S.ESTOP) or s.inputs.severity < Severity.MINIMAL_RISK
    if s.before.state in WAITING:
        return s.after.state in (S.FAULT, S.ESTOP) or s.inputs.severity < Severity.MINIMAL_RISK
    return True


def torque_only_in_drive_states(s: Step) -> bool:
    if not s.may.propulsion or s.after.state in DRIVE:
        return True
    return s.after.state is S.MAINTENANCE


def recovery_is_held(s: Step) -> bool:
    if s.after.state is not S.MAINTENANCE or not (s.may.propulsion or s.may.brake_release or s.may.steering):
        return True
    return (
        s.inputs.dead_man_pressed
        and s.inputs.recovery_permitted
        and s.before.state is S.MAINTENANCE
        and s.before.hold_armed
        and s.inputs.mode is ModeKey.MAINTENANCE
        and s.may.speed_cap_mps <= RECOVERY_SPEED_MPS
    )


def contactors_close_for_a_reason(s: Step) -> bool:
    if not s.may.closing:
        return True
    return s.after.state is S.STANDBY or (s.after.state is S.MAINTENANCE and s.inputs.dead_man_pressed)


def closing_contactors_may_stay(s: Step) -> bool:
    return s.may.contactors or not s.may.closing


def contactors_open_in_the_end(s: Step) -> bool:
    return not s.may.contactors or s.after.state not in OPENS


def severity_3_does_not_drive(s: Step) -> bool:
    if not s.may.propulsion:
        return True
    if s.after.state is S.MANUAL:
        return s.inputs.severity < Severity.IMMEDIATE
    if s.after.state is S.MAINTENANCE:
        return s.inputs.severity < Severity.MINIMAL_RISK or s.inputs.recovery_permitted
    return s.inputs.severity < Severity.MINIMAL_RISK


def drive_starts_by_an_edge(s: Step) -> bool:
    if s.after.state not in DRIVERLESS or s.before.state in DRIVERLESS:
        return True
    return (
        s.before.state is S.READY
        and s.before.run_released
        and s.inputs.run_pressed
        and s.inputs.standing
        and s.inputs.link_alive
    )


def manual_starts_by_a_person(s: Step) -> bool:
    if s.after.state is not S.MANUAL or s.before.state is S.MANUAL:
        return True
    if s.before.state is S.READY:
        return s.before.manual_key_released and s.inputs.mode is ModeKey.MANUAL and s.inputs.standing
    return (s.before.state in DRIVERLESS or s.before.state is S.MRM) and s.inputs.cab_override


def manual_needs_a_cab(s: Step) -> bool:
    return s.cab or s.after.state is not S.MANUAL


def buttons_are_edges(s: Step) -> bool:
    """What counts as released was seen released: not at boot, not while held."""
    return (not s.after.run_released or not s.inputs.run_pressed) and (
        not s.after.acknowledge_released or not s.inputs.acknowledge_pressed
    )


def latch_cleared_by_acknowledge(s: Step) -> bool:
    cleared = _cleared(s)
    if not cleared:
        return True
    if len(cleared) > 1 or LATCHED_STATE[cleared[0]] is not s.before.state or not _acknowledged(s):
        return False
    if cleared[0] == "estop_latch":
        return not s.inputs.estop_pressed
    return s.inputs.severity < Severity.MINIMAL_RISK


def latched_state_is_left(s: Step) -> bool:
    before, after = s.before.state, s.after.state
    if before not in LATCHED or after is before:
        return True
    if after is S.ESTOP or after is S.SHUTDOWN or (before is not S.ESTOP and after is S.MAINTENANCE):
        return s.inputs.estop_pressed if after is S.ESTOP else s.inputs.standing
    if before is S.SAFE_STOP and after is S.FAULT:
        return s.inputs.severity is Severity.IMMEDIATE
    if not _cleared(s) or not _acknowledged(s):
        return False
    if before is S.FAULT:
        return after is S.SELF_TEST
    remains = S.FAULT if s.after.immediate_latch else S.SAFE_STOP if s.after.minimal_risk_latch else S.STANDBY
    return after is remains


def latched_state_holds_its_latch(s: Step) -> bool:
    if s.after.state is S.MRM:
        return s.after.minimal_risk_latch
    return s.after.state not in LATCHED or any(
        getattr(s.after, latch) for latch, state in LATCHED_STATE.items() if state is s.after.state
    )


def latch_is_shown_at_once(s: Step) -> bool:
    """A vehicle that waits to drive has no latch: it would be in the latch's state."""
    if s.after.state not in (S.STANDBY, S.READY, S.CHARGING):
        return True
    return not (s.after.estop_latch or s.after.immediate_latch or s.after.minimal_risk_latch)


def pressing_estop_clears_nothing(s: Step) -> bool:
    return not _cleared(s) or not s.inputs.estop_pressed


def latch_blocks_drive(s: Step) -> bool:
    if s.after.state is not S.READY and s.after.state not in DRIVERLESS:
        return True
    return not (s.after.estop_latch or s.after.immediate_latch or s.after.minimal_risk_latch)


def minimal_risk_returns_only_by_override(s: Step) -> bool:
    if s.before.state is not S.MRM or s.after.state is S.MRM or s.after.state in LATCHED:
        return True
    return s.after.state is S.MANUAL and s.inputs.cab_override and s.after.minimal_risk_latch


def minimal_risk_ends_standing(s: Step) -> bool:
    if s.before.state is not S.MRM or s.after.state is not S.MRM or s.after.stop is not s.before.stop:
        return True
    return not s.inputs.standing


def budget_ends(state: S, budget_s: Callable[[Safety], float]) -> Callable[[Step], bool]:
    def holds(s: Step) -> bool:
        if s.before.state is not state or s.after.state is not state:
            return True
        if s.after.stop is not s.before.stop:
            return True  # the tick in which a stop becomes harder; its time goes on
        return s.now_ns - START_NS <= round(budget_s(s.safety) * 1e9)

    return holds


def time_goes_on(s: Step) -> bool:
    return s.after.entered_ns == (START_NS if s.after.state is s.before.state else s.now_ns)


def stop_never_softer(s: Step) -> bool:
    if s.before.state is not S.MRM or s.after.state is not S.MRM:
        return True
    return s.after.stop >= s.before.stop and not (
        s.before.stop is s.after.stop is StopKind.COMFORTABLE
        and (
            _worse_cause(s)
            or s.inputs.stop_overdue
            or s.now_ns - START_NS > round(s.safety.comfortable_time_max_s * 1e9)
        )
    )


def _worse_cause(s: Step) -> bool:
    i = s.inputs
    return (
        i.severity >= Severity.MINIMAL_RISK
        or not i.link_alive
        or not i.high_voltage_ready
        or i.plugged
        or i.mode is not ModeKey.AUTO
    )


def stop_fits_its_cause(s: Step) -> bool:
    """MRM begins comfortable by a spent budget alone."""
    if s.after.state is not S.MRM or s.before.state is S.MRM:
        return True
    if s.after.stop is StopKind.COMFORTABLE:
        overdue = s.now_ns - START_NS > round(s.safety.degraded_time_max_s * 1e9)
        return s.before.state is S.DEGRADED and overdue and not _worse_cause(s)
    return s.after.stop is StopKind.MINIMAL_RISK


def what_must_stand_is_stopped(s: Step) -> bool:
    state = s.after.state
    if state in DRIVE or s.may.stop is StopKind.EMERGENCY:
        return True
    if s.may.propulsion or s.inputs.standing:
        return True
    if state is S.MRM:
        return s.may.stop is s.after.stop is not StopKind.NONE
    hard = state in (S.ESTOP, S.FAULT, S.SHUTDOWN, S.MAINTENANCE)
    return not hard and s.may.stop is StopKind.MINIMAL_RISK


def nothing_moves(s: Step) -> bool:
    if s.after.state not in NOTHING_MOVES:
        return True
    return not (s.may.propulsion or s.may.brake_release or s.may.steering) and s.may.speed_cap_mps == 0.0


def no_drive_without_high_voltage(s: Step) -> bool:
    return not s.may.propulsion or (s.inputs.high_voltage_ready and not s.inputs.plugged)


def driver_keeps_steering_and_brake(s: Step) -> bool:
    if s.after.state is not S.MANUAL:
        return True
    return s.may.brake_release and s.may.steering and s.may.stop is StopKind.NONE


def _mode_of(state: S) -> str:
    return "along the route" if state in ALONG_ROUTE else state.name


def mode_changes_through_ready(s: Step) -> bool:
    if s.before.state not in DRIVE or s.after.state not in DRIVE:
        return True
    if _mode_of(s.before.state) == _mode_of(s.after.state):
        return True
    return s.after.state is S.MANUAL and s.inputs.cab_override


def drives_in_its_mode(s: Step) -> bool:
    if s.after.state in ALONG_ROUTE:
        return s.inputs.mode is ModeKey.AUTO and s.inputs.link_alive
    if s.after.state is S.REMOTE:
        return s.inputs.mode is ModeKey.REMOTE and s.inputs.link_alive and s.inputs.dead_man_pressed
    return True


def not_up_while_moving(s: Step) -> bool:
    if s.before.state is S.DEGRADED and s.after.state is S.AUTO:
        return s.inputs.standing and s.inputs.severity <= Severity.WARN
    return True


def degrades(s: Step) -> bool:
    if s.after.state is S.AUTO:
        return s.inputs.severity <= Severity.WARN
    return True


def caps(s: Step) -> bool:
    """DEGRADED, REMOTE and MANUAL with severity 3 are slower than the profile's speed."""
    if s.after.state is S.DEGRADED:
        return s.may.speed_cap_mps <= s.safety.degraded_speed_mps
    if s.after.state is S.REMOTE:
        return s.may.speed_cap_mps <= (1.5 if s.inputs.severity <= Severity.WARN else 0.75)
    if s.after.state is S.MANUAL and s.may.speed_cap_mps > s.safety.degraded_speed_mps:
        return s.inputs.severity < Severity.MINIMAL_RISK
    return True


def people_states_keep_latches(s: Step) -> bool:
    if s.after.state not in (S.MAINTENANCE, S.SHUTDOWN):
        return True
    entered = s.before.state is not s.after.state
    return not _cleared(s) and (not entered or (s.before.state in STANDING and s.inputs.standing))


def maintenance_is_left(s: Step) -> bool:
    if s.before.state is not S.MAINTENANCE or s.after.state in (S.MAINTENANCE, S.ESTOP, S.SHUTDOWN):
        return True
    if s.after.state is S.FAULT and s.inputs.severity is Severity.IMMEDIATE:
        return True
    remains = S.FAULT if s.after.immediate_latch else S.SAFE_STOP if s.after.minimal_risk_latch else S.STANDBY
    out = s.inputs.mode not in (ModeKey.MAINTENANCE, ModeKey.NOT_AVAILABLE)
    return s.after.state is remains and out and s.inputs.standing


def off_is_off(s: Step) -> bool:
    return s.before.state is not S.SHUTDOWN or s.after.state is S.SHUTDOWN


def self_test_leads_on(s: Step) -> bool:
    if s.before.state is not S.SELF_TEST or s.after.state in (S.SELF_TEST, S.ESTOP, S.FAULT):
        return True
    remains = S.SAFE_STOP if s.after.minimal_risk_latch else S.STANDBY
    passed = s.inputs.self_test_passed and s.inputs.standing and not s.before.immediate_latch
    return s.after.state is remains and passed
