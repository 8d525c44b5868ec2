"""Reads a DBC file into the plain layouts that the packers are compiled from; at start-up only.

cantools parses the text; everything that computes with it (bit positions, scaling, CRC) is this
package's own, so that a mistake of the runtime's codec cannot cancel itself here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cantools.database
from cantools.database.errors import Error

from vehicle_hil.codec.units import SI_FACTOR

EXTENDED_FLAG = 0x8000_0000
"""Bit 31 of an identifier marks 29 bits, as in Linux' `struct can_frame`."""


class DbcError(ValueError):
    """A DBC file lacks something that the simulated vehicle needs, or says it in a way it cannot send."""


@dataclass(frozen=True, slots=True)
class SignalLayout:
    """One signal. Raw value = integer field; DBC value = raw * scale + offset; SI = DBC value * si_factor."""

    name: str
    shift: int
    """Of its least significant bit in the frame read as one integer in the message's byte order."""
    length: int
    signed: bool
    scale: float
    offset: float
    si_factor: float
    raw_min: int
    raw_max: int
    labels: dict[str, int]


@dataclass(frozen=True, slots=True)
class MessageLayout:
    """One message; cycle and timeout as `GenMsgCycleTime` and `GenMsgTimeoutTime` say."""

    bus: str
    name: str
    can_id: int
    """With EXTENDED_FLAG where it has 29 bits."""
    length: int
    little_endian: bool
    cycle_ns: int
    timeout_ns: int
    data_id: int
    signals: dict[str, SignalLayout]


def load_plain_bus(bus: str, path: Path, names: Sequence[str]) -> dict[str, MessageLayout]:
    """Some messages of a maker's DBC file that knows no protection. Raises DbcError as `load_bus`."""
    try:
        database: Any = cantools.database.load_file(path, database_format="dbc", strict=True)
    except (OSError, Error) as error:
        raise DbcError(f"{path}: expected a strictly valid DBC file, got: {error}") from error
    there = {message.name: message for message in database.messages}
    missing = [name for name in names if name not in there]
    if missing:
        raise DbcError(f"{path}: expected messages {', '.join(missing)}, got none of that name")
    return {name: _layout(bus, path, there[name]) for name in names}


def load_bus(bus: str, path: Path) -> dict[str, MessageLayout]:
    """All messages of one DBC file by name. Raises DbcError naming file, message and signal."""
    try:
        text = path.read_text(encoding="cp1252")
    except OSError as error:
        raise DbcError(f"{path}: expected a readable DBC file, got: {error.strerror}") from error
    return _parse(bus, path, text)


@lru_cache(maxsize=16)
def _parse(bus: str, path: Path, text: str) -> dict[str, MessageLayout]:
    """Kept by content: a harness builds many vehicles from the same few files."""
    try:
        database: Any = cantools.database.load_string(text, database_format="dbc", strict=True)
    except Error as error:
        raise DbcError(f"{path}: expected a strictly valid DBC file, got: {error}") from error
    return {message.name: _message(bus, path, message) for message in database.messages}


def _message(bus: str, path: Path, message: Any) -> MessageLayout:
    where = f"{path}: message {message.name}"
    orders = {signal.byte_order for signal in message.signals}
    if len(orders) != 1:
        raise DbcError(
            f"{where}: expected one byte order for all signals, got {sorted(orders) or 'no signals'}"
        )
    attributes = {name: attribute.value for name, attribute in message.dbc.attributes.items()}
    if "E2eDataId" not in attributes or attributes.get("E2eProfile") != "P01":
        raise DbcError(
            f'{where}: expected attributes E2eProfile "P01" and E2eDataId, which every message has'
        )
    layout = _layout(bus, path, message)
    _check_protection(where, layout)
    return layout


def _layout(bus: str, path: Path, message: Any) -> MessageLayout:
    where = f"{path}: message {message.name}"
    orders = {signal.byte_order for signal in message.signals}
    attributes = {name: attribute.value for name, attribute in message.dbc.attributes.items()}
    little_endian = "big_endian" not in orders
    for signal in message.signals:
        # A single bit lies at the same place in both orders.
        if not little_endian and signal.byte_order == "little_endian" and signal.length > 1:
            raise DbcError(
                f"{where}: expected one byte order for all signals, got {signal.name} in the other"
            )
    signals = {s.name: _signal(where, message.length, s, little_endian) for s in message.signals}
    return MessageLayout(
        bus=bus,
        name=message.name,
        can_id=message.frame_id | (EXTENDED_FLAG if message.is_extended_frame else 0),
        length=message.length,
        little_endian=little_endian,
        cycle_ns=int(attributes.get("GenMsgCycleTime", 0)) * 1_000_000,
        timeout_ns=int(attributes.get("GenMsgTimeoutTime", 0)) * 1_000_000,
        data_id=int(attributes.get("E2eDataId", 0)),
        signals=signals,
    )


def _signal(where: str, message_length: int, signal: Any, little_endian: bool) -> SignalLayout:
    where = f"{where}: signal {signal.name}"
    if signal.is_float or signal.is_multiplexer or signal.multiplexer_ids:
        raise DbcError(f"{where}: expected a plain integer signal, got a float or multiplexed one")
    unit = signal.unit or ""
    if unit not in SI_FACTOR:
        raise DbcError(f"{where}: expected a unit of {', '.join(filter(None, SI_FACTOR))}, got {unit!r}")
    if little_endian:
        shift = signal.start
    else:
        most_significant = 8 * (signal.start // 8) + 7 - signal.start % 8
        shift = 8 * message_length - most_significant - signal.length
    scale, offset = float(signal.scale), float(signal.offset)
    raw_min = -(1 << (signal.length - 1)) if signal.is_signed else 0
    raw_max = raw_min + (1 << signal.length) - 1
    # Enumerations keep their whole field: "not available" lies outside the range of the numbers.
    if not signal.choices and signal.minimum is not None and signal.maximum is not None:
        raw_min = max(raw_min, round((float(signal.minimum) - offset) / scale))
        raw_max = min(raw_max, round((float(signal.maximum) - offset) / scale))
    labels = {str(label): int(raw) for raw, label in (signal.choices or {}).items()}
    return SignalLayout(
        signal.name,
        shift,
        signal.length,
        signal.is_signed,
        scale,
        offset,
        SI_FACTOR[unit],
        raw_min,
        raw_max,
        labels,
    )


def _check_protection(where: str, layout: MessageLayout) -> None:
    """Profile 1A fixes the places: CRC in byte 0, counter in the low nibble of byte 1."""
    little = layout.little_endian
    crc_shift = 0 if little else 8 * (layout.length - 1)
    counter_shift = 8 if little else 8 * (layout.length - 2)
    for name, shift, length in (("Crc", crc_shift, 8), ("Counter", counter_shift, 4)):
        signal = layout.signals.get(name)
        if signal is None or (signal.shift, signal.length) != (shift, length):
            raise DbcError(f"{where}: expected signal {name} at its place of E2E profile 1A, got {signal}")
