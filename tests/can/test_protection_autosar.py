"""AUTOSAR profiles 1, 2, 5 and 11, in every variant, against the independent `autosar-e2e`."""

from collections.abc import Callable

import e2e.p01 as p01
import e2e.p02 as p02
import e2e.p05 as p05
import e2e.p11 as p11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.can.protection import Checker, CounterCheck
from firmware_runtime.can.verdict import Rejection
from tests.can.protection_support import bound, changed_bits, sealed, with_wrong_bits

FD_LENGTHS = (12, 16, 20, 24, 32, 48, 64)
"""Lengths beyond 8 that CAN FD has (ISO 11898-1)."""
lengths = st.one_of(st.integers(3, 8), st.sampled_from(FD_LENGTHS))

Oracle = tuple[Callable[[bytearray], None], Callable[[bytearray], bool]]
"""Protect in place (counter as it stands), and check."""


def profile_1_oracle(mode: int, data_id: int, offset: int) -> Oracle:
    return (
        lambda data: p01.e2e_p01_protect(
            data, data_id, data_id_mode=mode, offset=offset, increment_counter=False
        ),
        lambda data: p01.e2e_p01_check(data, data_id, data_id_mode=mode, offset=offset),
    )


def profile_11_oracle(mode: int, data_id: int, offset: int) -> Oracle:
    return (
        lambda data: p11.e2e_p11_protect(
            data, data_id, data_id_mode=mode, offset=offset, increment_counter=False
        ),
        lambda data: p11.e2e_p11_check(data, data_id, data_id_mode=mode, offset=offset),
    )


# Profile, oracle, its mode, greatest data identifier.
HEADER_PROFILES = (
    ("P01", profile_1_oracle, p01.E2E_P01_DATAID_BOTH, 0xFFFF),
    ("P01B", profile_1_oracle, p01.E2E_P01_DATAID_ALT, 0xFFFF),
    ("P01C", profile_1_oracle, p01.E2E_P01_DATAID_NIBBLE, 0x0FFF),
    ("P01_LOW", profile_1_oracle, p01.E2E_P01_DATAID_LOW, 0x00FF),
    ("P11", profile_11_oracle, p11.E2E_P11_DATAID_BOTH, 0xFFFF),
    ("P11C", profile_11_oracle, p11.E2E_P11_DATAID_NIBBLE, 0x0FFF),
)


def assert_equal_to_oracle(
    checker: Checker, oracle: Oracle, payload: bytes, counter: int, counter_byte: int, counter_mask: int
) -> bytes:
    """Both protect alike, and both accept the result; returns the frame."""
    protect, check = oracle
    theirs = bytearray(payload)
    theirs[counter_byte] = theirs[counter_byte] & ~counter_mask & 0xFF | counter
    protect(theirs)
    ours = sealed(checker, payload, counter)
    assert ours == theirs
    assert checker.check(ours)
    assert check(bytearray(ours))
    assert checker.counter(ours) == counter
    assert changed_bits(payload, ours) <= checker.header_bits
    return ours


@pytest.mark.parametrize(("name", "oracle", "mode", "greatest_id"), HEADER_PROFILES)
@given(st.data(), lengths)
def test_profiles_1_and_11_protect_as_the_independent_implementation(
    name: str,
    oracle: Callable[[int, int, int], Oracle],
    mode: int,
    greatest_id: int,
    data: st.DataObject,
    length: int,
) -> None:
    data_id = data.draw(st.integers(1, greatest_id))
    offset = data.draw(st.integers(0, length - 2))
    payload = data.draw(st.binary(min_size=length, max_size=length))
    counter = data.draw(st.integers(0, 14))
    checker = bound(name, length, E2eDataId=data_id, E2eOffset=offset)
    assert checker.modulus == 15
    assert_equal_to_oracle(
        checker, oracle(mode, data_id, offset), payload, counter, counter_byte=offset + 1, counter_mask=0x0F
    )


@pytest.mark.parametrize(("name", "oracle", "mode", "greatest_id"), HEADER_PROFILES)
@given(st.data(), lengths)
def test_profiles_1_and_11_check_as_the_independent_implementation(
    name: str,
    oracle: Callable[[int, int, int], Oracle],
    mode: int,
    greatest_id: int,
    data: st.DataObject,
    length: int,
) -> None:
    data_id = data.draw(st.integers(1, greatest_id))
    offset = data.draw(st.integers(0, length - 2))
    payload = bytearray(data.draw(st.binary(min_size=length, max_size=length)))
    protect, check = oracle(mode, data_id, offset)
    if data.draw(st.booleans()) and payload[offset + 1] & 0x0F < 15:
        # A random payload is hardly ever right; one wrong byte in a right one is the sharper question.
        protect(payload)
        payload[data.draw(st.integers(0, length - 1))] = data.draw(st.integers(0, 255))
    checker = bound(name, length, E2eDataId=data_id, E2eOffset=offset)
    # The independent check also refuses 15 as counter; ours leaves that to the judge of counters.
    counts = checker.counter(bytes(payload)) < checker.modulus
    assert (checker.check(bytes(payload)) and counts) == check(payload)


