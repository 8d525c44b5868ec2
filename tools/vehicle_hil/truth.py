"""What the simulated vehicle truly did in one tick; a drive's figures are measured against this alone."""

from typing import NamedTuple


class Truth(NamedTuple):
    """At the end of a tick. Pose and speed are of the reference point; left and forward positive."""

    time_ns: int
    x_m: float
    y_m: float
    heading_rad: float
    """Anticlockwise from +x, unwrapped."""
    speed_mps: float
    """Along the body; exactly 0 at standstill."""
    acceleration_mps2: float
    """Mean over the tick."""
    front_angle_rad: float
    rear_angle_rad: float
    motor_torque_nm: float
    """At the shaft."""
    brake_force_n: float
    """Friction that service and park brake can give, after adhesion; magnitude."""
    park_brake_applied: bool
    inverter_latched: bool
    brakes_latched: bool
    steering_latched: bool
    soc: float
    """0..1."""
    pack_voltage_v: float
    pack_current_a: float
    """Positive discharges."""
    cell_temperature_degc: float
    energy_drawn_j: float
    """Out of the pack's terminals since the start, auxiliaries included."""
    energy_regenerated_j: float
    """Into the pack's terminals since the start, after auxiliaries; magnitude."""
    distance_m: float
    """Along the body since the start, signed."""
    load_mass_kg: float
    gnss_fix_valid: bool
    """True where the receiver's last epoch had a fix."""
    auxiliary_energy_j: float
    """Used by the auxiliaries since the start."""
    yaw_rate_radps: float
    lateral_acceleration_mps2: float
    beyond_validity_s: float
    """Time so far with more lateral acceleration than the kinematic model is honest for."""
