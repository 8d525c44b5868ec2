"""Single-track kinematics with front and rear steering; moves the pose once a tick.

No tyre slips: each axle's velocity lies along its wheels. With the body's speed v (the component along
the body, common to all its points) and the single-track angles front f and rear r,

    yaw rate         = v * (tan f - tan r) / wheelbase
    lateral velocity = v * tan r + yaw rate * x        x ahead of the rear axle

(R. Rajamani, Vehicle Dynamics and Control, 2nd ed., section 2.2). The reference point lies at
x = wheelbase * ratio / (1 + ratio), where the lateral velocity is zero for tan r = -ratio * tan f; while
the axles do not answer alike it is not, and that is kept. Honest at the low lateral accelerations of yard
driving; above the vehicle file's `lateral_acceleration_valid_mps2` real tyres slip and this does not.
"""

from math import copysign, cos, hypot, sin, tan

from vehicle_hil.plant.parameters import GeometryParameters


class Kinematics:
    """Pose of the reference point in the route's plane."""

    __slots__ = (
        "_front_weight",
        "_half_track_m",
        "_tan_front",
        "_tan_rear",
        "_wheelbase_m",
        "heading_rad",
        "lateral_mps",
        "x_m",
        "y_m",
        "yaw_rate_radps",
    )

    def __init__(self, parameters: GeometryParameters, x_m: float, y_m: float, heading_rad: float) -> None:
        self._wheelbase_m = parameters.wheelbase_m
        self._half_track_m = parameters.track_width_m / 2.0
        self._front_weight = parameters.rear_steer_ratio / (1.0 + parameters.rear_steer_ratio)
        self._tan_front = 0.0
        self._tan_rear = 0.0
        self.x_m = x_m
        self.y_m = y_m
        self.heading_rad = heading_rad
        """Anticlockwise from +x, unwrapped."""
        self.yaw_rate_radps = 0.0
        self.lateral_mps = 0.0
        """Lateral velocity of the reference point, left positive."""

    def step(
        self, dt_s: float, distance_m: float, speed_mps: float, front_rad: float, rear_rad: float
    ) -> None:
        """Advances by distance_m (signed, along the body) while the angles move to front_rad and rear_rad.

        speed_mps: at the end of the step. The step is an arc at the mean of the angles' tangents before
        and after: exact for constant angles, second order otherwise.
        """
        new_front, new_rear = tan(front_rad), tan(rear_rad)
        front, rear = 0.5 * (self._tan_front + new_front), 0.5 * (self._tan_rear + new_rear)
        self._tan_front, self._tan_rear = new_front, new_rear
        half_turn = 0.5 * distance_m * (front - rear) / self._wheelbase_m
        drift = rear + self._front_weight * (front - rear)
        # Chord of the arc: sin(half) / half, to fourth order.
        along_m = distance_m * (1.0 - half_turn * half_turn / 6.0)
        heading = self.heading_rad + half_turn
        c, s = cos(heading), sin(heading)
        self.x_m += along_m * (c - drift * s)
        self.y_m += along_m * (s + drift * c)
        self.heading_rad = heading + half_turn
        self.yaw_rate_radps = speed_mps * (new_front - new_rear) / self._wheelbase_m
        self.lateral_mps = speed_mps * (new_rear + self._front_weight * (new_front - new_rear))

    def wheel_speeds(self, speed_mps: float) -> tuple[float, float, float, float]:
        """Rolling speeds of front left, front right, rear left, rear right; signed, m/s.

        Each wheel is taken as set along the motion of its place (ideal Ackermann).
        """
        offset = self.yaw_rate_radps * self._half_track_m
        left, right = speed_mps - offset, speed_mps + offset
        front, rear = speed_mps * self._tan_front, speed_mps * self._tan_rear
        return (
            copysign(hypot(left, front), left),
            copysign(hypot(right, front), right),
            copysign(hypot(left, rear), left),
            copysign(hypot(right, rear), right),
        )
