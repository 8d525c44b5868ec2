"""Is the speed limit in force obeyed, and reached in the time that braking to it needs?

From the moment that a limit falls the permitted speed stays as it is for a reaction time, then falls along a
braking that is weaker than the vehicle's own, down to the limit and a margin. A vehicle that is faster does
not obey, whatever the limit comes from: scanner, zone, state, profile.
"""

import msgspec

from firmware_runtime.vehicle.profile import Limits

REACTION_S = 0.5
"""Ticks, bus and actuator lags together (assumption)."""
BRAKING_SHARE = 0.7
"""Of limits.deceleration_max_mps2: so much is left on a hill and with a worn brake (assumption)."""
OVERSHOOT_MPS = 0.6
"""A vehicle that is still speeding up when a limit falls gets so much faster on the steepest descent, beside
what its acceleration adds until jerk has ended it (assumption)."""
MARGIN_MPS = 0.2
MARGIN_SHARE = 0.10
"""Permitted above the limit: control and measurement (assumption)."""


class Overspeed(msgspec.Struct, frozen=True, gc=False):
    speed_mps: float
    permitted_mps: float
    """Now, on the way down to the limit."""
    limit_mps: float


class LimitWatch:
    """`step(now_ns, speed_mps, limit_mps) -> Overspeed | None`, once a tick."""

    def __init__(self, limits: Limits) -> None:
        self._deceleration_mps2 = BRAKING_SHARE * limits.deceleration_max_mps2
        # Braking is built up at the limit of jerk: what that costs counts as reaction.
        build_up_s = limits.deceleration_max_mps2 / limits.jerk_max_mps3
        self._reaction_ns = round((REACTION_S + build_up_s) * 1e9)
        self._overshoot_mps = OVERSHOOT_MPS + limits.acceleration_max_mps2**2 / (2.0 * limits.jerk_max_mps3)
        self._permitted_mps = 0.0
        self._falling_since_ns: int | None = None
        self._last_ns = 0

    def step(self, now_ns: int, speed_mps: float, limit_mps: float) -> Overspeed | None:
        """speed_mps: magnitude."""
        goal_mps = limit_mps * (1.0 + MARGIN_SHARE) + MARGIN_MPS
        elapsed_s = (now_ns - self._last_ns) * 1e-9
        self._last_ns = now_ns
        if goal_mps >= self._permitted_mps:
            self._permitted_mps = goal_mps
            self._falling_since_ns = None
        else:
            if self._falling_since_ns is None:
                self._falling_since_ns = now_ns
                # The way down begins where the vehicle is, not where it might have been.
                self._permitted_mps = min(self._permitted_mps, max(goal_mps, speed_mps + self._overshoot_mps))
            if now_ns - self._falling_since_ns > self._reaction_ns:
                fallen_mps = self._permitted_mps - self._deceleration_mps2 * elapsed_s
                self._permitted_mps = max(goal_mps, fallen_mps)
        if speed_mps <= self._permitted_mps:
            return None
        return Overspeed(speed_mps, self._permitted_mps, limit_mps)
