"""Runs the fault catalogue each tick: conditions, debounce, clear conditions, the set of active faults."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from firmware_runtime.safety.fault_catalogue import FAULTS
from firmware_runtime.safety.fault_row import ClearCondition, FaultRow
from firmware_runtime.safety.monitor_inputs import MonitorInputs
from firmware_runtime.vehicle.enums import SafetyState
from firmware_runtime.vehicle.faults import NO_FAULTS, ActiveFault, FaultSet

SNAPSHOT_VERSION = 1
_SEPARATOR = ", "


@dataclass(slots=True)
class _Memory:
    """Of one row."""

    row: FaultRow
    active: ActiveFault | None = None
    changed_ns: int = 0
    """Since when the condition is otherwise than `active` says."""
    observed: int = 0
    """How many observations in a row have said so; stops growing where that is enough."""


class FaultMonitor:
    """`step(now_ns, inputs, acknowledged) -> FaultSet`, once a tick.

    A restart of the runtime begins with a new one: that is what BY_POWER_CYCLE waits for. What has to survive
    it are the state machine's latches. `snapshot` is for a replay that begins in the middle.
    """

    def __init__(self, catalogue: tuple[FaultRow, ...] = FAULTS) -> None:
        self._memory = tuple(_Memory(row) for row in catalogue)
        self._of_state = {
            state: tuple(
                (memory.row.condition, memory) for memory in self._memory if state in memory.row.severity
            )
            for state in SafetyState
        }
        self._not_of_state = {
            state: tuple(memory for memory in self._memory if state not in memory.row.severity)
            for state in SafetyState
        }
        self._active = 0
        self._state: SafetyState | None = None
        self.acknowledged: tuple[str, ...] = ()
        """Faults that the press of the last step cleared, by their identifiers."""

    def step(self, now_ns: int, inputs: MonitorInputs, acknowledged: bool = False) -> FaultSet:
        """Active faults of this tick, worst first.

        acknowledged: a person has pressed acknowledge just now, at standstill.
        """
        state = inputs.safety_state
        self.acknowledged = ()
        if state is not self._state:
            self._enter(state)
        for condition, memory in self._of_state[state]:
            detail = condition(inputs)
            if detail:
                self._see(now_ns, memory, state, detail)
            elif memory.active is not None:
                self._miss(now_ns, memory, inputs.standing, acknowledged)
            elif memory.observed:
                memory.observed = 0
        if not self._active:
            return NO_FAULTS
        for memory in self._not_of_state[state]:
            if memory.active is not None:
                self._miss(now_ns, memory, inputs.standing, acknowledged)
        return self._fault_set(state) if self._active else NO_FAULTS

    def _enter(self, state: SafetyState) -> None:
        """What was about to be a fault in a state where it is not looked at any more begins anew later."""
        self._state = state
        for memory in self._not_of_state[state]:
            if memory.active is None:
                memory.observed = 0

    def _see(self, now_ns: int, memory: _Memory, state: SafetyState, detail: str) -> None:
        """The condition holds."""
        active = memory.active
        if active is not None:
            memory.observed = 0
            if detail != active.detail and memory.row.lists_names:
                memory.active = msgspec.structs.replace(active, detail=_joined(active.detail, detail))
        elif _enough(now_ns, memory):
            memory.observed = 0
            row = memory.row
            severity = row.severity[state]
            memory.active = ActiveFault(row.identifier, detail, severity, now_ns)
            self._active += 1

    def _miss(self, now_ns: int, memory: _Memory, standing: bool, acknowledged: bool) -> None:
        """The condition of an active fault does not hold, or is not looked at."""
        if not _enough(now_ns, memory):
            return
        clear = memory.row.clear
        if (
            clear is ClearCondition.WHEN_GONE
            or (clear is ClearCondition.AT_STANDSTILL and standing)
            or (clear is ClearCondition.BY_ACKNOWLEDGE and acknowledged)
        ):
            memory.active = None
            memory.observed = 0
            self._active -= 1
            if clear is ClearCondition.BY_ACKNOWLEDGE:
                self.acknowledged = (*self.acknowledged, memory.row.identifier)

    def _fault_set(self, state: SafetyState) -> FaultSet:
        faults: list[ActiveFault] = []
        recovery_permitted, ready_barred = True, False
        for memory in self._memory:
            active = memory.active
            if active is None:
                continue
            severity = memory.row.severity.get(state, active.severity)
            if severity is not active.severity:
                memory.active = active = msgspec.structs.replace(active, severity=severity)
            recovery_permitted = recovery_permitted and memory.row.recovery
            ready_barred = ready_barred or memory.row.bars_ready
            faults.append(active)
        faults.sort(key=lambda fault: (-fault.severity, fault.since_ns))
        return FaultSet(tuple(faults), faults[0].severity, recovery_permitted, ready_barred)

    def snapshot(self) -> dict[str, Any]:
        """The whole state in plain values, versioned."""
        return {
            "version": SNAPSHOT_VERSION,
            "state": None if self._state is None else int(self._state),
            "rows": {
                memory.row.identifier: {
                    "active": None if memory.active is None else msgspec.to_builtins(memory.active),
                    "changed_ns": memory.changed_ns,
                    "observed": memory.observed,
                }
                for memory in self._memory
                if memory.active is not None or memory.observed
            },
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Takes a snapshot's state. Raises ValueError for another version and for rows that are not known."""
        version = snapshot.get("version")
        if version != SNAPSHOT_VERSION:
            raise ValueError(
                f"fault monitor: expected a snapshot of version {SNAPSHOT_VERSION}, got {version!r}"
            )
        rows = snapshot["rows"]
        unknown = sorted(set(rows) - {memory.row.identifier for memory in self._memory})
        if unknown:
            raise ValueError(f"fault monitor: expected rows of the catalogue, got {', '.join(unknown)}")
        self._state = None if snapshot["state"] is None else SafetyState(snapshot["state"])
        self._active = 0
        for memory in self._memory:
            row = rows.get(memory.row.identifier, {"active": None, "changed_ns": 0, "observed": 0})
            active = row["active"]
            memory.active = None if active is None else msgspec.convert(active, ActiveFault)
            memory.changed_ns, memory.observed = row["changed_ns"], row["observed"]
            self._active += active is not None


def _enough(now_ns: int, memory: _Memory) -> bool:
    """One observation more against what `active` says; True where they are enough and last long enough."""
    if memory.observed == 0:
        memory.changed_ns = now_ns
    row = memory.row
    if memory.observed < row.debounce_count:
        memory.observed += 1
    return memory.observed >= row.debounce_count and now_ns - memory.changed_ns >= row.debounce_ns


def _joined(before: str, now: str) -> str:
    """The names of before, then those that have joined."""
    known = before.split(_SEPARATOR)
    return _SEPARATOR.join([*known, *(name for name in now.split(_SEPARATOR) if name not in known)])
