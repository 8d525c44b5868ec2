"""Which stop is made in this tick, and how hard: comfortable, minimal-risk or emergency.

The state machine names the stop by its cause. Here it becomes a deceleration and a jerk, and a comfortable
stop that will not end within its budget becomes a minimal-risk stop, for good. Part of motion, before speed
control.

What a stop asks for is bounded by what the brakes give to this mass on the worst grade: a reference that they
cannot follow would be no deceleration, but an error that grows.
"""

from math import atan, sin

import msgspec

from firmware_runtime.vehicle.bounds import MINIMAL_RISK
from firmware_runtime.vehicle.enums import SafetyState, StopKind
from firmware_runtime.vehicle.profile import ProfileData

GRAVITY_MPS2 = 9.81
MINIMAL_RISK_JERK_MPS3 = 4.0
"""A minimal-risk stop builds its deceleration up faster than comfort would (assumption)."""
BRAKE_SHARE = 0.85
"""What worn brakes still give (assumption)."""
DECELERATION_MIN_MPS2 = 0.3
"""Less is no stop (assumption); a profile whose brakes cannot do it is refused."""


class Stop(msgspec.Struct, frozen=True):
    kind: StopKind
    deceleration_mps2: float
    jerk_mps3: float
    overdue: bool = False
    """It was to be comfortable, and its budget does not suffice."""


def stop_asked(safety_state: SafetyState, asked: StopKind, standing: bool) -> StopKind:
    """The state machine's word; where it has none, what its state means."""
    if asked is not StopKind.NONE or standing:
        return asked
    if safety_state in (SafetyState.ESTOP, SafetyState.FAULT):
        return StopKind.EMERGENCY
    return StopKind.MINIMAL_RISK if safety_state is SafetyState.MRM else StopKind.NONE


class StopChooser:
    """Remembers since when a comfortable stop is being made."""

    def __init__(self, data: ProfileData) -> None:
        limits = data.limits
        self._mass = data.mass
        self._comfortable_mps2 = limits.deceleration_max_mps2
        self._comfortable_jerk_mps3 = limits.jerk_max_mps3
        self._minimal_risk_mps2 = min(limits.minimal_risk_deceleration_mps2, MINIMAL_RISK.high)
        self._budget_s = data.safety.comfortable_time_max_s
        self._force_n = BRAKE_SHARE * data.brake.force_max_n
        self._grade_mps2 = GRAVITY_MPS2 * sin(atan(data.resistance.grade_max))
        self._since_ns: int | None = None
        self._overdue = False

    def step(self, now_ns: int, asked: StopKind, speed_mps: float, load_kg: float) -> Stop:
        if asked is not StopKind.COMFORTABLE:
            self._since_ns = None
            self._overdue = False
            if asked is StopKind.NONE:
                return Stop(asked, self._comfortable_mps2, self._comfortable_jerk_mps3)
            return Stop(asked, self.minimal_risk_mps2(load_kg), MINIMAL_RISK_JERK_MPS3)
        if self._since_ns is None:
            self._since_ns = now_ns
        left_s = self._budget_s - (now_ns - self._since_ns) * 1e-9
        self._overdue = self._overdue or abs(speed_mps) > self._comfortable_mps2 * max(left_s, 0.0)
        if self._overdue:
            deceleration = self.minimal_risk_mps2(load_kg)
            return Stop(StopKind.MINIMAL_RISK, deceleration, MINIMAL_RISK_JERK_MPS3, overdue=True)
        return Stop(asked, self._comfortable_mps2, self._comfortable_jerk_mps3)

    def minimal_risk_mps2(self, load_kg: float | None) -> float:
        """By this load (None: the worst), the heaviest trailer and the worst grade."""
        mass = self._mass
        load = mass.payload_max_kg if load_kg is None else load_kg
        left_mps2 = self._force_n / (mass.empty_kg + load + mass.trailer_max_kg) - self._grade_mps2
        return max(min(self._minimal_risk_mps2, left_mps2), DECELERATION_MIN_MPS2)
