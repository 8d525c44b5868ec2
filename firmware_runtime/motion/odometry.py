"""Dead reckoning by wheels and steering: pose in a frame of its own that starts at zero and only drifts.

Body speed is the mean of both axles' mean wheel speeds, each turned from its wheel plane into the body by
the measured steering angle. Localisation lays this frame over the world; the distance is the odometer that
stop plans are anchored to.
"""

from math import cos

import msgspec

from firmware_runtime.motion.kinematics import SteeringGeometry, advance
from firmware_runtime.vehicle.profile import Traction
from firmware_runtime.vehicle.signals import WHEEL_SPEEDS, VehicleState


class OdometrySample(msgspec.Struct, frozen=True):
    time_ns: int
    x_m: float
    y_m: float
    heading_rad: float
    distance_m: float
    """Signed, along the body."""


class Odometry:
    def __init__(self, geometry: SteeringGeometry, traction: Traction) -> None:
        self._geometry = geometry
        self._metres_per_radian = traction.wheel_radius_m / traction.gear_ratio
        self.sample = OdometrySample(0, 0.0, 0.0, 0.0, 0.0)
        self.speed_mps = 0.0
        self.yaw_rate_radps = 0.0
        self._started = False

    def step(self, now_ns: int, state: VehicleState) -> OdometrySample:
        """Advance to `now_ns` with the mean of the last and the present speed (trapezoidal rule)."""
        front, rear = state.steering_front_angle_rad, state.steering_rear_angle_rad
        if state.usable(*WHEEL_SPEEDS) or not state.usable("motor_speed_radps"):
            speed_mps = 0.25 * (
                (state.wheel_speed_front_left_mps + state.wheel_speed_front_right_mps) * cos(front)
                + (state.wheel_speed_rear_left_mps + state.wheel_speed_rear_right_mps) * cos(rear)
            )
        else:
            speed_mps = state.motor_speed_radps * self._metres_per_radian
        last = self.sample
        elapsed_s = (now_ns - last.time_ns) * 1e-9 if self._started else 0.0
        distance_m = 0.5 * (self.speed_mps + speed_mps) * elapsed_s
        yaw_per_metre, slip_slope = self._geometry.turning(front, rear)
        x_m, y_m, heading_rad = advance(
            last.x_m,
            last.y_m,
            last.heading_rad,
            distance_m,
            yaw_per_metre,
            slip_slope,
        )
        self._started = True
        self.speed_mps = speed_mps
        self.yaw_rate_radps = speed_mps * yaw_per_metre
        self.sample = OdometrySample(now_ns, x_m, y_m, heading_rad, last.distance_m + distance_m)
        return self.sample

    def snapshot(self) -> dict[str, object]:
        return {"version": 1, "sample": self.sample, "speed": self.speed_mps, "started": self._started}
