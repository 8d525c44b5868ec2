"""Where on the route the vehicle is: projection of the pose, tick by tick, and the route around it.

The search begins at last tick's place and is bounded, so that crossing, touching and closed routes do not
make it jump. Plain floats and lists: for single look-ups they beat arrays.
"""

from collections.abc import Mapping
from math import cos, sin
from typing import Any

import numpy as np

from firmware_runtime.motion.kinematics import wrap_angle
from firmware_runtime.vehicle.route import Route

SEARCH_SAMPLES = 24
"""Samples looked at in each direction from last tick's place: 6 m at a step of 0.25 m (assumption)."""
START_BAND_M = 0.5
"""Places hardly further than the nearest one are as good at the first call: of a lap's two ends, or of a lane
that is driven twice, the earlier counts (assumption: more than a position's error)."""
SNAPSHOT_VERSION = 1


class RouteTracker:
    """`update` once a tick; then read the attributes and ask for points ahead."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self.step_m = route.step_m
        """Between samples of the route."""
        self._x_m: list[float] = route.x_m.tolist()
        self._y_m: list[float] = route.y_m.tolist()
        self._heading_rad: list[float] = route.heading_rad.tolist()
        self._curvature_1pm: list[float] = route.curvature_1pm.tolist()
        self._last = len(self._x_m) - 1
        self._index: int | None = None
        self.distance_m = 0.0
        """Along the route, of the point of it that is nearest to the pose."""
        self.cross_track_m = 0.0
        """Of the pose, left of the route positive."""
        self.heading_error_rad = 0.0
        """Of the pose against the route's tangent, within ±pi."""
        self.curvature_1pm = 0.0

    def update(self, x_m: float, y_m: float, heading_rad: float) -> None:
        """Move on to this pose. The first call looks for it on the whole route."""
        index = self._index
        index = self._locate(x_m, y_m, heading_rad) if index is None else self._walk(index, x_m, y_m)
        self._index = index
        self._project(index, x_m, y_m, heading_rad)

    def locate(self, x_m: float, y_m: float, heading_rad: float) -> None:
        """Look for the pose on the whole route again: the vehicle was led elsewhere meanwhile."""
        self._index = None
        self.update(x_m, y_m, heading_rad)

    def _locate(self, x_m: float, y_m: float, heading_rad: float) -> int:
        """The nearest sample of the earliest passage near this pose that leads in its direction."""
        route = self._route
        square = (route.x_m - x_m) ** 2 + (route.y_m - y_m) ** 2
        along = np.cos(route.heading_rad - heading_rad) > 0
        square = np.where(along, square, np.inf) if np.any(along) else square
        near = square <= (float(np.sqrt(np.min(square))) + START_BAND_M) ** 2
        first = int(np.argmax(near))
        return self._walk(first, x_m, y_m)

    def _walk(self, index: int, x_m: float, y_m: float) -> int:
        """Downhill from `index`, at most SEARCH_SAMPLES either way."""
        xs, ys = self._x_m, self._y_m
        best = (xs[index] - x_m) ** 2 + (ys[index] - y_m) ** 2
        for direction, end in (
            (1, min(index + SEARCH_SAMPLES, self._last)),
            (-1, max(index - SEARCH_SAMPLES, 0)),
        ):
            moved = False
            while index != end:
                candidate = (xs[index + direction] - x_m) ** 2 + (ys[index + direction] - y_m) ** 2
                if candidate >= best:
                    break
                best, index, moved = candidate, index + direction, True
            if moved:
                break
        return index

    def _project(self, index: int, x_m: float, y_m: float, heading_rad: float) -> None:
        """Refine between samples: foot of the perpendicular on the arc through the nearest sample."""
        tangent = self._heading_rad[index]
        c, s = cos(tangent), sin(tangent)
        dx, dy = x_m - self._x_m[index], y_m - self._y_m[index]
        along, across = c * dx + s * dy, -s * dx + c * dy
        curvature = self._curvature_1pm[index]
        # First order in the curvature: the circle's foot, and the sagitta of the arc up to it.
        along /= max(1.0 - curvature * across, 0.1)
        across -= 0.5 * curvature * along * along
        self.distance_m = index * self.step_m + along
        self.cross_track_m = across
        self.heading_error_rad = wrap_angle(heading_rad - tangent - curvature * along)
        self.curvature_1pm = curvature

    def point_at(self, distance_m: float) -> tuple[float, float]:
        """Point of the route, interpolated; beyond its ends with the curvature there."""
        place = distance_m / self.step_m
        index = int(place)
        if place < 0.0 or index >= self._last:
            end = 0 if place < 0.0 else self._last
            beyond_m = distance_m - end * self.step_m
            heading = self._heading_rad[end] + 0.5 * self._curvature_1pm[end] * beyond_m
            return self._x_m[end] + beyond_m * cos(heading), self._y_m[end] + beyond_m * sin(heading)
        share = place - index
        xs, ys = self._x_m, self._y_m
        x_m = xs[index] + share * (xs[index + 1] - xs[index])
        y_m = ys[index] + share * (ys[index + 1] - ys[index])
        return x_m, y_m

    def tangent_at(self, distance_m: float) -> tuple[float, float]:
        """Heading and curvature of the route, interpolated; beyond its ends as there."""
        place = min(max(distance_m / self.step_m, 0.0), self._last - 1e-9)
        index = int(place)
        share = place - index
        headings, curvatures = self._heading_rad, self._curvature_1pm
        return (
            headings[index] + share * (headings[index + 1] - headings[index]),
            curvatures[index] + share * (curvatures[index + 1] - curvatures[index]),
        )

    def curvature_ahead(self, distance_m: float, stride: int, count: int) -> tuple[float, ...]:
        """Of `count` samples, every `stride`-th from the one at `distance_m` on; the end's beyond."""
        begin = max(round(distance_m / self.step_m), 0)
        ahead = self._curvature_1pm[begin : begin + count * stride : stride]
        return tuple(ahead) + (self._curvature_1pm[-1],) * (count - len(ahead))

    def snapshot(self) -> dict[str, object]:
        return {
            "version": SNAPSHOT_VERSION,
            "index": self._index,
            "distance_m": self.distance_m,
            "cross_track_m": self.cross_track_m,
            "heading_error_rad": self.heading_error_rad,
            "curvature_1pm": self.curvature_1pm,
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Take over a snapshot of a tracker on the same route; ValueError for one of another version."""
        if snapshot["version"] != SNAPSHOT_VERSION:
            expected = f"expected a route tracker's snapshot of version {SNAPSHOT_VERSION}"
            raise ValueError(f"{expected}, got {snapshot['version']}")
        self._index = snapshot["index"]
        self.distance_m = snapshot["distance_m"]
        self.cross_track_m = snapshot["cross_track_m"]
        self.heading_error_rad = snapshot["heading_error_rad"]
        self.curvature_1pm = snapshot["curvature_1pm"]
