"""The codec's CRC is AUTOSAR's: every frame that autosar-e2e protects has the CRC that we compute."""

from e2e.p01 import e2e_p01_protect
from hypothesis import given
from hypothesis import strategies as st

from vehicle_hil.codec.crc import Profile1Crc


@given(st.integers(0, 0xFFFF), st.binary(min_size=2, max_size=8))
def test_equals_autosar_e2e(data_id: int, data: bytes) -> None:
    protected = bytearray(data)
    e2e_p01_protect(protected, data_id, increment_counter=False)
    assert Profile1Crc(data_id, len(data)).of(bytes(protected[1:])) == protected[0]


@given(st.integers(0, 0xFFFF), st.binary(min_size=7, max_size=7), st.integers(0, 55))
def test_sees_every_single_bit_error(data_id: int, tail: bytes, bit: int) -> None:
    crc = Profile1Crc(data_id, 8)
    flipped = bytearray(tail)
    flipped[bit // 8] ^= 1 << bit % 8
    assert crc.of(tail) != crc.of(bytes(flipped))


def test_tells_two_identifiers_apart() -> None:
    tail = bytes(7)
    assert len({Profile1Crc(data_id, 8).of(tail) for data_id in range(0xFF00, 0xFF50)}) == 0x50
