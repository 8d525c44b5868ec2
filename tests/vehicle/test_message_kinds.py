"""Every kind of frame that the codec knows may stand in a profile: pages, CAN FD, J1939 by group.

A profile here is the committed Q-Truck's with some signals bound to a small DBC on a bus of their own. It
must pass `firmware-runtime check`, and what a Receiver made of it reads must be what cantools encoded.
"""

import pytest
from e2e import p01, p05

from firmware_runtime.can.frame import EXTENDED_FLAG
from firmware_runtime.can.sender import Sender
from firmware_runtime.can.verdict import Rejection, Unusable
from tests.vehicle.message_support import (
    FD,
    FD_COMMAND,
    GROUP,
    GROUP_DBC,
    J1939,
    PAGED,
    PAGES,
    WEIGHT,
    Ear,
    bind,
    cyclic,
    database,
    dbc,
    decoded,
    leave_out,
    passes,
    refused,
    seal_p01,
    weight,
)
from tests.vehicle.support import PROFILE_FILE, Configuration


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
