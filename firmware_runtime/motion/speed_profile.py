"""Speed along the route, leg by leg from stop to stop; made once at start-up, read each tick.

Limits: the profile's and the route's speed, lateral acceleration, the steering's rate, acceleration and
deceleration (forward and backward pass over the kinetic energy), jerk (a leg begins and ends with S-curves,
and corners between are rounded over the time that the jerk limit needs). At a stop the deceleration has
tapered, so that the end is gentle and exact. Each leg has a grid of its own that ends exactly on its stop.
"""

from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np

from firmware_runtime.vehicle.profile import ProfileData
from firmware_runtime.vehicle.route import FloatArray, Route

STEERING_RATE_SHARE = 0.7
"""Share of the steering's rate that the route may need; the rest corrects (assumption)."""
FINAL_DECELERATION_MPS2 = 0.25
"""Deceleration in the last moment before standstill (assumption: containers do not swing)."""
SPEED_FLOOR_MPS = 0.3
"""No bend is so sharp that the profile stops for it."""
FINAL_JERK_SHARE = 0.5
"""The last deceleration tapers with this share of the jerk limit (assumption)."""
GRID_M = 0.05
"""Longest step of a leg's grid: the taper before a stop lives in its last 0.3 m."""
_WALK_MPS = 0.8
_MARCH_S = 0.002
"""Time step of the S-curve at a leg's ends."""


@dataclass(frozen=True, slots=True)
class _Leg:
    """From one stop to the next: energy (half the square of speed) at equal steps."""

    start_m: float
    step_m: float
    energy: list[float]


class SpeedProfile:
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
    count = max(ceil((end_m - start_m) / GRID_M), 2)
    step_m = (end_m - start_m) / count
    places = _places(start_m, step_m, count + 1)
    caps = _caps(route, data, places, step_m)
    up = _ramp(caps, step_m, limits.acceleration_max_mps2, limits.jerk_max_mps3, 0.0)
    taper = FINAL_JERK_SHARE * limits.jerk_max_mps3
    down = _ramp(caps[::-1], step_m, limits.deceleration_max_mps2, taper, FINAL_DECELERATION_MPS2)
    energy = np.minimum(up, down[::-1])
    longest = max(limits.acceleration_max_mps2, limits.deceleration_max_mps2) / limits.jerk_max_mps3
    energy = _rounded(energy, step_m, longest)
    energy = _bounded(energy, step_m, limits.acceleration_max_mps2, limits.deceleration_max_mps2)
    return _Leg(start_m, step_m, energy.tolist())


def _places(start_m: float, step_m: float, count: int) -> FloatArray:
    return np.linspace(start_m, start_m + step_m * (count - 1), count, dtype=np.float64)


def _caps(route: Route, data: ProfileData, places: FloatArray, step_m: float) -> FloatArray:
    """Energy that speed limits, bends and the steering's rate leave at each place."""
    limits = data.limits
    curvature = np.interp(places, route.distance_m, route.curvature_1pm)
    speed = np.minimum(limits.speed_max_mps, np.interp(places, route.distance_m, route.speed_limit_mps))
    speed = np.minimum(
        speed, np.sqrt(limits.lateral_acceleration_max_mps2 / np.maximum(np.abs(curvature), 1e-6))
    )
    lever_m = data.geometry.wheelbase_m / (1.0 + data.geometry.rear_steer_ratio)
    angle_per_m = np.abs(np.gradient(np.arctan(lever_m * curvature), step_m))
    rate = STEERING_RATE_SHARE * data.steering.rate_max_radps
    speed = np.minimum(speed, rate / np.maximum(angle_per_m, 1e-6))
    return 0.5 * np.maximum(speed, SPEED_FLOOR_MPS) ** 2


def _ramp(caps: FloatArray, step_m: float, bound: float, jerk: float, first: float) -> FloatArray:
    """Energy from standstill on: acceleration from `first` by `jerk` up to `bound`, below the caps."""
    energy = [0.0]
    elapsed_s, speed, distance_m = _MARCH_S, 0.0, 0.0
    for cap in caps[1:].tolist():
        if first + jerk * elapsed_s < bound:
            # While the acceleration still rises, march in time, which knows no singularity at rest.
            distance_m += step_m
            while distance_m > 0.0:
                speed += min(first + jerk * elapsed_s, bound) * _MARCH_S
                distance_m -= speed * _MARCH_S
                elapsed_s += _MARCH_S
            reached = 0.5 * speed * speed
        else:
            reached = energy[-1] + bound * step_m
        if reached >= cap:
            reached, elapsed_s = cap, bound / jerk
        energy.append(min(reached, energy[-1] + bound * step_m))
    return np.array(energy)


def _rounded(energy: FloatArray, step_m: float, time_s: float) -> FloatArray:
    """Corners rounded over `time_s`: the mean of the least speed around, so never above what it was.

    Not at walking pace, where the S-curves of a leg's ends are smooth already."""
    speed = np.sqrt(2.0 * energy)
    reach = (0.5 * np.maximum(speed - _WALK_MPS, 0.0) * time_s / step_m).astype(np.int64)
    last = len(speed) - 1
    values = speed.tolist()
    least = np.array(
        [min(values[max(i - r, 0) : min(i + r, last) + 1]) for i, r in enumerate(reach.tolist())]
    )
    total = np.concatenate(([0.0], np.cumsum(least)))
    index = np.arange(last + 1)
    low, high = np.maximum(index - reach, 0), np.minimum(index + reach, last) + 1
    smooth = np.minimum((total[high] - total[low]) / (high - low), speed)
    return 0.5 * smooth**2


def _bounded(energy: FloatArray, step_m: float, acceleration: float, deceleration: float) -> FloatArray:
    """Both passes once more: rounding must not have steepened anything."""
    values: list[float] = energy.tolist()
    for i in range(1, len(values)):
        values[i] = min(values[i], values[i - 1] + acceleration * step_m)
    for i in range(len(values) - 2, -1, -1):
        values[i] = min(values[i], values[i + 1] + deceleration * step_m)
    return np.array(values)
