"""Does the vehicle stand? Judged by two independent sources, the wheels and the motor.

Every signal that can be trusted must be still. Where one source is lost the other is enough, but must be
still for longer; where both are lost the answer is no.

One of the five speeds may say otherwise, if it is proved to lie: bit for bit the same value for as long as
the four others are still. A turning wheel never repeats itself so (safety/frozen.py); two that do are motion.
"""

from typing import NamedTuple

from firmware_runtime.vehicle.profile import Safety, Traction
from firmware_runtime.vehicle.signals import WHEEL_SPEEDS, VehicleState

MOTOR = "motor_speed_radps"
CONFIRM_NS = 200_000_000
"""Both still for so long (assumption: longer than a wheel's stick-slip at a stop)."""
CONFIRM_ALONE_NS = 1_000_000_000
"""One still for so long while the other is lost (assumption); four, while the fifth repeats itself."""


class _Lie(NamedTuple):
    """The one of the five that is not still while the others are."""

    which: int
    speed_mps: float
    """What it repeats."""
    since_ns: int


class Standstill:
    """Pure; remembers only since when all was still, and since when all but one that repeats itself."""

    def __init__(self, safety: Safety, traction: Traction) -> None:
        self._limit_mps = safety.standstill_speed_mps
        self._metres_per_radian = traction.wheel_radius_m / traction.gear_ratio
        self._still_since_ns: int | None = None
        self._lie: _Lie | None = None

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
            if wheels_known and motor_known:
                return self._all_but_a_lie(now_ns, state)
            self._lie = None
            return False
        self._lie = None
        if self._still_since_ns is None:
            self._still_since_ns = now_ns
        confirm_ns = CONFIRM_NS if wheels_known and motor_known else CONFIRM_ALONE_NS
        return now_ns - self._still_since_ns >= confirm_ns

    def _all_but_a_lie(self, now_ns: int, state: VehicleState) -> bool:
        """Four of the five are still, and the fifth repeats itself; called while all five are usable."""
        speeds = (
            state.wheel_speed_front_left_mps,
            state.wheel_speed_front_right_mps,
            state.wheel_speed_rear_left_mps,
            state.wheel_speed_rear_right_mps,
            state.motor_speed_radps * self._metres_per_radian,
        )
        loud = [(index, speed) for index, speed in enumerate(speeds) if not abs(speed) <= self._limit_mps]
        if len(loud) > 1:
            self._lie = None
            return False
        lie = self._lie
        if lie is None or loud[0] != (lie.which, lie.speed_mps):
            lie = self._lie = _Lie(*loud[0], now_ns)
        return now_ns - lie.since_ns >= CONFIRM_ALONE_NS
