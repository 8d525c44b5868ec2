"""When a drive is over: arrived, time is up, or standing still without a reason to go on."""

from firmware_runtime.vehicle.enums import SafetyState
from firmware_runtime.vehicle.telemetry import Telemetry
from vehicle_hil.result import Ending, Truth

LATCHED = frozenset({SafetyState.SAFE_STOP, SafetyState.ESTOP, SafetyState.FAULT})
SETTLE_NS = 1_000_000_000
"""After arrival: so long it must stand, so that the log ends at rest."""
LATCHED_NS = 5_000_000_000
"""In a latched state at rest nobody here acknowledges: the drive has failed."""
IDLE_NS = 90_000_000_000
"""Longer than any dwell, self-test and precharge together."""


class Watch:
    """Told each tick, says once that it is over."""

    def __init__(self, seconds: float | None) -> None:
        self._until_ns = None if seconds is None else round(seconds * 1e9)
        self._moved_ns = 0
        self._unlatched_ns = 0
        self._away_ns = 0
        self._faults: tuple[str, ...] = ()
        self.ending = Ending.STUCK
        self.detail = ""

    def over(self, truth: Truth, telemetry: Telemetry) -> bool:
        now_ns = truth.time_ns
        if truth.speed_mps != 0.0:
            self._moved_ns = now_ns
        if telemetry.faults:
            self._faults = telemetry.faults
        standing = truth.speed_mps == 0.0
        if telemetry.state not in LATCHED or not standing:
            self._unlatched_ns = now_ns
        if not (telemetry.arrived and standing and truth.park_brake_applied):
            self._away_ns = now_ns
        if now_ns - self._away_ns >= SETTLE_NS:
            return self._end(Ending.ARRIVED, "")
        if now_ns - self._unlatched_ns >= LATCHED_NS:
            why = "; ".join(self._faults) or "no fault active any more"
            return self._end(Ending.STUCK, f"stands in {telemetry.state.name}: {why}")
        if now_ns - self._moved_ns >= IDLE_NS:
            why = "; ".join(self._faults) or "no fault"
            return self._end(
                Ending.STUCK, f"has not moved for {IDLE_NS / 1e9:.0f} s in {telemetry.state.name} ({why})"
            )
        if self._until_ns is not None and now_ns >= self._until_ns:
            return self._end(Ending.SECONDS, "")
        return False

    def _end(self, ending: Ending, detail: str) -> bool:
        self.ending = ending
        self.detail = detail
        return True
