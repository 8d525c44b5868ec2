"""The service brake proves at each start, at standstill, that it comes when it is asked and goes again.

It is asked as soon as the springs are heard to be applied, and judged once the vehicle is known to stand.

A brake that died while the vehicle was off would else be found by the first stop. The springs stay applied
meanwhile, so nothing rolls, and no high voltage is needed. Steering is not turned at standstill: a laden axle
scrubs; it is judged by its status here, and by its answers from the first metre on (actuator_response).
Springs that hold nothing are found by rolling (motion_watch); no torque is pulled against them.
"""

from enum import Enum, auto

from firmware_runtime.vehicle.enums import ActuatorStatus, ParkBrakeState
from firmware_runtime.vehicle.profile import Brake
from firmware_runtime.vehicle.signals import VehicleState

CAME_SHARE = 0.9
"""Of the force that was asked: the accuracy of a brake that knows its force (assumption, as for the response
while driving)."""
WENT_SHARE = 0.5
"""Left of it after the release: falling, and not a brake that drags at its full force (assumption)."""
WORKING = (ActuatorStatus.READY, ActuatorStatus.ACTIVE)


class _Phase(Enum):
    ASKING = auto()
    RELEASING = auto()
    PROVED = auto()


class BrakeProof:
    """`step` each tick gives the force to ask; `missing` says what is not proved yet, or is empty."""

    def __init__(self, brake: Brake) -> None:
        """The force is that which holds the heaviest vehicle at a stop."""
        self._force_n = brake.hold_force_n
        self._phase = _Phase.ASKING
        self._measured_n = 0.0

    def step(self, testing: bool, standing: bool, state: VehicleState) -> float:
        """testing: a self-test is under way; each begins with a new proof. Least service-brake force in N."""
        if not testing:
            self._phase = _Phase.ASKING
            return 0.0
        if self._phase is _Phase.PROVED or not _can_tell(state):
            return 0.0
        self._measured_n = state.brake_force_n
        if standing:
            self._judge()
        # Asked before it is sure that the vehicle stands, it has come by then.
        return self._force_n if self._phase is _Phase.ASKING else 0.0

    def _judge(self) -> None:
        if self._phase is _Phase.ASKING and self._measured_n >= CAME_SHARE * self._force_n:
            self._phase = _Phase.RELEASING
        elif self._phase is _Phase.RELEASING and self._measured_n <= WENT_SHARE * self._force_n:
            self._phase = _Phase.PROVED

    @property
    def missing(self) -> str:
        """In words, for whoever stands before a vehicle that does not start."""
        if self._phase is _Phase.PROVED:
            return ""
        asked, asks = f"{self._force_n:.0f} N", self._phase is _Phase.ASKING
        told = f"comes at {asked} asked" if asks else f"goes again after {asked}"
        return f"no proof that the service brake {told}: {self._measured_n:.0f} N"


def _can_tell(state: VehicleState) -> bool:
    held = state.park_brake_state is ParkBrakeState.APPLIED
    return held and state.brake_status in WORKING and state.usable("brake_force_n", "brake_status")
