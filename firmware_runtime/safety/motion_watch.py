"""Motion that nobody asked for: rolling back while driving, and moving on while held."""

import msgspec

from firmware_runtime.vehicle.enums import Direction

STILL_MPS = 0.05
"""Slower than this is no rolling (assumption: noise of wheel sensors)."""


class UnintendedMotion(msgspec.Struct, frozen=True, gc=False):
    rolled_back_m: float = 0.0
    """Against the direction of driving, since it last went forward; at least 0."""
    left_hold_mps: float = 0.0
    """Speed of a vehicle that stood, is to be held, and moves; at least 0."""


NO_UNINTENDED_MOTION = UnintendedMotion()


class MotionWatch:
    """`step(now_ns, ...) -> UnintendedMotion`, once a tick."""

    def __init__(self) -> None:
        self._last_ns: int | None = None
        self._rolled_back_m = 0.0
        self._held = False
        """It stood since the hold was asked."""

    def step(
        self, now_ns: int, speed_mps: float, standing: bool, hold_asked: bool, direction: Direction
    ) -> UnintendedMotion:
        """
        speed_mps: along the body, forward positive. hold_asked: by the last tick. direction: of driving.
        """
        elapsed_s = 0.0 if self._last_ns is None else (now_ns - self._last_ns) * 1e-9
        self._last_ns = now_ns
        along_mps = speed_mps * direction
        if standing or along_mps > STILL_MPS:
            self._rolled_back_m = 0.0
        elif along_mps < -STILL_MPS:
            self._rolled_back_m -= along_mps * elapsed_s
        self._held = hold_asked and (standing or self._held)
        moves = self._held and not standing
        if not moves and self._rolled_back_m == 0.0:
            return NO_UNINTENDED_MOTION
        return UnintendedMotion(self._rolled_back_m, abs(speed_mps) if moves else 0.0)
