"""What a protection's attributes cannot be, and what a sealed frame cannot carry."""

import pytest

from firmware_runtime.can.frame import EXTENDED_FLAG
from firmware_runtime.can.protection import PROTECTIONS, ProtectionContract
from tests.can.protection_support import bound

PLAIN = {"E2eChecksumByte": 0, "E2eCounterBit": 8, "E2eCounterWidth": 4}

REFUSED = (
    ("P01", 8, {}, "expected E2eDataId 1..65535, got none"),
    ("P01", 8, {"E2eDataId": 0}, "expected E2eDataId 1..65535, got 0"),
    ("P01", 8, {"E2eDataId": "7"}, "expected E2eDataId 1..65535, got '7'"),
    ("P01B", 8, {"E2eDataId": 65536}, "expected E2eDataId 1..65535, got 65536"),
    ("P01C", 8, {"E2eDataId": 4096}, "expected E2eDataId 1..4095, got 4096"),
    ("P11C", 8, {"E2eDataId": 4096}, "expected E2eDataId 1..4095, got 4096"),
    ("P01_LOW", 8, {"E2eDataId": 256}, "expected E2eDataId 1..255, got 256"),
    ("P01", 1, {"E2eDataId": 1}, "expected a message of at least 2 bytes, got 1"),
    ("P11", 8, {"E2eDataId": 1, "E2eOffset": 7}, "expected E2eOffset 0..6, got 7"),
    ("P01", 8, {"E2eOffset": -1}, "expected E2eDataId .*\nexpected E2eOffset 0..6, got -1"),
    ("P02", 8, {}, "expected E2eDataIdList of 16 bytes in hexadecimal digits, got none"),
    ("P02", 8, {"E2eDataIdList": "00" * 15}, "E2eDataIdList of 16 bytes"),
    ("P02", 8, {"E2eDataIdList": "no digits"}, "E2eDataIdList of 16 bytes .* got 'no digits'"),
    ("P02", 8, {"E2eDataIdList": 5}, "E2eDataIdList of 16 bytes .* got 5"),
    ("P02", 1, {"E2eDataIdList": "01" * 16}, "expected a message of at least 2 bytes, got 1"),
    ("P05", 2, {"E2eDataId": 1}, "expected a message of at least 3 bytes, got 2"),
    ("P05", 8, {"E2eDataId": 1, "E2eOffset": 6}, "expected E2eOffset 0..5, got 6"),
    ("CRC8_COUNTER", 8, PLAIN, "expected E2ePolynomial 1..255, got none"),
    ("CRC8_COUNTER", 8, PLAIN | {"E2ePolynomial": 0x11D}, "expected E2ePolynomial 1..255, got 285"),
    ("XOR_COUNTER", 8, PLAIN | {"E2eChecksumByte": 8}, "expected E2eChecksumByte 0..7, got 8"),
    ("XOR_COUNTER", 8, PLAIN | {"E2eCounterBit": 64}, "expected E2eCounterBit 0..63, got 64"),
    ("XOR_COUNTER", 8, PLAIN | {"E2eCounterBit": 13}, "expected E2eCounterWidth 1..3, got 4"),
    ("XOR_COUNTER", 8, PLAIN | {"E2eCounterBit": 4}, "E2eCounterBit outside the checksum's byte 0, got 4"),
    ("XOR_COUNTER", 8, PLAIN | {"E2eCounterModulus": 17}, "expected E2eCounterModulus 2..16, got 17"),
    ("SUM_COUNTER", 8, PLAIN | {"E2eStart": 256}, "expected E2eStart 0..255, got 256"),
    ("SUM_COUNTER", 1, PLAIN, "expected a message of at least 2 bytes, got 1"),
)


@pytest.mark.parametrize(("name", "length", "attributes", "words"), REFUSED)
def test_attributes_that_do_not_fit_are_refused(
    name: str, length: int, attributes: dict[str, int | str], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        bound(name, length, **attributes)


GOOD = {
    "P01": {"E2eDataId": 1},
    "P02": {"E2eDataIdList": "01" * 16},
    "P05": {"E2eDataId": 1},
    "XOR_COUNTER": PLAIN,
    "SUM_COUNTER": PLAIN | {"E2eCounterModulus": 3},
    "CRC8_COUNTER": PLAIN | {"E2ePolynomial": 0x2F},
    "J1939_TSC1": {},
}
MODULI = {
    "P01": 15,
    "P02": 16,
    "P05": 256,
    "XOR_COUNTER": 16,
    "SUM_COUNTER": 3,
    "CRC8_COUNTER": 16,
    "J1939_TSC1": 8,
}


@pytest.mark.parametrize("name", GOOD)
def test_a_counter_out_of_range_is_not_sealed(name: str) -> None:
    contract = ProtectionContract(EXTENDED_FLAG | 0x123, GOOD[name])
    checker = PROTECTIONS[name].bind(contract, 8)
    modulus = MODULI[name]
    assert checker.modulus == modulus
    for counter in (-1, modulus):
        payload = bytearray(b"\xa5" * 8)
        with pytest.raises(ValueError, match=rf"expected a counter 0..{modulus - 1}, got {counter}"):
            checker.seal(payload, counter)
        assert payload == b"\xa5" * 8


def test_the_table_names_every_profile_and_what_it_reads() -> None:
    assert set(PROTECTIONS) == {
        "P01", "P01B", "P01C", "P01_LOW", "P02", "P05", "P11", "P11C",
        "CRC8_COUNTER", "XOR_COUNTER", "SUM_COUNTER", "J1939_TSC1", "J1939_XBR",
    }  # fmt: skip
    for name, profile in PROTECTIONS.items():
        assert profile.name == name
        assert profile.meaning
    for name, attributes in GOOD.items():
        assert set(attributes) <= set(PROTECTIONS[name].attributes)
