"""Does the vehicle want leave to move? The disk must say so before a wheel turns."""

from firmware_runtime.safety.facts import SafetyConfig, SafetyInputs
from firmware_runtime.safety.state_table import MOVING_STATES
from firmware_runtime.vehicle.enums import ModeKey, SafetyState

KEYS = frozenset({ModeKey.AUTO, ModeKey.REMOTE, ModeKey.MANUAL})
"""Positions of the mode key in which somebody is about to drive."""


def motion_wanted(config: SafetyConfig, inputs: SafetyInputs, barred_by_fault: bool) -> bool:
    """In a state that may move, in READY, and in STANDBY where READY waits for nothing but this leave.

    config: after the step of `inputs`. barred_by_fault: an active fault bars READY.
    """
    if config.state is SafetyState.STANDBY:
        return (
            inputs.high_voltage_ready and inputs.mode in KEYS and not inputs.plugged and not barred_by_fault
        )
    return config.state is SafetyState.READY or config.state in MOVING_STATES
