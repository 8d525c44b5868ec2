"""Speed along the route, leg by leg from stop to stop; made once at start-up, read each tick.

Limits, each kept everywhere: the profile's and the route's speed, lateral acceleration, the steering's
rate, acceleration, deceleration and jerk. What is computed is the energy b = v²/2 over distance, because
acceleration is its slope and jerk is v times its second derivative (chain rule). In the order of work:
- caps from speed, bends and steering rate, and from gentle tapers at both ends of a leg,
- backwards: braking whose deceleration sets in no faster, seen from its end, than jerk allows,
- forwards: the same for acceleration; so far every dip is entered and left smoothly,
- crests: the largest curve below that bends down no faster than jerk allows, an envelope (see `_crests`).
Each leg has a grid of its own that ends exactly on its stop.
"""

from dataclasses import dataclass
from math import ceil, inf, sqrt

import numpy as np

from firmware_runtime.vehicle.profile import ProfileData
from firmware_runtime.vehicle.route import FloatArray, Route

STEERING_RATE_SHARE = 0.7
"""Share of the steering's rate that the route may need; the rest corrects (assumption)."""
END_ACCELERATION_MPS2 = 0.25
"""Deceleration in the last moment before standstill, and acceleration in the first after it (assumption:
containers do not swing, and drives follow it precisely)."""
TAPER_JERK_SHARE = 0.5
"""Share of the jerk limit that the tapers at a leg's ends use (assumption)."""
SPEED_FLOOR_MPS = 0.3
"""No bend is so sharp that the profile stops for it."""
GRID_M = 0.1
"""Longest step of a leg's grid."""


@dataclass(frozen=True, slots=True)
class _Leg:
    """From one stop to the next: energy (half the square of speed) at equal steps."""

    start_m: float
    step_m: float
    energy: list[float]


class SpeedProfile:
    """`at` once a tick."""

    def __init__(self, route: Route, data: ProfileData) -> None:
        self._legs: list[_Leg] = []
        start_m = 0.0
        for stop in route.stops:
            self._legs.append(_leg(route, data, start_m, stop.distance_m))
            start_m = stop.distance_m

    def at(self, distance_m: float, leg: int) -> tuple[float, float]:
        """Speed and acceleration at a place of the `leg`-th leg; at and beyond its end the speed is 0."""
        piece = self._legs[leg]
        energy, step_m = piece.energy, piece.step_m
        place = (distance_m - piece.start_m) / step_m
        index = int(place) if place > 0.0 else 0
        if index >= len(energy) - 1:
            return 0.0, (energy[-1] - energy[-2]) / step_m
        rise = energy[index + 1] - energy[index]
        now = energy[index] + rise * (place - index if place > 0.0 else 0.0)
        return sqrt(2.0 * now), rise / step_m

    def samples(self, leg: int) -> tuple[FloatArray, FloatArray]:
        """Places along the route and speeds of a leg, for plots and tests."""
        piece = self._legs[leg]
        energy: FloatArray = np.array(piece.energy, dtype=np.float64)
        return _places(piece.start_m, piece.step_m, len(energy)), np.sqrt(2.0 * energy)


def _leg(route: Route, data: ProfileData, start_m: float, end_m: float) -> _Leg:
    limits = data.limits
    count = max(ceil((end_m - start_m) / GRID_M), 4)
    step_m = (end_m - start_m) / count
    places = _places(start_m, step_m, count + 1)
    jerk = limits.jerk_max_mps3
    caps = _caps(route, data, places, step_m)
    along = _places(0.0, step_m, count + 1)
    caps = np.minimum(caps, _taper(along, limits.acceleration_max_mps2, jerk))
    caps = np.minimum(caps, _taper(along[::-1], limits.deceleration_max_mps2, jerk))
    braked = _rising(caps[::-1].tolist(), step_m, limits.deceleration_max_mps2, jerk, 0.0)[::-1]
    driven = _rising(braked, step_m, limits.acceleration_max_mps2, jerk, -inf)
    return _Leg(start_m, step_m, _crests(driven, step_m, jerk))


def _places(start_m: float, step_m: float, count: int) -> FloatArray:
    return np.linspace(start_m, start_m + step_m * (count - 1), count, dtype=np.float64)


