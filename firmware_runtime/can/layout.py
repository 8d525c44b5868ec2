"""Bound messages and signals as flat, checked tables, made once at start-up for receiver and sender."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.j1939 import format_id
from firmware_runtime.can.pgn import ANY_SOURCE, bound_id, heard_source, pgn_of, source_text
from firmware_runtime.can.protection import PROTECTIONS, Checker, ProtectionContract
from firmware_runtime.can.refusals import (
    WORD_BYTES,
    binding_problems,
    header_problems,
    message_problems,
    signal_problems,
)
from firmware_runtime.can.tables import (
    NO_PAGE,
    DatabaseTable,
    MessageContract,
    MessageTable,
    PageTable,
    RawKind,
    SignalLayout,
)

if TYPE_CHECKING:
    from cantools.database.can import Database

__all__ = ["BoundLayout", "Databases", "MessageLayout", "RawKind", "RowLayout", "SignalLayout", "bind"]

NS_PER_MS = 1_000_000
DEFAULT_DEADLINE_CYCLES = 3
"""Deadline in cycles where the DBC states none (design: three periods)."""
Databases: TypeAlias = "Mapping[str, Database | DatabaseTable]"
"""By bus name: compiled, or as the parser gives them, to be compiled here."""


@dataclass(frozen=True, slots=True)
class MessageLayout:
    """One bound message."""

    bus: str
    path: str
    """`bus.Message`, and `bus.Message@0x27` or `bus.Message@any` where the binding names a J1939 source."""
    can_id: int
    """With EXTENDED_FLAG for 29 bits."""
    source: int | None
    """J1939: the source that is heard, or ANY_SOURCE. None: the identifier is matched as a whole."""
    length: int
    """Payload bytes on the bus, 0..64."""
    is_fd: bool
    """It comes as a CAN FD frame, by its DBC or by its length."""
    contract: MessageContract
    cycle_ns: int
    """0 where the DBC states none."""
    deadline_ns: int | None
    """None: never late."""
    checker: Checker | None
    """Checksum and counter of its protection, for `can_id`; None: unprotected."""
    signals: Mapping[str, SignalLayout]
    """All of the message, by name."""
    header_signals: frozenset[str]
    """Names of the E2E checksum and counter signals."""
    pages: tuple[PageTable, ...]


class RowLayout(NamedTuple):
    """What is received and aged as one: a message, or one page of a multiplexed message."""

    path: str
    """As of the message; for a page with `[Mux=3]` behind it."""
    message: int
    """Index in `BoundLayout.messages`."""
    page: int
    """Index in the message's `pages`, or NO_PAGE."""
    deadline_ns: int | None


@dataclass(frozen=True, slots=True)
class BoundLayout:
    """Messages in order of their first binding, and for each binding its row, message and signal."""

    bindings: tuple[SignalBinding, ...]
    messages: tuple[MessageLayout, ...]
    message_index: tuple[int, ...]
    """For each binding, the index of its message in `messages`."""
    signals: tuple[SignalLayout, ...]
    """For each binding, its signal."""
    rows: tuple[RowLayout, ...]
    """The messages in their order, then the pages that have a binding."""
    row_index: tuple[int, ...]
    """For each binding, the index of its row in `rows`."""


def bind(databases: Databases, bindings: Sequence[SignalBinding]) -> BoundLayout:
    """Resolve bindings against the databases, by bus name.

    Raises:
        ValueError: one line for each defect of bindings and bound messages.
    """
    problems: list[str] = []
    tables: dict[tuple[str, str], MessageTable | None] = {}
    layouts: dict[tuple[str, str, int | None], MessageLayout] = {}
    found: list[tuple[SignalBinding, tuple[str, str, int | None]]] = []
    names: set[str] = set()
    for binding in bindings:
        problems.extend(binding_problems(binding, names))
        names.add(binding.name)
        key = (binding.bus, binding.message)
        known = key in tables
        table = tables[key] if known else _table(databases, binding)
        if not known:
            tables[key] = table
            problems.extend(message_problems(table, f"{binding.bus}.{binding.message}") if table else ())
        signal = _find(databases, table, binding, problems)
        if table is None or signal is None:
            continue
        if binding.source is not None and not table.is_j1939:
            problems.append(f"{binding.name}: expected a VFrameFormat of J1939PG for a source address")
            continue
        sender = (*key, binding.source)
        if sender not in layouts:
            layouts[sender] = _message_layout(table, binding, problems)
        problems.extend(signal_problems(table, signal, binding))
        found.append((binding, sender))
    problems.extend(_shared_identifiers(layouts.values()))
    if problems:
        raise ValueError("\n".join(problems))
    order = {key: index for index, key in enumerate(layouts)}
    message_index = tuple(order[key] for _, key in found)
    signals = tuple(layouts[key].signals[binding.signal] for binding, key in found)
    rows, row_index = _rows(tuple(layouts.values()), message_index, signals)
    return BoundLayout(tuple(bindings), tuple(layouts.values()), message_index, signals, rows, row_index)


