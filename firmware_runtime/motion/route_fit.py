"""Fits a line that the vehicle can steer along to a route file's points, or tells that there is none.

Stands outside the tick: a route is fitted once, before the start. Neither a spline's overshoot nor a
recording's noise should refuse a route or shake the steering: a line within the tolerance of the points
whose curvature is steerable and changes slowly is looked for, beginning at the spline through the points.
"""

from dataclasses import dataclass
from math import inf

import numpy as np
import numpy.typing as npt

from firmware_runtime.motion.banded import solve_banded
from firmware_runtime.motion.fit_step import Wishes, improve
from firmware_runtime.motion.fit_targets import Targets, distance_from_foot, project
from firmware_runtime.motion.spline import LineSamples, Spline, fit_spline

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

POINT_TOLERANCE_M = 0.10
"""A route is refused where no steerable line passes this near to every point of its file (requirement)."""
SAMPLE_STEP_M = 0.25
"""Spacing of a route's samples; the curvature bound holds at these."""
CURVATURE_SHARE = 0.98
"""Largest curvature of a route over the vehicle's: the rest is left to control (assumption)."""

_CURVATURE_AIMS = (0.97, 0.96, 0.95, 0.94)
"""Shares aimed at, one after the other, until the spline's rounding of a bend stays below CURVATURE_SHARE."""
_RELENTING = 0.1
"""From aim to aim, the weight of the points' tolerance falls: curvature has the last word."""
_TOLERANCE_AIM = 0.95
_LINE_TOLERANCE_M = 0.15
"""Distance from the line through the points, between these, that costs only the pull (assumption)."""
_SMOOTHING_OF_LEVER = 0.35
"""Smoothing length over wheelbase / (1 + ratio): 1.6 m for a tractor with 4.5 m, at which the noise of RTK
goes and public centre lines move by 0.07 m at most (measured); longer ones save no time on any of them."""
_SPACING_OF_SMOOTHING = 0.25
_HELD = 1e4
"""Pull, per m², of points that the line must meet: ends and stops."""
_TOLERANCE_PENALTY = 1e3
_CURVATURE_PENALTY = 1e5
_STEPS_MAX = 10
_STILL_OF_SPACING_2 = 2e-4
"""Move over spacing², in 1/m: below it curvature changes by less than a thousandth of a 1/m."""
_LENGTH_GROWTH_MAX = 1.5
_PRESMOOTH_FROM = 1.5
"""Over this share of the steerable curvature the fit begins at a smoothed line, not at the spline."""
_PRESMOOTH_GROWTH = 1.3
_PRESMOOTH_MAX = 20


@dataclass(frozen=True, slots=True)
class Steerability:
    """What the fit needs to know of the vehicle."""

    curvature_max_1pm: float
    """At full steering angle."""
    lever_m: float
    """wheelbase / (1 + rear steer ratio): tan(front angle) = lever * curvature."""

    @property
    def smoothing_m(self) -> float:
        return _SMOOTHING_OF_LEVER * self.lever_m

    @property
    def spacing_m(self) -> float:
        """Between the places that the fit moves; also the least distance of points that shape the spline."""
        return _SPACING_OF_SMOOTHING * self.smoothing_m


@dataclass(frozen=True, slots=True)
class FittedLine:
    spline: Spline
    original: Spline
    """Through the points, unsmoothed."""
    point_foot_m: FloatArray
    """Of each point, its place along the fitted line."""
    point_distance_m: FloatArray
    """Of each point from the fitted line."""
    line_distance_max_m: float
    """Largest distance between original and fitted line, both ways, between the points too."""
    steerable: bool
    """Curvature within CURVATURE_SHARE of the vehicle's at all samples."""


def fit_line(
    points_m: FloatArray, shaping: IntArray, held: IntArray, *, closed: bool, vehicle: Steerability
) -> FittedLine:
    """Fit a line to points of shape (n, 2).

    `shaping`: rising indices of the points the spline runs through (near-duplicates left out, the first
    point and an open line's last kept). `held`: indices of points to be met exactly, within millimetres.
    All points count for the tolerance. The result may be not steerable, or too far from the points.
    """
    original = fit_spline(points_m[shaping], closed=closed)
    samples = original.sample(vehicle.spacing_m)
    targets = _targets(points_m, shaping, held, original, samples)
    bound = CURVATURE_SHARE * vehicle.curvature_max_1pm
    line = _presmoothed(original, samples, targets, vehicle)
    wishes = Wishes(
        spacing_m=vehicle.spacing_m,
        smoothing_m=vehicle.smoothing_m,
        curvature_1pm=vehicle.curvature_max_1pm,
        curvature_penalty=_CURVATURE_PENALTY,
    )
    longest_m = _LENGTH_GROWTH_MAX * original.length_m + 20 / vehicle.curvature_max_1pm
    for aim in _CURVATURE_AIMS:
        wishes = wishes._replace(curvature_1pm=aim * vehicle.curvature_max_1pm)
        line = _settled(line, targets, wishes, longest_m)
        if _curvature_max(line) <= bound or line.length_m > longest_m:
            break
        targets.penalty *= _RELENTING
    targets.project(line)
    distance = distance_from_foot(targets.place_m, targets.foot_m, line)
    on_line, points = len(distance) - len(points_m), len(points_m)
    excursion_m = _excursion_m(line, original, samples, targets.foot_m[:on_line])
    return FittedLine(
        spline=line,
        original=original,
        point_foot_m=targets.foot_m[-points:],
        point_distance_m=distance[-points:],
        line_distance_max_m=max(float(np.max(distance)), excursion_m),
        steerable=_curvature_max(line) <= bound,
    )


