"""True physical parameters of the simulated vehicle, as the vehicle file gives them; no computation here.

`Annotated[float, (low, high)]` is the range that `vehicle_file` permits. SI units; degC for temperatures.
"""

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, slots=True)
class GeometryParameters:
    wheelbase_m: Annotated[float, (0.2, 20.0)]
    track_width_m: Annotated[float, (0.2, 5.0)]
    rear_steer_ratio: Annotated[float, (0.0, 1.0)]
    """tan(rear) = -ratio * tan(front) when steered as designed; it fixes the reference point."""
    lateral_acceleration_valid_mps2: Annotated[float, (0.1, 10.0)]
    """Up to here the slip-free model is taken as honest; the plant tells where it was exceeded."""


@dataclass(frozen=True, slots=True)
class MassParameters:
    empty_kg: Annotated[float, (20.0, 100_000.0)]
    payload_max_kg: Annotated[float, (0.0, 200_000.0)]
    rotating_factor: Annotated[float, (1.0, 2.0)]
    """Empty vehicle's inertia in translation with its rotating parts, over its mass."""


@dataclass(frozen=True, slots=True)
class ResistanceParameters:
    rolling_coefficient: Annotated[float, (0.001, 0.1)]
    drag_area_m2: Annotated[float, (0.1, 30.0)]
    air_density_kgpm3: Annotated[float, (0.5, 2.0)]
    adhesion: Annotated[float, (0.05, 1.2)]
    """Greatest tyre force over weight."""


@dataclass(frozen=True, slots=True)
class DrivelineParameters:
    wheel_radius_m: Annotated[float, (0.05, 1.5)]
    gear_ratio: Annotated[float, (0.5, 100.0)]
    """Motor speed over wheel speed."""
    efficiency: Annotated[float, (0.5, 1.0)]
    """Shaft to tyre, both directions."""
    electrical_efficiency: Annotated[float, (0.5, 1.0)]
    """Link to shaft, both directions."""


@dataclass(frozen=True, slots=True)
class PackParameters:
    cells_in_series: Annotated[int, (1, 1000)]
    capacity_ah: Annotated[float, (1.0, 5000.0)]
    resistance_scale: Annotated[float, (0.1, 10.0)]
    """On the cell resistances of the table in `battery_pack`."""
    relaxation_time_s: Annotated[float, (0.1, 1000.0)]
    """Time constant of the RC pair."""
    heat_capacity_jpk: Annotated[float, (1.0, 1e9)]
    heat_conductance_wpk: Annotated[float, (0.0, 1e5)]
    """Cells to surroundings."""
    auxiliary_power_w: Annotated[float, (0.0, 1e6)]
    """Drawn while the contactors are closed: DC/DC, pumps, compressor."""


@dataclass(frozen=True, slots=True)
class LinkParameters:
    capacitance_f: Annotated[float, (1e-6, 1.0)]
    precharge_resistance_ohm: Annotated[float, (0.1, 10_000.0)]
    bleed_time_s: Annotated[float, (0.01, 1000.0)]
    """Time constant of discharge with open contactors."""
    voltage_max_v: Annotated[float, (1.0, 5000.0)]
    """A brake chopper holds the link here where energy flows back with the contactors open."""


@dataclass(frozen=True, slots=True)
class SurroundingsParameters:
    ambient_degc: Annotated[float, (-60.0, 80.0)]
    grade: tuple[tuple[float, float], ...]
    """Rows of distance driven [m] and grade (rise over run, uphill ahead positive), linear between."""


@dataclass(frozen=True, slots=True)
class StartParameters:
    soc: Annotated[float, (0.0, 1.0)]
    cell_temperature_degc: Annotated[float, (-60.0, 80.0)]
    load_mass_kg: Annotated[float, (0.0, 200_000.0)]
