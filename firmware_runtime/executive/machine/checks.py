"""All checks of a computer, in the order of the table."""

from firmware_runtime.executive.machine import checks_buses, checks_computer, checks_devices, checks_rights
from firmware_runtime.executive.machine.facts import Machine, Wanted
from firmware_runtime.executive.machine.finding import Check, Row

CHECKS: tuple[Check, ...] = (*checks_computer.CHECKS, *checks_rights.CHECKS, *checks_devices.CHECKS)
"""Of every vehicle; those of its buses come after them."""


def examine(machine: Machine, wanted: Wanted) -> tuple[Row, ...]:
    """Every row, in order; the same snapshot gives the same rows."""
    rows: list[Row] = []
    for check in (*CHECKS, *checks_buses.bus_checks(machine, wanted)):
        verdict, found, mend = check.judge(machine, wanted)
        rows.append(Row(check.name, found, verdict, check.why, mend))
    return tuple(rows)
