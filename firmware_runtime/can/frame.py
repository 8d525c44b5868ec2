"""The one shape of a CAN frame between shells and components; first and last thing in the tick."""

from typing import NamedTuple

EXTENDED_FLAG = 0x8000_0000
"""Bit 31 of `Frame.can_id` marks a 29-bit identifier, as in Linux' `struct can_frame`."""


class Frame(NamedTuple):
    """One data frame. A plain tuple of the same order is accepted wherever a Frame is."""

    time_ns: int
    """Monotonic time: of reception for a frame in, of sending for a frame out."""
    bus: str
    """Bus name as in the profile (`drive`, `body`)."""
    can_id: int
    """Identifier, with EXTENDED_FLAG set for 29 bits; 11- and 29-bit identifiers never collide."""
    data: bytes
    """Payload, 0 to 8 bytes (classic CAN)."""
