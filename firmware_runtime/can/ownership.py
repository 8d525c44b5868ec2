"""Who sends what: one row for each frame that this system sends, and the judge of frames that others send.

A bus has one sender an identifier (ISO 11898-1 asks for it: two senders of one identifier with different data
destroy each other's frames). A frame of ours that somebody else sends is a fault: a second controller, a
replay, an attack.
"""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from firmware_runtime.can.bus_events import BusEvent, EventKind, Origin
from firmware_runtime.can.frame import EXTENDED_FLAG

REPORT_INTERVAL_NS = 100_000_000
"""A foreign sender that goes on is reported again after this (assumption); each of its frames is counted."""
_BASE_SHIFT = 18
"""The 11 bits that a 29-bit identifier sends first lie above the other 18 (CAN 2.0 B)."""


class SentMessage(Protocol):
    """A message as bound for sending: what the table takes from it."""

    @property
    def bus(self) -> str: ...
    @property
    def can_id(self) -> int:
        """As in `Frame.can_id`."""
        ...

    @property
    def path(self) -> str:
        """`bus.Message`."""
        ...

    @property
    def cycle_ns(self) -> int: ...


class Owned(NamedTuple):
    """One row of the table."""

    bus: str
    can_id: int
    """With EXTENDED_FLAG for 29 bits."""
    message: str
    """`bus.Message`."""
    process: str
    """Which of our processes sends it."""
    period_ns: int
    priority: int
    """Place among our frames of this bus in arbitration: 0 wins."""


def transmit_ownership(messages: Iterable[SentMessage], process: str) -> tuple[Owned, ...]:
    """The table of one process, from the messages that its outputs are bound to (`bind(...).messages`).

    Ordered by bus, then by priority.
    """
    ranked = sorted(messages, key=lambda message: (message.bus, arbitration_key(message.can_id)))
    rows: list[Owned] = []
    for message in ranked:
        priority = sum(row.bus == message.bus for row in rows)
        rows.append(Owned(message.bus, message.can_id, message.path, process, message.cycle_ns, priority))
    return tuple(rows)


def arbitration_key(can_id: int) -> tuple[int, int, int]:
    """Orders identifiers as arbitration does: the lower wins, and 11 bits win over 29 that begin alike."""
    if not can_id & EXTENDED_FLAG:
        return can_id, 0, 0
    bare = can_id & ~EXTENDED_FLAG
    return bare >> _BASE_SHIFT, 1, bare & ((1 << _BASE_SHIFT) - 1)


def joined(*tables: Iterable[Owned]) -> tuple[Owned, ...]:
    """Tables of several processes as one.

    Raises:
        ValueError: two rows claim one identifier of one bus; each pair is named.
    """
    owners: dict[tuple[str, int], Owned] = {}
    problems: list[str] = []
    for row in (row for table in tables for row in table):
        other = owners.setdefault((row.bus, row.can_id), row)
        if other is not row:
            problems.append(
                f"0x{row.can_id & ~EXTENDED_FLAG:X} on bus {row.bus}: expected one sender, got "
                f"{other.process} ({other.message}) and {row.process} ({row.message})"
            )
    if problems:
        raise ValueError("\n".join(problems))
    return tuple(owners.values())


class OwnershipGuard:
    """Judges received frames of one bus by the table, for one process."""

    __slots__ = ("_reported_ns", "foreign_counts", "process", "rows")

    def __init__(self, bus: str, process: str, table: Iterable[Owned]) -> None:
        self.process = process
        self.rows = {row.can_id: row for row in table if row.bus == bus}
        """Rows of this bus by identifier."""
        self.foreign_counts = dict.fromkeys(self.rows, 0)
        """Frames of each identifier that a foreign sender sent."""
        self._reported_ns: dict[tuple[int, Origin], int] = {}

    def is_foreign(self, can_id: int, origin: Origin) -> bool:
        """Whether such a frame breaks the table.

        Another process of this computer may send what the table gives to another process. Where the interface
        cannot tell it from another node (Origin.OTHER), it has the benefit of the doubt.
        """
        row = self.rows.get(can_id)
        if row is None:
            return False
        if origin is Origin.REMOTE:
            return True
        if origin is Origin.OWN:
            return row.process != self.process
        return row.process == self.process

    def judge(self, time_ns: int, can_id: int, origin: Origin) -> BusEvent | None:
        """Counts a foreign frame, and reports it unless this sender was reported just now."""
        self.foreign_counts[can_id] += 1
        last_ns = self._reported_ns.get((can_id, origin))
        if last_ns is not None and time_ns - last_ns < REPORT_INTERVAL_NS:
            return None
        self._reported_ns[can_id, origin] = time_ns
        row = self.rows[can_id]
        text = f"{row.message} (0x{can_id & ~EXTENDED_FLAG:X}) of {row.process}, sent by {_SENDERS[origin]}"
        return BusEvent(time_ns, row.bus, EventKind.FOREIGN_SENDER, int(origin), can_id, text)


_SENDERS = {
    Origin.OWN: "this process",
    Origin.HOST: "another process of this computer",
    Origin.REMOTE: "another node",
    Origin.OTHER: "somebody else (this interface cannot tell a process from a node)",
}
