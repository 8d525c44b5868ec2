"""Every kind of message that the codec knows may stand in a profile: pages, CAN FD, J1939, any protection.

Each profile here is the committed Q-Truck's with some signals bound to a small DBC on a bus of their own. It
must pass `firmware-runtime check`, and what a Receiver made of it reads must be what cantools encoded.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import cantools
import pytest
from cantools.database.can import Database, Message
from e2e import p01, p02, p05, p11

from firmware_runtime.can.frame import EXTENDED_FLAG, Frame
from firmware_runtime.can.protection import PROTECTIONS
from firmware_runtime.can.receiver import Receiver
from firmware_runtime.can.sender import Sender
from firmware_runtime.can.verdict import Rejection, Unusable
from firmware_runtime.executive.command import main
from tests.vehicle.support import PROFILE_FILE, Configuration

MS = 1_000_000
EXTRA_DBC = "dbc/extra.dbc"
HEAD = "BU_: A\n"
ATTRIBUTES = """
BA_DEF_ BO_ "GenMsgCycleTime" INT 0 65535;
BA_DEF_ BO_ "GenMsgTimeoutTime" INT 0 65535;
BA_DEF_ BO_ "E2eProfile" STRING ;
BA_DEF_ BO_ "E2eDataId" INT 0 65535;
BA_DEF_ BO_ "E2eDataIdList" STRING ;
BA_DEF_ BO_ "E2ePolynomial" INT 0 255;
BA_DEF_ BO_ "E2eChecksumByte" INT 0 63;
BA_DEF_ BO_ "E2eCounterBit" INT 0 511;
BA_DEF_ BO_ "E2eCounterWidth" INT 0 8;
BA_DEF_ BO_ "E2eStart" INT 0 255;
BA_DEF_ BO_ "E2eMaxDeltaCounter" INT 0 255;
BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG","","","","","","","","","","","StandardCAN_FD","ExtendedCAN_FD";
BA_DEF_DEF_ "GenMsgCycleTime" 0;
BA_DEF_DEF_ "GenMsgTimeoutTime" 0;
BA_DEF_DEF_ "E2eProfile" "";
BA_DEF_DEF_ "VFrameFormat" "StandardCAN";
"""  # noqa: E501
STANDARD, J1939, FD = 0, 3, 14


def dbc(*messages: str, **attributes: Mapping[str, int | str]) -> str:
    """A DBC of `BO_` texts; `attributes` by `m` and the number in their `BO_`."""
    lines = [
        f'BA_ "{name}" BO_ {number[1:]} {json.dumps(value)};'
        for number, values in attributes.items()
        for name, value in values.items()
    ]
    return HEAD + "\n".join(messages) + "\n" + ATTRIBUTES + "\n".join(lines) + "\n"


def cyclic(frame_format: int = STANDARD, **more: int | str) -> dict[str, int | str]:
    return {"GenMsgCycleTime": 20, "GenMsgTimeoutTime": 60, "VFrameFormat": frame_format, **more}


def bind(
    configuration: Configuration, text: str, bound: Mapping[str, str], more: str = "", fd: bool = False
) -> None:
    """Put the DBC on bus `extra` and bind signals to it, `>` before the name of an output."""
    (configuration.folder / EXTRA_DBC).write_text(text)
    path = configuration.folder / PROFILE_FILE
    profile = path.read_text()
    for name, reference in bound.items():
        key = name.removeprefix(">")
        table = profile.index("[outputs]" if key != name else "[inputs]")
        place = profile.index(f"\n{key} = ", table) + 1
        end = profile.index("\n", place)
        profile = profile[:place] + f'{key} = "extra.{reference}"' + profile[end:]
    declared = f'[buses.extra]\ndbc = "../{EXTRA_DBC}"\nbitrate_bps = 500000\n'
    if fd:
        declared += "data_bitrate_bps = 2000000\n"
    path.write_text(profile.replace("[inputs]", f"{declared}{more}\n[inputs]"))


def leave_out(configuration: Configuration, bus: str, signal: str) -> None:
    """A signal that nobody sends any more must be declared constant."""
    message, name = signal.split(".")
    path = configuration.folder / PROFILE_FILE
    constant = f"[messages.{bus}.{message}.constants]\n{name} = 0\n"
    path.write_text(path.read_text().replace("[inputs]", f"{constant}\n[inputs]"))


def passes(configuration: Configuration, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Rows of `check --json` by canonical signal, with its direction."""
    status = main(["check", str(configuration.profile), "--json"])
    out, err = capsys.readouterr()
    assert status == 0, err
    return {f"{row['direction']} {row['signal']}": row for row in json.loads(out)["bindings"]}


