"""The plant: everything physical of the simulated vehicle in one step of the tick.

Actuators in (torque, friction, angles, contactors), motion and voltages out. It knows no bus and no ECU.
"""

from typing import NamedTuple

from vehicle_hil.plant.battery_pack import BatteryPack
from vehicle_hil.plant.electrics import Electrics
from vehicle_hil.plant.kinematics import Kinematics
from vehicle_hil.plant.longitudinal import Grade, Longitudinal
from vehicle_hil.plant.parameters import (
    DrivelineParameters,
    GeometryParameters,
    LinkParameters,
    MassParameters,
    PackParameters,
    ResistanceParameters,
    StartParameters,
    SurroundingsParameters,
)


class PlantParameters(NamedTuple):
    geometry: GeometryParameters
    mass: MassParameters
    resistance: ResistanceParameters
    driveline: DrivelineParameters
    pack: PackParameters
    link: LinkParameters
    surroundings: SurroundingsParameters
    start: StartParameters


class Actuation(NamedTuple):
    """What the actuators do over one step."""

    motor_torque_nm: float
    """At the shaft, forward positive."""
    brake_force_n: float
    """Friction that service and park brake can give together, magnitude."""
    front_angle_rad: float
    """At the end of the step, single-track, left positive."""
    rear_angle_rad: float
    minus_closed: bool
    precharge_closed: bool
    plus_closed: bool


class Plant:
    def __init__(self, parameters: PlantParameters, x_m: float, y_m: float, heading_rad: float) -> None:
        """The pose is that of the reference point; the vehicle stands, its contactors open."""
        p = parameters
        self._driveline = p.driveline
        self._valid_mps2 = p.geometry.lateral_acceleration_valid_mps2
        self._speed_to_motor = p.driveline.gear_ratio / p.driveline.wheel_radius_m
        self.kinematics = Kinematics(p.geometry, x_m, y_m, heading_rad)
        self.longitudinal = Longitudinal(p.mass, p.resistance, p.start.load_mass_kg)
        self.grade = Grade(p.surroundings.grade)
        pack = BatteryPack(p.pack, p.start.soc, p.start.cell_temperature_degc, p.surroundings.ambient_degc)
        self.electrics = Electrics(p.link, p.pack, pack)
        self.motor_loss_w = 0.0
        """Electrical loss of motor and inverter in the last step."""
        self.lateral_acceleration_mps2 = 0.0
        """At the reference point, left positive."""
        self.beyond_validity_s = 0.0
        """Time for which the lateral acceleration was more than the kinematic model is honest for."""

    @property
    def motor_speed_radps(self) -> float:
        return self.longitudinal.speed_mps * self._speed_to_motor

    def step(self, dt_s: float, actuation: Actuation) -> None:
        """Advances by dt_s (0 or more, up to some 20 ms) with constant actuators."""
        torque, brake_n, front, rear, minus, precharge, plus = actuation
        d, motion = self._driveline, self.longitudinal
        # Losses always work against the flow: they add to the effort in drive, to the effect in braking.
        ideal_n = torque * self._speed_to_motor
        drives = torque * motion.speed_mps >= 0.0
        drive_n = ideal_n * d.efficiency if drives else ideal_n / d.efficiency
        distance = motion.step(dt_s, drive_n, brake_n, self.grade.at(motion.distance_m))
        speed = motion.speed_mps
        self.kinematics.step(dt_s, distance, speed, front, rear)
        shaft_w = torque * self._speed_to_motor * distance / dt_s if dt_s > 0.0 else 0.0
        electrical_w = (
            shaft_w / d.electrical_efficiency if shaft_w > 0.0 else shaft_w * d.electrical_efficiency
        )
        self.motor_loss_w = electrical_w - shaft_w
        self.electrics.step(dt_s, electrical_w, minus, precharge, plus)
        self.lateral_acceleration_mps2 = speed * self.kinematics.yaw_rate_radps
        if abs(self.lateral_acceleration_mps2) > self._valid_mps2:
            self.beyond_validity_s += dt_s

    def set_load(self, load_mass_kg: float) -> None:
        """Changes the load. Raises ValueError while the vehicle moves."""
        if self.longitudinal.speed_mps != 0.0:
            raise ValueError(
                f"load: expected the vehicle at standstill, got {self.longitudinal.speed_mps:.3f} m/s"
            )
        self.longitudinal.load_mass_kg = load_mass_kg
