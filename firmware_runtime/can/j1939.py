"""Splits a 29-bit identifier as SAE J1939-21 lays it out (secondary); for prints and tools, not the tick."""

from typing import NamedTuple

from firmware_runtime.can.frame import EXTENDED_FLAG

GLOBAL_ADDRESS = 0xFF
"""Destination of a broadcast."""
_PDU2_FIRST = 240
"""PDU format from which the next byte is a group extension, not a destination."""


class J1939Id(NamedTuple):
    """The parts of a J1939 identifier."""

    priority: int
    """0 (most urgent) to 7."""
    pgn: int
    """Parameter group number, 18 bits; the destination of a PDU1 group reads as 0 in it."""
    source: int
    """Address of the sender, 0..255."""
    destination: int
    """Address of the receiver; GLOBAL_ADDRESS for a PDU2 group, which has none."""


def split_id(can_id: int) -> J1939Id:
    """Split an identifier with or without EXTENDED_FLAG.

    Raises:
        ValueError: more than 29 bits.
    """
    identifier = can_id & ~EXTENDED_FLAG
    if not 0 <= identifier < 1 << 29:
        raise ValueError(f"expected an identifier of 29 bits, got 0x{can_id:X}")
    pdu_format = identifier >> 16 & 0xFF
    specific = identifier >> 8 & 0xFF
    pages = identifier >> 8 & 0x30000
    if pdu_format < _PDU2_FIRST:
        return J1939Id(identifier >> 26, pages | pdu_format << 8, identifier & 0xFF, specific)
    return J1939Id(identifier >> 26, pages | pdu_format << 8 | specific, identifier & 0xFF, GLOBAL_ADDRESS)


def format_id(can_id: int) -> str:
    """`0x123` for 11 bits; `0x0CFF1027 (PGN 0xFF10 from 0x27, priority 3)` for 29 bits."""
    if not can_id & EXTENDED_FLAG:
        return f"0x{can_id:03X}"
    parts = split_id(can_id)
    to = "" if parts.destination == GLOBAL_ADDRESS else f" to 0x{parts.destination:02X}"
    return (
        f"0x{can_id & ~EXTENDED_FLAG:08X} "
        f"(PGN 0x{parts.pgn:04X} from 0x{parts.source:02X}{to}, priority {parts.priority})"
    )
