"""Columns over time for the plots: the vehicle's truth and the runtime's telemetry, both at 20 Hz.

Each of the two has a time column of its own: in real time the telemetry comes from the runtime's black
box afterwards and may end early.
"""

from operator import attrgetter

import numpy as np

from firmware_runtime.vehicle.telemetry import Telemetry
from vehicle_hil.result import FloatArray
from vehicle_hil.truth import Truth

KEEP_EVERY = 5
"""Of the 100 Hz ticks: 20 Hz shows every motion of a vehicle of this mass."""

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


class Trace:
    """Collects rows, gives arrays. `add_*` are called every tick and keep every KEEP_EVERY-th."""

    def __init__(self) -> None:
        self._truth: list[tuple[float, ...]] = []
        self._telemetry: list[tuple[float, ...]] = []
        self._truth_ticks = 0
        self._telemetry_ticks = 0

    def add_truth(self, truth: Truth, cross_track_m: float, progress_m: float) -> None:
        if self._truth_ticks % KEEP_EVERY == 0:
            self._truth.append((truth.time_ns / 1e9, cross_track_m, progress_m, *_truth_row(truth)))
        self._truth_ticks += 1

    def add_telemetry(self, telemetry: Telemetry) -> None:
        if self._telemetry_ticks % KEEP_EVERY == 0:
            self._telemetry.append((telemetry.time_ns / 1e9, *_telemetry_row(telemetry)))
        self._telemetry_ticks += 1

    def truth(self) -> dict[str, FloatArray]:
        """Column name -> values, all of one length; empty arrays where nothing was recorded."""
        return _columns(("time_s", "cross_track_m", "progress_m", *TRUTH_COLUMNS), self._truth)

    def telemetry(self) -> dict[str, FloatArray]:
        return _columns(("time_s", *TELEMETRY_COLUMNS), self._telemetry)


def _columns(names: tuple[str, ...], rows: list[tuple[float, ...]]) -> dict[str, FloatArray]:
    table = np.array(rows, dtype=float).reshape(len(rows), len(names))
    return {name: np.ascontiguousarray(table[:, i]) for i, name in enumerate(names)}
