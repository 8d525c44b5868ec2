"""What set each latch, remembered for the record of the acknowledge that clears it."""

from firmware_runtime.safety.facts import Latch, SafetyConfig, SafetyInputs
from firmware_runtime.vehicle.enums import SafetyState, Severity
from firmware_runtime.vehicle.faults import FaultSet

BEFORE = "set before this start"
"""A latch that was kept over lost power; its cause was not kept."""


class LatchCauses:
    """`step(before, after, inputs, faults)` once a tick, after the state machine's; the first cause stays."""

    def __init__(self) -> None:
        self._causes: dict[Latch, str] = {}

    def of(self, latch: Latch) -> str:
        """In words; of a latch that is set, or was until the last step."""
        return self._causes.get(latch, BEFORE)

    def step(self, before: SafetyConfig, after: SafetyConfig, inputs: SafetyInputs, faults: FaultSet) -> None:
        """inputs, faults: those that led from `before` to `after`."""
        for latch, was, is_set in (
            (Latch.ESTOP, before.estop_latch, after.estop_latch),
            (Latch.IMMEDIATE, before.immediate_latch, after.immediate_latch),
            (Latch.MINIMAL_RISK, before.minimal_risk_latch, after.minimal_risk_latch),
        ):
            if not is_set:
                self._causes.pop(latch, None)
            elif not was:
                self._causes[latch] = _cause(latch, before, after, inputs, faults)


def _cause(
    latch: Latch, before: SafetyConfig, after: SafetyConfig, inputs: SafetyInputs, faults: FaultSet
) -> str:
    if latch is Latch.ESTOP and inputs.estop_pressed:
        return "e-stop"
    if latch is not Latch.ESTOP and faults.severity >= Severity.MINIMAL_RISK:
        return ", ".join(fault.identifier for fault in faults.faults if fault.severity is faults.severity)
    moved = f"{before.state.name} -> {after.state.name}"
    # Where people end a drive, no fault tells how; a time that was spent is what remains.
    if before.state is SafetyState.REMOTE and not inputs.dead_man_pressed:
        return f"{moved}, dead-man released"
    if before.state in (SafetyState.AUTO, SafetyState.DEGRADED, SafetyState.REMOTE):
        plugged = ", plugged in" if inputs.plugged else ""
        return f"{moved}, key at {inputs.mode.name}{plugged}"
    return moved