def _settled(line: Spline, targets: Targets, wishes: Wishes, longest_m: float) -> Spline:
    """Improve until the line lies still, folds, or runs away."""
    still_m = _STILL_OF_SPACING_2 * wishes.spacing_m**2
    for _ in range(_STEPS_MAX):
        line, moved_m = improve(line, targets, wishes)
        if moved_m < still_m or moved_m == inf or line.length_m > longest_m:
            break
    return line


def _targets(
    points_m: FloatArray, shaping: IntArray, held: IntArray, original: Spline, samples: LineSamples
) -> Targets:
    """Samples of the original line, which pull, then the points, which must be within the tolerance."""
    on_line = len(samples.x_m) - (1 if original.closed else 0)
    points = len(points_m)
    nearest = np.searchsorted(shaping, np.arange(points, dtype=np.int64), side="right") - 1
    point_pull = np.zeros(points)
    point_pull[held] = _HELD
    place = np.concatenate([np.stack([samples.x_m, samples.y_m], axis=1)[:on_line], points_m])
    step = samples.step_m
    return Targets(
        place_m=place,
        tolerance_m=np.repeat([_LINE_TOLERANCE_M, _TOLERANCE_AIM * POINT_TOLERANCE_M], [on_line, points]),
        pull=np.concatenate([np.full(on_line, step), point_pull]),
        penalty=np.repeat([_TOLERANCE_PENALTY * step, _TOLERANCE_PENALTY], [on_line, points]),
        foot_m=np.concatenate([samples.distance_m[:on_line], original.arc_length_m[nearest]]),
        offset_m=np.zeros(len(place)),
    )


def _excursion_m(line: Spline, original: Spline, samples: LineSamples, feet_m: FloatArray) -> float:
    """Largest distance from the fitted line to the original one, whose `samples` have their feet on it.

    Points may all lie near a line that makes a wide loop between two of them; this is how that shows.
    """
    fitted = line.sample(samples.step_m)
    place = np.stack([fitted.x_m, fitted.y_m], axis=1)
    known, there = feet_m, samples.distance_m[: len(feet_m)]
    if line.closed:
        known = np.unwrap(known, period=line.length_m)
        known = known - line.length_m * round(float(known[0]) / line.length_m)
        known = np.concatenate([known - line.length_m, known, known + line.length_m])
        there = np.concatenate([there - original.length_m, there, there + original.length_m])
    nearly = np.interp(fitted.distance_m, np.maximum.accumulate(known), there)
    foot, _ = project(place, nearly, original)
    return float(np.max(distance_from_foot(place, foot, original)))


def _presmoothed(original: Spline, samples: LineSamples, targets: Targets, vehicle: Steerability) -> Spline:
    """The original line, or where it bends far too sharply the least smoothed one that does not.

    Smoothing of coordinates is linear and so never fails, where shifting sideways at a kink would. Of a
    line that no smoothing helps (a circle shrinks), the least bent is taken.
    """
    best, bend = original, _curvature_max(original)
    smoothing = vehicle.smoothing_m
    feet = targets.foot_m
    while bend > _PRESMOOTH_FROM * vehicle.curvature_max_1pm:
        if smoothing > _PRESMOOTH_MAX * vehicle.smoothing_m:
            break
        line = _smoothed(samples, original.closed, smoothing)
        if line.length_m < original.length_m / 2:
            break
        if _curvature_max(line) < bend:
            best, bend = line, _curvature_max(line)
            targets.foot_m = np.interp(feet, samples.distance_m, line.arc_length_m)
        smoothing *= _PRESMOOTH_GROWTH
    return best


def _smoothed(samples: LineSamples, closed: bool, smoothing_m: float) -> Spline:
    """Least sum of squared distances and smoothing**6 times squared third derivatives; open ends held."""
    count = len(samples.x_m) - (1 if closed else 0)
    place = np.stack([samples.x_m, samples.y_m], axis=1)[:count]
    roughness = np.full(count, (smoothing_m / samples.step_m) ** 6)
    near = np.ones(count)
    if not closed:
        roughness[-3:] = 0
        near[[0, -1]] = _HELD
    third_difference = (-1.0, 3.0, -3.0, 1.0)
    bands = np.zeros((4, count))
    for start, first in enumerate(third_difference):
        for end in range(start, 4):
            bands[end - start] += np.roll(roughness, start) * first * third_difference[end]
    bands[0] += near
    return fit_spline(solve_banded(bands, near[:, None] * place), closed=closed)


def _curvature_max(line: Spline) -> float:
    """Largest curvature at the samples, or turn from one to the next per metre: that shows a point of return,
    which has no curvature where a line runs back upon itself."""
    samples = line.sample(SAMPLE_STEP_M)
    turn = np.abs(np.diff(samples.heading_rad)) / samples.step_m
    return max(float(np.max(np.abs(samples.curvature_1pm))), float(np.max(turn)))
