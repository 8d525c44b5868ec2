"""What each bound message must promise: protection, cycle time, deadline, kind of frame; start-up only.

Judged once a message, at the first key that is bound to it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from firmware_runtime.can.layout import page_deadline_ns
from firmware_runtime.can.pgn import ANY_SOURCE, bound_id, heard_source, source_text
from firmware_runtime.can.protection import PROTECTIONS, Checker, ProtectionContract
from firmware_runtime.can.protection.contract import field_bits
from firmware_runtime.can.refusals import FRAME_BYTES_MAX, WORD_BYTES
from firmware_runtime.can.tables import NO_PAGE, MessageTable, PageTable, SignalLayout
from firmware_runtime.vehicle.declarations import Declarations
from firmware_runtime.vehicle.fields import Findings
from firmware_runtime.vehicle.problems import quoted
from firmware_runtime.vehicle.profile import MessageDeclaration
from firmware_runtime.vehicle.signals import INPUT_SPECS
from firmware_runtime.vehicle.toml_lines import KeyPath

INFORMATIONAL: frozenset[str] = frozenset(
    {
        "beacon",
        "brake_lights",
        "hazard_lights",
        "head_lights",
        "status_active_faults",
        "status_configuration",
        "status_route_share",
        "status_safety_state",
        "status_severity",
        "status_speed_limit_mps",
        "supply_voltage_v",
    }
)
"""Canonical signals that decide nothing about motion; a message with only these may go unprotected."""

EXEMPTIBLE: frozenset[str] = frozenset(
    {spec.name for spec in INPUT_SPECS if spec.name.startswith("battery_")} | {"contactor_request"}
)
"""Signals that a profile may declare unprotected, by message and with its reason: battery makers' frames of
the class carry no counter and no CRC (foxBMS 2). Freshness stays, and `battery_implausible` watches the
content against the motor. No actuator's, operator's or e-stop signal is among them."""

TICK_MS = 10
"""The runtime sends in its tick only, so a cycle time is a multiple of it."""
DEADLINE_CYCLES_MAX = 4
"""A message may be late by so many of its cycles before it counts as lost (assumption; the budget from loss
to reaction is three periods and two ticks). Of a page: by so many rounds through the message's pages."""

_NOTHING_DECLARED = MessageDeclaration()

_Shortfall = tuple[str, str]
"""What was expected of the message, what came."""


class BoundSignal(NamedTuple):
    """One resolved key of `[inputs]` or `[outputs]`."""

    path: KeyPath
    canonical: str
    bus: str
    message: MessageTable
    signal: SignalLayout
    source: int | None
    """As in `SignalBinding.source`."""

    @property
    def bound_message(self) -> str:
        """`bus.Message`, or `bus.Message@0x27`."""
        return f"{self.bus}.{self.message.name}{source_text(self.source)}"

    @property
    def is_of_any_source(self) -> bool:
        """True for a J1939 message that no address is stated for, neither here nor in the DBC."""
        return self.message.is_j1939 and heard_source(self.message, self.source) == ANY_SOURCE


class _Group(NamedTuple):
    """All that one table binds of one message."""

    bound: list[BoundSignal]
    sent: bool
    on_fd: bool
    """The bus is CAN FD."""
    declaration: MessageDeclaration

    @property
    def message(self) -> MessageTable:
        return self.bound[0].message


def check_messages(
    inputs: list[BoundSignal],
    outputs: list[BoundSignal],
    declared: Declarations,
    fd_buses: frozenset[str],
    findings: Findings,
) -> None:
    """Note every promise that a bound message does not make; `fd_buses` carry CAN FD."""
    heard = {(bound.bus, bound.message.name) for bound in inputs}
    for direction in (inputs, outputs):
        for bound in _by_message(direction):
            first = bound[0]
            declaration = declared.get(first.bus, {}).get(first.message.name, _NOTHING_DECLARED)
            group = _Group(bound, direction is outputs, first.bus in fd_buses, declaration)
            checker, problems = _checker(first)
            for expected, got in [*problems, *_shortfalls(group, checker)]:
                findings.add(first.path, f"{expected} for {first.bound_message}", got)
            for one in bound:
                if checker is not None and one.signal.bits & checker.header_bits:
                    got = f"{one.signal.name}, a CRC or counter"
                    findings.add(one.path, "a signal beside the protection", got)
            if group.sent and (first.bus, first.message.name) in heard:
                findings.add(first.path, "a message that is not bound as an input too", first.message.name)
    _check_data_ids([*inputs, *outputs], findings)


def _by_message(bound: Iterable[BoundSignal]) -> list[list[BoundSignal]]:
    groups: dict[tuple[str, str, int | None], list[BoundSignal]] = defaultdict(list)
    for one in bound:
        groups[one.bus, one.message.name, one.source].append(one)
    return list(groups.values())


def _shortfalls(group: _Group, checker: Checker | None) -> Iterator[_Shortfall]:
    contract = group.message.contract
    yield from _frame_shortfalls(group)
    yield from _protection_shortfalls(group, checker)
    if contract.cycle_ms <= 0:
        yield "a cycle time (GenMsgCycleTime, ms)", "none"
    elif group.sent:
        if contract.cycle_ms % TICK_MS:
            yield f"a cycle time in whole ticks of {TICK_MS} ms", f"{contract.cycle_ms} ms"
        yield from _unbound_siblings(group, checker)
    else:
        yield from _deadline_shortfalls(group)


