"""Points of a route as a file gives them, in the plane of the route; start-up only.

Handed from `route_file` to `route_build`, and to whoever measures a drive against the file's own points.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PointStop:
    """A stop at one of the points."""

    index: int
    name: str
    dwell_s: float


@dataclass(frozen=True, slots=True)
class RoutePoints:
    """As written: neither thinned nor smoothed. Arrays have one entry a point."""

    source: str
    """The file's path, for messages."""
    name: str
    x_m: FloatArray
    """East of the datum, for files in metres the file's own x."""
    y_m: FloatArray
    line: IntArray
    """Line of the file, from 1."""
    speed_limit_mps: FloatArray
    """Infinite where the file sets none."""
    stops: tuple[PointStop, ...]
    """By rising index."""
    closed: bool
    """The line returns from the last point to the first, which is not repeated."""
    datum_latitude_deg: float
    datum_longitude_deg: float
    datum_height_m: float


def cut(points: RoutePoints, distance_m: float) -> RoutePoints:
    """The points up to the first at or beyond `distance_m`, counted from point to point.

    Whole points only, so that the line through them stays the file's. A closed line that is cut is open.
    """
    x, y = points.x_m, points.y_m
    if points.closed:
        x, y = np.append(x, x[0]), np.append(y, y[0])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    count = int(np.searchsorted(along, distance_m)) + 1
    if count >= len(along):
        return points
    return replace(
        points,
        x_m=points.x_m[:count],
        y_m=points.y_m[:count],
        line=points.line[:count],
        speed_limit_mps=points.speed_limit_mps[:count],
        stops=tuple(stop for stop in points.stops if stop.index < count),
        closed=False,
    )


def shaping_points(points: RoutePoints, spacing_m: float) -> IntArray:
    """Rising indices of the points that shape the line: near-duplicates left out.

    Greedy: a point nearer than `spacing_m` to the last one kept is left out, so a recording that stands
    still leaves the point of its arrival. The first point, stops and the end of an open line are always
    kept, and then it is their near predecessors that go.
    """
    x, y = points.x_m.tolist(), points.y_m.tolist()
    last = len(x) - 1
    fixed = {0, *(stop.index for stop in points.stops)}
    if not points.closed:
        fixed.add(last)
    near_2 = spacing_m * spacing_m
    kept = [0]
    for i in range(1, last + 1):
        if i in fixed:
            while kept[-1] not in fixed and _square(x, y, kept[-1], i) < near_2:
                kept.pop()
            if _square(x, y, kept[-1], i) > 0.0:
                kept.append(i)
        elif _square(x, y, kept[-1], i) >= near_2:
            kept.append(i)
    while points.closed and kept[-1] not in fixed and _square(x, y, kept[-1], 0) < near_2:
        kept.pop()
    return np.array(kept, dtype=np.int64)


def _square(x: list[float], y: list[float], a: int, b: int) -> float:
    return (x[a] - x[b]) ** 2 + (y[a] - y[b]) ** 2