def refused(configuration: Configuration) -> list[str]:
    return [f"{p.key}: expected {p.expected}, got {p.got}" for p in configuration.problems()]


class Ear:
    """What the controller has of a profile's frames: a receiver of all its inputs."""

    def __init__(self, configuration: Configuration) -> None:
        self.profile = configuration.load()
        self.receiver = Receiver(self.profile.databases, self.profile.inputs)
        self.now_ns = 0

    def hear(self, can_id: int, data: bytes) -> Rejection:
        self.now_ns += MS
        return self.receiver.push(Frame(self.now_ns, "extra", can_id, data))

    def read(self, name: str, later_ms: int = 0) -> tuple[float, Unusable]:
        index = [binding.name for binding in self.profile.inputs].index(name)
        sample = self.receiver.sample(self.now_ns + later_ms * MS)
        return sample.values[index], sample.reasons[index]


def database(configuration: Configuration) -> Database:
    loaded = cantools.database.load_file(configuration.folder / EXTRA_DBC)
    assert isinstance(loaded, Database)
    return loaded


def decoded(message: Message, data: bytes) -> dict[str, Any]:
    values = message.decode(data)
    assert isinstance(values, dict)
    return dict(values)


def can_id(message: Message) -> int:
    return message.frame_id | EXTENDED_FLAG if message.is_extended_frame else message.frame_id


def seal_p01(data: bytes, identifier: int, counter: int) -> bytes:
    frame = bytearray(data)
    frame[1] = frame[1] & 0xF0 | counter
    p01.e2e_p01_protect(frame, identifier, increment_counter=False)
    return bytes(frame)


HEADER = ' SG_ Crc : 0|8@1+ (1,0) [0|255] "" A\n SG_ Counter : 8|4@1+ (1,0) [0|14] "" A\n'
PAGED = (
    "BO_ 291 Warmth: 8 A\n"
    + HEADER
    + ' SG_ Mux M : 12|4@1+ (1,0) [0|3] "" A\n'
    + ' SG_ Inverter m0 : 16|16@1- (0.1,0) [-40|210] "degC" A\n'
    + ' SG_ Motor m1 : 31|16@0- (0.1,0) [-40|210] "degC" A\n'
    + ' SG_ Spare m2 : 16|16@1- (0.1,0) [-40|210] "degC" A\n'
)
PAGES = {"inverter_temperature_degc": "Warmth.Inverter", "motor_temperature_degc": "Warmth.Motor"}


def test_signals_on_pages_are_read_each_with_the_age_of_its_page(
    configuration: Configuration, capsys: pytest.CaptureFixture[str]
) -> None:
    text = dbc(PAGED, m291=cyclic(E2eProfile="P01", E2eDataId=7))
    bind(configuration, text, PAGES)
    rows = passes(configuration, capsys)
    motor = rows["input motor_temperature_degc"]
    assert motor["message"] == "Warmth[Mux=1]"
    assert motor["deadline_ms"] == 180, "three pages of 60 ms: each cycle brings one"
    ear = Ear(configuration)
    message = database(configuration).get_message_by_name("Warmth")
    ear.read("motor_temperature_degc")
    for counter, (page, values) in enumerate(((0, {"Inverter": -12.3}), (1, {"Motor": 87.6}))):
        data = message.encode({"Crc": 0, "Counter": 0, "Mux": page, **values})
        assert ear.hear(291, seal_p01(data, 7, counter)) is Rejection.ACCEPTED
        if page == 0:
            assert ear.read("motor_temperature_degc")[1] is Unusable.NEVER_RECEIVED
    assert ear.read("inverter_temperature_degc") == (pytest.approx(-12.3), Unusable.OK)
    assert ear.read("motor_temperature_degc") == (pytest.approx(87.6), Unusable.OK)
    assert ear.read("motor_temperature_degc", later_ms=170)[1] is Unusable.OK
    assert ear.read("motor_temperature_degc", later_ms=190)[1] is Unusable.LATE


