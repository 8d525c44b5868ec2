"""What a profile states of a maker's DBC that does not state it itself; start-up only, before resolution.

A maker's database is used as it came: it has labels of its own, and may lack cycle times and deadlines. A
profile's `[messages.BUS.MESSAGE]` adds what is missing, and says canonical labels for the maker's. It adds
only: what the DBC states stands, and a second statement is a problem.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping

from cantools.database.can import Database, Message, Signal
from cantools.database.can.formats.dbc.dbc_attribute import DbcAttribute
from cantools.database.can.formats.dbc.dbc_attribute_definition import DbcAttributeDefinition
from cantools.database.namedsignalvalue import NamedSignalValue

from firmware_runtime.can.database import contract_of
from firmware_runtime.vehicle.fields import Findings
from firmware_runtime.vehicle.problems import did_you_mean, number, quoted
from firmware_runtime.vehicle.profile import MessageDeclaration
from firmware_runtime.vehicle.toml_lines import KeyPath

Declarations = Mapping[str, Mapping[str, MessageDeclaration]]
"""By bus and message."""

NO_MEANING = "-"
"""Canonical label of a maker's label that has none: never said, and not usable where it is heard."""

_Complaint = tuple[tuple[str, ...], str, str]
"""Key below the message's table, expected, got."""


def apply_declarations(declared: Declarations, databases: Mapping[str, Database], findings: Findings) -> None:
    """Complete the loaded databases in place; every statement that does not fit goes to `findings`."""
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
            for key, expected, got in _apply(message, declaration):
                findings.add((*path, *key), expected, got)


def _apply(message: Message, declaration: MessageDeclaration) -> Iterator[_Complaint]:
    contract = contract_of(message)
    for key, attribute, there, stated in (
        ("cycle_ms", "GenMsgCycleTime", contract.cycle_ms, declaration.cycle_ms),
        ("deadline_ms", "GenMsgTimeoutTime", contract.deadline_ms, declaration.deadline_ms),
    ):
        if stated and there:
            yield (key,), f"nothing, as the DBC states {attribute} {there} ms", f"{stated} ms"
        elif stated and message.dbc is not None:
            definition = DbcAttributeDefinition[int](attribute, kind="BO_", type_name="INT")
            message.dbc.attributes[attribute] = DbcAttribute[int](value=stated, definition=definition)
    if declaration.unprotected and contract.protection:
        yield ("unprotected",), "nothing, as the DBC states a protection", quoted(contract.protection)
    signals = {signal.name: signal for signal in message.signals}
    for table, names in (("labels", declaration.labels), ("constants", declaration.constants)):
        for name in names:
            if name not in signals:
                yield (table, name), f"a signal of {message.name}{did_you_mean(name, signals)}", quoted(name)
    for name, labels in declaration.labels.items():
        if name in signals:
            yield from _relabel(signals[name], labels)
    for name, value in declaration.constants.items():
        if name in signals:
            yield from _set_constant(signals[name], value)


def _relabel(signal: Signal, labels: Mapping[str, str]) -> Iterator[_Complaint]:
    """Say canonical labels for the maker's, or for plain numbers where the maker has no label."""
    there = {int(raw): str(label) for raw, label in (signal.choices or {}).items()}
    by_label = {label: raw for raw, label in there.items()}
    choices: OrderedDict[int, str | NamedSignalValue] = OrderedDict(there)
    for maker, canonical in labels.items():
        raw = by_label.get(maker)
        if raw is None and maker.isdecimal() and int(maker) not in there:
            raw = int(maker)
        if raw is None:
            yield (
                ("labels", signal.name, maker),
                f"a label of {signal.name}, or a raw value without one{did_you_mean(maker, by_label)}",
                quoted(maker),
            )
            continue
        if canonical == NO_MEANING:
            choices.pop(raw, None)
        else:
            choices[raw] = canonical
    signal.choices = choices


def _set_constant(signal: Signal, value: float) -> Iterator[_Complaint]:
    low = -(2 ** (signal.length - 1)) if signal.is_signed else 0
    high = 2 ** (signal.length - (1 if signal.is_signed else 0)) - 1
    if signal.is_float or not low <= value <= high:
        yield ("constants", signal.name), f"a raw value of {low} to {high}", number(value)
        return
    signal.raw_initial = int(value)
