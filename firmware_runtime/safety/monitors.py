"""The conditions of the fault catalogue: each says what is wrong, or an empty string.

Pure functions of MonitorInputs; debounce, severity and where they apply stand in the catalogue.
Thresholds that a vehicle decides come from its profile, the rest is named here with its source.
"""

from firmware_runtime.safety.monitor_inputs import MonitorInputs
from firmware_runtime.vehicle.enums import (
    ActuatorStatus,
    BatteryState,
    ButtonState,
    ParkBrakeState,
    SwitchState,
)

SPEED_DISAGREEMENT_MPS = 0.4
SPEED_DISAGREEMENT_SHARE = 0.10
"""Wheels against motor: absolute plus a share (assumption: tyre radius, slip, sensor)."""
POWER_DISAGREEMENT_W = 15_000.0
POWER_DISAGREEMENT_SHARE = 0.35
"""Pack against motor: auxiliaries, plus losses of motor, inverter and measurement (assumption)."""
UNINTENDED_MPS = 0.10
"""Faster than this in a state that must stand is motion nobody asked for (assumption)."""
HEADING_ERROR_MAX_RAD = 0.7
"""So far across its route a vehicle does not come back within its corridor (assumption: 40 degrees)."""
BEFORE_ROUTE_MAX_M = 1.0
"""A vehicle further before the route's first point does not stand where it was sent from (assumption)."""
CLOSED_IN_MOTION_MPS = 0.3
"""A park brake that is not open above this speed is broken, or its report is (assumption)."""
RESERVOIR_MIN_PA = 4.5e5
"""The spring brake begins to close by itself below about 4.5 bar (assumption)."""
SUPPLY_MIN_V = 20.0
"""24 V supply (assumption: ECUs of the class work from 18 V)."""


def message_lost(i: MonitorInputs) -> str:
    return ", ".join(i.late_messages)


def signal_unusable(i: MonitorInputs) -> str:
    """A signal that is wrong though its message is there: out of range or not finite."""
    if not i.state.unusable or i.late_messages:
        return ""
    return ", ".join(sorted(i.state.unusable))


def estop_channels_disagree(i: MonitorInputs) -> str:
    a, b = i.state.estop_channel_a, i.state.estop_channel_b
    return "" if a is b else f"A {a.name}, B {b.name}"


def traction_failed(i: MonitorInputs) -> str:
    return _failed(i.state.traction_status)


def brakes_failed(i: MonitorInputs) -> str:
    return _failed(i.state.brake_status)


def steering_failed(i: MonitorInputs) -> str:
    return _failed(i.state.steering_status)


def _failed(status: ActuatorStatus) -> str:
    return "" if status in (ActuatorStatus.READY, ActuatorStatus.ACTIVE) else status.name


_REAR_WHEELS = ("wheel_speed_rear_left_mps", "wheel_speed_rear_right_mps")


def speed_implausible(i: MonitorInputs) -> str:
    """Of two living sources: a lost one keeps its last value, and that is no evidence."""
    s, traction = i.state, i.profile.traction
    if not s.usable(*_REAR_WHEELS, "motor_speed_radps"):
        return ""
    wheels_mps = 0.5 * (s.wheel_speed_rear_left_mps + s.wheel_speed_rear_right_mps)
    motor_mps = s.motor_speed_radps * traction.wheel_radius_m / traction.gear_ratio
    if abs(wheels_mps - motor_mps) <= SPEED_DISAGREEMENT_MPS + SPEED_DISAGREEMENT_SHARE * abs(wheels_mps):
        return ""
    return f"wheels {wheels_mps:.2f} m/s, motor {motor_mps:.2f} m/s"


def unintended_motion(i: MonitorInputs) -> str:
    """By the wheels; by the motor where they are lost."""
    s, traction = i.state, i.profile.traction
    if s.usable(*_REAR_WHEELS):
        speed_mps = 0.5 * (s.wheel_speed_rear_left_mps + s.wheel_speed_rear_right_mps)
    elif s.usable("motor_speed_radps"):
        speed_mps = s.motor_speed_radps * traction.wheel_radius_m / traction.gear_ratio
    else:
        return ""
    return f"{speed_mps:.2f} m/s in {i.safety_state.name}" if abs(speed_mps) > UNINTENDED_MPS else ""


def localisation_lost(i: MonitorInputs) -> str:
    if i.pose.valid:
        return ""
    limit_m = i.profile.localisation.lateral_std_max_m
    return f"lateral standard deviation {i.pose.lateral_std_m:.2f} m, limit {limit_m:.2f} m"


def route_left(i: MonitorInputs) -> str:
    limit_m = i.profile.control.cross_track_limit_m
    if abs(i.cross_track_m) > limit_m:
        return f"{i.cross_track_m:+.2f} m, limit {limit_m:.2f} m"
    if abs(i.heading_error_rad) > HEADING_ERROR_MAX_RAD:
        return f"heading {i.heading_error_rad:+.2f} rad off, limit {HEADING_ERROR_MAX_RAD:.2f} rad"
    if i.route_distance_m < -BEFORE_ROUTE_MAX_M:
        return f"{-i.route_distance_m:.1f} m before its beginning"
    return ""


