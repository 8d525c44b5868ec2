"""Runs the fault catalogue each tick: conditions, debounce, the set of active faults."""

from dataclasses import dataclass

from firmware_runtime.safety.fault_catalogue import FAULTS, FaultRow
from firmware_runtime.safety.monitor_inputs import MonitorInputs
from firmware_runtime.vehicle.enums import SafetyState
from firmware_runtime.vehicle.faults import NO_FAULTS, ActiveFault, FaultSet


@dataclass(slots=True)
class _Debounce:
    """Memory of one row."""

    row: FaultRow
    active: ActiveFault | None = None
    changed_ns: int | None = None
    """Since when the condition is otherwise than `active` says."""


class FaultMonitor:
    def __init__(self, catalogue: tuple[FaultRow, ...] = FAULTS) -> None:
        self._memory = tuple(_Debounce(row) for row in catalogue)
        self._of_state = {
            state: tuple(memory for memory in self._memory if state in memory.row.applies)
            for state in SafetyState
        }
        self._active = 0
        self._state: SafetyState | None = None

    def step(self, now_ns: int, inputs: MonitorInputs) -> FaultSet:
        """Active faults of this tick, worst first."""
        state = inputs.safety_state
        if state is not self._state:
            self._enter(state)
        for memory in self._of_state[state]:
            detail = memory.row.condition(inputs)
            if detail or memory.active is not None:
                self._judge(now_ns, memory, detail)
            elif memory.changed_ns is not None:
                memory.changed_ns = None
        if not self._active:
            return NO_FAULTS
        for memory in self._memory:
            if memory.active is not None and state not in memory.row.applies:
                self._judge(now_ns, memory, "")
        faults = sorted(
            (memory.active for memory in self._memory if memory.active is not None),
            key=lambda fault: (-fault.severity, fault.since_ns),
        )
        return FaultSet(tuple(faults), faults[0].severity) if faults else NO_FAULTS

    def _enter(self, state: SafetyState) -> None:
        """What was about to be a fault in a state where it is not looked at any more begins anew later."""
        self._state = state
        for memory in self._memory:
            if memory.active is None and state not in memory.row.applies:
                memory.changed_ns = None

    def _judge(self, now_ns: int, memory: _Debounce, detail: str) -> None:
        if bool(detail) == (memory.active is not None):
            memory.changed_ns = None
            return
        if memory.changed_ns is None:
            memory.changed_ns = now_ns
        if now_ns - memory.changed_ns < memory.row.debounce_ns:
            return
        memory.changed_ns = None
        if detail:
            memory.active = ActiveFault(memory.row.identifier, detail, memory.row.severity, now_ns)
            self._active += 1
        else:
            memory.active = None
            self._active -= 1
