"""A supervisor that begins looks whether the vehicle rolls: then it was left alone, and is stopped."""

from collections.abc import Sequence

import msgspec

from firmware_runtime.safety.orderly_end import springs_hold
from firmware_runtime.vehicle.enums import OnOffState, ParkBrakeRequest
from firmware_runtime.vehicle.signals import WHEEL_SPEEDS, Commands, VehicleState

ANGLES = ("steering_front_angle_rad", "steering_rear_angle_rad")
MOVING_MPS = 0.3
"""A lost signal matters to the supervisor only above this speed; below, the state machine stands anyway."""


class FirstLook:
    """`rolls` and then `steered` once a step."""

    def __init__(self, heard: Sequence[str]) -> None:
        """heard: names of all signals that the supervisor hears."""
        self._angles = tuple(name for name in ANGLES if name in heard)
        self._looked = False
        self.angle_awaited = False
        """It rolled, and how it was steered has not been heard yet."""

    def rolls(self, state: VehicleState, speed_mps: float) -> bool:
        """True once, where it is seen to roll: by all wheels, by the motor, or by whichever wheels are left.

        speed_mps: by all wheels or the motor, where they are usable.
        """
        if self._looked:
            return False
        known = state.usable(*WHEEL_SPEEDS) or state.usable("motor_speed_radps")
        wheels: list[float] = [getattr(state, name) for name in WHEEL_SPEEDS if state.usable(name)]
        turning = any(abs(each_mps) > MOVING_MPS for each_mps in ([speed_mps] if known else wheels))
        self._looked = known or turning
        self.angle_awaited = turning
        return turning

    def commands(self, state: VehicleState) -> Commands:
        """To begin the stop with. No springs close on turning wheels; closed ones stay: a speed may lie."""
        closed = springs_hold(state)
        return Commands(park_brake_request=ParkBrakeRequest.APPLY if closed else ParkBrakeRequest.RELEASE)

    def steered(self, commands: Commands, state: VehicleState) -> Commands:
        """With the angle that the vehicle was found with, once that is heard.

        Steering stays off until then: a default would straighten it.
        """
        if not self.angle_awaited or not state.usable(*self._angles):
            return commands
        self.angle_awaited = False
        return msgspec.structs.replace(
            commands,
            steering_enable=OnOffState.ON,
            steering_front_angle_rad=state.steering_front_angle_rad,
            steering_rear_angle_rad=state.steering_rear_angle_rad,
        )
