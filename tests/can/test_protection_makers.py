"""Car makers' checksum-and-counter styles, against real frames and opendbc's own functions.

Frames are those that opendbc's public tests hold as recorded in vehicles (MIT licence).
"""

from functools import reduce
from operator import xor
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.can.protection import Checker
from tests.can.protection_support import bound, changed_bits, sealed


@pytest.fixture(scope="module")
def opendbc() -> SimpleNamespace:
    """opendbc's checksum functions by car maker."""
    places = {
        "rivian": "rivian.riviancan",
        "chrysler": "chrysler.chryslercan",
        "volkswagen": "volkswagen.mqbcan",
        "toyota": "toyota.toyotacan",
        "tesla": "tesla.teslacan",
        "subaru": "subaru.subarucan",
    }
    return SimpleNamespace(
        **{
            maker: pytest.importorskip(f"opendbc.car.{place}", reason="opendbc is not installed")
            for maker, place in places.items()
        }
    )


COUNTER = {"E2eCounterBit": 8, "E2eCounterWidth": 4}


def giorgio(length: int, final_xor: int) -> Checker:
    """CRC-8 SAE J1850 from 0 in the last byte; counter in the low nibble before it."""
    return bound(
        "CRC8_COUNTER",
        length,
        E2ePolynomial=0x1D,
        E2eFinalXor=final_xor,
        E2eChecksumByte=length - 1,
        E2eCounterBit=8 * (length - 2),
        E2eCounterWidth=4,
    )


@pytest.mark.parametrize(
    ("final_xor", "frames"),
    [
        (0x10, ("175197cc00df", "175197c901a3", "175197cc02e5")),
        (0xF6, ("7c4357600000a1", "7c6358e00001d5", "7c6358e00002f2")),
        (0xF1, ("7b3000f8", "7b100190")),
        (0x0A, ("7e38007d10318032", "7e38007d1031812f", "7e38007d20318220")),
    ],
)
def test_recorded_frames_of_a_crc_8_with_a_makers_final_xor(final_xor: int, frames: tuple[str, ...]) -> None:
    for counter, text in enumerate(frames):
        frame = bytes.fromhex(text)
        checker = giorgio(len(frame), final_xor)
        assert checker.check(frame)
        assert checker.counter(frame) == counter
        assert sealed(checker, frame, counter) == frame
        assert not giorgio(len(frame), final_xor ^ 1).check(frame)


def test_recorded_frames_of_profile_2_from_a_vehicle() -> None:
    # Steering angle sensor, identifier 0x86, one frame for each counter value.
    frames = (
        "6b00bd0000000000 ee010a0000000000 d802a90000000000 0303bea212000000 7b04312003000000 "
        "8b05e28509000000 6306132100000000 6607050000000000 49080d0000000000 5f097e6001000000 "
        "af0a722000000000 590b1b0000000000 a80c060000000000 bc0d722000000000 f90e0f0000000000 "
        "600f62c000000000"
    )
    checker = bound("P02", 8, E2eDataIdList="86" * 16)
    for counter, text in enumerate(frames.split()):
        frame = bytes.fromhex(text)
        assert checker.check(frame)
        assert checker.counter(frame) == counter
        assert sealed(checker, frame, counter) == frame


@given(payload=st.binary(min_size=8, max_size=8), counter=st.integers(0, 15))
def test_crc_8_equals_opendbcs_for_rivian_and_chrysler(
    opendbc: SimpleNamespace, payload: bytes, counter: int
) -> None:
    first = bound("CRC8_COUNTER", 8, E2ePolynomial=0x1D, E2eFinalXor=0x63, E2eChecksumByte=0, **COUNTER)
    frame = sealed(first, payload, counter)
    assert frame[0] == opendbc.rivian.checksum(frame[1:], 0x1D, 0x63)
    assert first.check(frame)
    last = bound(
        "CRC8_COUNTER",
        8,
        E2ePolynomial=0x1D,
        E2eStart=0xFF,
        E2eFinalXor=0xFF,
        E2eChecksumByte=7,
        E2eCounterBit=52,
        E2eCounterWidth=4,
    )
    frame = sealed(last, payload, counter)
    assert frame[7] == opendbc.chrysler.chrysler_checksum(0, None, bytearray(frame))
    assert frame[6] == payload[6] & 0x0F | counter << 4


