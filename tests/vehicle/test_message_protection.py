"""Every protection that the codec knows may guard a message of a profile, also where the profile states it.

The makers of checksums here are autosar-e2e, or written out from the definition.
"""

from collections.abc import Callable

import pytest
from e2e import p02, p05, p11

from firmware_runtime.can.protection import PROTECTIONS
from firmware_runtime.can.sender import Sender
from firmware_runtime.can.verdict import Rejection, Unusable
from tests.vehicle.message_support import (
    HEADER,
    J1939,
    MS,
    STANDARD,
    TWO_PLAIN,
    Ear,
    bind,
    can_id,
    cyclic,
    database,
    dbc,
    decoded,
    leave_out,
    passes,
    refused,
)
from tests.vehicle.support import Configuration


def seal_p02(data: bytearray, counter: int) -> None:
    data[1] = data[1] & 0xF0 | counter
    p02.e2e_p02_protect(data, bytes(range(16)), increment_counter=False)


def seal_p05(data: bytearray, counter: int) -> None:
    data[2] = counter
    p05.e2e_p05_protect(data, 0x1234, increment_counter=False)


def seal_p11(data: bytearray, counter: int) -> None:
    data[1] = data[1] & 0xF0 | counter
    p11.e2e_p11_protect(data, 0x123, data_id_mode=p11.E2E_P11_DATAID_NIBBLE, increment_counter=False)


def crc8(data: bytes, polynomial: int, start: int) -> int:
    """Bit by bit, as the definition has it."""
    remainder = start
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder << 1 ^ (polynomial if remainder & 0x80 else 0)
            remainder &= 0xFF
    return remainder


def seal_crc8(data: bytearray, counter: int) -> None:
    data[6] = counter
    data[7] = crc8(bytes(data[:7]), 0x1D, 0xFF)


def seal_xor(data: bytearray, counter: int) -> None:
    data[6] = counter
    data[7] = 0x5A
    for byte in data[:7]:
        data[7] ^= byte


def seal_tsc1(data: bytearray, counter: int) -> None:
    """SAE J1939-71 TSC1: sum of bytes 1 to 7, counter and identifier 0x0C00002A, folded to 3 bits."""
    total = sum(data[:7]) + counter + sum(b"\x0c\x00\x00\x2a")
    data[7] = ((total >> 6 & 3) + (total >> 3) + total & 7) << 4 | counter


HEADERS = {
    "8 + 4": HEADER,
    "16 + 8": ' SG_ Crc : 0|16@1+ (1,0) [0|0] "" A\n SG_ Counter : 16|8@1+ (1,0) [0|0] "" A\n',
    "8 + nibble + 4": HEADER + ' SG_ Nibble : 12|4@1+ (1,0) [0|0] "" A\n',
    "end": ' SG_ Crc : 56|8@1+ (1,0) [0|0] "" A\n SG_ Counter : 48|8@1+ (1,0) [0|0] "" A\n',
    "last byte": ' SG_ Crc : 60|4@1+ (1,0) [0|0] "" A\n SG_ Counter : 56|4@1+ (1,0) [0|0] "" A\n',
}
CRC8 = {
    "E2ePolynomial": 0x1D,
    "E2eStart": 0xFF,
    "E2eChecksumByte": 7,
    "E2eCounterBit": 48,
    "E2eCounterWidth": 8,
}
XOR = {"E2eStart": 0x5A, "E2eChecksumByte": 7, "E2eCounterBit": 48, "E2eCounterWidth": 8}
Seal = Callable[[bytearray, int], None]
STYLES: dict[str, tuple[str, dict[str, int | str], Seal]] = {
    "P02": ("8 + 4", {"E2eDataIdList": bytes(range(16)).hex()}, seal_p02),
    "P05": ("16 + 8", {"E2eDataId": 0x1234}, seal_p05),
    "P11C": ("8 + nibble + 4", {"E2eDataId": 0x123}, seal_p11),
    "CRC8_COUNTER": ("end", {**CRC8}, seal_crc8),
    "XOR_COUNTER": ("end", {**XOR}, seal_xor),
    "J1939_TSC1": ("last byte", {}, seal_tsc1),
}


def style_dbc(name: str, cycle_ms: int = 20) -> str:
    header, attributes, _ = STYLES[name]
    number = 0x8C00002A if name.startswith("J1939") else 801
    message = f'BO_ {number} Load: 8 A\n{HEADERS[header]} SG_ Mass : 24|16@1+ (5,0) [0|320000] "kg" A\n'
    stated = cyclic(J1939 if number != 801 else STANDARD, E2eProfile=name, **attributes)
    return dbc(message, **{f"m{number}": {**stated, "GenMsgCycleTime": cycle_ms}})


@pytest.mark.parametrize("name", STYLES)
def test_every_protection_of_the_codec_may_guard_an_input(
    name: str, configuration: Configuration, capsys: pytest.CaptureFixture[str]
) -> None:
    bind(configuration, style_dbc(name), {"load_mass_kg": "Load.Mass"})
    row = passes(configuration, capsys)["input load_mass_kg"]
    assert row["protection"].split()[0] == name
    ear = Ear(configuration)
    message = database(configuration).get_message_by_name("Load")
    values = {signal.name: 0 for signal in message.signals}
    for counter, mass in enumerate((71_000, 71_005)):
        data = bytearray(message.encode({**values, "Mass": mass}))
        STYLES[name][2](data, counter)
        assert ear.hear(can_id(message), bytes(data)) is Rejection.ACCEPTED
        assert ear.read("load_mass_kg") == (mass, Unusable.OK)
        assert ear.hear(can_id(message), bytes(data)) is Rejection.REPEATED
        data[3] ^= 0x10
        assert ear.hear(can_id(message), bytes(data)) is Rejection.CRC


