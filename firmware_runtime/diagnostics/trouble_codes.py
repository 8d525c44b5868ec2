"""Trouble-code memory: which faults were there, when, how often, and how things stood at the first time.

Stands after the tick: it takes the tick's fault set and telemetry, and nothing in the tick reads it.
"""

import msgspec

from firmware_runtime.safety.fault_catalogue import FAULTS
from firmware_runtime.vehicle.enums import SafetyState, Severity
from firmware_runtime.vehicle.faults import ActiveFault, FaultSet
from firmware_runtime.vehicle.telemetry import Telemetry

CAPACITY = 64
"""Codes kept; assumption: more than the fault catalogue gives one vehicle in a shift."""
OCCURRENCES_MAX = 126
"""Where counting stops; SAE J1939-73's occurrence count (7 bits, 127 says not available), secondary."""
SNAPSHOT_VERSION = 2
DTC_BY_IDENTIFIER = {row.identifier: int(row.dtc) for row in FAULTS}
NO_DTC = 0
"""Of a fault that the catalogue does not know; no trouble code has it."""


class FreezeFrame(msgspec.Struct, frozen=True):
    """How things stood in the tick of a code's first occurrence; see Telemetry for each field."""

    time_ns: int
    state: SafetyState
    speed_mps: float
    speed_target_mps: float
    route_distance_m: float
    cross_track_m: float
    x_m: float
    y_m: float
    heading_rad: float
    fix_age_s: float
    torque_request_nm: float
    brake_request_n: float
    steering_front_request_rad: float
    steering_rear_request_rad: float
    battery_soc: float
    battery_power_w: float


class TroubleCode(msgspec.Struct, frozen=True):
    identifier: str
    """Row of the fault catalogue."""
    dtc: int
    """Three bytes, as UDS tells it (ISO 14229-1, secondary); NO_DTC for none."""
    detail: str
    severity: Severity
    """Highest that it had."""
    first_ns: int
    """Monotonic time of the tick in which it first appeared."""
    last_ns: int
    """Monotonic time of the last tick in which it was active."""
    occurrences: int
    """Times that it appeared; stops at OCCURRENCES_MAX."""
    active: bool
    freeze_frame: FreezeFrame


class TroubleCodeSnapshot(msgspec.Struct, frozen=True):
    """The memory's whole state."""

    version: int
    codes: tuple[TroubleCode, ...]
    active: tuple[tuple[str, str], ...]
    """Identifier and detail of each fault of the last tick, also of those that found no place."""
    overflows: int


Key = tuple[str, str]


class TroubleCodeMemory:
    """One code for each pair of identifier and detail, at most CAPACITY.

    Where it is full, a new code takes the place of the least severe, oldest one that is not active; where
    all are active the new one is not kept, and `overflows` counts it.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._codes: dict[Key, TroubleCode] = {}
        self._active: frozenset[Key] = frozenset()
        self.overflows = 0
        """Appearances that found no place."""

    @property
    def codes(self) -> tuple[TroubleCode, ...]:
        """All codes, by first occurrence."""
        return tuple(sorted(self._codes.values(), key=lambda code: code.first_ns))

    def step(self, now_ns: int, faults: FaultSet, telemetry: Telemetry) -> None:
        """Takes in one tick; `now_ns` is the tick's time and never goes back."""
        if not faults.faults and not self._active:
            return
        present: set[Key] = set()
        for fault in faults.faults:
            key = (fault.identifier, fault.detail)
            present.add(key)
            code = self._codes.get(key)
            if code is not None:
                self._codes[key] = _seen_again(code, now_ns, fault)
            elif key not in self._active:
                self._add(key, now_ns, fault, telemetry)
        for key in self._active - present:
            code = self._codes.get(key)
            if code is not None:
                self._codes[key] = msgspec.structs.replace(code, active=False)
        self._active = frozenset(present)

    def _add(self, key: Key, now_ns: int, fault: ActiveFault, telemetry: Telemetry) -> None:
        if len(self._codes) >= self._capacity:
            passive = [(code.severity, code.last_ns, k) for k, code in self._codes.items() if not code.active]
            if not passive:
                self.overflows += 1
                return
            del self._codes[min(passive)[2]]
        frame = FreezeFrame(*(getattr(telemetry, name) for name in FreezeFrame.__struct_fields__))
        self._codes[key] = TroubleCode(
            fault.identifier,
            DTC_BY_IDENTIFIER.get(fault.identifier, NO_DTC),
            fault.detail,
            fault.severity,
            now_ns,
            now_ns,
            1,
            True,
            frame,
        )

    def snapshot(self) -> TroubleCodeSnapshot:
        return TroubleCodeSnapshot(SNAPSHOT_VERSION, self.codes, tuple(sorted(self._active)), self.overflows)

    def restore(self, snapshot: TroubleCodeSnapshot) -> None:
        """Takes a snapshot's state; ValueError for one of another version."""
        if snapshot.version != SNAPSHOT_VERSION:
            raise ValueError(f"trouble codes: expected version {SNAPSHOT_VERSION}, came {snapshot.version}")
        self._codes = {(code.identifier, code.detail): code for code in snapshot.codes}
        self._active = frozenset(snapshot.active)
        self.overflows = snapshot.overflows


def _seen_again(code: TroubleCode, now_ns: int, fault: ActiveFault) -> TroubleCode:
    occurrences = code.occurrences if code.active else min(code.occurrences + 1, OCCURRENCES_MAX)
    severity = max(code.severity, fault.severity)
    return msgspec.structs.replace(
        code, severity=severity, last_ns=now_ns, occurrences=occurrences, active=True
    )
