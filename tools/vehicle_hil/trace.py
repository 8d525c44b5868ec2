"""Columns over time for the plots: the vehicle's truth and the runtime's telemetry, both at 20 Hz.

Each of the two has a time column of its own: in real time the telemetry comes from the runtime's black
box afterwards and may end early.
"""

from operator import attrgetter

import numpy as np

from firmware_runtime.vehicle.telemetry import Telemetry
from vehicle_hil.result import FloatArray
from vehicle_hil.truth import Truth

KEEP_NS = 50_000_000
"""20 Hz shows every motion of a vehicle of this mass, however often the runtime ticks."""

TRUTH_COLUMNS = (
    "x_m",
    "y_m",
    "speed_mps",
    "front_angle_rad",
    "rear_angle_rad",
    "motor_torque_nm",
    "brake_force_n",
    "soc",
    "pack_voltage_v",
    "pack_current_a",
    "cell_temperature_degc",
    "distance_m",
    "load_mass_kg",
)
"""Fields of the truth, preceded by `time_s`, `cross_track_m` (signed) and `progress_m` (along the line)."""

TELEMETRY_COLUMNS = (
    "route_distance_m",
    "cross_track_m",
    "speed_plan_mps",
    "speed_target_mps",
    "speed_mps",
    "lateral_std_m",
    "fix_age_s",
    "torque_request_nm",
    "brake_request_n",
    "steering_front_request_rad",
    "steering_rear_request_rad",
    "battery_power_w",
)
"""Fields of the telemetry, preceded by `time_s`."""

_truth_row = attrgetter(*TRUTH_COLUMNS)
_telemetry_row = attrgetter(*TELEMETRY_COLUMNS)


class _Due:
    """Once in KEEP_NS, from the first time on; ticks of the wall clock may be a little early."""

    def __init__(self) -> None:
        self._next_ns: int | None = None

    def at(self, time_ns: int) -> bool:
        due_ns = time_ns if self._next_ns is None else self._next_ns
        if time_ns < due_ns - KEEP_NS // 20:
            return False
        self._next_ns = max(due_ns, time_ns - KEEP_NS) + KEEP_NS
        return True


class Trace:
    """Collects rows, gives arrays. `add_*` are called every tick and keep one in KEEP_NS."""

    def __init__(self) -> None:
        self._truth: list[tuple[float, ...]] = []
        self._telemetry: list[tuple[float, ...]] = []
        self._truth_due, self._telemetry_due = _Due(), _Due()

    def add_truth(self, truth: Truth, cross_track_m: float, progress_m: float) -> None:
        if self._truth_due.at(truth.time_ns):
            self._truth.append((truth.time_ns / 1e9, cross_track_m, progress_m, *_truth_row(truth)))

    def add_telemetry(self, telemetry: Telemetry) -> None:
        if self._telemetry_due.at(telemetry.time_ns):
            self._telemetry.append((telemetry.time_ns / 1e9, *_telemetry_row(telemetry)))

    def truth(self) -> dict[str, FloatArray]:
        """Column name -> values, all of one length; empty arrays where nothing was recorded."""
        return _columns(("time_s", "cross_track_m", "progress_m", *TRUTH_COLUMNS), self._truth)

    def telemetry(self) -> dict[str, FloatArray]:
        return _columns(("time_s", *TELEMETRY_COLUMNS), self._telemetry)


def _columns(names: tuple[str, ...], rows: list[tuple[float, ...]]) -> dict[str, FloatArray]:
    table = np.array(rows, dtype=float).reshape(len(rows), len(names))
    return {name: np.ascontiguousarray(table[:, i]) for i, name in enumerate(names)}
