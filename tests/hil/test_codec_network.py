"""What a DBC must have for the simulated vehicle, and how it says what is missing."""

from pathlib import Path

import pytest

from tests.hil.vehicles import parameters
from vehicle_hil.codec.arbitration import Arbiter, frame_time_ns
from vehicle_hil.codec.dbc import DbcError, load_bus
from vehicle_hil.codec.network import Network

BODY = parameters("q_truck").dbc_path("body")


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = BODY.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "changed.dbc"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DbcError, match=r"none\.dbc: expected a readable DBC file"):
        load_bus("body", tmp_path / "none.dbc")


def test_text_that_is_no_dbc_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.dbc").write_text("BO_ nonsense", encoding="utf-8")
    with pytest.raises(DbcError, match=r"bad\.dbc: expected a strictly valid DBC file"):
        load_bus("body", tmp_path / "bad.dbc")


def test_an_unknown_unit_is_refused(tmp_path: Path) -> None:
    path = changed(tmp_path, '"kohm"', '"furlong"')
    with pytest.raises(
        DbcError, match=r"BatteryTemperatures: signal Isolation: expected a unit .* 'furlong'"
    ):
        load_bus("body", path)


def test_a_message_without_protection_is_refused(tmp_path: Path) -> None:
    path = changed(tmp_path, 'BA_ "E2eDataId" BO_ 2298429473 65344;', "")
    with pytest.raises(DbcError, match="message EStopStatus: expected attributes E2eProfile"):
        load_bus("body", path)


def test_a_crc_at_another_place_is_refused(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        "BO_ 2298429473 EStopStatus: 8 BODY\n SG_ Crc : 0|8@1+",
        "BO_ 2298429473 EStopStatus: 8 BODY\n SG_ Crc : 56|8@1+",
    )
    with pytest.raises(DbcError, match="message EStopStatus: expected signal Crc at its place"):
        load_bus("body", path)


def test_mixed_byte_orders_are_refused(tmp_path: Path) -> None:
    path = changed(tmp_path, "SG_ LoadMass : 24|16@1+", "SG_ LoadMass : 31|16@0+")
    with pytest.raises(DbcError, match="message BodyStatus: expected one byte order"):
        load_bus("body", path)


def test_one_name_on_two_buses_is_refused() -> None:
    with pytest.raises(DbcError, match="expected message BatteryCommand on one bus only"):
        Network({"a": BODY, "b": BODY})


def test_missing_names_are_told() -> None:
    network = Network({"body": BODY})
    with pytest.raises(DbcError, match="expected a message Nothing"):
        network.sender("Nothing", ())
    with pytest.raises(DbcError, match="message BodyStatus: expected signals Nothing, got only Crc"):
        network.sender("BodyStatus", ("Nothing",))
    with pytest.raises(DbcError, match=r"BatteryStatus\.State: expected label 'SLEEPING'"):
        network.code("BatteryStatus", "State", "SLEEPING")


def test_a_frame_of_8_bytes_takes_131_bits_with_29_bit_identifier() -> None:
    assert frame_time_ns(0x8000_0000, 8, 250_000) == 131 * 4000
    assert frame_time_ns(0x100, 8, 500_000) == 111 * 2000


def test_frames_of_a_tick_go_by_identifier_and_end_at_now() -> None:
    arbiter = Arbiter({"drive": 500_000, "body": 250_000})
    for can_id in (0x8000_0300, 0x8000_0100, 0x8000_0200):
        arbiter.outbox["drive"].append((can_id, bytes(8)))
    arbiter.outbox["body"].append((0x8000_0050, bytes(8)))
    frames = arbiter.frames(10_000_000)
    drive = [f for f in frames if f.bus == "drive"]
    assert [f.can_id for f in drive] == [0x8000_0100, 0x8000_0200, 0x8000_0300]
    assert [f.time_ns for f in drive] == [10_000_000 - 2 * 262_000, 10_000_000 - 262_000, 10_000_000]
    assert frames == sorted(frames, key=lambda f: f.time_ns)
    assert arbiter.frames(20_000_000) == []
