"""What the receiver can say of a frame, and of a signal; numbers are kept in records, so they stay."""

from enum import IntEnum


class Rejection(IntEnum):
    """Outcome of one received frame. Only an ACCEPTED frame changes values and ages."""

    ACCEPTED = 0
    UNKNOWN = 1
    """No bound message has this identifier on this bus."""
    LENGTH = 2
    """Payload length differs from the DBC's."""
    CRC = 3
    """E2E checksum wrong: corrupted, or another message's data identifier."""
    REPEATED = 4
    """E2E counter as in the frame before: a stuck sender or a replay."""
    SEQUENCE = 5
    """E2E counter jumped too far, or counting again after a jump, or is no counter value (15)."""


class Unusable(IntEnum):
    """Why a signal must not be trusted in this tick."""

    OK = 0
    NEVER_RECEIVED = 1
    LATE = 2
    """Its message's last accepted frame is older than the deadline."""
    OUT_OF_RANGE = 3
    """Outside the DBC's [min|max] or the binding's plausible range."""
    NOT_FINITE = 4
    """A floating-point signal carries NaN or infinity."""
    NOT_AVAILABLE = 5
    """J1939: the sender has no value for it."""
    ERROR_INDICATED = 6
    """J1939: the sender says that its value is wrong."""
    BAD_LENGTH = 7
    """Late or never received, and the last frame since was refused by its length."""
    BAD_CRC = 8
    """Late or never received, and the last frame since was refused by its checksum."""
    BAD_COUNTER = 9
    """Late or never received, and the last frame since was refused by its counter."""
    CHANNEL_NOT_VALID = 10
    """Its message's end-to-end window is not (yet) or no longer VALID."""
