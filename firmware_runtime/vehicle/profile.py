"""The vehicle profile: one TOML file a type of vehicle, as typed structs. Values are checked in `load`.

Field metadata (`Annotated[float, Range(...)]`) carries unit and permitted range; the loader checks each
field against it and reports file, line, expectation and what came. SI units throughout; the unit is in
the key's name.
"""

from typing import Annotated

import msgspec

from firmware_runtime.vehicle import bounds
from firmware_runtime.vehicle.bounds import Range

DEPLOYMENT, DEVELOPMENT = "deployment", "development"
PURPOSES = (DEPLOYMENT, DEVELOPMENT)


class VehicleIdentity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    """File-name friendly, e.g. `q_truck`."""
    title: str
    cab: bool
    """True where a driver can sit in it (permits MANUAL)."""


class Geometry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    wheelbase_m: Annotated[float, Range(0.2, 20)]
    track_width_m: Annotated[float, Range(0.2, 5)]
    length_m: Annotated[float, Range(0.3, 30)]
    width_m: Annotated[float, Range(0.3, 6)]
    rear_steer_ratio: Annotated[float, Range(0, 1)]
    """tan(rear angle) = -ratio * tan(front angle) without crab; 0 is front steering only.

    The reference point, where velocity is along the body, lies wheelbase * ratio / (1 + ratio) ahead of
    the rear axle (single-track kinematics without slip): the rear axle itself for ratio 0."""


class Mass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    empty_kg: Annotated[float, Range(20, 100_000)]
    payload_max_kg: Annotated[float, bounds.LOAD]
    trailer_max_kg: Annotated[float, bounds.LOAD] = 0.0
    """All that it may tow, laden. No trailer is weighed: where mass is to be stopped the heaviest counts."""


class Resistance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rolling_coefficient: Annotated[float, Range(0.001, 0.1)]
    drag_area_m2: Annotated[float, Range(0.1, 30)]
    """Drag coefficient times frontal area."""
    grade_max: Annotated[float, bounds.GRADE]
    """Rise over run that it must hold and stop on."""


class Traction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    wheel_radius_m: Annotated[float, Range(0.05, 1.5)]
    gear_ratio: Annotated[float, Range(0.5, 100)]
    """Motor speed over wheel speed."""
    efficiency: Annotated[float, Range(0.5, 1)]
    """Motor shaft to tyre."""
    torque_max_nm: Annotated[float, bounds.TORQUE]
    power_max_w: Annotated[float, Range(100, 2_000_000)]
    torque_slew_nmps: Annotated[float, Range(10, 200_000)]
    regeneration_torque_max_nm: Annotated[float, Range(0, 20_000)]
    regeneration_fade_speed_mps: Annotated[float, Range(0.05, 5)]
    """Below it regeneration fades out linearly and friction takes over."""


