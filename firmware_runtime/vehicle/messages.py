"""What each bound message must promise in its DBC: protection, cycle time, deadline; start-up only.

Judged once a message, at the first key that is bound to it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cantools.database.can import Message, Signal

from firmware_runtime.can.database import MessageContract, contract_of
from firmware_runtime.can.refusals import PROFILE_01, WORD_BYTES, payload_bits
from firmware_runtime.vehicle.declarations import Declarations
from firmware_runtime.vehicle.fields import Findings
from firmware_runtime.vehicle.problems import number, quoted
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

DATA_ID_MAX = 0xFFFF
"""E2E data identifiers of profile 1 have 16 bits."""

PROTECTIONS = {PROFILE_01: "AUTOSAR E2E profile 1, variant 1A"}
"""`E2eProfile` values that the runtime can check and make."""

TICK_MS = 10
"""The runtime sends in its tick only, so a cycle time is a multiple of it."""
DEADLINE_CYCLES_MAX = 4
"""A message may be late by so many of its cycles before it counts as lost (assumption; the budget from loss
to reaction is three periods and two ticks)."""

_NOTHING_DECLARED = MessageDeclaration()
_CRC_BITS = frozenset(range(8))
_COUNTER_BITS = frozenset(range(8, 12))


class BoundSignal(NamedTuple):
    """One resolved key of `[inputs]` or `[outputs]`."""

    path: KeyPath
    canonical: str
    bus: str
    message: Message
    signal: Signal


def is_protection_signal(message: Message, signal: Signal) -> bool:
    """True for the CRC (byte 0) and the counter (low nibble of byte 1) of a protected message.

    Source: AUTOSAR PRS E2E protocol, profile 1 variant 1A. Told by place, as names differ between makers.
    """
    return contract_of(message).protection != "" and (_is_crc(signal) or _is_counter(signal))


def check_messages(
    inputs: list[BoundSignal], outputs: list[BoundSignal], declared: Declarations, findings: Findings
) -> None:
    """Note every promise that a bound message does not make."""
    heard = {(bound.bus, bound.message.name) for bound in inputs}
    for direction in (inputs, outputs):
        for group in _by_message(direction):
            first = group[0]
            sent = direction is outputs
            for expected, got in _shortfalls(group, sent, _declaration(declared, first)):
                findings.add(first.path, f"{expected} for {first.bus}.{first.message.name}", got)
            if sent and (first.bus, first.message.name) in heard:
                findings.add(first.path, "a message that is not bound as an input too", first.message.name)
    _check_data_ids([*inputs, *outputs], findings)


def _by_message(bound: Iterable[BoundSignal]) -> list[list[BoundSignal]]:
    groups: dict[tuple[str, str], list[BoundSignal]] = defaultdict(list)
    for one in bound:
        groups[one.bus, one.message.name].append(one)
    return list(groups.values())


def _declaration(declared: Declarations, bound: BoundSignal) -> MessageDeclaration:
    return declared.get(bound.bus, {}).get(bound.message.name, _NOTHING_DECLARED)


def _shortfalls(
    group: list[BoundSignal], sent: bool, declaration: MessageDeclaration
) -> Iterator[tuple[str, str]]:
    message = group[0].message
    contract = contract_of(message)
    if not 0 < message.length <= WORD_BYTES or message.is_fd:
        yield (
            f"1 to {WORD_BYTES} bytes (classic CAN)",
            f"{message.length}{' (CAN FD)' if message.is_fd else ''}",
        )
    if message.is_multiplexed():
        yield "no multiplexed signals", "a multiplexed message"
    yield from _protection_shortfalls(message, contract, {bound.canonical for bound in group}, declaration)
    if contract.cycle_ms <= 0:
        yield "a cycle time (GenMsgCycleTime, ms)", "none"
    elif sent:
        if contract.cycle_ms % TICK_MS:
            yield f"a cycle time in whole ticks of {TICK_MS} ms", f"{contract.cycle_ms} ms"
        yield from _unbound_siblings(group, declaration)
    elif not contract.cycle_ms <= contract.deadline_ms <= contract.cycle_ms * DEADLINE_CYCLES_MAX:
        latest = contract.cycle_ms * DEADLINE_CYCLES_MAX
        got = f"{contract.deadline_ms} ms" if contract.deadline_ms else "none"
        yield f"a deadline (GenMsgTimeoutTime) of {contract.cycle_ms} to {latest} ms", got


def _protection_shortfalls(
    message: Message, contract: MessageContract, canonical: set[str], declaration: MessageDeclaration
) -> Iterator[tuple[str, str]]:
    if contract.protection == "":
        if declaration.unprotected and not canonical <= EXEMPTIBLE:
            yield "a protected message", "an exemption, which only a battery's messages may have"
        elif not declaration.unprotected and not canonical <= INFORMATIONAL:
            yield "end-to-end protection (E2eProfile)", "none although it decides about motion"
        return
    if contract.protection not in PROTECTIONS:
        yield f"an E2eProfile of {', '.join(PROTECTIONS)}", quoted(contract.protection)
        return
    if not any(_is_crc(signal) for signal in message.signals):
        yield "a CRC of 8 bits in byte 0 (E2E profile 1A)", "no such signal"
    if not any(_is_counter(signal) for signal in message.signals):
        yield "a counter of 4 bits in the low nibble of byte 1 (E2E profile 1A)", "no such signal"


def _unbound_siblings(group: list[BoundSignal], declaration: MessageDeclaration) -> Iterator[tuple[str, str]]:
    message = group[0].message
    bound = {one.signal.name for one in group} | declaration.constants.keys()
    for signal in message.signals:
        if signal.name not in bound and not is_protection_signal(message, signal):
            yield "every signal bound to an output", f"{signal.name} unbound"


def _check_data_ids(bound: list[BoundSignal], findings: Findings) -> None:
    """Two messages of one data identifier could pass for each other."""
    owners: dict[tuple[str, int], str] = {}
    for group in _by_message(bound):
        first = group[0]
        contract = contract_of(first.message)
        if contract.protection not in PROTECTIONS:
            continue
        if not 0 < contract.data_id <= DATA_ID_MAX:
            expected = f"an E2eDataId of 1 to {DATA_ID_MAX} for {first.bus}.{first.message.name}"
            findings.add(first.path, expected, number(contract.data_id) if contract.data_id else "none")
            continue
        owner = owners.setdefault((first.bus, contract.data_id), first.message.name)
        if owner != first.message.name:
            expected = f"an E2eDataId of its own for {first.bus}.{first.message.name}"
            findings.add(first.path, expected, f"{contract.data_id}, which {owner} has too")


def _is_crc(signal: Signal) -> bool:
    return payload_bits(signal) == _CRC_BITS


def _is_counter(signal: Signal) -> bool:
    return payload_bits(signal) == _COUNTER_BITS
