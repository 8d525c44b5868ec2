"""From points to a route that the vehicle can drive, or a refusal that names the place; start-up only."""

from math import tan

import numpy as np
import numpy.typing as npt

from firmware_runtime.motion.route_error import ProblemList, RouteError
from firmware_runtime.motion.route_fit import (
    POINT_TOLERANCE_M,
    SAMPLE_STEP_M,
    FittedLine,
    Steerability,
    fit_line,
)
from firmware_runtime.motion.route_points import RoutePoints, shaping_points
from firmware_runtime.motion.spline import LineSamples
from firmware_runtime.vehicle.enums import Direction
from firmware_runtime.vehicle.profile import ProfileData
from firmware_runtime.vehicle.route import Route, RouteStop

__all__ = ["RouteError", "build_route", "steerability"]

FloatArray = npt.NDArray[np.float64]

EXCURSION_MAX_M = 0.20
"""Of the driven line from the one through the points, between these: half a lane's margin goes to control
(assumption)."""
LENGTH_MIN_M = 2.0
"""Less is no drive (assumption)."""
_SAME_PLACE_M = 12.0
"""Points too far from the line are told together where they follow each other this closely."""
_RADIUS_REACH_M = 10.0
"""The radius told with a place is the least one of its stretch, and so far on either side."""


def build_route(points: RoutePoints, data: ProfileData, *, allow_infeasible: bool = False) -> Route:
    """The route along the points: equidistant samples from the first point to the last.

    A closed line is one lap: it starts and ends at its first point. With `allow_infeasible` a line that the
    vehicle cannot follow is smoothed until it can, and the route tells the deviation.

    Raises:
        RouteError: fewer than two places (three of a closed line), no steerable line within
            POINT_TOLERANCE_M of the points, or, where that is allowed, no steerable line at all.
    """
    problems = ProblemList(points.source)
    line = _line(points, steerability(data), allow_infeasible, problems)
    samples = line.spline.sample(SAMPLE_STEP_M)
    stops = _stops(points, line, problems)
    problems.stop_here()
    return Route(
        name=points.name,
        step_m=samples.step_m,
        distance_m=samples.distance_m,
        x_m=samples.x_m,
        y_m=samples.y_m,
        heading_rad=samples.heading_rad,
        curvature_1pm=samples.curvature_1pm,
        crab_rad=np.zeros_like(samples.distance_m),
        speed_limit_mps=_speed_limits(points, line, samples, data.limits.speed_max_mps),
        direction=Direction.FORWARD,
        closed=points.closed,
        stops=stops,
        datum_latitude_deg=points.datum_latitude_deg,
        datum_longitude_deg=points.datum_longitude_deg,
        datum_height_m=points.datum_height_m,
        deviation_max_m=_deviation_m(line),
    )


def steerability(data: ProfileData) -> Steerability:
    """Of the reference point of a single-track model whose rear wheels mirror the front ones by the ratio."""
    lever_m = data.geometry.wheelbase_m / (1 + data.geometry.rear_steer_ratio)
    return Steerability(tan(data.steering.front_angle_max_rad) / lever_m, lever_m)


def _line(
    points: RoutePoints, vehicle: Steerability, allow_infeasible: bool, problems: ProblemList
) -> FittedLine:
    """The line that is driven, or a refusal."""
    shaping = shaping_points(points, vehicle.spacing_m)
    least = 3 if points.closed else 2
    if len(shaping) < least:
        expected = f"at least {least} points {vehicle.spacing_m:.2f} m apart"
        problems.add(None, "", expected, f"{len(shaping)} of {len(points.x_m)} points")
        problems.refuse()
    ends = [0] if points.closed else [0, len(points.x_m) - 1]
    held = np.array(sorted({*ends, *(stop.index for stop in points.stops)}), dtype=np.int64)
    place = np.stack([points.x_m, points.y_m], axis=1)
    line = fit_line(place, shaping, held, closed=points.closed, vehicle=vehicle)
    if line.original.length_m < LENGTH_MIN_M:
        problems.add(None, "", f"a route of {LENGTH_MIN_M:g} m or more", f"{line.original.length_m:.2f} m")
        problems.refuse()
    if not line.steerable or not (allow_infeasible or _is_near(line)):
        _tell_places(points, shaping, line, vehicle, problems)
        problems.refuse()
    return line