def test_a_page_may_have_a_deadline_of_its_own(
    configuration: Configuration, capsys: pytest.CaptureFixture[str]
) -> None:
    stated = '[messages.extra.Warmth.page_deadlines_ms]\n"Mux=1" = 40\n'
    bind(configuration, dbc(PAGED, m291=cyclic(E2eProfile="P01", E2eDataId=7)), PAGES, stated)
    rows = passes(configuration, capsys)
    assert rows["input motor_temperature_degc"]["deadline_ms"] == 40
    assert rows["input inverter_temperature_degc"]["deadline_ms"] == 180
    ear = Ear(configuration)
    message = database(configuration).get_message_by_name("Warmth")
    ear.hear(291, seal_p01(message.encode({"Crc": 0, "Counter": 0, "Mux": 1, "Motor": 5}), 7, 0))
    assert ear.read("motor_temperature_degc", later_ms=40)[1] is Unusable.OK
    assert ear.read("motor_temperature_degc", later_ms=41)[1] is Unusable.LATE


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ('"Mux=1" = 19', "a deadline of 20 to 240 ms of page Mux=1 for extra.Warmth, got 19 ms"),
        ('"Mux=1" = 241', "a deadline of 20 to 240 ms of page Mux=1 for extra.Warmth, got 241 ms"),
        ('"Mux=7" = 40', 'a page of Warmth (did you mean "Mux=2"?), got "Mux=7"'),
    ],
)
def test_a_pages_deadline_that_cannot_be(stated: str, words: str, configuration: Configuration) -> None:
    text = dbc(PAGED, m291=cyclic(E2eProfile="P01", E2eDataId=7))
    bind(configuration, text, PAGES, f"[messages.extra.Warmth.page_deadlines_ms]\n{stated}\n")
    assert any(words in problem for problem in refused(configuration)), refused(configuration)


WIDE = (
    "BO_ 512 Wide: 24 A\n"
    ' SG_ Crc : 0|16@1+ (1,0) [0|65535] "" A\n SG_ Counter : 16|8@1+ (1,0) [0|255] "" A\n'
    ' SG_ Load : 120|32@1- (5,0) [0|320000] "kg" A\n SG_ Supply : 167|32@0- (1,0) [0|50] "V" A\n'
    "SIG_VALTYPE_ 512 Supply : 1;\n"
)
WIDE_BOUND = {"load_mass_kg": "Wide.Load", "supply_voltage_v": "Wide.Supply"}


def test_can_fd_is_read_where_the_bus_is_can_fd(
    configuration: Configuration, capsys: pytest.CaptureFixture[str]
) -> None:
    # cantools wants SIG_VALTYPE_ behind all messages.
    body, _, kind = WIDE.rpartition("SIG_VALTYPE_")
    text = dbc(body, m512=cyclic(FD, E2eProfile="P05", E2eDataId=0x1234)) + f"SIG_VALTYPE_{kind}"
    bind(configuration, text, WIDE_BOUND, fd=True)
    passes(configuration, capsys)
    ear = Ear(configuration)
    message = database(configuration).get_message_by_name("Wide")
    data = bytearray(message.encode({"Crc": 0, "Counter": 9, "Load": 73_215, "Supply": 27.25}))
    p05.e2e_p05_protect(data, 0x1234, increment_counter=False)
    assert len(data) == 24
    assert ear.hear(512, bytes(data)) is Rejection.ACCEPTED
    assert ear.read("load_mass_kg") == (73_215.0, Unusable.OK)
    assert ear.read("supply_voltage_v") == (27.25, Unusable.OK)
    data[20] ^= 1
    assert ear.hear(512, bytes(data)) is Rejection.CRC


def test_can_fd_on_a_classic_bus_is_refused(configuration: Configuration) -> None:
    body = WIDE.partition("SIG_VALTYPE_")[0]
    bind(configuration, dbc(body, m512=cyclic(FD, E2eProfile="P05", E2eDataId=1)), WIDE_BOUND)
    assert refused(configuration) == [
        "[inputs] supply_voltage_v: expected a CAN FD bus ([buses.extra] data_bitrate_bps) for extra.Wide, "
        "got 24 bytes (CAN FD) on a classic one"
    ]


