"""What the executive knows of a CAN bus: the protocol of a port, its counts, its error.

A port never blocks and never raises in the tick: what could not be received or sent is counted, and the
runtime notices lost messages by their age and counters, whatever the cause was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from firmware_runtime.can.bus_events import EVENTS_MAX, BusEvent, BusState, EventKind
from firmware_runtime.can.frame import Frame

ARBITRATION_MASK = 0x1FFF_FFFF
"""The 29 bits of an identifier (CAN 2.0 B)."""
RECEIVE_MAX = 512
"""Frames taken in one call; assumption: 25 times what the busiest tick of our buses brings."""
DATA_MAX = 8
"""Payload of classic CAN in bytes."""
DATA_MAX_FD = 64
"""Payload of CAN FD in bytes."""


class BusError(Exception):
    """A bus cannot be opened; the message says which, what was asked and why."""


@dataclass(slots=True)
class BusStatistics:
    """Counts since the port was opened. All only rise."""

    received: int = 0
    sent: int = 0
    send_drops: int = 0
    """Frames that the interface would not take at once, for whatever reason."""
    send_queue_full: int = 0
    """Those of them that found the send queue full."""
    own_echoes: int = 0
    """Own frames that came back and were left out."""
    host_frames: int = 0
    """Received frames that another process of this computer sent, where the interface can tell."""
    foreign_senders: int = 0
    """Received frames with an identifier that this process alone may send."""
    error_frames: int = 0
    remote_frames: int = 0
    foreign_frames: int = 0
    """CAN FD on a classic bus, or too long: not of this network."""
    kernel_drops: int = 0
    """Frames lost because the kernel's receive queue was full."""
    receive_errors: int = 0
    """Unreadable datagrams, interface down."""
    interface_losses: int = 0
    """Times that the interface went down or vanished."""
    clock_steps: int = 0
    """Times that somebody set the wall clock."""
    stamps_implausible: int = 0
    """Frames whose kernel time stamp fits no clock; they count as received now."""
    restarts: int = 0
    """Restarts after bus-off that were asked for."""
    batches_full: int = 0
    """Calls that left frames for the next tick, because RECEIVE_MAX had come."""
    events_lost: int = 0
    """Events that nobody took in time."""


class BusPort(Protocol):
    """One CAN bus as the executive sees it."""

    @property
    def name(self) -> str:
        """Of the bus in the profile."""
        ...

    @property
    def statistics(self) -> BusStatistics: ...

    def receive(self, now_ns: int) -> list[Frame]:
        """All data frames that are there, at most RECEIVE_MAX, none stamped later than `now_ns`; returns at
        once."""
        ...

    def send(self, frames: Sequence[Frame]) -> None:
        """Hands frames to the interface in order; returns at once, and counts what it did not take."""
        ...

    def fileno(self) -> int:
        """What becomes readable when a frame comes; below 0 where the interface has no such thing."""
        ...

    def close(self) -> None:
        """Releases the interface; a second call does nothing."""
        ...


class BusHealth(Protocol):
    """What both ports of this package offer beside frames."""

    @property
    def state(self) -> BusState:
        """Of the bus, as far as the interface reports it."""
        ...

    def take_events(self) -> list[BusEvent]:
        """Events since the last call, at most EVENTS_MAX, in their order."""
        ...


class WatchedBus(BusPort, BusHealth, Protocol):
    """A bus as a loop needs it: frames, and what the port has to say beside them."""


def send_all(ports: Mapping[str, BusPort], frames: Sequence[Frame]) -> None:
    """Each bus gets its frames in the order of the tick."""
    by_bus: dict[str, list[Frame]] = {}
    for frame in frames:
        by_bus.setdefault(frame.bus, []).append(frame)
    for name, batch in by_bus.items():
        ports[name].send(batch)


_LASTING = (EventKind.STATE, EventKind.RECOVERY_GIVEN_UP)


class EventQueue:
    """Bounded list of events between two ticks.

    Where it is full, what comes is lost, but for a state and the end of a recovery: they hold until the next
    and are told once, so that a state that is over, else the oldest of the other events, makes room.
    """

    __slots__ = ("_events", "_statistics")

    def __init__(self, statistics: BusStatistics) -> None:
        self._events: list[BusEvent] = []
        self._statistics = statistics

    def put(self, event: BusEvent) -> None:
        events = self._events
        if len(events) == EVENTS_MAX:
            self._statistics.events_lost += 1
            if event.kind not in _LASTING:
                return
            del events[self._expendable(event.kind)]
        events.append(event)

    def _expendable(self, coming: EventKind) -> int:
        """Index of the event that one of a lasting kind takes the place of."""
        kinds = [event.kind for event in self._events]
        if coming is EventKind.STATE and EventKind.STATE in kinds:
            return kinds.index(EventKind.STATE)
        return next((index for index, kind in enumerate(kinds) if kind not in _LASTING), 0)

    def take(self) -> list[BusEvent]:
        """All events, which are then gone."""
        if not self._events:
            return []
        taken, self._events = self._events, []
        return taken
