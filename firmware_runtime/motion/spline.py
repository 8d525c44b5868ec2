"""Cubic spline through points, its curvature, and its equidistant samples (numpy only).

Stands outside the tick: routes are built with it. "The line through a route file's points" is defined as
this spline: parameter is the chord length from point to point; a closed line is periodic, an open one has
no knot at its second and last but one point (not-a-knot: the first two pieces are one cubic, and so are the
last two), so that a line may begin in a bend.
Source: de Boor, A Practical Guide to Splines, chapter IV; tested against scipy's CubicSpline.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from firmware_runtime.motion.banded import solve_banded

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_GAUSS_PLACES, _GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(5)
_SPEED_MIN = 1e-6
"""Floor of the derivative's length, which is near 1 except at the cusp of a line that turns back."""
_NEWTON_STEPS = 3
"""For the parameter that belongs to an arc length; from a linear guess three reach rounding (measured)."""


class LineSamples(NamedTuple):
    """A line sampled at equal arc lengths; all arrays have one length, the first and last place included."""

    step_m: float
    distance_m: FloatArray
    x_m: FloatArray
    y_m: FloatArray
    heading_rad: FloatArray
    """Tangent, unwrapped."""
    curvature_1pm: FloatArray
    """Left positive."""
    parameter_m: FloatArray
    """Spline parameter of each sample."""