def test_a_data_phase_slower_than_the_rest_is_refused(configuration: Configuration) -> None:
    body = WIDE.partition("SIG_VALTYPE_")[0]
    bind(configuration, dbc(body, m512=cyclic(FD, E2eProfile="P05", E2eDataId=1)), WIDE_BOUND, fd=True)
    path = configuration.folder / PROFILE_FILE
    path.write_text(path.read_text().replace("data_bitrate_bps = 2000000", "data_bitrate_bps = 250000"))
    assert refused(configuration) == [
        "[buses.extra] data_bitrate_bps: expected at least 500000 (bitrate_bps), got 250000"
    ]


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


FD_COMMAND = (
    "BO_ 513 Steer: 12 A\n"
    ' SG_ Crc : 0|16@1+ (1,0) [0|65535] "" A\n SG_ Counter : 16|8@1+ (1,0) [0|255] "" A\n'
    ' SG_ Angle : 71|32@0- (0.0001,0) [-1.2|1.2] "rad" A\n'
)


def test_a_command_goes_out_as_can_fd_where_the_bus_is_can_fd(
    configuration: Configuration, capsys: pytest.CaptureFixture[str]
) -> None:
    text = dbc(FD_COMMAND, m513=cyclic(FD, E2eProfile="P05", E2eDataId=0x1234))
    bind(configuration, text, {">steering_front_angle_rad": "Steer.Angle"}, fd=True)
    leave_out(configuration, "drive", "SteeringCommand.FrontAngle")
    passes(configuration, capsys)
    loaded = configuration.load()
    sender = Sender(loaded.databases, loaded.outputs)
    values = [-0.5 if b.name == "steering_front_angle_rad" else max(b.low, 0.0) for b in loaded.outputs]
    (frame,) = [f for f in sender.frames(0, values) if f.bus == "extra"]
    assert len(frame.data) == 12
    assert p05.e2e_p05_check(frame.data, 0x1234)
    message = database(configuration).get_message_by_name("Steer")
    assert decoded(message, frame.data)["Angle"] == -0.5


# PGN 0xFEEA (vehicle weight) and 0xFF20 (proprietary), from any source by the DBC.
WEIGHT = 0x98FEEAFE
GROUP = f'BO_ {WEIGHT} Weight: 8 A\n{HEADER} SG_ Mass : 16|16@1+ (5,0) [0|320000] "kg" A\n'
GROUP_DBC = dbc(GROUP, **{f"m{WEIGHT}": cyclic(J1939, E2eProfile="P01", E2eDataId=9)})


def weight(source: int, steps: int, counter: int = 0, priority: int = 6) -> tuple[int, bytes]:
    data = seal_p01(bytes(2) + steps.to_bytes(2, "little") + bytes(4), 9, counter)
    return EXTENDED_FLAG | priority << 26 | 0xFEEA00 | source, data


def test_a_j1939_message_is_heard_by_its_group_from_any_source(
    configuration: Configuration, capsys: pytest.CaptureFixture[str]
) -> None:
    bind(configuration, GROUP_DBC, {"load_mass_kg": "Weight.Mass"})
    assert passes(configuration, capsys)["input load_mass_kg"]["identifier"] == "PGN 0xFEEA"
    ear = Ear(configuration)
    for counter, (source, priority) in enumerate(((0x27, 6), (0x80, 3))):
        assert ear.hear(*weight(source, 1000 + counter, counter, priority)) is Rejection.ACCEPTED
        assert ear.read("load_mass_kg") == (5000.0 + 5 * counter, Unusable.OK)
    assert ear.hear(0xFEEB27 | EXTENDED_FLAG, weight(0, 1, 2)[1]) is Rejection.UNKNOWN


def test_not_available_is_not_within_what_a_j1939_signal_carries(configuration: Configuration) -> None:
    """0xFB00 and beyond of 16 bits mean no measurement: 0xFAFF * 5 kg is what there is."""
    bind(
        configuration,
        GROUP_DBC.replace("(5,0) [0|320000]", "(1.15,0) [0|0]"),
        {"load_mass_kg": "Weight.Mass"},
    )
    (problem,) = refused(configuration)
    assert "got 0 to 74" in problem