class Brake(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    force_max_n: Annotated[float, bounds.BRAKE_FORCE]
    lag_s: Annotated[float, Range(0, 1)]
    hold_force_n: Annotated[float, Range(10, 650_000)]
    """Service brake held at a stop until the park brake is applied."""


class Steering(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    front_angle_max_rad: Annotated[float, bounds.STEERING_ANGLE]
    rate_max_radps: Annotated[float, bounds.STEERING_RATE]
    lag_s: Annotated[float, Range(0, 2)]
    dead_time_s: Annotated[float, Range(0, 1)]


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    speed_max_mps: Annotated[float, bounds.SPEED]
    acceleration_max_mps2: Annotated[float, bounds.ACCELERATION]
    deceleration_max_mps2: Annotated[float, bounds.DECELERATION]
    """Of normal driving."""
    lateral_acceleration_max_mps2: Annotated[float, bounds.LATERAL_ACCELERATION]
    lateral_jerk_max_mps3: Annotated[float, bounds.LATERAL_JERK]
    """Of the commanded curvature at speed; GNSS fixes and bends together ask for it."""
    jerk_max_mps3: Annotated[float, bounds.JERK]
    minimal_risk_deceleration_mps2: Annotated[float, bounds.MINIMAL_RISK]
    """Of a stop by the stop plan; never above 4 m/s² (UN R157, secondary)."""


class Localisation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    antenna_x_m: Annotated[float, Range(-30, 30)]
    """Primary GNSS antenna, ahead of the reference point."""
    antenna_y_m: Annotated[float, Range(-6, 6)]
    """Left of the reference point."""
    heading_offset_rad: Annotated[float, Range(-3.2, 3.2)]
    """Heading of the antenna pair relative to the body's long axis."""
    latency_min_s: Annotated[float, Range(0, 1)]
    """Least time from a fix's instant to the last byte of its epoch (GGA, GST, HDT)."""
    lateral_std_max_m: Annotated[float, Range(0.01, 2)]
    """Beyond it localisation counts as lost."""
    serial_port: str
    baud: Annotated[int, Range(4800, 921600)]


class Control(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lookahead_base_m: Annotated[float, Range(0.2, 20)]
    lookahead_gain_s: Annotated[float, Range(0, 5)]
    speed_gain_1ps: Annotated[float, Range(0.05, 10)]
    """Proportional speed control: acceleration per speed error."""
    speed_integral_1ps2: Annotated[float, Range(0, 10)]
    cross_track_limit_m: Annotated[float, Range(0.05, 5)]
    """Beyond it the route counts as left."""


class Battery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    capacity_ah: Annotated[float, Range(1, 5000)]
    nominal_voltage_v: Annotated[float, Range(10, 1200)]
    voltage_min_v: Annotated[float, Range(5, 1200)]
    """Of the pack, under load; below 0 degC it may sag to 80 % of it (2.0 V a cell instead of 2.5)."""
    voltage_max_v: Annotated[float, Range(10, 1500)]
    """Of the pack, charging; the working voltage in the sense of UN R100 (secondary)."""
    precharge_time_max_s: Annotated[float, bounds.PRECHARGE_TIME]
    opening_current_max_a: Annotated[float, bounds.OPENING_CURRENT]
    """Of the pack, magnitude: below it contactors open without wear; auxiliaries alone stay below it."""
    opening_time_max_s: Annotated[float, bounds.OPENING_TIME]
    """So long a stop waits for that current; then the contactors open under it."""
    link_voltage_share_min: Annotated[float, Range(0.5, 1)]
    """Link over pack voltage from which high voltage counts as ready."""
    cell_temperature_min_degc: Annotated[float, Range(-60, 80)]
    cell_temperature_max_degc: Annotated[float, Range(-60, 100)]
    isolation_min_ohm_per_v: Annotated[float, Range(100, 10000)]
    """UN R100: at least 100 ohm/V for DC (secondary)."""
    soc_min: Annotated[float, Range(0, 0.9)]


class Safety(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    estop_disagreement_max_s: Annotated[float, bounds.ESTOP_DISAGREEMENT]
    self_test_time_max_s: Annotated[float, bounds.SELF_TEST_TIME]
    comfortable_time_max_s: Annotated[float, bounds.COMFORTABLE_TIME]
    """Budget of a comfortable stop; one that will not keep it becomes a minimal-risk stop."""
    minimal_risk_time_max_s: Annotated[float, bounds.MINIMAL_RISK_TIME]
    degraded_time_max_s: Annotated[float, bounds.DEGRADED_TIME]
    degraded_speed_mps: Annotated[float, Range(0.1, 15)]
    standstill_speed_mps: Annotated[float, bounds.STANDSTILL_SPEED]
    proposal_age_max_s: Annotated[float, bounds.PROPOSAL_AGE]
    stop_plan_life_s: Annotated[float, bounds.STOP_PLAN_LIFE]


RATES_HZ = (100, 200, 500, 1000)
"""A whole number of ticks makes a cycle of the buses, 10 ms: else frames would go out unevenly."""
NS_PER_S = 1_000_000_000


class Loop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often `control` looks and proposes. Frames go out by their own cycles, whatever it is."""

    rate_hz: Annotated[int, Range(min(RATES_HZ), max(RATES_HZ))] = min(RATES_HZ)
    """One of RATES_HZ."""

    @property
    def tick_ns(self) -> int:
        return NS_PER_S // self.rate_hz

    @property
    def tick_s(self) -> float:
        return 1.0 / self.rate_hz


class BusConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    dbc: str
    """Path relative to the profile."""
    bitrate_bps: Annotated[int, Range(10_000, 1_000_000)]
    data_bitrate_bps: Annotated[int, Range(10_000, 8_000_000)] = 0
    """Of the data phase: this is a CAN FD bus (ISO 11898-1); transceivers end at 8 Mbit/s (CiA 601-4,
    secondary). 0: classic CAN."""


class MessageDeclaration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a maker's DBC leaves out of one message (`declarations`); all of it optional."""

    cycle_ms: Annotated[int, Range(1, 60_000)] = 0
    """0: the DBC states it."""
    deadline_ms: Annotated[int, Range(1, 240_000)] = 0
    """0: the DBC states it."""
    page_deadlines_ms: dict[str, Annotated[int, Range(1, 240_000)]] = {}
    """Page of a multiplexed message (`Mux=3`, `Mux=0-3`) -> its own deadline; without one it is the
    message's times the number of pages."""
    attributes: dict[str, int | str] = {}
    """Protection: `E2eProfile` and the attributes that it reads (`can/protection`)."""
    unprotected: str = ""
    """Why this message may go without end-to-end protection; for battery messages alone (`messages`)."""
    labels: dict[str, dict[str, str]] = {}
    """Signal -> the maker's label, or a raw value that has none -> canonical label, or `-` for none."""
    constants: dict[str, Annotated[int, Range(-(2**31), 2**31 - 1)]] = {}
    """Signal of a sent message that stands for nothing canonical -> its raw value for ever."""


class ProfileData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file as written; `load` turns it into a Profile with resolved bindings."""

    vehicle: VehicleIdentity
    geometry: Geometry
    mass: Mass
    resistance: Resistance
    traction: Traction
    brake: Brake
    steering: Steering
    limits: Limits
    localisation: Localisation
    control: Control
    battery: Battery
    safety: Safety
    buses: dict[str, BusConfig]
    calibration: str
    """Path of the calibration file, relative to the profile."""
    inputs: dict[str, str]
    """Canonical input -> `bus.Message.Signal`."""
    outputs: dict[str, str]
    """Canonical output -> `bus.Message.Signal`."""
    purpose: str = DEPLOYMENT
    """One of PURPOSES. A deployment profile starts only signed and with all rights; a development one also
    without them, where its command says so, and tells it on the bus. It changes nothing of what is safe."""
    loop: Loop = Loop()
    messages: dict[str, dict[str, MessageDeclaration]] = {}
    """Bus -> message -> what its DBC leaves out."""


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Figures of one vehicle, not of its type."""

    serial_number: str
    steering_front_zero_rad: Annotated[float, Range(-0.2, 0.2)]
    """Subtracted from the measured, added to the commanded angle."""
    steering_rear_zero_rad: Annotated[float, Range(-0.2, 0.2)]
    wheel_radius_scale: Annotated[float, Range(0.9, 1.1)]
    """True over nominal radius; multiplies every wheel speed."""
    brake_gain: Annotated[float, Range(0.5, 2)]
    """Friction force asked of the ECU over force wanted."""