@dataclass(frozen=True, slots=True)
class Spline:
    """A plane cubic spline. Arrays of points have shape (n, 2), parameters shape (n,)."""

    knots_m: FloatArray
    """Chord length at each point; a closed line has one more knot, where it is back at the first point."""
    powers: tuple[FloatArray, FloatArray, FloatArray, FloatArray]
    """Coefficients (pieces, 2) of each piece's cubic in the parameter from its first knot on."""
    arc_length_m: FloatArray
    """Length along the line up to each knot."""
    closed: bool

    @property
    def length_m(self) -> float:
        return float(self.arc_length_m[-1])

    def position(self, parameter_m: FloatArray) -> FloatArray:
        """Points (n, 2) at parameters within the knots; beyond them the end pieces go on."""
        piece, within = self._piece(parameter_m)
        constant, linear, square, cube = self._powers(piece)
        return constant + within * (linear + within * (square + within * cube))

    def derivative(self, parameter_m: FloatArray) -> FloatArray:
        """First derivative (n, 2) by the parameter; its length is near 1."""
        piece, within = self._piece(parameter_m)
        _, linear, square, cube = self._powers(piece)
        return linear + within * (2 * square + within * (3 * cube))

    def tangent(self, parameter_m: FloatArray) -> FloatArray:
        """Unit vectors (n, 2) in the line's direction."""
        derivative = self.derivative(parameter_m)
        return derivative / _norm(derivative)[:, None]

    def curvature(self, parameter_m: FloatArray) -> FloatArray:
        """Curvature (n,) in 1/m, left positive."""
        piece, within = self._piece(parameter_m)
        _, linear, square, cube = self._powers(piece)
        first = linear + within * (2 * square + within * (3 * cube))
        second = 2 * square + within * (6 * cube)
        cross = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
        return cross / _norm(first) ** 3

    def parameter_at(self, distance_m: FloatArray) -> FloatArray:
        """Parameters at which the arc length from the start is `distance_m` (within the line)."""
        knots, arcs = self.knots_m, self.arc_length_m
        piece = np.clip(np.searchsorted(arcs, distance_m, side="right") - 1, 0, len(knots) - 2)
        width = np.diff(knots)[piece]
        wanted = distance_m - arcs[piece]
        within = width * wanted / np.diff(arcs)[piece]
        _, linear, square, cube = self._powers(piece)
        for _ in range(_NEWTON_STEPS):
            reached = _arc_length(linear, square, cube, within)
            at = within[:, None]
            speed = linear + at * (2 * square + at * (3 * cube))
            within = within + (wanted - reached) / _norm(speed)
            within = np.clip(within, 0, width)
        return knots[piece] + within

    def sample(self, step_m: float) -> LineSamples:
        """Equidistant samples from end to end; the step becomes the nearest that divides the length."""
        count = max(1, round(self.length_m / step_m))
        distance = np.linspace(0, self.length_m, count + 1)
        parameter = self.parameter_at(distance)
        points, tangent = self.position(parameter), self.derivative(parameter)
        heading = np.unwrap(np.arctan2(tangent[:, 1], tangent[:, 0]))
        return LineSamples(
            step_m=self.length_m / count,
            distance_m=distance,
            x_m=points[:, 0],
            y_m=points[:, 1],
            heading_rad=heading,
            curvature_1pm=self.curvature(parameter),
            parameter_m=parameter,
        )

    def _piece(self, parameter_m: FloatArray) -> tuple[IntArray, FloatArray]:
        """Index of the piece (n,), and the parameter from its first knot on as a column (n, 1)."""
        last = len(self.knots_m) - 2
        piece = np.clip(np.searchsorted(self.knots_m, parameter_m, side="right") - 1, 0, last)
        return piece, (parameter_m - self.knots_m[piece])[:, None]

    def _powers(self, piece: IntArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Coefficients (n, 2) of the pieces' cubics, from the constant to the cube."""
        return tuple(coefficient[piece] for coefficient in self.powers)  # pyright: ignore[reportReturnType]


def fit_spline(points_m: FloatArray, *, closed: bool) -> Spline:
    """The cubic spline through `points_m` (n, 2), no two neighbours alike; closed needs 3 points, open 2.

    The first point of a closed line is not repeated at its end.
    """
    if closed:
        points_m = np.concatenate([points_m, points_m[:1]])
    chord = np.hypot(*np.diff(points_m, axis=0).T)
    knots = np.concatenate([[0.0], np.cumsum(chord)])
    slopes = np.diff(points_m, axis=0) / chord[:, None]
    second = _periodic_second(chord, slopes) if closed else _open_second(chord, slopes)
    width = chord[:, None]
    linear = slopes - width * (2 * second[:-1] + second[1:]) / 6
    square = second[:-1] / 2
    cube = (second[1:] - second[:-1]) / (6 * width)
    arcs = np.concatenate([[0.0], np.cumsum(_arc_length(linear, square, cube, chord))])
    return Spline(knots, (points_m[:-1], linear, square, cube), arcs, closed)


def _open_second(chord: FloatArray, slopes: FloatArray) -> FloatArray:
    """Second derivatives (n, 2) of the open spline.

    The system is solved with the two end values as unknowns of their own, which keeps it symmetric; the
    not-a-knot conditions then fix these two.
    """
    count = len(chord) + 1
    if count == 2:
        return np.zeros((2, 2))
    if count == 3:
        return np.tile(2 * (slopes[1] - slopes[0]) / (chord[0] + chord[1]), (3, 1))
    bands = np.array([(chord[:-1] + chord[1:]) / 3, np.append(chord[1:-1], 0.0) / 6])
    right_side = np.zeros((count - 2, 4))
    right_side[:, :2] = np.diff(slopes, axis=0)
    right_side[0, 2] = -chord[0] / 6
    right_side[-1, 3] = -chord[-1] / 6
    inner = solve_banded(bands, right_side)
    # Columns: x and y with zero ends, then the answers to a unit second derivative at either end.
    full = np.zeros((count, 4))
    full[1:-1] = inner
    full[0, 2] = full[-1, 3] = 1.0
    start = (full[1] - full[0]) / chord[0] - (full[2] - full[1]) / chord[1]
    end = (full[-1] - full[-2]) / chord[-1] - (full[-2] - full[-3]) / chord[-2]
    jumps = np.array([start, end])
    ends = np.linalg.solve(jumps[:, 2:], -jumps[:, :2])
    return full[:, :2] + full[:, 2:] @ ends


def _periodic_second(chord: FloatArray, slopes: FloatArray) -> FloatArray:
    """Second derivatives (n, 2) of the closed spline; the last equals the first."""
    before, slope_before = np.roll(chord, 1), np.roll(slopes, 1, axis=0)
    second = solve_banded(np.array([(before + chord) / 3, chord / 6]), slopes - slope_before)
    return np.concatenate([second, second[:1]])


def _norm(vectors: FloatArray) -> FloatArray:
    return np.maximum(np.hypot(vectors[:, 0], vectors[:, 1]), _SPEED_MIN)


def _arc_length(linear: FloatArray, square: FloatArray, cube: FloatArray, width: FloatArray) -> FloatArray:
    """Length of cubics (n, 2) from their beginning over `width` (n,), by Gauss's rule with five places."""
    length = np.zeros_like(width)
    for place, weight in zip(_GAUSS_PLACES, _GAUSS_WEIGHTS, strict=True):
        at = (width * ((place + 1) / 2))[:, None]
        speed = linear + at * (2 * square + at * (3 * cube))
        length += weight * np.hypot(speed[:, 0], speed[:, 1])
    return length * width / 2
