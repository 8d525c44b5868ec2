"""Decodes DM1, the active trouble codes that a J1939 control unit reports; for diagnostics, not the tick.

Layout of SAE J1939-73 (secondary, as is the order of old conversion methods: Dynagen GSC400 manual,
appendix F): two bytes of lamps, then four bytes a trouble code. Up to one code a DM1 is a single frame,
beyond that it comes by the transport protocol.
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from firmware_runtime.can.frame import EXTENDED_FLAG, Frame
from firmware_runtime.can.j1939 import split_id
from firmware_runtime.can.j1939_transport import TransportMessage

PGN_DM1 = 0xFECA
_CODE_BYTES = 4
_LAMP_BYTES = 2
_NO_COUNT = 127
_NO_SPN, _NO_FMI = 0x7FFFF, 31
_PADDING = b"\xff\xff\xff\xff"
_SHIFTS = (6, 4, 2, 0)


class Lamp(IntEnum):
    """Status of a lamp."""

    OFF = 0
    ON = 1
    RESERVED = 2
    NOT_AVAILABLE = 3


class Flash(IntEnum):
    """How a lamp that is on is to blink."""

    SLOW = 0
    FAST = 1
    RESERVED = 2
    NONE = 3


class Lamps(NamedTuple):
    """The four lamps and their blinking."""

    malfunction: Lamp
    red_stop: Lamp
    amber_warning: Lamp
    protect: Lamp
    malfunction_flash: Flash
    red_stop_flash: Flash
    amber_warning_flash: Flash
    protect_flash: Flash


class ReportedCode(NamedTuple):
    """One trouble code of a control unit."""

    spn: int
    """Suspect parameter number, 19 bits, by conversion version 4 (the same bits as version 3)."""
    fmi: int
    """Failure mode indicator, 0..31."""
    occurrence_count: int | None
    """0..126; None: not available."""
    conversion_method: int
    """0: version 4. 1: version 1, 2 or 3, and nothing in the frame tells which."""
    spn_version_1: int
    """Where conversion_method is 1: the number if the sender follows version 1."""
    spn_version_2: int
    """Where conversion_method is 1: the number if the sender follows version 2."""


class Dm1(NamedTuple):
    """One DM1."""

    time_ns: int
    bus: str
    source: int
    lamps: Lamps
    codes: tuple[ReportedCode, ...]
    """Active codes; empty where the unit says that there are none."""


def decode_dm1(time_ns: int, bus: str, source: int, data: bytes) -> Dm1 | None:
    """From the bytes of a single frame or of a transport message; None: shorter than lamps and a code."""
    if len(data) < _LAMP_BYTES + _CODE_BYTES:
        return None
    codes: list[ReportedCode] = []
    # What is left behind the last whole code is padding of a single frame.
    for begin in range(_LAMP_BYTES, len(data) - _CODE_BYTES + 1, _CODE_BYTES):
        part = data[begin : begin + _CODE_BYTES]
        code = _code(part)
        nothing = (code.spn == 0 and code.fmi == 0) or (code.spn == _NO_SPN and code.fmi == _NO_FMI)
        if not nothing and part != _PADDING:
            codes.append(code)
    return Dm1(time_ns, bus, source, _lamps(data[0], data[1]), tuple(codes))


def dm1_of(frames: Iterable[Frame], messages: Iterable[TransportMessage]) -> tuple[list[Dm1], int]:
    """All DM1 among frames and transport messages, in that order; and how many were too short to be one."""
    found: list[Dm1 | None] = []
    for time_ns, bus, can_id, data in frames:
        if can_id & EXTENDED_FLAG and can_id >> 8 & 0x3FFFF == PGN_DM1:
            found.append(decode_dm1(time_ns, bus, split_id(can_id).source, data))
    found += [
        decode_dm1(message.time_ns, message.bus, message.source, message.data)
        for message in messages
        if message.pgn == PGN_DM1
    ]
    good = [entry for entry in found if entry is not None]
    return good, len(found) - len(good)


def _lamps(status: int, flash: int) -> Lamps:
    malfunction, red_stop, amber_warning, protect = (Lamp(status >> shift & 3) for shift in _SHIFTS)
    flashes = [Flash(flash >> shift & 3) for shift in _SHIFTS]
    return Lamps(malfunction, red_stop, amber_warning, protect, *flashes)


def _code(part: bytes) -> ReportedCode:
    first, second, third, fourth = part
    low = third >> 5
    count = fourth & 0x7F
    return ReportedCode(
        spn=first | second << 8 | low << 16,
        fmi=third & 0x1F,
        occurrence_count=None if count == _NO_COUNT else count,
        conversion_method=fourth >> 7,
        spn_version_1=first << 11 | second << 3 | low,
        spn_version_2=second << 11 | first << 3 | low,
    )
