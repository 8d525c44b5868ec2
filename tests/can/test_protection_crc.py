"""CRCs against the check values that their public catalogue gives for "123456789"."""

from binascii import crc_hqx

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.can.protection.autosar import START_2, START_5
from firmware_runtime.can.protection.crc import AUTOSAR_8H2F, SAE_J1850, crc8, crc8_key, crc8_residue

DIGITS = b"123456789"

# Name in Greg Cook's "Catalogue of parametrised CRC algorithms", polynomial, start, final xor, check value.
CATALOGUE = (
    ("CRC-8/SAE-J1850", 0x1D, 0xFF, 0xFF, 0x4B),
    ("CRC-8/GSM-A", 0x1D, 0x00, 0x00, 0x37),
    ("CRC-8/AUTOSAR", 0x2F, 0xFF, 0xFF, 0xDF),
    ("CRC-8/OPENSAFETY", 0x2F, 0x00, 0x00, 0x3E),
    ("CRC-8/DVB-S2", 0xD5, 0x00, 0x00, 0xBC),
    ("CRC-8/SMBUS", 0x07, 0x00, 0x00, 0xF4),
    ("CRC-8/I-432-1", 0x07, 0x00, 0x55, 0xA1),
    ("CRC-8/CDMA2000", 0x9B, 0xFF, 0x00, 0xDA),
    ("CRC-8/NRSC-5", 0x31, 0xFF, 0x00, 0xF7),
    ("CRC-8/LTE", 0x9B, 0x00, 0x00, 0xEA),
)


@pytest.mark.parametrize(("name", "polynomial", "start", "final_xor", "value"), CATALOGUE)
def test_crc_8_has_the_catalogues_check_value(
    name: str, polynomial: int, start: int, final_xor: int, value: int
) -> None:
    assert crc8(DIGITS, polynomial, start, final_xor) == value, name


def test_the_profiles_polynomials_are_the_standards() -> None:
    assert SAE_J1850 == 0x1D
    assert AUTOSAR_8H2F == 0x2F
    assert START_2 == 0xFF


@pytest.mark.parametrize(
    ("name", "start", "value"), [("CRC-16/IBM-3740", START_5, 0x29B1), ("CRC-16/XMODEM", 0, 0x31C3)]
)
def test_the_crc_16_of_profile_5_has_the_catalogues_check_value(name: str, start: int, value: int) -> None:
    assert crc_hqx(DIGITS, start) == value, name


@given(st.data(), st.integers(1, 255), st.integers(0, 255), st.integers(0, 255), st.integers(2, 64))
def test_a_residue_equals_its_key_exactly_where_the_crc_is_right(
    data: st.DataObject, polynomial: int, start: int, final_xor: int, length: int
) -> None:
    payload = bytearray(data.draw(st.binary(min_size=length, max_size=length)))
    crc_byte = data.draw(st.integers(0, length - 1))
    before = data.draw(st.binary(max_size=2))
    after = data.draw(st.binary(max_size=2))
    covered = before + bytes(payload[:crc_byte] + payload[crc_byte + 1 :]) + after
    right = crc8(covered, polynomial, start, final_xor)
    residue = crc8_residue(polynomial, length, crc_byte, len(after))
    key = crc8_key(polynomial, start, final_xor, length, before, after)
    assert (residue(payload) == key) == (payload[crc_byte] == right)
    payload[crc_byte] = right
    assert residue(payload) == key