def _is_near(line: FittedLine) -> bool:
    at_points = bool(np.max(line.point_distance_m) <= POINT_TOLERANCE_M)
    return at_points and line.line_distance_max_m <= EXCURSION_MAX_M


def _deviation_m(line: FittedLine) -> float:
    """From the points; of a line that had to leave them, from the line through them too."""
    at_points = float(np.max(line.point_distance_m))
    return at_points if _is_near(line) else max(at_points, line.line_distance_max_m)


def _stops(points: RoutePoints, line: FittedLine, problems: ProblemList) -> tuple[RouteStop, ...]:
    """Stops along the line; the end is always the last, and there the vehicle stays."""
    length_m = line.spline.length_m
    end = 0 if points.closed else len(points.x_m) - 1
    end_name = next((stop.name for stop in points.stops if stop.index == end), "end")
    stops = [
        RouteStop(float(line.point_foot_m[stop.index]), stop.name, stop.dwell_s)
        for stop in points.stops
        if stop.index != end
    ]
    before_m = 0.0
    for stop in [*stops, RouteStop(length_m, end_name, 0.0)]:
        if stop.distance_m <= before_m:
            expected = "stops that follow each other along the smoothed line"
            problems.add(
                None, "stop", expected, f"{stop.name} at {stop.distance_m:.1f} m after {before_m:.1f} m"
            )
        before_m = stop.distance_m
    return (*stops, RouteStop(length_m, end_name, 0.0))


def _speed_limits(
    points: RoutePoints, line: FittedLine, samples: LineSamples, speed_max_mps: float
) -> FloatArray:
    """Between two points the lower of their limits holds, and nowhere more than the vehicle's."""
    limit = points.speed_limit_mps
    following = np.append(limit[1:], limit[0] if points.closed else limit[-1])
    between = np.minimum(limit, following)
    feet = line.point_foot_m.copy()
    feet[0] = 0.0
    feet = np.maximum.accumulate(feet)
    # A sample on a point, but for rounding, has a side on either stretch.
    reach = 0.5 * samples.step_m
    before = np.searchsorted(feet, np.maximum(samples.distance_m - reach, 0.0), side="right") - 1
    after = np.searchsorted(feet, samples.distance_m + reach, side="right") - 1
    return np.minimum(np.minimum(between[before], between[after]), speed_max_mps)


def _tell_places(
    points: RoutePoints,
    shaping: npt.NDArray[np.int64],
    line: FittedLine,
    vehicle: Steerability,
    problems: ProblemList,
) -> None:
    """A problem for each stretch of points that no steerable line comes near."""
    least_radius_m = 1 / vehicle.curvature_max_1pm
    expected = f"a line within {POINT_TOLERANCE_M:.2f} m of the points that this vehicle can steer along"
    expected += f" (least radius {least_radius_m:.2f} m)"
    along = np.interp(np.arange(len(points.x_m)), shaping, line.original.arc_length_m[: len(shaping)])
    far = np.flatnonzero(line.point_distance_m > POINT_TOLERANCE_M)
    if not len(far):
        far = np.array([int(np.argmax(line.point_distance_m))])
    breaks = np.flatnonzero(np.diff(along[far]) > _SAME_PLACE_M) + 1
    samples = line.original.sample(SAMPLE_STEP_M)
    for stretch in np.split(far, breaks):
        worst = int(stretch[np.argmax(line.point_distance_m[stretch])])
        before, after = along[stretch[0]] - _RADIUS_REACH_M, along[stretch[-1]] + _RADIUS_REACH_M
        near = (samples.distance_m >= before) & (samples.distance_m <= after)
        radius_m = 1 / max(float(np.max(np.abs(samples.curvature_1pm[near]))), 1e-6)
        key = f"x {points.x_m[worst]:.2f} m, y {points.y_m[worst]:.2f} m, {along[worst]:.1f} m along"
        got = f"radius {radius_m:.2f} m; {_nearest(line, worst)}"
        problems.add(int(points.line[worst]), key, expected, got)


def _nearest(line: FittedLine, worst: int) -> str:
    if not line.steerable:
        return "no steerable line was found"
    if line.point_distance_m[worst] > POINT_TOLERANCE_M:
        return f"the nearest such line passes {line.point_distance_m[worst]:.2f} m away"
    return f"between points the nearest such line swings out by {line.line_distance_max_m:.2f} m"
