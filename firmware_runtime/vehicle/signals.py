"""The canonical signals: one table each for what the runtime hears (VehicleState) and says (Commands).

Each field of the two structs *is* a row: its annotation carries unit, range, meaning and whether a
vehicle may lack it. The profile binds each to a DBC signal; documentation, `check`, bindings, tests and
the technician's tool read these rows from `INPUT_SPECS` and `OUTPUT_SPECS`.
"""

from dataclasses import dataclass
from enum import IntEnum
from math import inf
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

from firmware_runtime.vehicle.enums import (
    ActuatorStatus,
    BatteryState,
    ButtonState,
    Configuration,
    ContactorRequest,
    LockState,
    ModeKey,
    MotionState,
    OnOffState,
    ParkBrakeRequest,
    ParkBrakeState,
    PlugState,
    SafetyState,
    ScannerState,
    SwitchState,
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """Annotation of a canonical field: SI unit, plausible range, meaning."""

    unit: str
    low: float
    high: float
    doc: str
    optional: bool = False
    """True where a vehicle may lack it; then it stays at `default`."""
    cab: bool = False
    """True for what only a driver in a cab says: required where the profile's `vehicle.cab` is true, refused
    where it is false; then it stays at `default`."""
    default: float = 0.0


@dataclass(frozen=True, slots=True)
class SignalSpec:
    """One row of a canonical table."""

    name: str
    quantity: Quantity
    enum: type[IntEnum] | None
    """The canonical enumeration, or None for a number."""


class VehicleState(msgspec.Struct, frozen=True):
    """All that the buses say of the vehicle, in SI units, at one tick.

    A field keeps its last valid value; `unusable` names those that must not be trusted now (never
    received, late, bad CRC or counter, out of range), and is empty on a healthy vehicle.
    """

    wheel_speed_front_left_mps: Annotated[float, Quantity("m/s", -20, 20, "circumferential speed, signed")]
    wheel_speed_front_right_mps: Annotated[float, Quantity("m/s", -20, 20, "circumferential speed, signed")]
    wheel_speed_rear_left_mps: Annotated[float, Quantity("m/s", -20, 20, "circumferential speed, signed")]
    wheel_speed_rear_right_mps: Annotated[float, Quantity("m/s", -20, 20, "circumferential speed, signed")]
    motor_speed_radps: Annotated[float, Quantity("rad/s", -1300, 1300, "motor shaft, forward positive")]
    motor_torque_nm: Annotated[float, Quantity("Nm", -16000, 16000, "motor shaft, forward positive")]
    traction_status: Annotated[ActuatorStatus, Quantity("", 0, 15, "what the inverter says of itself")]
    traction_torque_max_nm: Annotated[float, Quantity("Nm", 0, 32000, "propulsion available now")]
    traction_regen_max_nm: Annotated[float, Quantity("Nm", 0, 32000, "regeneration available now, magnitude")]
    inverter_temperature_degc: Annotated[float, Quantity("degC", -40, 210, "inverter")]
    motor_temperature_degc: Annotated[float, Quantity("degC", -40, 210, "motor winding")]
    brake_force_n: Annotated[float, Quantity("N", 0, 650000, "service-brake friction force now, magnitude")]
    brake_status: Annotated[ActuatorStatus, Quantity("", 0, 15, "what the brake ECU says of itself")]
    park_brake_state: Annotated[ParkBrakeState, Quantity("", 0, 3, "spring-applied park brake")]
    brake_reservoir_pa: Annotated[float, Quantity("Pa", 0, 1.25e6, "air reservoir of the brakes")]
    steering_front_angle_rad: Annotated[
        float, Quantity("rad", -1.2, 1.2, "single-track angle, left positive")
    ]
    steering_rear_angle_rad: Annotated[
        float, Quantity("rad", -1.2, 1.2, "single-track angle, left positive", optional=True)
    ]
    steering_status: Annotated[ActuatorStatus, Quantity("", 0, 15, "what the steering ECU says of itself")]
    battery_state: Annotated[BatteryState, Quantity("", 0, 15, "contactor sequence of the battery")]
    battery_contactor_plus: Annotated[SwitchState, Quantity("", 0, 3, "main contactor, feedback")]
    battery_contactor_minus: Annotated[SwitchState, Quantity("", 0, 3, "main contactor, feedback")]
    battery_interlock: Annotated[SwitchState, Quantity("", 0, 3, "high-voltage interlock, CLOSED is healthy")]
    battery_fault_code: Annotated[float, Quantity("1", 0, 250, "0 is none")]
    battery_link_voltage_v: Annotated[float, Quantity("V", 0, 1500, "behind the contactors")]
    battery_voltage_v: Annotated[float, Quantity("V", 0, 1500, "pack")]
    battery_current_a: Annotated[float, Quantity("A", -3200, 3200, "positive discharges")]
    battery_soc: Annotated[float, Quantity("1", 0, 1, "state of charge, share")]
    battery_discharge_power_max_w: Annotated[float, Quantity("W", 0, 1.3e6, "permitted now")]
    battery_charge_power_max_w: Annotated[float, Quantity("W", 0, 1.3e6, "permitted now")]
    battery_cell_temperature_min_degc: Annotated[float, Quantity("degC", -40, 210, "coldest cell")]
    battery_cell_temperature_max_degc: Annotated[float, Quantity("degC", -40, 210, "warmest cell")]
    # Open at the top: more is healthier, and monitors tell as much as their frame holds (foxBMS 2: 57 MΩ).
    battery_isolation_ohm: Annotated[float, Quantity("ohm", 0, inf, "high voltage against chassis")]
    estop_channel_a: Annotated[SwitchState, Quantity("", 0, 3, "OPEN is pressed")]
    estop_channel_b: Annotated[SwitchState, Quantity("", 0, 3, "OPEN is pressed")]
    run_button: Annotated[ButtonState, Quantity("", 0, 3, "run request, acts on its rising edge")]
    acknowledge_button: Annotated[ButtonState, Quantity("", 0, 3, "acknowledge, acts on its rising edge")]
    mode_key: Annotated[ModeKey, Quantity("", 0, 7, "mode selector")]
    link_alive: Annotated[OnOffState, Quantity("", 0, 3, "link to the control centre")]
    charge_plug: Annotated[PlugState, Quantity("", 0, 3, "charging plug")]
    dead_man: Annotated[ButtonState, Quantity("", 0, 3, "dead-man of remote driver or technician, held")]
    off_button: Annotated[ButtonState, Quantity("", 0, 3, "switch-off request")]
    remote_speed_mps: Annotated[
        float, Quantity("m/s", -10, 10, "asked by the remote driver or the technician's pendant")
    ]
    remote_steering_rad: Annotated[float, Quantity("rad", -1.2, 1.2, "front angle asked so, left positive")]
    cab_override: Annotated[
        OnOffState, Quantity("", 0, 3, "the driver moves wheel or pedal to take over", cab=True)
    ]
    cab_accelerator: Annotated[float, Quantity("1", 0, 1, "accelerator pedal, share", cab=True)]
    cab_brake: Annotated[float, Quantity("1", 0, 1, "brake pedal, share", cab=True)]
    cab_steering_rad: Annotated[
        float, Quantity("rad", -1.2, 1.2, "front angle asked by the steering wheel, left positive", cab=True)
    ]
    scanner_stop: Annotated[ScannerState, Quantity("", 0, 3, "protective field of the scanner")]
    bumper: Annotated[ButtonState, Quantity("", 0, 3, "safety bumper")]
    zone_speed_limit_mps: Annotated[float, Quantity("m/s", 0, 60, "limit of the zone")]
    hazard_lights: Annotated[OnOffState, Quantity("", 0, 3, "hazard lights as the body reports them")]
    supply_voltage_v: Annotated[float, Quantity("V", 0, 50, "24 V supply")]
    load_mass_kg: Annotated[float, Quantity("kg", 0, 320000, "load on the vehicle")]
    load_locked: Annotated[LockState, Quantity("", 0, 3, "twist-locks")]
    time_ns: int = 0
    unusable: frozenset[str] = frozenset()

    def usable(self, *names: str) -> bool:
        """True where every named field may be trusted now."""
        return not self.unusable or self.unusable.isdisjoint(names)


class Commands(msgspec.Struct):
    """All that the supervisor says on the buses, in SI units. The defaults are the safe words."""

    heartbeat_motion_state: Annotated[MotionState, Quantity("", 0, 7, "heartbeat to the actuator ECUs")] = (
        MotionState.STANDING
    )
    heartbeat_handshake: Annotated[float, Quantity("1", 0, 1, "1 asks latched ECUs to clear")] = 0.0
    heartbeat_control_well: Annotated[float, Quantity("1", 0, 1, "proposals are being accepted")] = 0.0
    heartbeat_severity: Annotated[float, Quantity("1", 0, 4, "highest active severity")] = 0.0
    heartbeat_safety_state: Annotated[SafetyState, Quantity("", 0, 255, "state")] = SafetyState.INIT
    heartbeat_identity: Annotated[float, Quantity("1", 0, 4294967295, "configuration identity, 32 bits")] = (
        0.0
    )
    traction_enable: Annotated[OnOffState, Quantity("", 0, 3, "inverter enable")] = OnOffState.OFF
    traction_torque_nm: Annotated[float, Quantity("Nm", -16000, 16000, "motor shaft, forward positive")] = 0.0
    brake_force_n: Annotated[float, Quantity("N", 0, 650000, "service-brake friction force, magnitude")] = 0.0
    park_brake_request: Annotated[ParkBrakeRequest, Quantity("", 0, 3, "park brake")] = ParkBrakeRequest.APPLY
    steering_enable: Annotated[OnOffState, Quantity("", 0, 3, "steering enable")] = OnOffState.OFF
    steering_front_angle_rad: Annotated[float, Quantity("rad", -1.2, 1.2, "left positive")] = 0.0
    steering_rear_angle_rad: Annotated[float, Quantity("rad", -1.2, 1.2, "left positive", optional=True)] = (
        0.0
    )
    contactor_request: Annotated[ContactorRequest, Quantity("", 0, 3, "main contactors")] = (
        ContactorRequest.OPEN
    )
    hazard_lights: Annotated[OnOffState, Quantity("", 0, 3, "hazard lights")] = OnOffState.OFF
    beacon: Annotated[OnOffState, Quantity("", 0, 3, "driverless beacon")] = OnOffState.OFF
    brake_lights: Annotated[OnOffState, Quantity("", 0, 3, "brake lights")] = OnOffState.OFF
    head_lights: Annotated[OnOffState, Quantity("", 0, 3, "head lights")] = OnOffState.OFF
    scanner_field_set: Annotated[float, Quantity("1", 0, 250, "protective field set, 0 the largest")] = 0.0
    status_safety_state: Annotated[SafetyState, Quantity("", 0, 255, "for people")] = SafetyState.INIT
    status_severity: Annotated[float, Quantity("1", 0, 4, "for people")] = 0.0
    status_active_faults: Annotated[float, Quantity("1", 0, 250, "count, for people")] = 0.0
    status_route_share: Annotated[float, Quantity("1", 0, 1, "share of the route driven")] = 0.0
    status_speed_limit_mps: Annotated[float, Quantity("m/s", 0, 60, "limit in force")] = 0.0
    status_configuration: Annotated[Configuration, Quantity("", 0, 3, "signed, or development")] = (
        Configuration.NOT_KNOWN
    )


def _specs(struct: type[msgspec.Struct]) -> tuple[SignalSpec, ...]:
    rows: list[SignalSpec] = []
    hints: dict[str, Any] = get_type_hints(struct, include_extras=True)
    for name in struct.__struct_fields__:
        hint = hints[name]
        if get_origin(hint) is not Annotated:
            continue
        base, quantity = get_args(hint)[:2]
        enum = base if isinstance(base, type) and issubclass(base, IntEnum) else None
        rows.append(SignalSpec(name, quantity, enum))
    return tuple(rows)


WHEEL_SPEEDS = (
    "wheel_speed_front_left_mps",
    "wheel_speed_front_right_mps",
    "wheel_speed_rear_left_mps",
    "wheel_speed_rear_right_mps",
)
"""One source of speed among two; the motor is the other."""
INPUT_SPECS: tuple[SignalSpec, ...] = _specs(VehicleState)
"""What the runtime hears, in the order of VehicleState's fields."""
OUTPUT_SPECS: tuple[SignalSpec, ...] = _specs(Commands)
"""What the supervisor says, in the order of Commands' fields."""
