"""What may move, and how fast, in the present state: the state machine's word to everyone downstream."""

import msgspec

from firmware_runtime.vehicle.enums import StopKind


class Permissions(msgspec.Struct, frozen=True):
    propulsion: bool
    """Torque that accelerates."""
    brake_release: bool
    """Park brake may open."""
    steering: bool
    closing: bool
    """Open main contactors may close."""
    contactors: bool
    """Closed main contactors may stay closed; where not, they open late and without load."""
    speed_cap_mps: float
    stop: StopKind = StopKind.NONE
    """The stop that is being made; NONE where none is asked for."""
