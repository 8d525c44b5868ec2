"""A route ready to drive: equidistant samples of a line that the vehicle can steer along."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from firmware_runtime.vehicle.enums import Direction

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RouteStop:
    """A place to stand still: pick-up, set-down, the end."""

    distance_m: float
    name: str
    dwell_s: float
    """0 at the end of the route: there it stays."""


@dataclass(frozen=True, slots=True)
class Route:
    """Line of the vehicle's reference point. All arrays have one length, `distance_m` rises by `step_m`."""

    name: str
    step_m: float
    distance_m: FloatArray
    x_m: FloatArray
    y_m: FloatArray
    heading_rad: FloatArray
    """Tangent, unwrapped (no jump at ±pi)."""
    curvature_1pm: FloatArray
    """Left positive."""
    crab_rad: FloatArray
    """Angle from the body's axis to the direction of travel; 0 on all routes so far."""
    speed_limit_mps: FloatArray
    """From the file or the profile; not yet the speed profile."""
    direction: Direction
    closed: bool
    """True for a lap: the end lies on the start."""
    stops: tuple[RouteStop, ...]
    """By rising distance; the last is the end of the route."""
    datum_latitude_deg: float
    datum_longitude_deg: float
    datum_height_m: float
    deviation_max_m: float
    """Largest distance from this line to the file's points; 0 where nothing had to be smoothed."""

    @property
    def length_m(self) -> float:
        return float(self.distance_m[-1])
