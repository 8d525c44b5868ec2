"""The figures of a drive, measured on the vehicle's truth alone.

Cross-track error is the signed distance of the true reference point to the line through the file's points
(`reference_line`); its mean is taken over the distance driven, so that standing still, however long and
wherever, neither improves nor spoils it.
"""

from dataclasses import dataclass
from math import hypot

import numpy as np

from firmware_runtime.vehicle.route import Route
from vehicle_hil.reference_line import ReferenceLine
from vehicle_hil.truth import Truth

STANDSTILL_MPS = 0.005
"""Slower counts as standing."""
ARRIVAL_RADIUS_M = 0.5
"""The vehicle has arrived when it stands nearer than this to the end of the route."""
STOP_REACH_M = 3.0
"""A standstill farther than this along the line belongs to no stop."""
JOULES_PER_KWH = 3.6e6


@dataclass(frozen=True, slots=True)
class Stand:
    """One standstill: where (true reference point, distance along the line) and from when to when."""

    start_s: float
    end_s: float
    x_m: float
    y_m: float
    progress_m: float


@dataclass(frozen=True, slots=True)
class StopFigure:
    """How one stop of the route was met; None throughout where it was not."""

    name: str
    distance_m: float
    dwell_s: float
    x_m: float
    y_m: float
    arrival_s: float | None
    stood_s: float | None
    error_m: float | None
    """Distance of the standing reference point from the stop."""
    along_m: float | None
    """Part of it along the route; positive is too far."""
    lateral_m: float | None
    """Part of it across the route; positive is left."""


@dataclass(frozen=True, slots=True)
class WorstPlace:
    """Where the cross-track error was largest."""

    time_s: float
    progress_m: float
    x_m: float
    y_m: float
    cross_track_m: float
    speed_mps: float


class DriveMetrics:
    """Fed with every tick of truth; gives the figures at any time."""

    def __init__(self, line: ReferenceLine) -> None:
        self._tracker = line.tracker()
        self.cross_track_m = 0.0
        self.progress_m = 0.0
        self.worst: WorstPlace | None = None
        self.speed_max_mps = 0.0
        self.lateral_acceleration_max_mps2 = 0.0
        self.deceleration_max_mps2 = 0.0
        self.stands: list[Stand] = []
        self.first: Truth | None = None
        self.last: Truth | None = None
        self._error_area_m2 = 0.0
        self._error_max_m = -1.0
        self._stand_start_s: float | None = None

    def add(self, truth: Truth) -> None:
        """Take in one tick. Allocation-free but for the worst place and the ends of standstills."""
        last = self.last
        speed = abs(truth.speed_mps)
        if last is None:
            self.first = truth
            moved_m = 0.0
        else:
            moved_m = abs(truth.distance_m - last.distance_m)
        if last is None or truth.x_m != last.x_m or truth.y_m != last.y_m:
            self.cross_track_m, self.progress_m = self._tracker.locate(truth.x_m, truth.y_m)
        self.last = truth
        error = abs(self.cross_track_m)
        self._error_area_m2 += error * moved_m
        if error > self._error_max_m:
            self._error_max_m = error
            self.worst = self._place(truth)
        if speed < STANDSTILL_MPS:
            if self._stand_start_s is None:
                self._stand_start_s = truth.time_ns / 1e9
            return
        if self._stand_start_s is not None and last is not None:
            self.stands.append(self._stand(last))
            self._stand_start_s = None
        if speed > self.speed_max_mps:
            self.speed_max_mps = speed
        lateral = abs(truth.lateral_acceleration_mps2)
        if lateral > self.lateral_acceleration_max_mps2:
            self.lateral_acceleration_max_mps2 = lateral
        if -truth.acceleration_mps2 > self.deceleration_max_mps2:
            self.deceleration_max_mps2 = -truth.acceleration_mps2

    @property
    def cross_track_mean_m(self) -> float | None:
        """Mean of the absolute error over the distance driven; None before it has moved."""
        distance_m = self.distance_m
        return self._error_area_m2 / distance_m if distance_m > 0.0 else None

    @property
    def cross_track_max_m(self) -> float | None:
        return self._error_max_m if self.last is not None else None

    @property
    def distance_m(self) -> float:
        """Driven by the reference point since the first tick."""
        return self.last.distance_m - self.first.distance_m if self.last and self.first else 0.0

    @property
    def duration_s(self) -> float:
        return (self.last.time_ns - self.first.time_ns) / 1e9 if self.last and self.first else 0.0

    @property
    def energy_kwh(self) -> float:
        """Drawn from the pack, without what came back."""
        if self.last is None or self.first is None:
            return 0.0
        return (self.last.energy_drawn_j - self.first.energy_drawn_j) / JOULES_PER_KWH

    @property
    def regenerated_kwh(self) -> float:
        if self.last is None or self.first is None:
            return 0.0
        return (self.last.energy_regenerated_j - self.first.energy_regenerated_j) / JOULES_PER_KWH

    @property
    def kwh_per_km(self) -> float | None:
        """Net (drawn less regenerated) per distance; None within the first metre."""
        if self.distance_m < 1.0:
            return None
        return (self.energy_kwh - self.regenerated_kwh) / (self.distance_m / 1000.0)

    @property
    def standing(self) -> bool:
        return self._stand_start_s is not None

    def all_stands(self) -> list[Stand]:
        """Every standstill so far, the present one included."""
        if self._stand_start_s is not None and self.last is not None:
            return [*self.stands, self._stand(self.last)]
        return list(self.stands)

    def end_error_m(self, route: Route) -> float | None:
        """Distance of the standing vehicle from the last point of the route; None while it moves."""
        if not self.standing or self.last is None:
            return None
        return hypot(self.last.x_m - float(route.x_m[-1]), self.last.y_m - float(route.y_m[-1]))

    def at_end(self, route: Route) -> bool:
        """Stands within ARRIVAL_RADIUS_M of the end, and has come there along the line (a lap ends where
        it begins)."""
        error = self.end_error_m(route)
        return error is not None and error <= ARRIVAL_RADIUS_M and self.progress_m > route.length_m / 2

    def _stand(self, truth: Truth) -> Stand:
        start_s = self._stand_start_s if self._stand_start_s is not None else truth.time_ns / 1e9
        return Stand(start_s, truth.time_ns / 1e9, truth.x_m, truth.y_m, self.progress_m)

    def _place(self, truth: Truth) -> WorstPlace:
        return WorstPlace(
            truth.time_ns / 1e9,
            self.progress_m,
            truth.x_m,
            truth.y_m,
            self.cross_track_m,
            abs(truth.speed_mps),
        )


