"""What is kept over a loss of power, with the promise of each item: the table that all else here follows.

Promises hold against a loss of power at any instruction, and still with any one file of the folder lost or
damaged besides. What is not promised: two files of one record damaged at once (found, and then not known),
a disk that says "written" and lies, a change that was not yet acknowledged.
"""

from enum import StrEnum
from typing import NamedTuple

MS = 1_000_000
S = 1000 * MS

FORMAT_VERSION = 1
"""Of a generation's file; one of another version is not guessed at."""
CONTENT_MAX_BYTES = 128 * 1024
"""Of one record as handed over. 64 trouble codes take about 45 kB; a Unix datagram may have 208 kB by default
(net.core.wmem_default of Linux)."""
FILE_MAX_BYTES = 4 * CONTENT_MAX_BYTES
"""Of a generation's file, laid out for people; a longer one is damage."""
PROMISED_AGE_NS = 1 * S
"""Of the items that may be a little old; the requirement."""


class Record(StrEnum):
    """Items that are written together, each record in two files of its own."""

    EVENTS = "events"
    RUNNING = "running"


COPIES = 2
"""Generations that hold a content before it is acknowledged: both. With one, the loss of its file would bring
back the generation before, and that may be of any age: a vehicle that stands has nothing new to write."""

INTERVAL_NS: dict[Record, int] = {Record.EVENTS: 0, Record.RUNNING: 500 * MS}
"""Least time between two hand-overs of changed content; 0 hands over each change at once. What is left of 1 s
for the write is 0.5 s (assumption: no sound disk takes longer for two small files)."""


class Item(NamedTuple):
    name: str
    """Field of the record's content."""
    record: Record
    promise: str
    not_known: str
    """What the next start takes where the item cannot be read."""


ITEMS: tuple[Item, ...] = (
    Item("latches", Record.EVENTS, "none lost once acknowledged; handed over at once", "all latched"),
    Item(
        "trouble_codes",
        Record.EVENTS,
        "none lost once acknowledged; handed over at once (an active code's last_ns alone: every 10 s)",
        "no codes, and a word that they were lost",
    ),
    Item(
        "shutdown",
        Record.EVENTS,
        "`running_moving` is acknowledged before the wheels may turn, and stays until they stand",
        "taken for power lost while moving",
    ),
    Item("odometer_m", Record.RUNNING, "at most 1 s old", "not known"),
    Item("charge", Record.RUNNING, "as it was found: nothing on board estimates it yet", "not known"),
    Item("pose", Record.RUNNING, "at most 1 s old; for people alone, no start localises by it", "not known"),
)


class Shutdown(StrEnum):
    """Memory of the last shutdown: what the disk says while there is power, it says once power is lost."""

    RUNNING_MOVING = "running_moving"
    """The wheels may turn. Found at a start: power was lost while moving, or may have been."""
    RUNNING_STANDING = "running_standing"
    """The vehicle stood, and nothing had leave to move it. Found at a start: power lost at standstill."""
    ORDERLY = "orderly"
    """Shut down as asked."""
