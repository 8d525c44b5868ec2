"""Parts of a J1939 identifier, against cantools' own split."""

import cantools.j1939
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.can.j1939 import format_id, split_id

EXTENDED = 0x8000_0000


@given(st.integers(0, (1 << 29) - 1), st.booleans())
def test_the_parts_agree_with_cantools(identifier: int, flagged: bool) -> None:
    parts = split_id(identifier | EXTENDED if flagged else identifier)
    theirs = cantools.j1939.frame_id_unpack(identifier)
    assert (parts.priority, parts.source) == (theirs.priority, theirs.source_address)
    assert parts.pgn == cantools.j1939.pgn_from_frame_id(identifier)
    broadcast = theirs.pdu_format >= 240
    assert parts.destination == (255 if broadcast else theirs.pdu_specific)


def test_identifiers_read_as_a_technician_knows_them() -> None:
    assert format_id(0x0CFF10EF | EXTENDED) == "0x0CFF10EF (PGN 0xFF10 from 0xEF, priority 3)"
    assert format_id(0x18EA2703 | EXTENDED) == "0x18EA2703 (PGN 0xEA00 from 0x03 to 0x27, priority 6)"
    assert format_id(0x40) == "0x040"


def test_more_than_29_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="29 bits, got 0x20000000"):
        split_id(1 << 29)