@given(
    payload=st.binary(min_size=8, max_size=8), counter=st.integers(0, 15), start=st.sampled_from([0, 0x55])
)
def test_exclusive_or_equals_opendbcs_for_volkswagen_pq(
    opendbc: SimpleNamespace, payload: bytes, counter: int, start: int
) -> None:
    checker = bound("XOR_COUNTER", 8, E2eChecksumByte=0, E2eStart=start, **COUNTER)
    frame = sealed(checker, payload, counter)
    assert frame[0] == opendbc.volkswagen.xor_checksum(
        0, SimpleNamespace(start_bit=0), bytearray(frame), start
    )


@given(payload=st.binary(min_size=8, max_size=8), counter=st.integers(0, 15), can_id=st.integers(1, 0x7FF))
def test_sum_equals_opendbcs_for_toyota_tesla_and_subaru(
    opendbc: SimpleNamespace, payload: bytes, counter: int, can_id: int
) -> None:
    identifier = (can_id >> 8) + (can_id & 0xFF)
    last = bound("SUM_COUNTER", 8, E2eChecksumByte=7, E2eStart=identifier + 8 & 0xFF, **COUNTER)
    frame = sealed(last, payload, counter)
    assert frame[7] == opendbc.toyota.toyota_checksum(can_id, None, bytearray(frame))
    first = bound("SUM_COUNTER", 8, E2eChecksumByte=0, E2eStart=identifier & 0xFF, **COUNTER)
    frame = sealed(first, payload, counter)
    assert frame[0] == opendbc.tesla.tesla_checksum(can_id, SimpleNamespace(start_bit=0), bytearray(frame))
    assert frame[0] == opendbc.subaru.subaru_checksum(can_id, None, bytearray(frame))


@pytest.mark.parametrize("name", ["CRC8_COUNTER", "XOR_COUNTER", "SUM_COUNTER"])
@given(data=st.data(), length=st.sampled_from([2, 3, 7, 8, 12, 64]))
def test_any_place_of_checksum_and_counter(name: str, data: st.DataObject, length: int) -> None:
    places = data.draw(st.lists(st.integers(0, length - 1), min_size=2, max_size=2, unique=True))
    checksum_byte, counter_byte = places
    shift = data.draw(st.integers(0, 7))
    width = data.draw(st.integers(1, 8 - shift))
    modulus = data.draw(st.integers(2, 1 << width))
    start = data.draw(st.integers(0, 255))
    checker = bound(
        name,
        length,
        E2ePolynomial=0x2F,
        E2eStart=start,
        E2eChecksumByte=checksum_byte,
        E2eCounterBit=8 * counter_byte + shift,
        E2eCounterWidth=width,
        E2eCounterModulus=modulus,
    )
    counter = data.draw(st.integers(0, modulus - 1))
    payload = data.draw(st.binary(min_size=length, max_size=length))
    frame = sealed(checker, payload, counter)
    assert checker.check(frame)
    assert checker.counter(frame) == counter
    assert checker.modulus == modulus
    assert changed_bits(payload, frame) <= checker.header_bits
    assert len(checker.header_bits) == 8 + width
    others = [byte for place, byte in enumerate(frame) if place != checksum_byte]
    if name == "XOR_COUNTER":
        assert frame[checksum_byte] == reduce(xor, others, start)
    if name == "SUM_COUNTER":
        assert frame[checksum_byte] == (start + sum(others)) % 256
    wrong = bytearray(frame)
    wrong[data.draw(st.integers(0, length - 1))] ^= data.draw(st.integers(1, 255))
    assert not checker.check(bytes(wrong))
