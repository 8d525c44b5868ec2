"""What the vehicle's own figures demand of each signal's range on the bus; start-up only.

A torque of 5,600 Nm asked through a signal that ends at 4,000 Nm would be a stop at the first slope, and a
speed that saturates at its limit would hide overspeed. Both are refused before the vehicle moves.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from firmware_runtime.can.limits import measured_range
from firmware_runtime.can.tables import SignalLayout
from firmware_runtime.vehicle.problems import number
from firmware_runtime.vehicle.profile import Calibration, ProfileData
from firmware_runtime.vehicle.signals import SignalSpec
from firmware_runtime.vehicle.units import UnitRow


class Span(NamedTuple):
    """A range in SI units, both ends included."""

    low: float
    high: float

    def holds(self, other: "Span") -> bool:
        """True where `other` lies inside, to within rounding (one part in 1e9)."""
        slack = 1e-9 * max(abs(other.low), abs(other.high))
        return self.low - slack <= other.low and other.high <= self.high + slack


OVERSPEED_MARGIN = 1.2
"""A speed signal must go this far beyond speed_max, so that overspeed shows (assumption)."""
VOLTAGE_MARGIN = 1.05
"""A voltage signal must go this far beyond voltage_max_v, so that overvoltage shows (assumption)."""
REMOTE_SPEED_MPS = 1.5
"""A remote driver must be able to ask for the most that the state table grants one (its cap REMOTE)."""

Need = Callable[[ProfileData, Calibration], Span]


def _both(magnitude: float) -> Span:
    return Span(-magnitude, magnitude)


def _up_to(magnitude: float) -> Span:
    return Span(0.0, magnitude)


def _torque(profile: ProfileData) -> float:
    return max(profile.traction.torque_max_nm, profile.traction.regeneration_torque_max_nm)


def _motor_speed(profile: ProfileData) -> float:
    traction = profile.traction
    return profile.limits.speed_max_mps / traction.wheel_radius_m * traction.gear_ratio


def rear_angle_max_rad(profile: ProfileData) -> float:
    """Largest rear angle without crab, rad (Geometry.rear_steer_ratio)."""
    front = profile.steering.front_angle_max_rad
    return math.atan(profile.geometry.rear_steer_ratio * math.tan(front))


def _wheel_speed(profile: ProfileData, calibration: Calibration) -> Span:
    return _both(profile.limits.speed_max_mps * OVERSPEED_MARGIN / calibration.wheel_radius_scale)


def _front_angle(profile: ProfileData, calibration: Calibration) -> Span:
    return _both(profile.steering.front_angle_max_rad + abs(calibration.steering_front_zero_rad))


def _asked_angle(profile: ProfileData, _: Calibration) -> Span:
    return _both(profile.steering.front_angle_max_rad)


def _rear_angle(profile: ProfileData, calibration: Calibration) -> Span:
    return _both(rear_angle_max_rad(profile) + abs(calibration.steering_rear_zero_rad))


def _brake_force(profile: ProfileData, calibration: Calibration) -> Span:
    return _up_to(profile.brake.force_max_n * calibration.brake_gain)


def _cell_temperature(profile: ProfileData, _: Calibration) -> Span:
    return Span(profile.battery.cell_temperature_min_degc, profile.battery.cell_temperature_max_degc)


INPUT_NEEDS: dict[str, Need] = {
    "wheel_speed_front_left_mps": _wheel_speed,
    "wheel_speed_front_right_mps": _wheel_speed,
    "wheel_speed_rear_left_mps": _wheel_speed,
    "wheel_speed_rear_right_mps": _wheel_speed,
    "motor_speed_radps": lambda p, c: _both(_motor_speed(p) * OVERSPEED_MARGIN),
    "motor_torque_nm": lambda p, c: _both(_torque(p)),
    "traction_torque_max_nm": lambda p, c: _up_to(p.traction.torque_max_nm),
    "traction_regen_max_nm": lambda p, c: _up_to(p.traction.regeneration_torque_max_nm),
    "brake_force_n": _brake_force,
    "steering_front_angle_rad": _front_angle,
    "steering_rear_angle_rad": _rear_angle,
    "battery_link_voltage_v": lambda p, c: _up_to(p.battery.voltage_max_v * VOLTAGE_MARGIN),
    "battery_voltage_v": lambda p, c: _up_to(p.battery.voltage_max_v * VOLTAGE_MARGIN),
    "battery_current_a": lambda p, c: _both(p.traction.power_max_w / p.battery.nominal_voltage_v),
    "battery_soc": lambda p, c: _up_to(1.0),
    "battery_discharge_power_max_w": lambda p, c: _up_to(p.traction.power_max_w),
    "battery_cell_temperature_min_degc": _cell_temperature,
    "battery_cell_temperature_max_degc": _cell_temperature,
    "battery_isolation_ohm": lambda p, c: _up_to(p.battery.isolation_min_ohm_per_v * p.battery.voltage_max_v),
    "remote_speed_mps": lambda p, c: _both(min(REMOTE_SPEED_MPS, p.limits.speed_max_mps)),
    "remote_steering_rad": _asked_angle,
    "cab_accelerator": lambda p, c: _up_to(1.0),
    "cab_brake": lambda p, c: _up_to(1.0),
    "cab_steering_rad": _asked_angle,
    "zone_speed_limit_mps": lambda p, c: _up_to(p.limits.speed_max_mps),
    "load_mass_kg": lambda p, c: _up_to(p.mass.payload_max_kg),
}

OUTPUT_NEEDS: dict[str, Need] = {
    "traction_torque_nm": lambda p, c: _both(_torque(p)),
    "brake_force_n": _brake_force,
    "steering_front_angle_rad": _front_angle,
    "steering_rear_angle_rad": _rear_angle,
    "status_speed_limit_mps": lambda p, c: _up_to(p.limits.speed_max_mps),
}


def input_need(spec: SignalSpec, profile: ProfileData, calibration: Calibration) -> Span | None:
    """Range that an input must be able to carry, SI; None where the vehicle's figures demand none."""
    need = INPUT_NEEDS.get(spec.name)
    return need(profile, calibration) if need else None