def page_deadline_ns(message_deadline_ns: int | None, pages: int) -> int | None:
    """Deadline of a page: as many times the message's as it has pages, for senders that go round them.

    Assumption: each cycle brings one page. A profile may state another deadline for a page.
    """
    return None if message_deadline_ns is None else message_deadline_ns * max(1, pages)


def _rows(
    messages: tuple[MessageLayout, ...], message_index: tuple[int, ...], signals: tuple[SignalLayout, ...]
) -> tuple[tuple[RowLayout, ...], tuple[int, ...]]:
    rows = [RowLayout(m.path, index, NO_PAGE, m.deadline_ns) for index, m in enumerate(messages)]
    place = {(row.message, row.page): index for index, row in enumerate(rows)}
    for index, signal in zip(message_index, signals, strict=True):
        if (index, signal.page) not in place:
            message = messages[index]
            place[index, signal.page] = len(rows)
            path = f"{message.path}[{message.pages[signal.page].label}]"
            stated_ns = message.pages[signal.page].deadline_ms * NS_PER_MS
            deadline_ns = stated_ns or page_deadline_ns(message.deadline_ns, len(message.pages))
            rows.append(RowLayout(path, index, signal.page, deadline_ns))
    pairs = zip(message_index, signals, strict=True)
    return tuple(rows), tuple(place[index, signal.page] for index, signal in pairs)


def _shared_identifiers(layouts: Iterable[MessageLayout]) -> Iterator[str]:
    """A frame must belong to one message only."""
    first: dict[tuple[str, int, int | None], MessageLayout] = {}
    for layout in layouts:
        number = layout.can_id if layout.source is None else pgn_of(layout.can_id)
        other = first.setdefault((layout.bus, number, layout.source), layout)
        if other is not layout:
            shared = f"the identifier {format_id(layout.can_id)}"
            if layout.source is not None:
                sender = "any source" if layout.source == ANY_SOURCE else f"source 0x{layout.source:02X}"
                shared = f"PGN 0x{number:04X} from {sender}"
            yield f"messages {other.path} and {layout.path} share {shared}"


def _table(databases: Databases, binding: SignalBinding) -> MessageTable | None:
    database = databases.get(binding.bus)
    if database is None:
        return None
    if isinstance(database, DatabaseTable):
        return database.message(binding.message)
    # The parser is as slow to import as to run; compiled tables need neither.
    from firmware_runtime.can.compiler import compile_message

    message = next((one for one in database.messages if one.name == binding.message), None)
    return None if message is None else compile_message(message)


def _find(
    databases: Databases, table: MessageTable | None, binding: SignalBinding, problems: list[str]
) -> SignalLayout | None:
    if binding.bus not in databases:
        known = ", ".join(databases) or "none"
        problems.append(f"{binding.name}: expected a bus of {known}, got {binding.bus} in {binding.path}")
        return None
    if table is None:
        problems.append(f"{binding.name}: no message {binding.message} in the DBC of bus {binding.bus}")
        return None
    signal = next((one for one in table.signals if one.name == binding.signal), None)
    if signal is None:
        problems.append(f"{binding.name}: no signal {binding.signal} in {binding.bus}.{binding.message}")
    return signal


def _message_layout(table: MessageTable, binding: SignalBinding, problems: list[str]) -> MessageLayout:
    contract = table.contract
    deadline_ms = contract.deadline_ms or contract.cycle_ms * DEFAULT_DEADLINE_CYCLES
    path = f"{binding.bus}.{table.name}{source_text(binding.source)}"
    can_id = bound_id(table.can_id, binding.source)
    checker = _checker(table, path, can_id, problems)
    header = checker.header_bits if checker else frozenset[int]()
    return MessageLayout(
        bus=binding.bus,
        path=path,
        can_id=can_id,
        source=heard_source(table, binding.source) if table.is_j1939 else None,
        length=table.wire_length,
        is_fd=table.is_fd or table.wire_length > WORD_BYTES,
        contract=contract,
        cycle_ns=contract.cycle_ms * NS_PER_MS,
        deadline_ns=deadline_ms * NS_PER_MS or None,
        checker=checker,
        signals={signal.name: signal for signal in table.signals},
        header_signals=frozenset(s.name for s in table.signals if s.bits & header),
        pages=table.pages,
    )


def _checker(table: MessageTable, path: str, can_id: int, problems: list[str]) -> Checker | None:
    name = table.contract.protection
    if name == "":
        return None
    profile = PROTECTIONS.get(name)
    if profile is None:
        problems.append(f"message {path}: expected E2eProfile of {', '.join(PROTECTIONS)}, got {name!r}")
        return None
    try:
        checker = profile.bind(ProtectionContract(can_id, table.contract.attributes), table.wire_length)
    except ValueError as error:
        problems.extend(f"message {path}: {line} for {name}" for line in str(error).splitlines())
        return None
    problems.extend(header_problems(table.signals, checker, path))
    return checker
