"""One step of the fit: how far to move each place of the present line sideways.

Stands outside the tick, beside `route_fit`. With the line's curvature k and its sideways shift e, the new
curvature is k + e'' + k² e to first order (do Carmo, Differential Geometry of Curves and Surfaces, 1-5), so
the wish list below is a banded least-squares problem in e:
- stay near the line through the file's points (pull), nearer than the tolerance at the points (penalty),
- change curvature slowly (weight smoothing_m**6: wavelengths well above 2 pi smoothing_m are kept),
- keep within the steerable curvature (penalty).
Penalties act on what is beyond a bound; which rows these are is found by repetition (semismooth Newton).
"""

from math import inf
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from firmware_runtime.motion.banded import BandedLeastSquares
from firmware_runtime.motion.fit_targets import Targets
from firmware_runtime.motion.spline import LineSamples, Spline, fit_spline

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_ACTIVE_SET_STEPS = 5
_PENALTY_KNEE_M = 0.05
"""Beyond tolerance and knee the penalty grows linearly, lest far points outweigh the curvature bound."""
_MOVE_MAX_M = 1.0
_MOVE_MAX_OF_RADIUS = 0.5
"""Longest sideways step, and as a share of the radius there: the linear model holds no further."""


_FOLDED_SHARE = 0.1
"""Places nearer to each other than this share of their spacing lie on a fold."""


class Wishes(NamedTuple):
    spacing_m: float
    """Between the places that are moved."""
    smoothing_m: float
    curvature_1pm: float
    """Bound that is aimed at."""
    curvature_penalty: float


class _Rows(NamedTuple):
    """Rows over a few neighbouring unknowns and their value without any shift."""

    first: IntArray
    coefficients: FloatArray
    value: FloatArray
    weight: FloatArray


def improve(line: Spline, targets: Targets, wishes: Wishes) -> tuple[Spline, float]:
    """The line one step nearer to the wishes, and its largest move in metres.

    Feet of the targets are carried along to the new line. Where the step would fold the line (it bends far
    too sharply for what is asked), the line comes back as it was, with an infinite move.
    """
    samples = line.sample(wishes.spacing_m)
    count = len(samples.x_m) - (1 if line.closed else 0)
    targets.project(line)
    shift = _best_shift(samples, count, line.closed, targets, wishes)
    bend = np.abs(samples.curvature_1pm[:count] * shift)
    largest = float(np.max(np.abs(shift)))
    shift = shift * min(
        1.0, _MOVE_MAX_M / max(largest, 1e-12), _MOVE_MAX_OF_RADIUS / max(float(np.max(bend)), 1e-12)
    )
    heading = samples.heading_rad[:count]
    x = samples.x_m[:count] - shift * np.sin(heading)
    y = samples.y_m[:count] + shift * np.cos(heading)
    chord = np.hypot(np.diff(x), np.diff(y))
    if not np.all(chord > _FOLDED_SHARE * samples.step_m):
        return line, inf
    moved = fit_spline(np.stack([x, y], axis=1), closed=line.closed)
    targets.foot_m = np.interp(targets.foot_m, samples.distance_m, moved.arc_length_m)
    return moved, largest


def _best_shift(
    samples: LineSamples, count: int, closed: bool, targets: Targets, wishes: Wishes
) -> FloatArray:
    curvature = _curvature_rows(samples, count, closed, wishes)
    offset = _offset_rows(samples.step_m, count, closed, targets)
    always = BandedLeastSquares(count, half_width=3)
    rate = _curvature_rate_rows(curvature, samples.step_m, closed, wishes)
    always.add(rate.first, rate.coefficients, -rate.value, rate.weight)
    always.add(offset.first, offset.coefficients, -offset.value, offset.weight)
    shift = np.zeros(count)
    known = b""
    for _ in range(_ACTIVE_SET_STEPS):
        bent = _evaluate(curvature, shift)
        over = np.sign(bent) * (np.abs(bent) > wishes.curvature_1pm) * (curvature.weight > 0)
        away = _evaluate(offset, shift)
        outside = np.sign(away) * (np.abs(away) > targets.tolerance_m)
        active = over.tobytes() + outside.tobytes()
        if active == known:
            break
        known = active
        system = always.copy()
        on = np.flatnonzero(over)
        _add_bound(system, curvature, on, over[on] * wishes.curvature_1pm, curvature.weight[on])
        on = np.flatnonzero(outside)
        beyond = np.abs(away[on]) - targets.tolerance_m[on]
        weight = targets.penalty[on] * np.minimum(1.0, _PENALTY_KNEE_M / beyond)
        _add_bound(system, offset, on, outside[on] * targets.tolerance_m[on], weight)
        shift = system.solve()
    return shift


def _curvature_rows(samples: LineSamples, count: int, closed: bool, wishes: Wishes) -> _Rows:
    """Curvature at each place from its neighbours' shifts.

    The second difference that stands for e'' sees the curvature of a spline through the same points
    averaged with 1, 4, 1; comparing like with like keeps the repetition from building up a zigzag.
    """
    spline_curvature = samples.curvature_1pm[:count]
    value = (np.roll(spline_curvature, 1) + 4 * spline_curvature + np.roll(spline_curvature, -1)) / 6
    beside = np.full(count, samples.step_m**-2)
    coefficients = np.stack([beside, value**2 - 2 * beside, beside])
    weight = np.full(count, wishes.curvature_penalty * samples.step_m)
    if not closed:
        weight[[0, -1]] = 0
    return _Rows(np.arange(count, dtype=np.int64) - 1, coefficients, value, weight)


def _curvature_rate_rows(curvature: _Rows, step_m: float, closed: bool, wishes: Wishes) -> _Rows:
    """Change of curvature from each place to the next, per metre."""
    count = len(curvature.value)
    coefficients = np.zeros((4, count))
    coefficients[:3] -= curvature.coefficients
    coefficients[1:] += np.roll(curvature.coefficients, -1, axis=1)
    value = np.roll(curvature.value, -1) - curvature.value
    weight = np.full(count, step_m * wishes.smoothing_m**6)
    if not closed:
        weight[[0, -2, -1]] = 0
    return _Rows(curvature.first, coefficients / step_m, value / step_m, weight)


def _offset_rows(step_m: float, count: int, closed: bool, targets: Targets) -> _Rows:
    """Signed distance from each target to the line, from the shifts on both sides of its foot."""
    along = targets.foot_m / step_m
    first = np.minimum(along.astype(np.int64), count - (1 if closed else 2))
    share = along - first
    return _Rows(first, np.stack([1 - share, share]), -targets.offset_m, targets.pull)


def _evaluate(rows: _Rows, shift: FloatArray) -> FloatArray:
    value = rows.value
    for place, coefficient in enumerate(rows.coefficients):
        value = value + coefficient * shift[(rows.first + place) % len(shift)]
    return value


def _add_bound(
    system: BandedLeastSquares, rows: _Rows, chosen: IntArray, bound: FloatArray, weight: FloatArray
) -> None:
    wanted = bound - rows.value[chosen]
    system.add(rows.first[chosen], rows.coefficients[:, chosen], wanted, weight)
