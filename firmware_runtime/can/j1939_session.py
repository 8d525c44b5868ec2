"""One transport session of SAE J1939-21 as its receiver sees it: the packets so far, and the window."""

from enum import Enum, IntEnum
from typing import Any

PACKET_BYTES = 7
"""Payload of a data packet behind its sequence number."""
SIZE_MIN, SIZE_MAX = 9, 255 * PACKET_BYTES
"""Bytes of a message; what fits into one frame does not come by this protocol."""


class Control(IntEnum):
    """First byte of a TP.CM frame."""

    RTS = 16
    CTS = 17
    END_OF_MESSAGE = 19
    BAM = 32
    ABORT = 255


class Abort(IntEnum):
    """Reason in an abort."""

    NO_RESOURCES = 2
    TIMEOUT = 3
    RETRANSMITS = 5
    TOO_LONG = 9
    OTHER = 250


class Packet(Enum):
    """What a data packet was."""

    TAKEN = "taken"
    DUPLICATE = "duplicate"
    """Once more the one before: CAN itself repeats a frame whose last bit was disturbed (ISO 11898-1)."""
    AHEAD = "ahead"
    """Behind a gap in the window that was asked for."""
    NOT_NEXT = "not next"


class Session:
    """Packets are taken strictly in order: CAN keeps it, so a gap is a loss."""

    __slots__ = ("data", "deadline_ns", "furthest", "pgn", "retransmits", "size", "window", "window_last")

    def __init__(self, pgn: int, size: int, window: int, deadline_ns: int) -> None:
        self.pgn = pgn
        self.size = size
        self.window = window
        """Packets between two CTS."""
        self.deadline_ns = deadline_ns
        """A packet must be there by then."""
        self.data = bytearray()
        self.retransmits = 0
        """How often the next packet was asked for again."""
        self.furthest = 0
        """Greatest number seen in this window."""
        self.window_last = self.packets
        """Number of the last packet that was asked for."""

    @property
    def packets(self) -> int:
        return -(-self.size // PACKET_BYTES)

    @property
    def next_packet(self) -> int:
        return len(self.data) // PACKET_BYTES + 1

    @property
    def started(self) -> bool:
        return bool(self.data)

    @property
    def complete(self) -> bool:
        return self.next_packet > self.packets

    def open_window(self) -> int:
        """Move the window to the next packet; returns how many packets it has."""
        count = min(self.window, self.packets - self.next_packet + 1)
        self.window_last = self.next_packet + count - 1
        self.furthest = self.next_packet - 1
        return count

    def take(self, number: int, payload: bytes) -> Packet:
        """A packet by its sequence number, 1 for the first."""
        if number == self.next_packet and number <= self.window_last:
            self.data += payload
            self.retransmits = 0
            self.furthest = number
            return Packet.TAKEN
        if number == self.next_packet - 1 and payload == bytes(self.data[-PACKET_BYTES:]):
            return Packet.DUPLICATE
        if self.furthest < number <= self.window_last:
            self.furthest = number
            return Packet.AHEAD
        return Packet.NOT_NEXT

    def message(self) -> bytes:
        """Without the padding of the last packet."""
        return bytes(self.data[: self.size])

    def state(self) -> list[Any]:
        """Plain values for a snapshot."""
        return [
            self.pgn,
            self.size,
            self.window,
            self.deadline_ns,
            bytes(self.data),
            self.retransmits,
            self.window_last,
            self.furthest,
        ]

    @classmethod
    def from_state(cls, state: list[Any]) -> "Session":
        pgn, size, window, deadline_ns, data, retransmits, window_last, furthest = state
        session = cls(pgn, size, window, deadline_ns)
        session.data = bytearray(data)
        session.retransmits = retransmits
        session.window_last = window_last
        session.furthest = furthest
        return session
