"""Does the vehicle stand? Judged by all wheels and the motor; a signal that cannot be trusted says no."""

from firmware_runtime.vehicle.profile import Safety, Traction
from firmware_runtime.vehicle.signals import VehicleState

WHEELS = (
    "wheel_speed_front_left_mps",
    "wheel_speed_front_right_mps",
    "wheel_speed_rear_left_mps",
    "wheel_speed_rear_right_mps",
)
CONFIRM_NS = 200_000_000
"""All speeds below the limit for so long (assumption: longer than a wheel's stick-slip at a stop)."""


class Standstill:
    """Pure; remembers only since when all was still."""

    def __init__(self, safety: Safety, traction: Traction) -> None:
        self._limit_mps = safety.standstill_speed_mps
        self._metres_per_radian = traction.wheel_radius_m / traction.gear_ratio
        self._still_since_ns: int | None = None

    def step(self, now_ns: int, state: VehicleState) -> bool:
        limit = self._limit_mps
        still = (
            -limit <= state.wheel_speed_front_left_mps <= limit
            and -limit <= state.wheel_speed_front_right_mps <= limit
            and -limit <= state.wheel_speed_rear_left_mps <= limit
            and -limit <= state.wheel_speed_rear_right_mps <= limit
            and -limit <= state.motor_speed_radps * self._metres_per_radian <= limit
            and state.usable(*WHEELS, "motor_speed_radps")
        )
        if not still:
            self._still_since_ns = None
            return False
        if self._still_since_ns is None:
            self._still_since_ns = now_ns
        return now_ns - self._still_since_ns >= CONFIRM_NS
