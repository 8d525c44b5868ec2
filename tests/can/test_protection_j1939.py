"""Checksum and counter of J1939's TSC1 and XBR."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.can.frame import EXTENDED_FLAG
from tests.can.protection_support import bound_to, changed_bits, sealed

TSC1_ID = 0x0C000003
XBR_ID = 0x0C040B2A

identifiers = st.integers(0, 0x1FFF_FFFF)
seven_bytes = st.binary(min_size=7, max_size=7)


def total(can_id: int, seven: bytes, counter: int) -> int:
    """Sum that both checksums fold: seven data bytes, the counter, the identifier's four bytes."""
    low, mid_low, mid_high, high = (can_id >> shift & 0xFF for shift in (0, 8, 16, 24))
    return sum(seven) + (counter & 0x0F) + low + mid_low + mid_high + high


@given(identifiers, seven_bytes, st.integers(0, 7))
def test_tsc1_folds_the_sum_to_three_bits(can_id: int, seven: bytes, counter: int) -> None:
    checksum = total(can_id, seven, counter)
    folded = (((checksum >> 6) & 0x03) + (checksum >> 3) + checksum) & 0x07
    checker = bound_to("J1939_TSC1", can_id | EXTENDED_FLAG)
    frame = sealed(checker, seven + b"\xff", counter)
    assert frame == seven + bytes([folded << 4 | counter])
    assert checker.check(frame)
    assert checker.counter(frame) == counter
    assert checker.modulus == 8


@given(identifiers, seven_bytes, st.integers(0, 15))
def test_xbr_folds_the_sum_to_four_bits(can_id: int, seven: bytes, counter: int) -> None:
    checksum = total(can_id, seven, counter)
    folded = ((checksum >> 4) + checksum) & 0x0F
    checker = bound_to("J1939_XBR", can_id | EXTENDED_FLAG)
    frame = sealed(checker, seven + b"\xff", counter)
    assert frame == seven + bytes([folded << 4 | counter])
    assert checker.check(frame)
    assert checker.modulus == 16


@pytest.mark.parametrize(("name", "can_id"), [("J1939_TSC1", TSC1_ID), ("J1939_XBR", XBR_ID)])
def test_an_example_worked_by_hand(name: str, can_id: int) -> None:
    # Seven bytes FF, counter 5: 7 * 255 + 5 = 1790. TSC1: + 0x0C + 0x03 = 1805; (1805 >> 6) & 3 = 0,
    # 1805 >> 3 = 225; 0 + 225 + 1805 = 2030; & 7 = 6. XBR: + 0x0C + 0x04 + 0x0B + 0x2A = 1859;
    # 1859 >> 4 = 116; 116 + 1859 = 1975; & 15 = 7.
    last = {"J1939_TSC1": 0x65, "J1939_XBR": 0x75}[name]
    checker = bound_to(name, can_id | EXTENDED_FLAG)
    assert sealed(checker, b"\xff" * 8, 5) == b"\xff" * 7 + bytes([last])


@pytest.mark.parametrize("name", ["J1939_TSC1", "J1939_XBR"])
@given(seven=seven_bytes, place=st.integers(0, 6), bit=st.integers(0, 7))
def test_a_wrong_bit_is_found_exactly_where_the_folded_sum_differs(
    name: str, seven: bytes, place: int, bit: int
) -> None:
    checker = bound_to(name, TSC1_ID | EXTENDED_FLAG)
    frame = bytearray(sealed(checker, seven + b"\0", 3))
    frame[place] ^= 1 << bit
    # A sum folded to 3 or 4 bits misses some single bits.
    before, after = total(TSC1_ID, seven, 3), total(TSC1_ID, bytes(frame[:7]), 3)
    if name == "J1939_TSC1":
        same = ((before >> 6 & 3) + (before >> 3) + before) % 8 == (
            (after >> 6 & 3) + (after >> 3) + after
        ) % 8
    else:
        same = ((before >> 4) + before) % 16 == ((after >> 4) + after) % 16
    assert checker.check(bytes(frame)) == same


def test_the_identifier_is_part_of_the_sum() -> None:
    frame = sealed(bound_to("J1939_TSC1", TSC1_ID | EXTENDED_FLAG), bytes(8), 0)
    assert not bound_to("J1939_TSC1", TSC1_ID + 1 | EXTENDED_FLAG).check(frame)


def test_fifteen_as_counter_does_not_turn_protection_off() -> None:
    checker = bound_to("J1939_TSC1", TSC1_ID | EXTENDED_FLAG)
    assert not checker.check(b"\xff" * 8)
    assert checker.counter(b"\xff" * 8) == 15
    assert checker.counter(b"\xff" * 8) >= checker.modulus


def test_only_the_last_byte_is_written() -> None:
    checker = bound_to("J1939_XBR", XBR_ID | EXTENDED_FLAG)
    assert changed_bits(bytes(8), sealed(checker, bytes(8), 9)) <= checker.header_bits
    assert checker.header_bits == set(range(56, 64))


@pytest.mark.parametrize(
    ("length", "can_id", "words"),
    [
        (7, TSC1_ID | EXTENDED_FLAG, "a message of 8 bytes, got 7"),
        (8, 0x123, "a 29-bit identifier, got 0x123"),
    ],
)
def test_other_messages_are_refused(length: int, can_id: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        bound_to("J1939_TSC1", can_id, length)
