"""What the surroundings permit: scanner, bumper, obstacle, zone."""

import msgspec


class MotionLimit(msgspec.Struct, frozen=True):
    speed_max_mps: float
    """0 demands standstill."""
    cause: str
    """`scanner`, `bumper`, `zone`, or empty where nothing limits."""
