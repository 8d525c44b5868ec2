"""The conditions of the transition table, each a short pure function of the facts."""

from firmware_runtime.safety.facts import Facts
from firmware_runtime.vehicle.enums import ModeKey, Severity


def estop_latched(f: Facts) -> bool:
    return f.estop_latch


def immediate(f: Facts) -> bool:
    return f.severity >= Severity.IMMEDIATE


def minimal_risk_or_worse(f: Facts) -> bool:
    return f.severity >= Severity.MINIMAL_RISK


def always(f: Facts) -> bool:
    return True


def self_test_passed_immediate_latch(f: Facts) -> bool:
    return f.self_test_passed and f.standing and f.immediate_latch


def self_test_passed_minimal_risk_latch(f: Facts) -> bool:
    return f.self_test_passed and f.standing and f.minimal_risk_latch


def self_test_passed(f: Facts) -> bool:
    return f.self_test_passed and f.standing


def self_test_overdue(f: Facts) -> bool:
    return f.self_test_overdue


def plugged(f: Facts) -> bool:
    return f.plugged


def may_be_ready(f: Facts) -> bool:
    return (
        f.high_voltage_ready
        and f.mode is ModeKey.AUTO
        and not f.plugged
        and not (f.estop_latch or f.immediate_latch or f.minimal_risk_latch)
    )


def not_ready_any_more(f: Facts) -> bool:
    return f.plugged or not f.high_voltage_ready or f.mode is not ModeKey.AUTO


def run_degraded(f: Facts) -> bool:
    return f.run_edge and f.link_alive and f.standing and f.severity is Severity.DEGRADE


def run(f: Facts) -> bool:
    return f.run_edge and f.link_alive and f.standing and f.severity <= Severity.WARN


def must_stop_driving(f: Facts) -> bool:
    return (
        f.severity >= Severity.MINIMAL_RISK
        or not f.link_alive
        or not f.high_voltage_ready
        or f.plugged
        or f.mode is not ModeKey.AUTO
    )


def done(f: Facts) -> bool:
    return f.mission_done and f.standing


def degrade(f: Facts) -> bool:
    return f.severity is Severity.DEGRADE


def recovered_at_standstill(f: Facts) -> bool:
    return f.standing and f.severity <= Severity.WARN


def degraded_overdue(f: Facts) -> bool:
    return f.degraded_overdue


def standing(f: Facts) -> bool:
    return f.standing


def minimal_risk_overdue(f: Facts) -> bool:
    return f.minimal_risk_overdue


def stop_acknowledged(f: Facts) -> bool:
    return f.acknowledge_edge and f.standing and f.severity < Severity.MINIMAL_RISK


def fault_acknowledged(f: Facts) -> bool:
    return f.acknowledge_edge and f.standing and f.severity < Severity.MINIMAL_RISK


def estop_released_immediate_latch(f: Facts) -> bool:
    return estop_released(f) and f.immediate_latch


def estop_released_minimal_risk_latch(f: Facts) -> bool:
    return estop_released(f) and f.minimal_risk_latch


def estop_released(f: Facts) -> bool:
    return f.acknowledge_edge and f.standing and not f.estop_pressed


def unplugged(f: Facts) -> bool:
    return not f.plugged and f.standing
