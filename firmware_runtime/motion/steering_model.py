"""What the steering will have done when a command of now begins to act: dead time, lag and rate limit.

Model (assumption, the common yardstick of the field): commands act after a dead time; then the angle follows
by a first-order lag, its rate limited. Commands still on their way are remembered, so the pose at the end of
the dead time can be predicted and pursued from there: the dead time costs no accuracy.
"""

from collections import deque

from firmware_runtime.motion.kinematics import SteeringAngles, SteeringGeometry, advance
from firmware_runtime.vehicle.pose import Pose
from firmware_runtime.vehicle.profile import Steering

TICK_S = 0.01
TRANSPORT_TICKS = 2
"""Command and feedback each spend a tick on the way (bus and tick alignment)."""


def follow(angle_rad: float, target_rad: float, share: float, step_max_rad: float) -> float:
    """One tick of a first-order lag with limited rate."""
    step = share * (target_rad - angle_rad)
    return angle_rad + min(max(step, -step_max_rad), step_max_rad)


class SteeringModel:
    def __init__(self, geometry: SteeringGeometry, steering: Steering, tick_s: float = TICK_S) -> None:
        self._geometry = geometry
        self._tick_s = tick_s
        self._dead_ticks = max(1, round(steering.dead_time_s / tick_s) + TRANSPORT_TICKS)
        self._share = tick_s / (steering.lag_s + tick_s)
        self._step_max_rad = steering.rate_max_radps * tick_s
        self._underway: deque[SteeringAngles] = deque(maxlen=self._dead_ticks)
        self.lead_s = self._dead_ticks * tick_s

    def command(self, angles: SteeringAngles) -> None:
        """Remember what was commanded in this tick."""
        self._underway.append(angles)

    def predict(self, pose: Pose, measured: SteeringAngles) -> tuple[float, float, float, SteeringAngles]:
        """x, y, heading and angles at the end of the dead time, from the present pose and measured angles."""
        x_m, y_m, heading_rad = pose.x_m, pose.y_m, pose.heading_rad
        front, rear = measured.front_rad, measured.rear_rad
        distance_m = pose.speed_mps * self._tick_s
        turning, share, step_max = self._geometry.turning, self._share, self._step_max_rad
        for angles in self._underway:
            front = follow(front, angles.front_rad, share, step_max)
            rear = follow(rear, angles.rear_rad, share, step_max)
            x_m, y_m, heading_rad = advance(x_m, y_m, heading_rad, distance_m, *turning(front, rear))
        return x_m, y_m, heading_rad, SteeringAngles(front, rear)