def _caps(route: Route, data: ProfileData, places: FloatArray, step_m: float) -> FloatArray:
    """Energy that speed limits, bends and the steering's rate leave at each place."""
    limits = data.limits
    curvature = np.interp(places, route.distance_m, route.curvature_1pm)
    speed = np.minimum(limits.speed_max_mps, _lowest(places, step_m, route))
    lateral = limits.lateral_acceleration_max_mps2
    speed = np.minimum(speed, np.sqrt(lateral / np.maximum(np.abs(curvature), 1e-6)))
    lever_m = data.geometry.wheelbase_m / (1.0 + data.geometry.rear_steer_ratio)
    angle_per_m = np.abs(np.gradient(np.arctan(lever_m * curvature), step_m))
    rate = STEERING_RATE_SHARE * data.steering.rate_max_radps
    speed = np.minimum(speed, rate / np.maximum(angle_per_m, 1e-6))
    return 0.5 * np.maximum(speed, SPEED_FLOOR_MPS) ** 2


def _lowest(places: FloatArray, step_m: float, route: Route) -> FloatArray:
    """The route's limit at each place: the lower of the samples on both sides, for limits change in steps."""
    last = len(route.speed_limit_mps) - 1
    before = np.clip(np.floor(places / route.step_m).astype(np.int64), 0, last)
    after = np.clip(np.ceil(places / route.step_m).astype(np.int64), 0, last)
    return np.minimum(route.speed_limit_mps[before], route.speed_limit_mps[after])


def _taper(from_end_m: FloatArray, bound: float, jerk: float) -> FloatArray:
    """Energy near standstill: acceleration grows evenly with distance from its end value to `bound`.

    Over distance and not time, because time stretches without end where the speed is nearly nothing. With
    acceleration a0 + (a1 - a0) r / l, jerk is largest at r = l: sqrt((a0 + a1) / l) (a1 - a0); hence l.
    """
    first = min(END_ACCELERATION_MPS2, bound)
    length_m = max((first + bound) * ((bound - first) / (TAPER_JERK_SHARE * jerk)) ** 2, 1e-9)
    within = np.minimum(from_end_m, length_m)
    growing = first * within + 0.5 * (bound - first) / length_m * within**2
    return growing + bound * np.maximum(from_end_m - length_m, 0.0)


def _rising(caps: list[float], step_m: float, bound: float, jerk: float, fall: float) -> list[float]:
    """Largest energies below the caps that rise no steeper than `bound`, and steepen no faster than jerk.

    Falling caps are followed, however they fall. The next rise then begins at their slope, but not below
    `fall`: at none where falls are still rough, at their own end's where they have been smoothed already.
    """
    energy = caps[0]
    slope = 0.0
    result = [energy]
    per_speed = jerk * step_m
    for cap in caps[1:]:
        steeper = slope + per_speed / sqrt(2.0 * energy) if energy > 0.0 else inf
        slope = steeper if steeper < bound else bound
        reached = energy + slope * step_m
        if reached >= cap:
            slope = max((cap - energy) / step_m, fall)
            reached = cap
        energy = reached
        result.append(energy)
    return result


def _crests(energy: list[float], step_m: float, jerk: float) -> list[float]:
    """The largest curve nowhere above `energy` whose slope falls no faster than jerk allows.

    With g = jerk / v of the given curve (less than that of the lower one to find, so on the safe side), and
    G its second integral, the curve is wanted whose sum with G is convex: the lower convex hull of
    energy + G, less G. Found by Andrew's monotone chain. Where nothing was too sharp nothing changes, and
    neither slopes nor upward bends grow.
    """
    values = np.array(energy)
    speed = np.sqrt(2.0 * np.maximum(values, 1e-12))
    fall = np.zeros(len(values))
    fall[2:] = np.cumsum(jerk * step_m / speed[1:-1])
    bent = np.cumsum(fall) * step_m
    height: list[float] = (values + bent).tolist()
    hull: list[int] = []
    for i, y in enumerate(height):
        while len(hull) >= 2:
            a, b = hull[-2], hull[-1]
            if (height[b] - height[a]) * (i - a) < (y - height[a]) * (b - a):
                break
            hull.pop()
        hull.append(i)
    corners = np.array(hull)
    lower = np.interp(np.arange(len(height)), corners, np.array(height)[corners]) - bent
    lower[corners] = values[corners]
    result: list[float] = np.clip(lower, 0.0, values).tolist()
    return result
