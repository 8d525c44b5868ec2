"""Values that stand still behind a live counter while the vehicle moves: who sends them repeats himself.

Which signals, and what must happen meanwhile, so that a value which rests for good reason is no finding:

- each wheel speed, and the motor's: most of the five speeds say that the vehicle moves. A turning wheel never
  gives bit for bit the same speed for a second: teeth, road and resolver make noise. The median of the five
  decides, so that no single one can lie about motion, and at rest all may repeat their zero.
- each steering angle: its command moved meanwhile. On a straight an angle may rest for long.
- battery current: the motor's power changed meanwhile. At a constant load it may rest.

GNSS positions are watched where they arrive (gnss_watch.py). Everything else that may decide about motion is
a state, a limit or a slow quantity, which may stay as it is for hours.
"""

from collections.abc import Callable
from math import nan
from typing import NamedTuple

import msgspec

from firmware_runtime.vehicle.signals import WHEEL_SPEEDS, VehicleState

SPEEDS = (*WHEEL_SPEEDS, "motor_speed_radps")
MOVING_MPS = 0.5
"""Sensors of the class are quiet below some 0.1 m/s and noisy above (assumption)."""
SPEED_HOLD_NS = 1_000_000_000
"""A hundred readings, a wheel's turn at walking pace (assumption)."""
STEERING_HOLD_NS = 1_000_000_000
STEERING_STIR_RAD = 0.02
"""Play and resolution of a steering gear (assumption: 1.1 degrees)."""
CURRENT_HOLD_NS = 5_000_000_000
"""Fifty readings of a current sensor at 10 Hz (assumption)."""
POWER_STIR_W = 20_000.0
"""Moves the current by some 30 A, hundreds of steps of its sensor (assumption)."""


class FrozenInputs(msgspec.Struct, frozen=True, gc=False):
    state: VehicleState
    steering_front_asked_rad: float
    """Of the last tick."""
    steering_rear_asked_rad: float


class Rest(NamedTuple):
    """A signal that may rest as long as its cause does."""

    name: str
    cause: Callable[[FrozenInputs], float]
    stir: float
    """The cause must have moved by so much, in its unit, since the signal rests."""
    hold_ns: int
    """And so long the signal must rest."""


def _motor_power_w(i: FrozenInputs) -> float:
    return i.state.motor_torque_nm * i.state.motor_speed_radps


def _front_asked_rad(i: FrozenInputs) -> float:
    return i.steering_front_asked_rad


def _rear_asked_rad(i: FrozenInputs) -> float:
    return i.steering_rear_asked_rad


RESTS: tuple[Rest, ...] = (
    Rest(
        "steering_front_angle_rad",
        _front_asked_rad,
        STEERING_STIR_RAD,
        STEERING_HOLD_NS,
    ),
    Rest(
        "steering_rear_angle_rad",
        _rear_asked_rad,
        STEERING_STIR_RAD,
        STEERING_HOLD_NS,
    ),
    Rest("battery_current_a", _motor_power_w, POWER_STIR_W, CURRENT_HOLD_NS),
)


class FrozenWatch:
    """`step(now_ns, inputs) -> names of frozen signals`, once a tick."""

    def __init__(self, metres_per_radian: float) -> None:
        """metres_per_radian: way of the vehicle for one radian of the motor."""
        self._metres_per_radian = metres_per_radian
        # Nothing equals it: the first reading is no repetition, whatever it is.
        self._speeds: list[float] = [nan] * len(SPEEDS)
        self._speed_since_ns = [0] * len(SPEEDS)
        self._moving_since_ns: int | None = None
        self._values = [nan] * len(RESTS)
        self._since_ns = [0] * len(RESTS)
        self._cause_low = [0.0] * len(RESTS)
        self._cause_high = [0.0] * len(RESTS)

    def step(self, now_ns: int, inputs: FrozenInputs) -> tuple[str, ...]:
        frozen = self._frozen_speeds(now_ns, inputs.state)
        for index, rest in enumerate(RESTS):
            if self._rests(now_ns, index, rest, inputs):
                frozen.append(rest.name)
        return tuple(frozen)

    def _frozen_speeds(self, now_ns: int, state: VehicleState) -> list[str]:
        speeds = [
            state.wheel_speed_front_left_mps,
            state.wheel_speed_front_right_mps,
            state.wheel_speed_rear_left_mps,
            state.wheel_speed_rear_right_mps,
            state.motor_speed_radps * self._metres_per_radian,
        ]
        median_mps = sorted(map(abs, speeds))[2]
        if median_mps <= MOVING_MPS:
            self._moving_since_ns = None
        elif self._moving_since_ns is None:
            self._moving_since_ns = now_ns
        frozen: list[str] = []
        before, since_ns = self._speeds, self._speed_since_ns
        for index, speed in enumerate(speeds):
            # A signal that is lost keeps its last value: that has a name of its own.
            if speed != before[index] or not state.usable(SPEEDS[index]):
                since_ns[index] = now_ns
            elif (
                self._moving_since_ns is not None
                and now_ns - max(since_ns[index], self._moving_since_ns) >= SPEED_HOLD_NS
            ):
                frozen.append(SPEEDS[index])
        self._speeds = speeds
        return frozen

    def _rests(self, now_ns: int, index: int, rest: Rest, inputs: FrozenInputs) -> bool:
        value: float = getattr(inputs.state, rest.name)
        cause = rest.cause(inputs)
        standing = self._moving_since_ns is None
        if value != self._values[index] or standing or not inputs.state.usable(rest.name):
            self._values[index] = value
            self._since_ns[index] = now_ns
            self._cause_low[index] = self._cause_high[index] = cause
            return False
        low = self._cause_low[index] = min(self._cause_low[index], cause)
        high = self._cause_high[index] = max(self._cause_high[index], cause)
        return high - low > rest.stir and now_ns - self._since_ns[index] >= rest.hold_ns
