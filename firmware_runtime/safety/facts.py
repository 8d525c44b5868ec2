"""What the state machine is told each tick, and what it remembers from tick to tick."""

import msgspec

from firmware_runtime.vehicle.enums import ModeKey, SafetyState, Severity


class SafetyInputs(msgspec.Struct, frozen=True):
    """One tick's word from monitors, buttons and managers."""

    estop_pressed: bool
    severity: Severity
    """Highest of all active faults."""
    standing: bool
    run_pressed: bool
    acknowledge_pressed: bool
    high_voltage_ready: bool
    mode: ModeKey
    plugged: bool
    link_alive: bool
    self_test_passed: bool
    mission_done: bool


class SafetyConfig(msgspec.Struct, frozen=True):
    """The whole memory of the state machine: state, latches, button history, timers."""

    state: SafetyState = SafetyState.INIT
    entered_ns: int = 0
    estop_latch: bool = False
    immediate_latch: bool = False
    minimal_risk_latch: bool = False
    run_released: bool = False
    """The run button was seen released; only then does pressing it count (no restart by a stuck button)."""
    acknowledge_released: bool = False


class Facts(msgspec.Struct, frozen=True):
    """Inputs and memory as the guards read them; made once a tick by the machine."""

    estop_pressed: bool
    estop_latch: bool
    immediate_latch: bool
    minimal_risk_latch: bool
    severity: Severity
    standing: bool
    run_edge: bool
    acknowledge_edge: bool
    high_voltage_ready: bool
    mode: ModeKey
    plugged: bool
    link_alive: bool
    self_test_passed: bool
    self_test_overdue: bool
    minimal_risk_overdue: bool
    degraded_overdue: bool
    mission_done: bool