def output_need(spec: SignalSpec, profile: ProfileData, calibration: Calibration) -> Span | None:
    """Range that an output must be able to carry, SI: the vehicle's own, else the canonical one."""
    need = OUTPUT_NEEDS.get(spec.name)
    return need(profile, calibration) if need else Span(spec.quantity.low, spec.quantity.high)


def carried_range(signal: SignalLayout, row: UnitRow) -> Span:
    """Range that a DBC signal can carry, in SI: its bits, and its declared range where it has one.

    Raw values that mean "not available" or "error" (SAE J1939) carry nothing.
    """
    low, high = -math.inf, math.inf
    if not signal.is_float:
        first, last = signal.raw_range
        ends = sorted((first * signal.factor + signal.offset, last * signal.factor + signal.offset))
        low, high = float(ends[0]), float(ends[1])
    if signal.minimum is not None:
        low = max(low, float(signal.minimum))
    if signal.maximum is not None:
        high = min(high, float(signal.maximum))
    if signal.indicators is not None:
        measured = measured_range(signal)
        low, high = max(low, measured[0]), min(high, measured[1])
    return Span(low * row.factor + row.offset, high * row.factor + row.offset)


def range_shortfall(spec: SignalSpec, need: Span, carried: Span, place: str) -> tuple[str, str]:
    """`expected` and `got` for a signal that cannot carry what it must; `carried` is its DBC's range."""
    unit = f" {spec.quantity.unit}" if spec.quantity.unit not in ("", "1") else ""
    expected = f"a signal that carries {_span(need)}{unit}, as this vehicle needs"
    if carried.holds(need):
        canonical = Span(spec.quantity.low, spec.quantity.high)
        return expected, f"{_span(canonical)}{unit}, the plausible range of {spec.name}"
    return expected, f"{_span(carried)}{unit} in {place}"


def _span(span: Span) -> str:
    return f"{number(span.low)} to {number(span.high)}"
