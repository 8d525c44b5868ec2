"""What the steering will have done when a command of now begins to act: dead time, lag and rate limit.

Model (assumption, the common yardstick of the field): commands act after a dead time; then the angle follows
by a first-order lag, its rate limited. Commands still on their way are remembered, so the pose at the end of
the dead time can be predicted and pursued from there: the dead time costs no accuracy. The prediction goes in
steps of a bus cycle whatever the tick: no command reaches the axle more often.
"""

from collections import deque
from itertools import islice

from firmware_runtime.motion.kinematics import SteeringAngles, SteeringGeometry, advance
from firmware_runtime.vehicle.pose import Pose
from firmware_runtime.vehicle.profile import Steering

STEP_S = 0.01
"""Of the prediction: the cycle of the steering's messages."""
TRANSPORT_S = 0.02
"""Command and feedback each wait for the next frame of their message, at every rate of the loop."""


def follow(angle_rad: float, target_rad: float, share: float, step_max_rad: float) -> float:
    """One step of a first-order lag with limited rate."""
    step = share * (target_rad - angle_rad)
    return angle_rad + min(max(step, -step_max_rad), step_max_rad)


class SteeringModel:
    def __init__(self, geometry: SteeringGeometry, steering: Steering, tick_s: float) -> None:
        """tick_s: between two commands."""
        self._geometry = geometry
        self._ticks_a_step = round(STEP_S / tick_s)
        dead_steps = max(1, round(steering.dead_time_s / STEP_S) + round(TRANSPORT_S / STEP_S))
        self._share = STEP_S / (steering.lag_s + STEP_S)
        self._step_max_rad = steering.rate_max_radps * STEP_S
        self._underway: deque[SteeringAngles] = deque(maxlen=dead_steps * self._ticks_a_step)
        self.lead_s = dead_steps * STEP_S

    def command(self, angles: SteeringAngles) -> None:
        """Remember what was commanded in this tick."""
        self._underway.append(angles)

    def predict(self, pose: Pose, measured: SteeringAngles) -> tuple[float, float, float, SteeringAngles]:
        """x, y, heading and angles at the end of the dead time, from the present pose and measured angles."""
        x_m, y_m, heading_rad = pose.x_m, pose.y_m, pose.heading_rad
        front, rear = measured.front_rad, measured.rear_rad
        distance_m = pose.speed_mps * STEP_S
        turning, share, step_max = self._geometry.turning, self._share, self._step_max_rad
        # What acts in a step is the command that was given a dead time before its begin.
        for angles in islice(self._underway, 0, None, self._ticks_a_step):
            front = follow(front, angles.front_rad, share, step_max)
            rear = follow(rear, angles.rear_rad, share, step_max)
            x_m, y_m, heading_rad = advance(x_m, y_m, heading_rad, distance_m, *turning(front, rear))
        return x_m, y_m, heading_rad, SteeringAngles(front, rear)
