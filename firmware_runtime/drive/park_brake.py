"""Standing still: the service brake holds until the spring brake has applied, and until it has released.

The park brake is applied when a hold is asked at standstill, released when motion is asked; the service
brake bridges both ways, so that the vehicle never rolls in between.
"""

import msgspec

from firmware_runtime.vehicle.enums import ParkBrakeRequest, ParkBrakeState
from firmware_runtime.vehicle.profile import Brake


class HoldRequest(msgspec.Struct, frozen=True):
    park_brake: ParkBrakeRequest
    brake_force_n: float
    """Least service-brake force, to be taken together with the blending's."""
    may_drive: bool
    """Torque may be asked: the park brake is open."""


class ParkBrake:
    def __init__(self, brake: Brake) -> None:
        self._hold_force_n = brake.hold_force_n
        self._applied = HoldRequest(ParkBrakeRequest.APPLY, brake.hold_force_n, False)
        self._parked = HoldRequest(ParkBrakeRequest.APPLY, 0.0, False)
        self._opening = HoldRequest(ParkBrakeRequest.RELEASE, brake.hold_force_n, False)
        self._open = HoldRequest(ParkBrakeRequest.RELEASE, 0.0, True)
        self._closed_in_motion = HoldRequest(ParkBrakeRequest.RELEASE, 0.0, False)
        """A wrong or a real report, of one tick or for good: no torque against it, and no full braking for it
        either; the fault catalogue decides what it means."""
        self._holding = True

    def step(
        self, hold: bool, standing: bool, released_permitted: bool, state: ParkBrakeState
    ) -> HoldRequest:
        """`hold`: standstill is wanted; `released_permitted`: the state machine lets the brake open."""
        if not released_permitted:
            # While rolling, the spring brake is no service brake: it is applied at standstill.
            self._holding = standing or self._holding
        elif standing or not hold:
            self._holding = hold
        if self._holding:
            return self._parked if state is ParkBrakeState.APPLIED else self._applied
        if state is ParkBrakeState.RELEASED:
            return self._open
        return self._opening if standing else self._closed_in_motion
