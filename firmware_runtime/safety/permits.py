"""When something may move: the cells of the table's columns, each a pure function of memory and inputs.

The first line of each docstring is the condition in words; the printed table shows it.
"""

from firmware_runtime.safety.facts import SafetyConfig, SafetyInputs
from firmware_runtime.vehicle.enums import ModeKey


def never(config: SafetyConfig, inputs: SafetyInputs) -> bool:
    """no"""
    return False


def always(config: SafetyConfig, inputs: SafetyInputs) -> bool:
    """yes"""
    return True


def until_low(config: SafetyConfig, inputs: SafetyInputs) -> bool:
    """until standing with low current"""
    return False


def powered(config: SafetyConfig, inputs: SafetyInputs) -> bool:
    """high voltage ready, unplugged"""
    return inputs.high_voltage_ready and not inputs.plugged


def hold_to_run(config: SafetyConfig, inputs: SafetyInputs) -> bool:
    """hold-to-run, every active fault permits it, high voltage ready, unplugged"""
    return config.hold_armed and inputs.dead_man_pressed and powered(config, inputs) and may_recover(inputs)


def closing_for_recovery(config: SafetyConfig, inputs: SafetyInputs) -> bool:
    """as hold-to-run, but without high voltage"""
    return may_recover(inputs) and config.hold_armed and inputs.dead_man_pressed


def closed_for_recovery(config: SafetyConfig, inputs: SafetyInputs) -> bool:
    """as closing, and after it until standing"""
    # Not opened under current: letting the button go takes the torque first.
    return closing_for_recovery(config, inputs) or (may_recover(inputs) and not inputs.standing)


def may_recover(inputs: SafetyInputs) -> bool:
    """Every active fault permits a recovery drive, no plug, and the key is where it belongs."""
    return inputs.recovery_permitted and not inputs.plugged and inputs.mode is ModeKey.MAINTENANCE