@pytest.mark.parametrize(("name", "oracle", "mode", "greatest_id"), HEADER_PROFILES)
def test_fifteen_under_a_right_crc_is_no_counter_for_either(
    name: str, oracle: Callable[[int, int, int], Oracle], mode: int, greatest_id: int
) -> None:
    checker = bound(name, 8, E2eDataId=0x8C)
    frame = bytearray(sealed(checker, bytes(range(8)), 7))
    frame[1] |= 0x0F
    assert greatest_id >= 0x8C
    for crc in range(256):
        frame[0] = crc
        assert not oracle(mode, 0x8C, 0)[1](frame)
        assert CounterCheck(checker.modulus).judge(checker.counter(bytes(frame))) is Rejection.SEQUENCE


@pytest.mark.parametrize("name", ["P01C", "P11C"])
@given(st.binary(min_size=8, max_size=8), st.integers(1, 0xFFF), st.integers(0, 14), st.integers(1, 15))
def test_a_wrong_identifier_nibble_is_refused_even_under_a_right_crc(
    name: str, payload: bytes, data_id: int, counter: int, wrong: int
) -> None:
    frame = bytearray(sealed(bound(name, 8, E2eDataId=data_id), payload, counter))
    frame[1] ^= wrong << 4
    state = 0
    for byte in [data_id & 0xFF, 0, *frame[1:]]:
        state ^= byte
        for _ in range(8):
            state = (state << 1 ^ 0x1D) & 0xFF if state & 0x80 else state << 1
    frame[0] = state
    mode = p01.E2E_P01_DATAID_NIBBLE
    assert not bound(name, 8, E2eDataId=data_id).check(bytes(frame))
    assert not p01.e2e_p01_check(frame, data_id, data_id_mode=mode)


@given(st.data(), lengths)
def test_profile_2_is_the_independent_implementations(data: st.DataObject, length: int) -> None:
    id_list = data.draw(st.binary(min_size=16, max_size=16))
    payload = data.draw(st.binary(min_size=length, max_size=length))
    counter = data.draw(st.integers(0, 15))
    checker = bound("P02", length, E2eDataIdList=id_list.hex(" "))
    assert checker.modulus == 16
    oracle: Oracle = (
        lambda frame: p02.e2e_p02_protect(frame, id_list, increment_counter=False),
        lambda frame: p02.e2e_p02_check(frame, id_list, length=length),
    )
    frame = bytearray(assert_equal_to_oracle(checker, oracle, payload, counter, 1, 0x0F))
    frame[data.draw(st.integers(0, length - 1))] = data.draw(st.integers(0, 255))
    assert checker.check(bytes(frame)) == oracle[1](frame)


@given(st.data(), lengths, st.integers(1, 0xFFFF), st.integers(0, 255))
def test_profile_5_is_the_independent_implementations(
    data: st.DataObject, length: int, data_id: int, counter: int
) -> None:
    offset = data.draw(st.integers(0, length - 3))
    payload = data.draw(st.binary(min_size=length, max_size=length))
    checker = bound("P05", length, E2eDataId=data_id, E2eOffset=offset)
    assert checker.modulus == 256
    oracle: Oracle = (
        lambda frame: p05.e2e_p05_protect(frame, data_id, offset=offset, increment_counter=False),
        lambda frame: p05.e2e_p05_check(frame, data_id, offset=offset),
    )
    frame = bytearray(assert_equal_to_oracle(checker, oracle, payload, counter, offset + 2, 0xFF))
    frame[data.draw(st.integers(0, length - 1))] = data.draw(st.integers(0, 255))
    assert checker.check(bytes(frame)) == oracle[1](frame)


@pytest.mark.parametrize(
    ("name", "attributes", "longest_burst"),
    [
        ("P01", {"E2eDataId": 0x1234}, 8),
        ("P02", {"E2eDataIdList": "4D" * 16}, 8),
        ("P05", {"E2eDataId": 0x1234}, 16),
        ("P11", {"E2eDataId": 0x1234, "E2eOffset": 3}, 8),
    ],
)
@given(data=st.data(), length=lengths)
def test_every_burst_within_the_data_as_long_as_the_crc_is_found(
    name: str,
    attributes: dict[str, int | str],
    longest_burst: int,
    data: st.DataObject,
    length: int,
) -> None:
    length = max(length, 5)
    checker = bound(name, length, **attributes)
    frame = sealed(checker, data.draw(st.binary(min_size=length, max_size=length)), 7)
    # Behind the header, so that the counter, which chooses profile 2's identifier, stays as it is.
    bits = 8 * (length - 5 if "E2eOffset" in attributes else length - 3)
    burst = data.draw(st.integers(1, (1 << min(longest_burst, max(bits, 1))) - 1))
    place = data.draw(st.integers(0, max(0, bits - burst.bit_length())))
    assert not checker.check(with_wrong_bits(frame, burst, place))


@given(st.integers(1, 0xFFFF), st.integers(1, 0xFFFF), st.binary(min_size=8, max_size=8))
def test_profile_5_never_takes_another_identifiers_frame_for_its_own(
    data_id: int, other: int, payload: bytes
) -> None:
    # Its 16-bit identifier reaches each bit of its 16-bit CRC.
    frame = sealed(bound("P05", 8, E2eDataId=data_id), payload, 9)
    assert bound("P05", 8, E2eDataId=other).check(frame) == (other == data_id)