def stop_figures(route: Route, line: ReferenceLine, stands: list[Stand]) -> tuple[StopFigure, ...]:
    """Each stop of the route with the standstill that belongs to it.

    Of the standstills within STOP_REACH_M along the line the longest counts; at the end, the last one.
    """
    tracker = line.tracker()
    figures: list[StopFigure] = []
    samples = iter(range(len(route.distance_m)))
    for stop in route.stops:
        x = float(np.interp(stop.distance_m, route.distance_m, route.x_m))
        y = float(np.interp(stop.distance_m, route.distance_m, route.y_m))
        for i in samples:
            tracker.locate(float(route.x_m[i]), float(route.y_m[i]))
            if route.distance_m[i] >= stop.distance_m:
                break
        _, progress_m = tracker.locate(x, y)
        near = [stand for stand in stands if abs(stand.progress_m - progress_m) <= STOP_REACH_M]
        final = stop is route.stops[-1]
        if final:
            met = near[-1] if near and near[-1] is stands[-1] else None
        else:
            met = max(near, key=lambda stand: stand.end_s - stand.start_s, default=None)
        heading = float(np.interp(stop.distance_m, route.distance_m, route.heading_rad))
        figures.append(_figure(stop.name, stop.distance_m, stop.dwell_s, x, y, heading, met))
    return tuple(figures)


def _figure(
    name: str, distance_m: float, dwell_s: float, x: float, y: float, heading: float, met: Stand | None
) -> StopFigure:
    if met is None:
        return StopFigure(name, distance_m, dwell_s, x, y, None, None, None, None, None)
    dx, dy = met.x_m - x, met.y_m - y
    tangent_x, tangent_y = float(np.cos(heading)), float(np.sin(heading))
    along, lateral = dx * tangent_x + dy * tangent_y, dy * tangent_x - dx * tangent_y
    return StopFigure(
        name, distance_m, dwell_s, x, y, met.start_s, met.end_s - met.start_s, hypot(dx, dy), along, lateral
    )
