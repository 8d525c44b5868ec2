"""The line that a drive is measured against: a cubic spline through the points of the route file.

Independent of the runtime on purpose: it imports nothing of `firmware_runtime`, knows neither its route
nor its estimate, and is evaluated at the plant's true reference point. "The line through the file's
points" is, by definition here, scipy's cubic spline over the cumulative chord length (periodic for a
closed line, not-a-knot otherwise), whose error against a smooth line through the points falls with the
fourth power of their spacing.
"""

from math import hypot, sqrt

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline

FloatArray = npt.NDArray[np.float64]

SAMPLE_STEP_M = 0.25
"""Spacing of the samples that the search walks on; the foot point itself is exact (Newton)."""
REPEAT_M = 0.05
"""A point nearer than this to the one before repeats it (a recorded drive that stands still)."""
_GAUSS_X, _GAUSS_W = np.polynomial.legendre.leggauss(5)


class ReferenceLine:
    """Spline through the points with an arc-length table.

    x_m, y_m: points of the file, one array each of the same length, at least two of them distinct.
    closed: the line returns from the last point to the first. Raises ValueError for fewer points.
    """

    def __init__(self, x_m: FloatArray, y_m: FloatArray, closed: bool) -> None:
        x, y = drop_repeats(np.asarray(x_m, float), np.asarray(y_m, float), closed)
        if len(x) < (3 if closed else 2):
            raise ValueError(
                f"a line needs {3 if closed else 2} points {REPEAT_M} m apart, there are {len(x)}"
            )
        if closed:
            x, y = np.append(x, x[0]), np.append(y, y[0])
        knots = np.concatenate(([0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))))
        spline = CubicSpline(knots, np.column_stack((x, y)), bc_type="periodic" if closed else "not-a-knot")
        self.closed = closed
        self._knots: list[float] = knots.tolist()
        self._coefficients = _coefficient_rows(spline)
        parameter, interval = _sample_parameters(knots)
        points = spline(parameter)
        self.sample_x_m: FloatArray = points[:, 0]
        self.sample_y_m: FloatArray = points[:, 1]
        self.sample_distance_m: FloatArray = _arc_lengths(spline, parameter)
        self.length_m = float(self.sample_distance_m[-1])
        # Lists: Python floats are several times faster than numpy scalars in the walk of each tick.
        self._parameter: list[float] = parameter.tolist()
        self._interval: list[int] = interval.tolist()
        self._x: list[float] = self.sample_x_m.tolist()
        self._y: list[float] = self.sample_y_m.tolist()
        self._s: list[float] = self.sample_distance_m.tolist()

    def tracker(self) -> "LineTracker":
        """A tracker at the beginning of the line, for one drive along it."""
        return LineTracker(self)

    def foot_point(self, sample: int, x_m: float, y_m: float) -> tuple[float, float]:
        """Signed distance (left positive) and distance along the line of the foot point near a sample.

        Newton on the scalar product of tangent and offset; beyond the ends of an open line its tangent
        goes on, so that a vehicle that stops short or late keeps a lateral distance.
        """
        t, k = self._parameter[sample], self._interval[sample]
        knots, last = self._knots, len(self._coefficients) - 1
        low, high = 0.0, knots[-1]
        for _ in range(6):
            ax, bx, cx, dx, ay, by, cy, dy = self._coefficients[k]
            u = t - knots[k]
            ex, ey = ((ax * u + bx) * u + cx) * u + dx - x_m, ((ay * u + by) * u + cy) * u + dy - y_m
            vx, vy = (3 * ax * u + 2 * bx) * u + cx, (3 * ay * u + 2 * by) * u + cy
            square = vx * vx + vy * vy
            slope = square + ex * (6 * ax * u + 2 * bx) + ey * (6 * ay * u + 2 * by)
            # Beyond the centre of curvature the slope turns; then a Gauss-Newton step still descends.
            step = -(ex * vx + ey * vy) / (slope if slope > 0.2 * square else square)
            t += step
            if self.closed and t < low:
                t, k = t + high, last
            elif self.closed and t > high:
                t, k = t - high, 0
            elif not self.closed:
                t = min(max(t, low), high)
            while k < last and t > knots[k + 1]:
                k += 1
            while k > 0 and t < knots[k]:
                k -= 1
            if -1e-7 < step < 1e-7:
                break
        return self._measure(sample, t, k, x_m, y_m)

    def _measure(self, sample: int, t: float, k: int, x_m: float, y_m: float) -> tuple[float, float]:
        ax, bx, cx, dx, ay, by, cy, dy = self._coefficients[k]
        u = t - self._knots[k]
        ex, ey = x_m - (((ax * u + bx) * u + cx) * u + dx), y_m - (((ay * u + by) * u + cy) * u + dy)
        vx, vy = (3 * ax * u + 2 * bx) * u + cx, (3 * ay * u + 2 * by) * u + cy
        speed = sqrt(vx * vx + vy * vy)
        beyond = (ex * vx + ey * vy) / speed if not self.closed else 0.0
        dt = t - self._parameter[sample]
        if self.closed:
            span = self._knots[-1]
            dt -= span * round(dt / span)
        return (vx * ey - vy * ex) / speed, self._s[sample] + dt * speed + beyond

    def nearest_on(self, sample: int, x_m: float, y_m: float) -> int:
        """Walk downhill from a sample to the one nearest to the point; at a crossing it stays on its branch.

        Returns an index without wrapping: below 0 or beyond the last it has crossed the seam of a lap.
        """
        xs, ys, count = self._x, self._y, len(self._x) - 1
        i = sample
        best = (xs[i] - x_m) ** 2 + (ys[i] - y_m) ** 2
        for direction in (1, -1):
            for _ in range(count):
                j = i + direction
                if self.closed:
                    wrapped = j % count
                elif 0 <= j <= count:
                    wrapped = j
                else:
                    break
                square = (xs[wrapped] - x_m) ** 2 + (ys[wrapped] - y_m) ** 2
                if square >= best:
                    break
                i, best = j, square
        return i

    @property
    def samples(self) -> int:
        """Number of sample intervals; for a closed line the last sample is the first again."""
        return len(self._x) - 1


