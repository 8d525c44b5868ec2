"""When a process that was asked to end may end: once the vehicle stands and is held, and not before.

`control` and the supervisor have one each. That it was asked is never taken back, and asking again shortens
nothing.
"""

from firmware_runtime.safety.standstill import MOTOR
from firmware_runtime.safety.state_table import MOVING_STATES
from firmware_runtime.vehicle.enums import ContactorRequest, ParkBrakeState, SafetyState, SwitchState
from firmware_runtime.vehicle.signals import WHEEL_SPEEDS, VehicleState

CONTROL_PATIENCE_NS = 5_000_000_000
"""At standstill, for contactors, park brake and disk. Assumption: contactors wait for 2 s (profile), the
spring brake takes less than one. In MANUAL, which no end leaves, the driver stands so long first."""
SUPERVISOR_PATIENCE_NS = 8_000_000_000
"""Beyond that of `control`, which is asked to end at the same time and still needs its frames to go out."""
BLIND_NS = 15_000_000_000
"""After the last word of wheels and motor: nobody can say any more whether the vehicle moves, and the longest
minimal-risk stop is over (safety.minimal_risk_time_max_s of the yard vehicles; assumption)."""


class OrderlyEnd:
    """`step(now_ns, state, standing, done) -> bool`, once a tick."""

    def __init__(self, patience_ns: int) -> None:
        """patience_ns: at standstill, for what is not `done` yet."""
        self._patience_ns = patience_ns
        self._heard_ns: int | None = None
        self._stood_since_ns: int | None = None
        self.asked = False

    def reason_to_stop(self, standing: bool, safety_state: SafetyState) -> str:
        """Why the supervisor stops by itself now, or empty: what moves, or may set off at once."""
        moves = not standing or safety_state in MOVING_STATES
        return "asked to end" if self.asked and moves else ""

    def step(self, now_ns: int, state: VehicleState, standing: bool, done: bool) -> bool:
        """True where the process may end now. done: there is nothing to wait for at standstill any more."""
        if state.usable(*WHEEL_SPEEDS) or state.usable(MOTOR):
            self._heard_ns = now_ns
        if not self.asked:
            return False
        if self._heard_ns is None:
            # Not one word of a vehicle since this process began: a bench.
            return True
        if not standing:
            self._stood_since_ns = None
            return now_ns - self._heard_ns > BLIND_NS
        if self._stood_since_ns is None:
            self._stood_since_ns = now_ns
        return done or now_ns - self._stood_since_ns >= self._patience_ns


def nothing_left(safety_state: SafetyState, request: ContactorRequest, state: VehicleState) -> bool:
    """Nothing may move any more, springs hold, and both contactors are open and not asked to close."""
    return (
        safety_state not in MOVING_STATES
        and request is ContactorRequest.OPEN
        and state.battery_contactor_plus is SwitchState.OPEN
        and state.battery_contactor_minus is SwitchState.OPEN
        and state.usable("battery_contactor_plus", "battery_contactor_minus")
        and springs_hold(state)
    )


def springs_hold(state: VehicleState) -> bool:
    """The park brake says that it is applied, and is heard."""
    return state.park_brake_state is ParkBrakeState.APPLIED and state.usable("park_brake_state")
