"""Which J1939 message a 29-bit identifier belongs to; asked at a frame only where its identifier is new.

SAE J1939-21 (secondary): the parameter group number (PGN) names the content; priority, source and, for
PDU1 groups, destination are of the single transmission. A message whose `VFrameFormat` is J1939PG is
therefore matched by PGN. Its source counts where the binding states one, or where the DBC's identifier
holds a real address; 0xFE (null) and 0xFF (global) there mean any.
"""

from firmware_runtime.can.frame import EXTENDED_FLAG
from firmware_runtime.can.tables import MessageTable

NO_SENDER = (0xFE, 0xFF)
"""Addresses that no sender of a parameter group has: null and global."""
ANY_SOURCE = -1


def pgn_of(can_id: int) -> int:
    """Parameter group number of a 29-bit identifier, with or without EXTENDED_FLAG; never raises."""
    pgn = can_id >> 8 & 0x3FFFF
    return pgn if pgn & 0xFF00 >= 0xF000 else pgn & 0x3FF00


def source_text(source: int | None) -> str:
    """Behind a message's name: `@0x27`, `@any`, or nothing where a binding leaves the source to the DBC."""
    if source is None:
        return ""
    return "@any" if source == ANY_SOURCE else f"@0x{source:02X}"


def heard_source(message: MessageTable, bound: int | None) -> int:
    """The source that a J1939 message is heard from, or ANY_SOURCE; `bound` is what its binding states."""
    return stated_source(message.can_id) if bound is None else bound


def stated_source(can_id: int) -> int:
    """The source in a DBC's identifier, or ANY_SOURCE where that is nobody's address."""
    source = can_id & 0xFF
    return ANY_SOURCE if source in NO_SENDER else source


def bound_id(can_id: int, bound: int | None) -> int:
    """Identifier of a message for the source that its binding states; 0xFF in it stands for any."""
    return can_id if bound is None else can_id & ~0xFF | bound & 0xFF


class PgnMatch:
    """Messages by bus, PGN and source; a bound source goes before any source."""

    __slots__ = ("_messages",)

    def __init__(self) -> None:
        self._messages: dict[tuple[str, int, int], int] = {}

    def add(self, bus: str, can_id: int, source: int, index: int) -> None:
        """Enter a message under its index."""
        self._messages[bus, pgn_of(can_id), source] = index

    def find(self, bus: str, can_id: int) -> int | None:
        """Index of the message, or None."""
        if not can_id & EXTENDED_FLAG:
            return None
        pgn, messages = pgn_of(can_id), self._messages
        index = messages.get((bus, pgn, can_id & 0xFF))
        return messages.get((bus, pgn, ANY_SOURCE)) if index is None else index
