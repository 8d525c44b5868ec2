"""Routes of known shape for tests: straights, arcs and linear changes of curvature, integrated finely."""

import numpy as np

from firmware_runtime.vehicle.enums import Direction
from firmware_runtime.vehicle.route import FloatArray, Route, RouteStop

STEP_M = 0.25


def route_of(
    pieces: list[tuple[float, float, float]],
    stops: tuple[tuple[float, str, float], ...] = (),
    speed_limit_mps: float = 50.0,
) -> Route:
    """A route of pieces (length, curvature at begin, curvature at end); the end is always a stop."""
    curvature: FloatArray = np.concatenate(
        [np.linspace(k0, k1, round(n / STEP_M), endpoint=False) for n, k0, k1 in pieces]
    )
    curvature = np.append(curvature, pieces[-1][2])
    distance: FloatArray = np.arange(len(curvature), dtype=np.float64) * STEP_M
    middle = 0.5 * (curvature[1:] + curvature[:-1])
    heading = np.concatenate([[0.0], np.cumsum(middle * STEP_M)])
    along = 0.5 * (heading[1:] + heading[:-1])
    x_m = np.concatenate([[0.0], np.cumsum(np.cos(along) * STEP_M)])
    y_m = np.concatenate([[0.0], np.cumsum(np.sin(along) * STEP_M)])
    zero = np.zeros(len(distance), dtype=np.float64)
    ends = tuple(RouteStop(*stop) for stop in (*stops, (float(distance[-1]), "end", 0.0)))
    return Route(
        name="test",
        step_m=STEP_M,
        distance_m=distance,
        x_m=x_m,
        y_m=y_m,
        heading_rad=heading,
        curvature_1pm=curvature,
        crab_rad=zero,
        speed_limit_mps=np.full(len(distance), speed_limit_mps, dtype=np.float64),
        direction=Direction.FORWARD,
        closed=False,
        stops=ends,
        datum_latitude_deg=22.3,
        datum_longitude_deg=114.2,
        datum_height_m=10.0,
        deviation_max_m=0.0,
    )
