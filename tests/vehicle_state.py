"""A healthy VehicleState at rest, to be varied field by field."""

from typing import Any

import msgspec

from firmware_runtime.vehicle.enums import (
    ActuatorStatus,
    BatteryState,
    ButtonState,
    LockState,
    ModeKey,
    OnOffState,
    ParkBrakeState,
    PlugState,
    ScannerState,
    SwitchState,
)
from firmware_runtime.vehicle.signals import VehicleState

HEALTHY = VehicleState(
    wheel_speed_front_left_mps=0.0,
    wheel_speed_front_right_mps=0.0,
    wheel_speed_rear_left_mps=0.0,
    wheel_speed_rear_right_mps=0.0,
    motor_speed_radps=0.0,
    motor_torque_nm=0.0,
    traction_status=ActuatorStatus.READY,
    traction_torque_max_nm=5600.0,
    traction_regen_max_nm=3000.0,
    inverter_temperature_degc=40.0,
    motor_temperature_degc=40.0,
    brake_force_n=0.0,
    brake_status=ActuatorStatus.READY,
    park_brake_state=ParkBrakeState.APPLIED,
    brake_reservoir_pa=9e5,
    steering_front_angle_rad=0.0,
    steering_rear_angle_rad=0.0,
    steering_status=ActuatorStatus.READY,
    battery_state=BatteryState.CLOSED,
    battery_contactor_plus=SwitchState.CLOSED,
    battery_contactor_minus=SwitchState.CLOSED,
    battery_interlock=SwitchState.CLOSED,
    battery_fault_code=0.0,
    battery_link_voltage_v=620.0,
    battery_voltage_v=620.0,
    battery_current_a=5.0,
    battery_soc=0.8,
    battery_discharge_power_max_w=400e3,
    battery_charge_power_max_w=200e3,
    battery_cell_temperature_min_degc=20.0,
    battery_cell_temperature_max_degc=24.0,
    battery_isolation_ohm=2e6,
    estop_channel_a=SwitchState.CLOSED,
    estop_channel_b=SwitchState.CLOSED,
    run_button=ButtonState.RELEASED,
    acknowledge_button=ButtonState.RELEASED,
    mode_key=ModeKey.AUTO,
    link_alive=OnOffState.ON,
    charge_plug=PlugState.UNPLUGGED,
    dead_man=ButtonState.RELEASED,
    off_button=ButtonState.RELEASED,
    remote_speed_mps=0.0,
    remote_steering_rad=0.0,
    cab_override=OnOffState.NOT_AVAILABLE,
    cab_accelerator=0.0,
    cab_brake=0.0,
    cab_steering_rad=0.0,
    scanner_stop=ScannerState.CLEAR,
    bumper=ButtonState.RELEASED,
    zone_speed_limit_mps=60.0,
    hazard_lights=OnOffState.OFF,
    supply_voltage_v=27.0,
    load_mass_kg=0.0,
    load_locked=LockState.UNLOCKED,
)


def vehicle_state(**changes: Any) -> VehicleState:
    return msgspec.structs.replace(HEALTHY, **changes)


def rolling(speed_mps: float, **changes: Any) -> VehicleState:
    """All wheels and the motor of the Q-Truck (radius 0.6 m, ratio 20) at one speed."""
    moving: dict[str, Any] = {
        "wheel_speed_front_left_mps": speed_mps,
        "wheel_speed_front_right_mps": speed_mps,
        "wheel_speed_rear_left_mps": speed_mps,
        "wheel_speed_rear_right_mps": speed_mps,
        "motor_speed_radps": speed_mps / 0.6 * 20.0,
        "park_brake_state": ParkBrakeState.RELEASED,
    }
    return vehicle_state(**{**moving, **changes})