def test_a_j1939_message_is_heard_from_the_source_that_the_profile_binds(
    configuration: Configuration, capsys: pytest.CaptureFixture[str]
) -> None:
    bind(configuration, GROUP_DBC, {"load_mass_kg": "Weight@0x27.Mass"})
    row = passes(configuration, capsys)["input load_mass_kg"]
    assert (row["message"], row["identifier"]) == ("Weight@0x27", "0x18FEEA27")
    ear = Ear(configuration)
    assert ear.hear(*weight(0x28, 1000)) is Rejection.UNKNOWN
    assert ear.hear(*weight(0x27, 1000)) is Rejection.ACCEPTED
    assert ear.read("load_mass_kg") == (5000.0, Unusable.OK)


def test_two_senders_of_one_group_are_two_inputs(
    configuration: Configuration, capsys: pytest.CaptureFixture[str]
) -> None:
    text = GROUP_DBC.replace('"kg"', '"degC"').replace("(5,0) [0|320000]", "(0.01,-40) [-40|210]")
    bound = {
        "inverter_temperature_degc": "Weight@0x27.Mass",
        "motor_temperature_degc": "Weight@0x28.Mass",
    }
    bind(configuration, text, bound)
    passes(configuration, capsys)
    ear = Ear(configuration)
    assert ear.hear(*weight(0x28, 6000)) is Rejection.ACCEPTED
    assert ear.read("motor_temperature_degc") == (pytest.approx(20.0), Unusable.OK)
    assert ear.read("inverter_temperature_degc")[1] is Unusable.NEVER_RECEIVED
    assert ear.hear(*weight(0x27, 8000)) is Rejection.ACCEPTED
    assert ear.read("inverter_temperature_degc") == (pytest.approx(40.0), Unusable.OK)
    assert ear.read("motor_temperature_degc") == (pytest.approx(20.0), Unusable.OK)


def test_any_source_may_be_heard_where_the_dbc_states_one(
    configuration: Configuration, capsys: pytest.CaptureFixture[str]
) -> None:
    text = GROUP_DBC.replace(str(WEIGHT), str(WEIGHT & ~0xFF | 0x11))
    bind(configuration, text, {"load_mass_kg": "Weight@any.Mass"})
    assert passes(configuration, capsys)["input load_mass_kg"]["identifier"] == "PGN 0xFEEA"
    ear = Ear(configuration)
    assert ear.hear(*weight(0x27, 1000)) is Rejection.ACCEPTED
    bare = configuration.folder / PROFILE_FILE
    bare.write_text(bare.read_text().replace("Weight@any", "Weight"))
    ear = Ear(configuration)
    assert ear.hear(*weight(0x27, 1000)) is Rejection.UNKNOWN
    assert ear.hear(*weight(0x11, 1000)) is Rejection.ACCEPTED


def test_a_j1939_command_is_sent_from_the_source_that_the_profile_binds(
    configuration: Configuration, capsys: pytest.CaptureFixture[str]
) -> None:
    text = GROUP_DBC.replace('"kg"', '"m/s"').replace("(5,0) [0|320000]", "(0.01,0) [0|60]")
    bind(configuration, text, {">status_speed_limit_mps": "Weight@0x27.Mass"})
    leave_out(configuration, "body", "RuntimeStatus.SpeedLimit")
    passes(configuration, capsys)
    loaded = configuration.load()
    sender = Sender(loaded.databases, loaded.outputs)
    values = [8.33 if b.name == "status_speed_limit_mps" else max(b.low, 0.0) for b in loaded.outputs]
    (frame,) = [f for f in sender.frames(0, values) if f.bus == "extra"]
    assert frame.can_id == 0x18FEEA27 | EXTENDED_FLAG
    assert p01.e2e_p01_check(bytearray(frame.data), 9)
    path = configuration.folder / PROFILE_FILE
    path.write_text(path.read_text().replace("Weight@0x27", "Weight"))
    assert refused(configuration) == [
        "[outputs] status_speed_limit_mps: expected a source address to send from "
        "(bus.Message@0x27.Signal, or the DBC's identifier) for extra.Weight, got none"
    ]


