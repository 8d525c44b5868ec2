"""True parameters of the simulated ECUs, as the vehicle file gives them (`[inverter]`, `[brakes]`, ...).

`Annotated[float, (low, high)]` is the range that `vehicle_file` permits. SI units; degC for temperatures.
"""

from dataclasses import dataclass
from typing import Annotated

Share = Annotated[float, (0.0, 1.0)]


@dataclass(frozen=True, slots=True)
class InverterParameters:
    torque_max_nm: Annotated[float, (1.0, 20_000.0)]
    power_max_w: Annotated[float, (100.0, 2e6)]
    regeneration_torque_max_nm: Annotated[float, (0.0, 20_000.0)]
    torque_slew_nmps: Annotated[float, (10.0, 1e6)]
    """Of the inverter itself; the runtime's own slew is slower."""
    torque_lag_s: Annotated[float, (0.0, 1.0)]
    link_voltage_min_v: Annotated[float, (0.0, 1500.0)]
    """Below it the inverter gives no torque."""
    link_voltage_max_v: Annotated[float, (0.0, 1500.0)]
    """Above it likewise."""
    motor_heat_capacity_jpk: Annotated[float, (1.0, 1e8)]
    motor_heat_resistance_kpw: Annotated[float, (1e-6, 10.0)]
    """Winding to surroundings."""
    inverter_heat_capacity_jpk: Annotated[float, (1.0, 1e8)]
    inverter_heat_resistance_kpw: Annotated[float, (1e-6, 10.0)]
    motor_loss_share: Share
    """Share of the electrical loss that heats the motor; the rest heats the inverter."""
    motor_derate_degc: Annotated[float, (0.0, 250.0)]
    """Torque falls linearly from here to zero at `motor_cut_degc`."""
    motor_cut_degc: Annotated[float, (0.0, 250.0)]
    inverter_derate_degc: Annotated[float, (0.0, 250.0)]
    inverter_cut_degc: Annotated[float, (0.0, 250.0)]
    torque_noise_nm: Annotated[float, (0.0, 100.0)]
    """Standard deviation of the reported torque."""
    speed_noise_radps: Annotated[float, (0.0, 10.0)]
    """Standard deviation of the reported speed while the shaft turns."""


@dataclass(frozen=True, slots=True)
class BrakeParameters:
    force_max_n: Annotated[float, (100.0, 650_000.0)]
    lag_s: Annotated[float, (0.0, 1.0)]
    gain: Annotated[float, (0.3, 2.0)]
    """True friction force over the force that the ECU believes and reports."""
    park_force_n: Annotated[float, (10.0, 650_000.0)]
    """Friction of the fully applied spring brake."""
    park_apply_time_s: Annotated[float, (0.01, 5.0)]
    park_release_time_s: Annotated[float, (0.01, 5.0)]
    pressure_start_pa: Annotated[float, (0.0, 1.25e6)]
    pressure_cut_in_pa: Annotated[float, (0.0, 1.25e6)]
    pressure_cut_out_pa: Annotated[float, (0.0, 1.25e6)]
    pressure_release_pa: Annotated[float, (0.0, 1.25e6)]
    """Least pressure that can release the spring brake."""
    pressure_spring_pa: Annotated[float, (0.0, 1.25e6)]
    """Below it the springs apply by themselves, and service force falls with the pressure."""
    compressor_paps: Annotated[float, (0.0, 1e6)]
    leak_paps: Annotated[float, (0.0, 1e5)]
    application_drop_pa: Annotated[float, (0.0, 5e5)]
    """Pressure lost by one full application of the service brake."""
    release_drop_pa: Annotated[float, (0.0, 5e5)]
    """Pressure lost by one release of the spring brake."""


@dataclass(frozen=True, slots=True)
class WheelSensorParameters:
    nominal_radius_m: Annotated[float, (0.05, 1.5)]
    """What the ECU computes with; the true radius is the driveline's."""
    noise_mps: Annotated[float, (0.0, 1.0)]
    """Standard deviation while the wheel turns."""
    resolution_mps: Annotated[float, (1e-6, 0.5)]
    threshold_mps: Annotated[float, (0.0, 0.5)]
    """Slower than this reads 0."""


@dataclass(frozen=True, slots=True)
class SteeringParameters:
    angle_max_rad: Annotated[float, (0.05, 1.2)]
    rate_max_radps: Annotated[float, (0.01, 3.0)]
    lag_s: Annotated[float, (0.0, 2.0)]
    dead_time_s: Annotated[float, (0.0, 1.0)]
    front_zero_rad: Annotated[float, (-0.2, 0.2)]
    """Angle that the ECU reads where the wheels are straight."""
    rear_zero_rad: Annotated[float, (-0.2, 0.2)]
    noise_rad: Annotated[float, (0.0, 0.05)]
    """Standard deviation of the reported angles."""


@dataclass(frozen=True, slots=True)
class BatteryControlParameters:
    discharge_power_max_w: Annotated[float, (100.0, 2e6)]
    charge_power_max_w: Annotated[float, (0.0, 2e6)]
    cell_temperature_cut_degc: Annotated[float, (0.0, 100.0)]
    """A cell above it opens the contactors."""
    cell_voltage_min_v: Annotated[float, (0.0, 5.0)]
    """A cell below it for a second opens the contactors."""
    soc_error: Annotated[float, (-0.5, 0.5)]
    """Reported minus true state of charge at the start."""
    current_gain: Annotated[float, (0.5, 1.5)]
    """Measured over true current."""
    temperature_spread_k: Annotated[float, (0.0, 30.0)]
    """Warmest and coldest cell from the mean, each."""
    voltage_spread_v: Annotated[float, (0.0, 1.0)]
    """Highest and lowest cell from the mean, each."""
    isolation_ohm: Annotated[float, (0.0, 5e6)]


@dataclass(frozen=True, slots=True)
class BodyParameters:
    supply_charging_v: Annotated[float, (0.0, 50.0)]
    """24 V supply while the DC/DC converter runs."""
    supply_resting_v: Annotated[float, (0.0, 50.0)]
    load_gain: Annotated[float, (0.5, 1.5)]
    """Weighed over true load."""
