"""The conditions of the transition table, each a short pure function of the facts.

The first line of each docstring is the condition in words; the printed table shows it.
"""

from firmware_runtime.safety.facts import Facts
from firmware_runtime.vehicle.enums import ModeKey, Severity, StopKind


def estop_latched(f: Facts) -> bool:
    """e-stop pressed, or its latch set"""
    return f.estop_latch


def immediate(f: Facts) -> bool:
    """severity 4"""
    return f.inputs.severity >= Severity.IMMEDIATE


def immediate_in_motion(f: Facts) -> bool:
    """severity 4 that permits no recovery drive, and moving"""
    return (
        f.inputs.severity >= Severity.IMMEDIATE and not f.inputs.standing and not f.inputs.recovery_permitted
    )


def minimal_risk_or_worse(f: Facts) -> bool:
    """severity 3 or 4"""
    return f.inputs.severity >= Severity.MINIMAL_RISK


def worse_than_comfortable(f: Facts) -> bool:
    """comfortable stop; severity 3, link or high voltage lost, plug, mode change, or budget spent or short"""
    return f.config.stop is StopKind.COMFORTABLE and (
        f.inputs.severity >= Severity.MINIMAL_RISK
        or drive_lost(f)
        or auto_left(f)
        or f.inputs.stop_overdue
        or f.in_state_ns > f.budgets.comfortable_ns
    )


def always(f: Facts) -> bool:
    """at once"""
    return True


def self_test_passed(f: Facts) -> bool:
    """self-test passed, standing"""
    return f.inputs.self_test_passed and f.inputs.standing


def self_test_passed_immediate_latch(f: Facts) -> bool:
    """self-test passed, standing, immediate latch remains"""
    return f.immediate_latch and self_test_passed(f)


def self_test_passed_minimal_risk_latch(f: Facts) -> bool:
    """self-test passed, standing, minimal-risk latch remains"""
    return f.config.minimal_risk_latch and self_test_passed(f)


def self_test_overdue(f: Facts) -> bool:
    """self-test not passed in time"""
    return f.in_state_ns > f.budgets.self_test_ns


def shutdown_requested(f: Facts) -> bool:
    """off requested, standing"""
    return f.inputs.shutdown_requested and f.inputs.standing


def maintenance_key(f: Facts) -> bool:
    """key at MAINTENANCE, standing"""
    return f.inputs.mode is ModeKey.MAINTENANCE and f.inputs.standing


def plugged(f: Facts) -> bool:
    """charge plug in"""
    return f.inputs.plugged


def unplugged(f: Facts) -> bool:
    """charge plug out, standing"""
    return not f.inputs.plugged and f.inputs.standing


def may_be_ready(f: Facts) -> bool:
    """high voltage ready, key at a mode to drive in, unplugged, no latch, no fault that bars READY"""
    return (
        f.inputs.high_voltage_ready
        and f.inputs.mode in f.budgets.drive_modes
        and not f.inputs.plugged
        and not f.inputs.ready_barred
        and not (f.estop_latch or f.immediate_latch or f.config.minimal_risk_latch)
    )


def not_ready_any_more(f: Facts) -> bool:
    """high voltage lost, plug, key at no mode to drive in, or a fault that bars READY"""
    return (
        f.inputs.plugged
        or f.inputs.ready_barred
        or not f.inputs.high_voltage_ready
        or f.inputs.mode not in f.budgets.drive_modes
    )


def run_degraded(f: Facts) -> bool:
    """run edge in AUTO's mode, link alive, standing, severity 2, nobody overrides"""
    return _run(f, ModeKey.AUTO) and f.inputs.severity is Severity.DEGRADE


def run(f: Facts) -> bool:
    """run edge in AUTO's mode, link alive, standing, severity 0 or 1, nobody overrides"""
    return _run(f, ModeKey.AUTO) and f.inputs.severity <= Severity.WARN