TWO_PLAIN = "BO_ 291 Plain: 8 A\n" + HEADER + ' SG_ Mass : 16|16@1+ (5,0) [0|320000] "kg" A\n'
LONG_GROUP = GROUP.replace("Weight: 8", "Weight: 20")
SHORT_FD = FD_COMMAND.replace("12 A", "8 A").replace("71|32", "39|32")
REFUSED = {
    "source of a message that is none of J1939": (
        dbc(TWO_PLAIN, m291=cyclic(E2eProfile="P01", E2eDataId=1)),
        {"load_mass_kg": "Plain@0x27.Mass"},
        False,
        'load_mass_kg: expected no source, as Plain is no J1939 message (VFrameFormat J1939PG), got "0x27"',
    ),
    "source that nobody has": (
        GROUP_DBC,
        {"load_mass_kg": "Weight@0xFE.Mass"},
        False,
        'load_mass_kg: expected a J1939 source of 0x00 to 0xFD, or any, got "0xFE"',
    ),
    "source without 0x": (
        GROUP_DBC,
        {"load_mass_kg": "Weight@27.Mass"},
        False,
        'load_mass_kg: expected a J1939 source of 0x00 to 0xFD, or any, got "27"',
    ),
    "J1939 message of several frames": (
        dbc(LONG_GROUP, **{f"m{WEIGHT}": cyclic(J1939, E2eProfile="P01", E2eDataId=9)}),
        {"load_mass_kg": "Weight.Mass"},
        True,
        "load_mass_kg: expected 1 to 8 bytes, as J1939 sends in one frame for extra.Weight, got 20",
    ),
    "CAN FD command that would go out as classic CAN": (
        dbc(SHORT_FD, m513=cyclic(FD, E2eProfile="P05", E2eDataId=1)),
        {">status_speed_limit_mps": "Steer.Angle"},
        True,
        "more than 8 bytes in CAN FD, as shorter frames go out as classic CAN for extra.Steer, got 8",
    ),
    "command on a page": (
        dbc(PAGED.replace("degC", "m/s"), m291=cyclic(E2eProfile="P01", E2eDataId=7)),
        {">status_speed_limit_mps": "Warmth.Motor"},
        False,
        "expected no multiplexed signals where it is sent for extra.Warmth, got a multiplexed message",
    ),
    "pages without protection": (
        dbc(PAGED, m291=cyclic()),
        PAGES,
        False,
        "expected end-to-end protection (E2eProfile) for extra.Warmth, got none although it decides",
    ),
    "checksum that lies elsewhere than the protection has it": (
        dbc(TWO_PLAIN, m291=cyclic(E2eProfile="P05", E2eDataId=1)),
        {"load_mass_kg": "Plain.Mass"},
        False,
        "expected the checksum of P05 as a signal of bytes 0 to 1 for extra.Plain, got no such signal",
    ),
    "protection without its figures": (
        dbc(TWO_PLAIN, m291=cyclic(E2eProfile="CRC8_COUNTER")),
        {"load_mass_kg": "Plain.Mass"},
        False,
        "expected E2ePolynomial 1..255 (CRC8_COUNTER) for extra.Plain, got none",
    ),
    "counter check that cannot be": (
        dbc(TWO_PLAIN, m291=cyclic(E2eProfile="P01", E2eDataId=1, E2eMaxDeltaCounter=20)),
        {"load_mass_kg": "Plain.Mass"},
        False,
        "[inputs]: expected signals that can be used, got message extra.Plain: expected E2eMaxDeltaCounter",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_stays_refused_says_what_is_expected(name: str, configuration: Configuration) -> None:
    text, bound, fd, words = REFUSED[name]
    bind(configuration, text, bound, fd=fd)
    problems = refused(configuration)
    assert any(words in problem for problem in problems), problems


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


def test_one_signal_from_any_source_is_no_second_witness(configuration: Configuration) -> None:
    channel = GROUP.replace('SG_ Mass : 16|16@1+ (5,0) [0|320000] "kg"', 'SG_ Mass : 16|2@1+ (1,0) [0|3] ""')
    text = dbc(channel, **{f"m{WEIGHT}": cyclic(J1939, E2eProfile="P01", E2eDataId=9)})
    text += f'VAL_ {WEIGHT} Mass 0 "OPEN" 1 "CLOSED" ;\n'
    bound = {"estop_channel_a": "Weight.Mass", "estop_channel_b": "Weight@0x28.Mass"}
    bind(configuration, text, bound)
    assert refused(configuration) == [
        "[inputs] estop_channel_b: expected a DBC signal of its own, apart from estop_channel_a, "
        "got extra.Weight@0x28.Mass for both"
    ]