def test_all_protections_of_the_codec_are_among_those_of_its_table() -> None:
    assert STYLES.keys() < PROTECTIONS.keys()


@pytest.mark.parametrize("name", STYLES)
def test_every_protection_of_the_codec_may_guard_an_output(
    name: str, configuration: Configuration, capsys: pytest.CaptureFixture[str]
) -> None:
    text = style_dbc(name).replace(
        'SG_ Mass : 24|16@1+ (5,0) [0|320000] "kg"', 'SG_ Angle : 24|16@1- (0.0001,0) [-1.2|1.2] "rad"'
    )
    bind(configuration, text, {">steering_front_angle_rad": "Load.Angle"})
    leave_out(configuration, "drive", "SteeringCommand.FrontAngle")
    passes(configuration, capsys)
    profile = configuration.load()
    sender = Sender(profile.databases, profile.outputs)
    values = [0.25 if b.name == "steering_front_angle_rad" else max(b.low, 0.0) for b in profile.outputs]
    message = database(configuration).get_message_by_name("Load")
    for counter in range(3):
        (frame,) = [f for f in sender.frames(counter * 20 * MS, values) if f.bus == "extra"]
        assert frame.can_id == can_id(message)
        assert decoded(message, frame.data)["Angle"] == pytest.approx(0.25)
        expected = bytearray(frame.data)
        STYLES[name][2](expected, counter)
        assert frame.data == bytes(expected)


STATED = """
[messages.extra.Plain.attributes]
E2eProfile = "CRC8_COUNTER"
E2ePolynomial = 29
E2eStart = 255
E2eChecksumByte = 7
E2eCounterBit = 48
E2eCounterWidth = 8
"""
UNSTATED = f'BO_ 291 Plain: 8 A\n{HEADERS["end"]} SG_ Mass : 24|16@1+ (5,0) [0|320000] "kg" A\n'


def test_a_profile_may_state_the_protection_that_a_makers_dbc_leaves_out(
    configuration: Configuration, capsys: pytest.CaptureFixture[str]
) -> None:
    bind(configuration, dbc(UNSTATED, m291=cyclic()), {"load_mass_kg": "Plain.Mass"}, STATED)
    assert passes(configuration, capsys)["input load_mass_kg"]["protection"] == "CRC8_COUNTER"
    ear = Ear(configuration)
    data = bytearray(3) + (1000).to_bytes(2, "little") + bytearray(3)
    seal_crc8(data, 0)
    assert ear.hear(291, bytes(data)) is Rejection.ACCEPTED
    assert ear.read("load_mass_kg") == (5000.0, Unusable.OK)
    data[3] ^= 1
    assert ear.hear(291, bytes(data)) is Rejection.CRC


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("E2eStart", "E2eStrat", 'an attribute of a protection (did you mean "E2eStart"?), got "E2eStrat"'),
        ("29", "true", "expected a whole number or text, got true"),
        ('[messages.extra.Plain.attributes]\nE2eProfile = "CRC8_COUNTER"',
         '[messages.extra.Plain]\nunprotected = "none"\n[messages.extra.Plain.attributes]\n'
         'E2eProfile = "CRC8_COUNTER"',
         "nothing, as [attributes] states a protection"),
    ],
)  # fmt: skip
def test_a_statement_of_protection_that_does_not_fit(
    old: str, new: str, words: str, configuration: Configuration
) -> None:
    stated = STATED.replace(old, new)
    assert stated != STATED
    bind(configuration, dbc(UNSTATED, m291=cyclic()), {"load_mass_kg": "Plain.Mass"}, stated)
    assert any(words in problem for problem in refused(configuration)), refused(configuration)


def test_a_protection_that_the_dbc_states_is_not_stated_again(configuration: Configuration) -> None:
    text = dbc(TWO_PLAIN, m291=cyclic(E2eProfile="P01", E2eDataId=1))
    stated = '[messages.extra.Plain.attributes]\nE2eProfile = "P02"\nE2eDataId = 2\n'
    bind(configuration, text, {"load_mass_kg": "Plain.Mass"}, stated)
    assert refused(configuration) == [
        '[messages.extra.Plain.attributes] E2eProfile: expected nothing, as the DBC states P01, got "P02"',
        "[messages.extra.Plain.attributes] E2eDataId: expected nothing, as the DBC states 1, got 2",
    ]


def test_two_lists_of_data_identifiers_alike_could_pass_for_each_other(configuration: Configuration) -> None:
    text = dbc(
        TWO_PLAIN.replace('"kg"', '"V"').replace("(5,0) [0|320000]", "(0.01,0) [0|50]"),
        TWO_PLAIN.replace("291 Plain", "292 Other"),
        m291=cyclic(E2eProfile="P02", E2eDataIdList="00" * 16),
        m292=cyclic(E2eProfile="P02", E2eDataIdList="00" * 16),
    )
    bind(configuration, text, {"load_mass_kg": "Other.Mass", "supply_voltage_v": "Plain.Mass"})
    assert refused(configuration) == [
        "[inputs] load_mass_kg: expected an E2eDataIdList of its own for extra.Other, "
        f"got {'00' * 16}, which Plain has too"
    ]