class LineTracker:
    """Follows one vehicle along the line; each call walks on from where the last one was."""

    def __init__(self, line: ReferenceLine) -> None:
        self._line = line
        self._sample = 0
        self._lap_m = 0.0

    def locate(self, x_m: float, y_m: float) -> tuple[float, float]:
        """Signed distance to the line (left positive) and distance along it since its beginning, metres.

        On a closed line the distance goes on counting into the next lap, and is negative before the start.
        """
        line = self._line
        sample = line.nearest_on(self._sample, x_m, y_m)
        if line.closed:
            laps, sample = divmod(sample, line.samples)
            self._lap_m += laps * line.length_m
        self._sample = sample
        signed, distance = line.foot_point(sample, x_m, y_m)
        return signed, distance + self._lap_m


def drop_repeats(x_m: FloatArray, y_m: FloatArray, closed: bool) -> tuple[FloatArray, FloatArray]:
    """Leave out points that repeat the one before (REPEAT_M); an open line keeps its last point."""
    keep = [0]
    for i in range(1, len(x_m)):
        if hypot(x_m[i] - x_m[keep[-1]], y_m[i] - y_m[keep[-1]]) >= REPEAT_M:
            keep.append(i)
    if closed:
        while len(keep) > 1 and hypot(x_m[keep[-1]] - x_m[0], y_m[keep[-1]] - y_m[0]) < REPEAT_M:
            keep.pop()
    elif len(keep) > 1:
        keep[-1] = len(x_m) - 1
    return x_m[keep], y_m[keep]


def _coefficient_rows(spline: CubicSpline) -> list[tuple[float, ...]]:
    """One tuple a spline interval: cubic to constant of x, then of y."""
    cubic_to_constant = np.asarray(spline.c)
    if len(cubic_to_constant) < 4:
        pad = np.zeros((4 - len(cubic_to_constant), *cubic_to_constant.shape[1:]))
        cubic_to_constant = np.concatenate((pad, cubic_to_constant))
    rows = np.concatenate((cubic_to_constant[:, :, 0], cubic_to_constant[:, :, 1])).T
    return [tuple(row) for row in rows.tolist()]


def _sample_parameters(knots: FloatArray) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Spline parameters at most SAMPLE_STEP_M apart with all knots among them, and the interval of each."""
    counts = np.maximum(1, np.ceil(np.diff(knots) / SAMPLE_STEP_M).astype(int))
    parameter = np.concatenate(
        [np.linspace(a, b, n, endpoint=False) for a, b, n in zip(knots[:-1], knots[1:], counts, strict=True)]
        + [knots[-1:]]
    )
    interval = np.append(np.repeat(np.arange(len(counts)), counts), len(counts) - 1)
    return parameter, interval


def _arc_lengths(spline: CubicSpline, parameter: FloatArray) -> FloatArray:
    """Arc length at each parameter by five-point Gauss-Legendre quadrature between neighbours."""
    half = np.diff(parameter) / 2
    middle = (parameter[:-1] + parameter[1:]) / 2
    velocity = spline(middle[:, None] + half[:, None] * _GAUSS_X, 1)
    pieces = half * (np.hypot(velocity[..., 0], velocity[..., 1]) @ _GAUSS_W)
    return np.concatenate(([0.0], np.cumsum(pieces)))
