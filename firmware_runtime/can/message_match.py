"""Which message of the databases an identifier belongs to, for offline decode; not in the tick.

An exact identifier comes first. J1939 messages (`VFrameFormat` J1939PG) also match by group, as in `pgn.py`.
A technician wants to read a log also where another node sends the group: a source that the database states
counts only where the databases hold the group for several.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from cantools.database.can import Database, Message

from firmware_runtime.can.database import can_id
from firmware_runtime.can.j1939 import format_id
from firmware_runtime.can.pgn import ANY_SOURCE, PgnMatch, pgn_of, stated_source

ANY_BUS = ""
"""A database for every bus of a log."""


class OfflineDatabase(NamedTuple):
    """A database and where it holds."""

    label: str
    """Shown to people: its file."""
    database: Database
    bus: str = ANY_BUS


class Candidate(NamedTuple):
    """A message that can be matched."""

    label: str
    bus: str
    message: Message


class MessageMatch:
    """All messages of the databases, found by bus and identifier."""

    def __init__(self, databases: Iterable[OfflineDatabase], force_j1939: bool = False) -> None:
        """
        force_j1939: match every 29-bit message by its parameter group, whatever its database says.

        Raises:
            ValueError: two messages for one identifier, one line each.
        """
        self.candidates = [
            Candidate(entry.label, entry.bus, message)
            for entry in databases
            for message in entry.database.messages
        ]
        self._exact: dict[tuple[str, int], int] = {}
        self._by_pgn = PgnMatch()
        problems = list(self._register(force_j1939))
        if problems:
            raise ValueError("\n".join(problems))

    def _register(self, force_j1939: bool) -> Iterator[str]:
        groups: dict[tuple[str, int], list[int]] = {}
        for index, (label, bus, message) in enumerate(self.candidates):
            identifier = can_id(message)
            first = self._exact.setdefault((bus, identifier), index)
            if first != index:
                other = self.candidates[first]
                yield (
                    f"{label}: message {message.name} and {other.message.name} of {other.label} share "
                    f"{format_id(identifier)}; a database can be bound to a bus by BUS=FILE"
                )
            if message.is_extended_frame and (force_j1939 or message.protocol == "j1939"):
                groups.setdefault((bus, pgn_of(identifier)), []).append(index)
        for (bus, _), indices in groups.items():
            # Reversed, so that of two alike the first stays.
            for index in reversed(indices):
                identifier = can_id(self.candidates[index].message)
                source = ANY_SOURCE if len(indices) == 1 else stated_source(identifier)
                self._by_pgn.add(bus, identifier, source, index)

    def find(self, bus: str, identifier: int) -> int | None:
        """Index into `candidates`; a database bound to this very bus goes before one for all."""
        for scope in (bus, ANY_BUS):
            exact = self._exact.get((scope, identifier))
            if exact is not None:
                return exact
            group = self._by_pgn.find(scope, identifier)
            if group is not None:
                return group
        return None


def names_of(candidates: Iterable[Candidate]) -> Mapping[str, list[tuple[int, str]]]:
    """Signals by `Signal` and by `Message.Signal`, as candidate index and signal name."""
    names: dict[str, list[tuple[int, str]]] = {}
    for index, candidate in enumerate(candidates):
        for signal in candidate.message.signals:
            names.setdefault(signal.name, []).append((index, signal.name))
            names.setdefault(f"{candidate.message.name}.{signal.name}", []).append((index, signal.name))
    return names