def park_brake_stuck(i: MonitorInputs) -> str:
    """Asked to open, and it does not say that it has."""
    state = i.state.park_brake_state
    return state.name if i.park_brake_release_asked and state is not ParkBrakeState.RELEASED else ""


def park_brake_closed(i: MonitorInputs) -> str:
    s = i.state
    speed_mps = 0.5 * (s.wheel_speed_rear_left_mps + s.wheel_speed_rear_right_mps)
    if s.park_brake_state is ParkBrakeState.RELEASED or abs(speed_mps) <= CLOSED_IN_MOTION_MPS:
        return ""
    return f"{s.park_brake_state.name} at {speed_mps:.1f} m/s"


def bumper_pressed(i: MonitorInputs) -> str:
    return "" if i.state.bumper is ButtonState.RELEASED else i.state.bumper.name


def battery_failed(i: MonitorInputs) -> str:
    s = i.state
    if s.battery_state is BatteryState.FAULT or s.battery_fault_code:
        return f"state {s.battery_state.name}, code {s.battery_fault_code:.0f}"
    return ""


def battery_implausible(i: MonitorInputs) -> str:
    """Power of the pack against the motor's: how a battery shows that is frozen behind good frames."""
    s = i.state
    if not s.usable("battery_voltage_v", "battery_current_a", "motor_torque_nm", "motor_speed_radps"):
        return ""
    pack_w = s.battery_voltage_v * s.battery_current_a
    motor_w = s.motor_torque_nm * s.motor_speed_radps
    if abs(pack_w - motor_w) <= POWER_DISAGREEMENT_W + POWER_DISAGREEMENT_SHARE * max(
        abs(pack_w), abs(motor_w)
    ):
        return ""
    return f"pack {pack_w / 1000:.0f} kW, motor {motor_w / 1000:.0f} kW"


def precharge_overdue(i: MonitorInputs) -> str:
    s = i.state
    if not i.precharge_overdue:
        return ""
    limit_s = i.profile.battery.precharge_time_max_s
    return f"link {s.battery_link_voltage_v:.0f} V of {s.battery_voltage_v:.0f} V after {limit_s:g} s"


def battery_temperature(i: MonitorInputs) -> str:
    s, battery = i.state, i.profile.battery
    if s.battery_cell_temperature_min_degc < battery.cell_temperature_min_degc:
        return f"coldest cell {s.battery_cell_temperature_min_degc:.0f} degC"
    if s.battery_cell_temperature_max_degc > battery.cell_temperature_max_degc:
        return f"warmest cell {s.battery_cell_temperature_max_degc:.0f} degC"
    return ""


def battery_isolation(i: MonitorInputs) -> str:
    s = i.state
    needed_ohm = i.profile.battery.isolation_min_ohm_per_v * s.battery_voltage_v
    if s.battery_isolation_ohm >= needed_ohm:
        return ""
    return f"{s.battery_isolation_ohm / 1000:.0f} kohm, needs {needed_ohm / 1000:.0f} kohm"


def battery_interlock(i: MonitorInputs) -> str:
    return "" if i.state.battery_interlock is SwitchState.CLOSED else i.state.battery_interlock.name


def battery_low(i: MonitorInputs) -> str:
    s, soc_min = i.state, i.profile.battery.soc_min
    return f"{100 * s.battery_soc:.1f} %, limit {100 * soc_min:.0f} %" if s.battery_soc < soc_min else ""


def reservoir_low(i: MonitorInputs) -> str:
    pressure_pa = i.state.brake_reservoir_pa
    return f"{pressure_pa / 1e5:.1f} bar" if pressure_pa < RESERVOIR_MIN_PA else ""


def supply_low(i: MonitorInputs) -> str:
    return f"{i.state.supply_voltage_v:.1f} V" if i.state.supply_voltage_v < SUPPLY_MIN_V else ""


def supervisor_took_over(i: MonitorInputs) -> str:
    return i.supervisor_took_over


def foreign_sender(i: MonitorInputs) -> str:
    return "; ".join(i.buses.foreign_senders)


def bus_off(i: MonitorInputs) -> str:
    return ", ".join(i.buses.off)


def bus_given_up(i: MonitorInputs) -> str:
    return ", ".join(i.buses.given_up)


def bus_disturbed(i: MonitorInputs) -> str:
    return ", ".join(i.buses.disturbed)


def frames_lost(i: MonitorInputs) -> str:
    return ", ".join(i.buses.frames_lost)


def clock_stepped(i: MonitorInputs) -> str:
    return ", ".join(i.buses.clock_steps)
