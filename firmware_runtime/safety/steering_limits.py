"""How far, how fast and how sharply steering may turn, whoever asks: proposal, stop plan, own stop.

The profile's figures, each cut by its hard bound, with the tolerances that stand here.
"""

from firmware_runtime.vehicle import bounds
from firmware_runtime.vehicle.profile import ProfileData

LATERAL_FACTOR = 2.0
"""A commanded angle leads the real one (assumption)."""
LATERAL_JERK_FACTOR = 2.0
"""`control` cuts its commands at 1.5 times the profile's (assumption)."""
STEERING_RATE_FACTOR = 2.0
"""A command that leads moves faster than the axle: `control` cuts it at 1.5 times (assumption)."""
ANGLE_ROUNDING_RAD = 1e-6


class SteeringLimits:
    def __init__(self, data: ProfileData) -> None:
        limits, steering = data.limits, data.steering
        self.angle_max_rad = min(steering.front_angle_max_rad, bounds.STEERING_ANGLE.high)
        self.rate_max_radps = STEERING_RATE_FACTOR * min(steering.rate_max_radps, bounds.STEERING_RATE.high)
        self.lateral_mps2 = min(
            LATERAL_FACTOR * limits.lateral_acceleration_max_mps2, bounds.LATERAL_ACCELERATION.high
        )
        self.lateral_jerk_mps3 = LATERAL_JERK_FACTOR * min(
            limits.lateral_jerk_max_mps3, bounds.LATERAL_JERK.high
        )
