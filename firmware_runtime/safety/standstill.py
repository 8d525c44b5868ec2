"""Does the vehicle stand? Judged by two independent sources, the wheels and the motor.

Every signal that can be trusted must be still. Where one source is lost the other is enough, but must be
still for longer; where both are lost the answer is no.
"""

from firmware_runtime.vehicle.profile import Safety, Traction
from firmware_runtime.vehicle.signals import WHEEL_SPEEDS, VehicleState

MOTOR = "motor_speed_radps"
CONFIRM_NS = 200_000_000
"""Both still for so long (assumption: longer than a wheel's stick-slip at a stop)."""
CONFIRM_ALONE_NS = 1_000_000_000
"""One still for so long while the other is lost (assumption)."""


class Standstill:
    """Pure; remembers only since when all was still."""

    def __init__(self, safety: Safety, traction: Traction) -> None:
        self._limit_mps = safety.standstill_speed_mps
        self._metres_per_radian = traction.wheel_radius_m / traction.gear_ratio
        self._still_since_ns: int | None = None

    def step(self, now_ns: int, state: VehicleState) -> bool:
        limit = self._limit_mps
        wheels_known, motor_known = state.usable(*WHEEL_SPEEDS), state.usable(MOTOR)
        wheels_still = (
            -limit <= state.wheel_speed_front_left_mps <= limit
            and -limit <= state.wheel_speed_front_right_mps <= limit
            and -limit <= state.wheel_speed_rear_left_mps <= limit
            and -limit <= state.wheel_speed_rear_right_mps <= limit
        )
        motor_still = -limit <= state.motor_speed_radps * self._metres_per_radian <= limit
        still = (wheels_still or not wheels_known) and (motor_still or not motor_known)
        if not still or not (wheels_known or motor_known):
            self._still_since_ns = None
            return False
        if self._still_since_ns is None:
            self._still_since_ns = now_ns
        confirm_ns = CONFIRM_NS if wheels_known and motor_known else CONFIRM_ALONE_NS
        return now_ns - self._still_since_ns >= confirm_ns
