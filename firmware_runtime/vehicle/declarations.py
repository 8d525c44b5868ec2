"""What a profile states of a maker's DBC that does not state it itself; start-up only, before resolution.

A maker's database is used as it came: it has labels of its own, and may lack cycle times, deadlines and a
word on its protection. A profile's `[messages.BUS.MESSAGE]` adds what is missing, and says canonical labels
for the maker's. It adds only: what the DBC states stands, and a second statement is a problem.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from firmware_runtime.can.protection import COUNTER_ATTRIBUTES, PROTECTIONS, WINDOW_ATTRIBUTES
from firmware_runtime.can.tables import DatabaseTable, MessageContract, MessageTable, PageTable, SignalLayout
from firmware_runtime.vehicle.fields import Findings
from firmware_runtime.vehicle.problems import described, did_you_mean, number, quoted
from firmware_runtime.vehicle.profile import MessageDeclaration
from firmware_runtime.vehicle.toml_lines import KeyPath

Declarations = Mapping[str, Mapping[str, MessageDeclaration]]
"""By bus and message."""

NO_MEANING = "-"
"""Canonical label of a maker's label that has none: never said, and not usable where it is heard."""

PROFILE_ATTRIBUTE = "E2eProfile"
PROTECTION_ATTRIBUTES: frozenset[str] = frozenset(
    {PROFILE_ATTRIBUTE, *COUNTER_ATTRIBUTES, *WINDOW_ATTRIBUTES}.union(
        *(profile.attributes for profile in PROTECTIONS.values())
    )
)
"""What a profile may state of a message's protection."""


class _Complaints:
    """Defects of one message's declaration."""

    def __init__(self, path: KeyPath, findings: Findings) -> None:
        self._path = path
        self._findings = findings

    def add(self, key: tuple[str, ...], expected: str, got: str) -> None:
        self._findings.add((*self._path, *key), expected, got)


def with_declarations(
    declared: Declarations, databases: Mapping[str, DatabaseTable], findings: Findings
) -> dict[str, DatabaseTable]:
    """The databases, completed; every statement that does not fit goes to `findings`."""
    completed = dict(databases)
    for bus, messages in declared.items():
        database = databases.get(bus)
        if database is None:
            findings.add(("messages", bus), f"a bus of [buses]{did_you_mean(bus, databases)}", quoted(bus))
            continue
        known = {message.name: message for message in database.messages}
        for name, declaration in messages.items():
            path: KeyPath = ("messages", bus, name)
            message = known.get(name)
            if message is None:
                findings.add(path, f"a message of bus {bus}{did_you_mean(name, known)}", quoted(name))
                continue
            known[name] = _completed(message, declaration, _Complaints(path, findings))
        completed[bus] = DatabaseTable(tuple(known.values()))
    return completed


def _completed(
    message: MessageTable, declaration: MessageDeclaration, complaints: _Complaints
) -> MessageTable:
    return msgspec.structs.replace(
        message,
        contract=_contract(message.contract, declaration, complaints),
        pages=_pages(message, declaration, complaints),
        signals=_signals(message, declaration, complaints),
    )


def _contract(
    contract: MessageContract, declaration: MessageDeclaration, complaints: _Complaints
) -> MessageContract:
    changes: dict[str, Any] = {}
    for key, attribute, there, stated in (
        ("cycle_ms", "GenMsgCycleTime", contract.cycle_ms, declaration.cycle_ms),
        ("deadline_ms", "GenMsgTimeoutTime", contract.deadline_ms, declaration.deadline_ms),
    ):
        if stated and there:
            complaints.add((key,), f"nothing, as the DBC states {attribute} {there} ms", f"{stated} ms")
        elif stated:
            changes[key] = stated
    attributes = dict(contract.attributes)
    for name, value in declaration.attributes.items():
        if name not in PROTECTION_ATTRIBUTES:
            expected = f"an attribute of a protection{did_you_mean(name, PROTECTION_ATTRIBUTES)}"
            complaints.add(("attributes", name), expected, quoted(name))
        elif name in contract.attributes or (name == PROFILE_ATTRIBUTE and contract.protection):
            there = contract.attributes.get(name, contract.protection)
            complaints.add(("attributes", name), f"nothing, as the DBC states {there}", described(value))
        else:
            attributes[name] = value
    protection = contract.protection or str(attributes.get(PROFILE_ATTRIBUTE, ""))
    if declaration.unprotected and protection:
        expected = "nothing, as the DBC states a protection"
        if not contract.protection:
            expected = "nothing, as [attributes] states a protection"
        complaints.add(("unprotected",), expected, quoted(protection))
    data_id = declaration.attributes.get("E2eDataId")
    if isinstance(data_id, int):
        changes["data_id"] = data_id
    return contract._replace(attributes=attributes, protection=protection, **changes)


def _pages(
    message: MessageTable, declaration: MessageDeclaration, complaints: _Complaints
) -> tuple[PageTable, ...]:
    pages = {page.label: page for page in message.pages}
    for label, stated_ms in declaration.page_deadlines_ms.items():
        if label in pages:
            pages[label] = msgspec.structs.replace(pages[label], deadline_ms=stated_ms)
        else:
            known = did_you_mean(label, pages) if pages else ", which has none"
            complaints.add(("page_deadlines_ms", label), f"a page of {message.name}{known}", quoted(label))
    return tuple(pages.values())


def _signals(
    message: MessageTable, declaration: MessageDeclaration, complaints: _Complaints
) -> tuple[SignalLayout, ...]:
    signals = {signal.name: signal for signal in message.signals}
    for table, names in (("labels", declaration.labels), ("constants", declaration.constants)):
        for name in names:
            if name not in signals:
                expected = f"a signal of {message.name}{did_you_mean(name, signals)}"
                complaints.add((table, name), expected, quoted(name))
    for name, labels in declaration.labels.items():
        if name in signals:
            signals[name] = _relabelled(signals[name], labels, complaints)
    for name, value in declaration.constants.items():
        if name in signals:
            signals[name] = _fixed(signals[name], value, complaints)
    return tuple(signals.values())


def _relabelled(signal: SignalLayout, labels: Mapping[str, str], complaints: _Complaints) -> SignalLayout:
    """Say canonical labels for the maker's, or for plain numbers where the maker has no label."""
    there = dict(signal.labels)
    by_label = {label: raw for raw, label in there.items()}
    choices = dict(there)
    for maker, canonical in labels.items():
        raw = by_label.get(maker)
        if raw is None and maker.isdecimal() and int(maker) not in there:
            raw = int(maker)
        if raw is None:
            expected = f"a label of {signal.name}, or a raw value without one{did_you_mean(maker, by_label)}"
            complaints.add(("labels", signal.name, maker), expected, quoted(maker))
        elif canonical == NO_MEANING:
            choices.pop(raw, None)
        else:
            choices[raw] = canonical
    return msgspec.structs.replace(signal, labels=tuple(choices.items()))


def _fixed(signal: SignalLayout, value: float, complaints: _Complaints) -> SignalLayout:
    low, high = signal.raw_range
    if signal.is_float or not low <= value <= high:
        complaints.add(("constants", signal.name), f"a raw value of {low} to {high}", number(value))
        return signal
    return msgspec.structs.replace(signal, initial_raw=int(value))
