"""What a bus port has to say beside frames: the bus's state, whose frame it was, what went wrong."""

from enum import IntEnum
from typing import NamedTuple


class BusState(IntEnum):
    """State of this computer's controller on a bus, worse is higher (fault confinement of ISO 11898-1)."""

    ERROR_ACTIVE = 0
    ERROR_WARNING = 1
    """An error counter has reached 96."""
    ERROR_PASSIVE = 2
    """An error counter has reached 128."""
    BUS_OFF = 3
    """The transmit error counter has passed 255: nothing is sent or heard until a restart."""
    DOWN = 4
    """The interface is down, or gone."""


class Origin(IntEnum):
    """Who sent a received frame, as far as the interface can tell."""

    OWN = 0
    """An echo of this port's own frame."""
    HOST = 1
    """Another process of this computer."""
    REMOTE = 2
    """Another node on the bus."""
    OTHER = 3
    """Not this port; the interface cannot tell a process of this computer from another node."""


class EventKind(IntEnum):
    """What a BusEvent reports; `detail` is given in brackets."""

    STATE = 0
    """The bus changed its state (the new BusState)."""
    FOREIGN_SENDER = 1
    """A frame whose identifier is this process's own came from elsewhere (its Origin)."""
    OVERFLOW = 2
    """The kernel's receive queue was full (frames lost since the last report)."""
    CLOCK_STEP = 3
    """The wall clock was set; frame times are kept right (the step in ns)."""
    RESTART = 4
    """A restart after bus-off was asked for (number of the attempt)."""
    RECOVERY_GIVEN_UP = 5
    """No further restart will be tried (attempts made)."""


class BusEvent(NamedTuple):
    """One thing that happened on a bus."""

    time_ns: int
    bus: str
    kind: EventKind
    detail: int
    can_id: int = 0
    """Of the frame, for FOREIGN_SENDER."""
    text: str = ""
    """Names what a number cannot: the message that a foreign sender sent, and its owner."""


EVENTS_MAX = 64
"""Events kept until they are taken; assumption: more in one tick says nothing more."""
