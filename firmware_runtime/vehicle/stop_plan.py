"""A stop along the path that the supervisor can drive alone."""

import msgspec

from firmware_runtime.vehicle.enums import Direction


class StopPlan(msgspec.Struct, frozen=True):
    """Curvature and crab angle against distance, from an odometer anchor to beyond the stopping distance."""

    anchor_odometer_m: float
    """Odometer at distance 0 of the plan."""
    expires_ns: int
    """After this monotonic time the plan no longer tells where the vehicle is: hold the angle instead."""
    direction: Direction
    step_m: float
    """Distance between samples."""
    curvature_1pm: tuple[float, ...]
    crab_rad: tuple[float, ...]
    deceleration_mps2: float
    """Asked of the stop; the supervisor bounds it."""
    hold_park_brake: bool
    """Apply the park brake at standstill."""
