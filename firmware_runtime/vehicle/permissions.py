"""What may move, and how fast, in the present state: the state machine's word to everyone downstream."""

import msgspec


class Permissions(msgspec.Struct, frozen=True):
    propulsion: bool
    """Torque that accelerates."""
    brake_release: bool
    """Park brake may open."""
    steering: bool
    contactors: bool
    """Main contactors may be closed."""
    speed_cap_mps: float