def run_remote(f: Facts) -> bool:
    """run edge in REMOTE's mode, link alive, dead-man held, standing, severity 0 or 1, nobody overrides"""
    return _run(f, ModeKey.REMOTE) and f.inputs.dead_man_pressed and f.inputs.severity <= Severity.WARN


def _run(f: Facts, mode: ModeKey) -> bool:
    """A cab override that was there before the drive is no override when it begins: first let go."""
    return (
        f.run_edge
        and f.inputs.mode is mode
        and f.inputs.link_alive
        and f.inputs.standing
        and not f.inputs.cab_override
    )


def drive_by_hand(f: Facts) -> bool:
    """key turned to MANUAL, standing"""
    return f.manual_key_edge and f.inputs.standing


def drive_lost(f: Facts) -> bool:
    """link or high voltage lost, or plug"""
    return not f.inputs.link_alive or not f.inputs.high_voltage_ready or f.inputs.plugged


def auto_left(f: Facts) -> bool:
    """key no longer at AUTO"""
    return f.inputs.mode is not ModeKey.AUTO


def remote_left(f: Facts) -> bool:
    """key no longer at REMOTE"""
    return f.inputs.mode is not ModeKey.REMOTE


def dead_man_released(f: Facts) -> bool:
    """dead-man released"""
    return not f.inputs.dead_man_pressed


def done(f: Facts) -> bool:
    """mission done, standing"""
    return f.inputs.mission_done and f.inputs.standing


def cab_override(f: Facts) -> bool:
    """cab override"""
    return f.inputs.cab_override


def degrade(f: Facts) -> bool:
    """severity 2"""
    return f.inputs.severity is Severity.DEGRADE


def recovered_at_standstill(f: Facts) -> bool:
    """standing, severity 0 or 1"""
    return f.inputs.standing and f.inputs.severity <= Severity.WARN


def degraded_overdue(f: Facts) -> bool:
    """time budget spent"""
    return f.in_state_ns > f.budgets.degraded_ns


def standing(f: Facts) -> bool:
    """standing"""
    return f.inputs.standing


def minimal_risk_overdue(f: Facts) -> bool:
    """time budget spent"""
    return f.in_state_ns > f.budgets.minimal_risk_ns


def manual_left(f: Facts) -> bool:
    """standing, key known and not at MANUAL"""
    return f.inputs.standing and f.inputs.mode not in (ModeKey.MANUAL, ModeKey.NOT_AVAILABLE)


def manual_left_minimal_risk_latch(f: Facts) -> bool:
    """standing, key known and not at MANUAL, minimal-risk latch remains"""
    return f.config.minimal_risk_latch and manual_left(f)


def acknowledged(f: Facts) -> bool:
    """acknowledge edge, standing, severity below 3"""
    return f.acknowledge_edge and f.inputs.standing and f.inputs.severity < Severity.MINIMAL_RISK


def estop_released(f: Facts) -> bool:
    """e-stop released, acknowledge edge, standing"""
    return not f.inputs.estop_pressed and f.acknowledge_edge and f.inputs.standing


def estop_released_immediate_latch(f: Facts) -> bool:
    """e-stop released, acknowledge edge, standing, immediate latch remains"""
    return f.immediate_latch and estop_released(f)


def estop_released_minimal_risk_latch(f: Facts) -> bool:
    """e-stop released, acknowledge edge, standing, minimal-risk latch remains"""
    return f.config.minimal_risk_latch and estop_released(f)


def maintenance_left(f: Facts) -> bool:
    """key known and not at MAINTENANCE, standing"""
    return f.inputs.standing and f.inputs.mode not in (ModeKey.MAINTENANCE, ModeKey.NOT_AVAILABLE)


def maintenance_left_immediate_latch(f: Facts) -> bool:
    """key known and not at MAINTENANCE, standing, immediate latch remains"""
    return f.immediate_latch and maintenance_left(f)


def maintenance_left_minimal_risk_latch(f: Facts) -> bool:
    """key known and not at MAINTENANCE, standing, minimal-risk latch remains"""
    return f.config.minimal_risk_latch and maintenance_left(f)
