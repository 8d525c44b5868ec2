"""Databases, bindings and frames for the tests of the CAN path; oracles are cantools and autosar-e2e."""

import struct
from functools import cache
from pathlib import Path
from typing import Any

import cantools
import e2e.p01
from cantools.database.can import Database, Message, Signal
from cantools.database.conversion import BaseConversion

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.frame import Frame

DBC_FOLDER = Path(__file__).parents[2] / "dbc"
DBC_NAMES = ("q_truck_drive", "yard_tractor_drive", "yard_body")
EXTENDED = 0x8000_0000
MS = 1_000_000


@cache
def database(name: str) -> Database:
    loaded = cantools.database.load_file(DBC_FOLDER / f"{name}.dbc", strict=True)
    assert isinstance(loaded, Database)
    return loaded


def database_of(text: str) -> Database:
    """A database from the lines of a DBC that matter."""
    loaded = cantools.database.load_string(text, database_format="dbc", strict=True)
    assert isinstance(loaded, Database)
    return loaded


ATTRIBUTES = """
BA_DEF_ BO_ "GenMsgCycleTime" INT 0 65535;
BA_DEF_ BO_ "GenMsgTimeoutTime" INT 0 65535;
BA_DEF_ BO_ "E2eProfile" STRING ;
BA_DEF_ BO_ "E2eDataId" INT 0 65535;
BA_DEF_ SG_ "GenSigStartValue" FLOAT -100000 100000;
BA_DEF_DEF_ "GenMsgCycleTime" 0;
BA_DEF_DEF_ "GenMsgTimeoutTime" 0;
BA_DEF_DEF_ "E2eProfile" "";
BA_DEF_DEF_ "E2eDataId" 0;
BA_DEF_DEF_ "GenSigStartValue" 0;
"""


def payload_signals(message: Message) -> list[Signal]:
    return [signal for signal in message.signals if signal.name not in ("Crc", "Counter")]


def bindings_of(bus: str, messages: list[Message], **given: Any) -> list[SignalBinding]:
    """One binding a payload signal, named by its path, in DBC units unless a factor is given."""
    return [
        SignalBinding(f"{message.name}.{signal.name}", bus, message.name, signal.name, **given)
        for message in messages
        for signal in payload_signals(message)
    ]


def frame_id(message: Message) -> int:
    return message.frame_id | EXTENDED if message.is_extended_frame else message.frame_id


def data_id(message: Message) -> int:
    assert message.dbc is not None
    return int(message.dbc.attributes["E2eDataId"].value)


def protected(payload: bytes, identifier: int, counter: int) -> bytes:
    """`payload` with counter and CRC by the independent implementation."""
    data = bytearray(payload)
    data[1] = data[1] & 0xF0 | counter
    e2e.p01.e2e_p01_protect(data, identifier, increment_counter=False)
    return bytes(data)


def frame_of(message: Message, counter: int, time_ns: int = 0, payload: bytes = bytes(8)) -> Frame:
    """A good frame of a protected message on bus `drive`."""
    return Frame(time_ns, "drive", frame_id(message), protected(payload, data_id(message), counter))


def bits_of(value: float) -> bytes:
    """The 64 bits of a float: equal only where every bit is."""
    return struct.pack("<d", value)


def one_signal_message(
    name: str,
    identifier: int,
    start: int,
    length: int,
    *,
    big_endian: bool = False,
    signed: bool = False,
    is_float: bool = False,
    factor: float = 1,
    offset: float = 0,
    limits: tuple[float, float] | None = None,
    message_length: int = 8,
) -> Message:
    """An unprotected message with one signal `S` and nothing else."""
    signal = Signal(
        "S",
        start,
        length,
        "big_endian" if big_endian else "little_endian",
        signed,
        conversion=BaseConversion.factory(factor, offset, None, is_float),
        minimum=limits[0] if limits else None,
        maximum=limits[1] if limits else None,
    )
    return Message(identifier, name, message_length, [signal], is_extended_frame=True, strict=True)
