"""What the fit of a steerable line is drawn to: the file's points and the line through them.

Stands outside the tick, beside `route_fit`. Each target keeps its foot on the present line, so that the
line may cross itself or run twice over one place without targets changing branches.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from firmware_runtime.motion.spline import Spline

FloatArray = npt.NDArray[np.float64]

_PROJECTION_STEPS = 2
"""Newton steps to a foot; between two steps of the fit the line moves by centimetres."""


@dataclass(slots=True)
class Targets:
    """Places, all arrays with one row a target; `project` renews the last two fields."""

    place_m: FloatArray
    """Shape (n, 2)."""
    tolerance_m: FloatArray
    """Distance from the line that costs nothing but the pull."""
    pull: FloatArray
    """Weight of the squared distance, whatever its size."""
    penalty: FloatArray
    """Weight of the squared distance beyond the tolerance."""
    foot_m: FloatArray
    """Distance along the present line of the nearest place on it."""
    offset_m: FloatArray
    """Signed distance from that place, left of the line positive."""

    def project(self, line: Spline) -> None:
        """Renew feet and offsets for `line`, beginning at the present feet."""
        self.foot_m, self.offset_m = project(self.place_m, self.foot_m, line)


def project(place_m: FloatArray, foot_m: FloatArray, line: Spline) -> tuple[FloatArray, FloatArray]:
    """Foot of each place (n, 2) on the line, sought from `foot_m` on, and its signed distance from it.

    Beyond the ends of an open line the foot is the end, and the distance the one across.
    """
    for _ in range(_PROJECTION_STEPS):
        at, tangent = _frame(line, foot_m)
        foot_m = foot_m + np.einsum("ij,ij->i", place_m - at, tangent)
        foot_m = foot_m % line.length_m if line.closed else np.clip(foot_m, 0, line.length_m)
    at, tangent = _frame(line, foot_m)
    aside = place_m - at
    return foot_m, tangent[:, 0] * aside[:, 1] - tangent[:, 1] * aside[:, 0]


def distance_from_foot(place_m: FloatArray, foot_m: FloatArray, line: Spline) -> FloatArray:
    """Distance of each place (n, 2) from its foot, also beyond the ends of an open line."""
    aside = place_m - line.position(line.parameter_at(foot_m))
    return np.hypot(aside[:, 0], aside[:, 1])


def _frame(line: Spline, distance_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Positions and unit tangents (n, 2) at distances along the line."""
    parameter = line.parameter_at(distance_m)
    return line.position(parameter), line.tangent(parameter)