def _frame_shortfalls(group: _Group) -> Iterator[_Shortfall]:
    """What kind of frame it comes in."""
    message = group.message
    length = message.length
    is_fd = message.is_fd or length > WORD_BYTES
    if length == 0:
        yield f"1 to {FRAME_BYTES_MAX} bytes", "0"
    elif message.is_j1939 and length > WORD_BYTES:
        # It comes by the transport protocol, in frames of another group; no binding reads those.
        yield f"1 to {WORD_BYTES} bytes, as J1939 sends in one frame", f"{length}"
    elif is_fd and not group.on_fd:
        got = f"{length} bytes{' (CAN FD)' if message.is_fd else ''} on a classic one"
        yield f"a CAN FD bus ([buses.{group.bound[0].bus}] data_bitrate_bps)", got
    elif is_fd and group.sent and length <= WORD_BYTES:
        # A frame out is CAN FD where its length leaves no choice (ports).
        yield f"more than {WORD_BYTES} bytes in CAN FD, as shorter frames go out as classic CAN", f"{length}"
    if group.sent and message.pages:
        yield "no multiplexed signals where it is sent", "a multiplexed message"
    if group.sent and group.bound[0].is_of_any_source:
        yield "a source address to send from (bus.Message@0x27.Signal, or the DBC's identifier)", "none"


def _checker(bound: BoundSignal) -> tuple[Checker | None, list[_Shortfall]]:
    """Its protection as the codec has it, and what the codec refuses of it."""
    message = bound.message
    name = message.contract.protection
    if name == "":
        return None, []
    profile = PROTECTIONS.get(name)
    if profile is None:
        return None, [(f"an E2eProfile of {', '.join(PROTECTIONS)}", quoted(name))]
    contract = ProtectionContract(bound_id(message.can_id, bound.source), message.contract.attributes)
    try:
        return profile.bind(contract, message.wire_length), []
    except ValueError as error:
        parts = [line.removeprefix("expected ").rpartition(", got ") for line in str(error).splitlines()]
        return None, [(f"{expected} ({name})", got) for expected, _, got in parts]


def _protection_shortfalls(group: _Group, checker: Checker | None) -> Iterator[_Shortfall]:
    message, declaration = group.message, group.declaration
    canonical = {bound.canonical for bound in group.bound}
    name = message.contract.protection
    if name == "":
        if declaration.unprotected and not canonical <= EXEMPTIBLE:
            yield "a protected message", "an exemption, which only a battery's messages may have"
        elif not declaration.unprotected and not canonical <= INFORMATIONAL:
            yield "end-to-end protection (E2eProfile)", "none although it decides about motion"
    if checker is None:
        return
    counter = field_bits(checker.field)
    for what, bits in (("checksum", checker.header_bits - counter), ("counter", counter)):
        covered = frozenset[int]().union(*(one.bits for one in message.signals if one.bits <= bits))
        if covered != bits:
            yield f"the {what} of {name} as a signal of {_place(bits)}", "no such signal"


def _place(bits: frozenset[int]) -> str:
    """`byte 0`, `bits 8 to 11`."""
    if len(bits) % 8 == 0 and min(bits) % 8 == 0:
        first, last = min(bits) // 8, max(bits) // 8
        return f"byte {first}" if first == last else f"bytes {first} to {last}"
    return f"bits {min(bits)} to {max(bits)}"


def _unbound_siblings(group: _Group, checker: Checker | None) -> Iterator[_Shortfall]:
    header = checker.header_bits if checker else frozenset[int]()
    bound = {one.signal.name for one in group.bound} | group.declaration.constants.keys()
    for signal in group.message.signals:
        if signal.name not in bound and not signal.bits & header:
            yield "every signal bound to an output", f"{signal.name} unbound"


def _deadline_shortfalls(group: _Group) -> Iterator[_Shortfall]:
    contract = group.message.contract
    if not contract.cycle_ms <= contract.deadline_ms <= contract.cycle_ms * DEADLINE_CYCLES_MAX:
        latest = contract.cycle_ms * DEADLINE_CYCLES_MAX
        got = f"{contract.deadline_ms} ms" if contract.deadline_ms else "none"
        yield f"a deadline (GenMsgTimeoutTime) of {contract.cycle_ms} to {latest} ms", got
    pages = group.message.pages
    round_ms = contract.cycle_ms * len(pages)
    for index in sorted({bound.signal.page for bound in group.bound} - {NO_PAGE}):
        stated_ms = pages[index].deadline_ms
        if stated_ms and not contract.cycle_ms <= stated_ms <= round_ms * DEADLINE_CYCLES_MAX:
            span = f"{contract.cycle_ms} to {round_ms * DEADLINE_CYCLES_MAX} ms"
            yield f"a deadline of {span} of page {pages[index].label}", f"{stated_ms} ms"


def deadline_ms(message: MessageTable, page: PageTable | None) -> int:
    """Deadline of a message, or of one of its pages, as the receiver keeps it."""
    if page is None:
        return message.contract.deadline_ms
    return page.deadline_ms or page_deadline_ns(message.contract.deadline_ms, len(message.pages)) or 0


def _check_data_ids(bound: list[BoundSignal], findings: Findings) -> None:
    """Two messages of one data identifier (or list of them) could pass for each other."""
    owners: dict[tuple[str, object], str] = {}
    for group in _by_message(bound):
        first = group[0]
        profile = PROTECTIONS.get(first.message.contract.protection)
        for name in ("E2eDataId", "E2eDataIdList"):
            if profile is None or name not in profile.attributes:
                continue
            value = first.message.contract.attributes.get(name)
            owner = owners.setdefault((first.bus, value), first.message.name)
            if value is not None and owner != first.message.name:
                expected = f"an {name} of its own for {first.bound_message}"
                findings.add(first.path, expected, f"{value}, which {owner} has too")
