"""Single-track kinematics with front and rear steering; used by localisation, pursuit and prediction.

Without tyre slip (assumption: lateral acceleration stays near 1 m/s²), with forward and left positive:
yaw rate / body speed = (tan(front) - tan(rear)) / wheelbase. The reference point is the one whose velocity
lies along the body while the axles steer in the profile's ratio (see `Geometry.rear_steer_ratio`).
The supervisor keeps a second implementation of its own on purpose.
"""

from dataclasses import dataclass
from math import atan, atan2, cos, sin, tan

from firmware_runtime.vehicle.profile import Geometry, Steering


@dataclass(frozen=True, slots=True)
class SteeringAngles:
    """Single-track angles, left positive."""

    front_rad: float
    rear_rad: float


class SteeringGeometry:
    """Angles for a curvature, and the motion that angles cause."""

    def __init__(self, geometry: Geometry, steering: Steering) -> None:
        self.wheelbase_m = geometry.wheelbase_m
        self.rear_ratio = geometry.rear_steer_ratio
        self.reference_x_m = geometry.wheelbase_m * self.rear_ratio / (1.0 + self.rear_ratio)
        """Reference point ahead of the rear axle."""
        self.front_x_m = self.wheelbase_m - self.reference_x_m
        """Front axle ahead of the reference point."""
        self.front_angle_max_rad = steering.front_angle_max_rad
        self.curvature_max_1pm = (
            (1.0 + self.rear_ratio) * tan(steering.front_angle_max_rad) / self.wheelbase_m
        )

    def angles(self, curvature_1pm: float, crab_rad: float = 0.0) -> SteeringAngles:
        """Angles that give the reference point this curvature and crab angle, within the steering's limit."""
        limit = self.curvature_max_1pm
        curvature = min(max(curvature_1pm, -limit), limit) / cos(crab_rad)
        slope = tan(crab_rad)
        front = atan(slope + curvature * self.front_x_m)
        rear = atan(slope - curvature * self.reference_x_m) if self.rear_ratio else 0.0
        bound = self.front_angle_max_rad
        return SteeringAngles(min(max(front, -bound), bound), min(max(rear, -bound), bound))

    def turning(self, front_rad: float, rear_rad: float) -> tuple[float, float]:
        """What the reference point does with these angles: yaw rate over body speed (1/m), and lateral over
        longitudinal velocity, which is 0 where the axles keep the ratio."""
        rear_slope = tan(rear_rad)
        yaw_per_metre = (tan(front_rad) - rear_slope) / self.wheelbase_m
        return yaw_per_metre, rear_slope + yaw_per_metre * self.reference_x_m


def advance(
    x_m: float, y_m: float, heading_rad: float, distance_m: float, yaw_per_metre: float, slip_slope: float
) -> tuple[float, float, float]:
    """Pose after `distance_m` along the body at constant steering, by the midpoint rule."""
    turn = distance_m * yaw_per_metre
    middle = heading_rad + 0.5 * turn
    along_x, along_y = cos(middle), sin(middle)
    across_m = distance_m * slip_slope
    return (
        x_m + distance_m * along_x - across_m * along_y,
        y_m + distance_m * along_y + across_m * along_x,
        heading_rad + turn,
    )


def wrap_angle(angle_rad: float) -> float:
    """The same angle within ±pi."""
    return atan2(sin(angle_rad), cos(angle_rad))
