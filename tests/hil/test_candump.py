"""The bus log is what candump -l writes, as independent readers see it."""

import datetime
import tempfile
from pathlib import Path

import can
import cantools.logreader
from hypothesis import given, settings
from hypothesis import strategies as st

from vehicle_hil.candump import CandumpWriter, format_identifier
from vehicle_hil.result import BusFrame

FRAMES: list[BusFrame] = [
    (10_000_000, "drive", 0x8CFF0027, bytes.fromhex("1122334455667788")),
    (10_250_000, "body", 0x98FF2021, bytes.fromhex("a0ff")),
    (12_345_678_900, "drive", 0x7A, b""),
    (12_345_678_900, "body", 0x123, b"\x01"),
]


def written(tmp_path: Path, frames: list[BusFrame]) -> Path:
    path = tmp_path / "bus.log"
    with CandumpWriter(path) as log:
        log.write(frames)
    return path


def test_lines_are_those_of_candump(tmp_path: Path) -> None:
    assert written(tmp_path, FRAMES).read_bytes() == (
        b"(0000000000.010000) drive 0CFF0027#1122334455667788\n"
        b"(0000000000.010250) body 18FF2021#A0FF\n"
        b"(0000000012.345678) drive 07A#\n"
        b"(0000000012.345678) body 123#01\n"
    )


def test_python_can_reads_it_back(tmp_path: Path) -> None:
    path = written(tmp_path, FRAMES)
    with can.LogReader(path) as reader:
        messages = list(reader)
    for message, (time_ns, bus, can_id, data) in zip(messages, FRAMES, strict=True):
        assert abs(message.timestamp - time_ns / 1e9) < 1e-6
        assert message.channel == bus
        assert message.is_extended_id == bool(can_id & 0x8000_0000)
        assert message.arbitration_id == can_id & 0x1FFF_FFFF
        assert bytes(message.data) == data


def test_cantools_reads_it_back(tmp_path: Path) -> None:
    with written(tmp_path, FRAMES).open() as file:
        entries = list(cantools.logreader.Parser(file))
    for entry, (time_ns, bus, can_id, data) in zip(entries, FRAMES, strict=True):
        assert entry.channel == bus
        assert entry.frame_id == can_id & 0x1FFF_FFFF
        assert entry.is_extended_frame == bool(can_id & 0x8000_0000)
        assert entry.data == data
        assert isinstance(entry.timestamp, datetime.datetime)
        assert abs(entry.timestamp.timestamp() - time_ns / 1e9) < 1e-6


@settings(max_examples=80, deadline=None)
@given(
    time_ns=st.integers(0, 10**13),
    can_id=st.one_of(st.integers(0, 0x7FF), st.integers(0, 0x1FFF_FFFF).map(lambda i: i | 0x8000_0000)),
    data=st.binary(max_size=8),
)
def test_any_frame_survives_the_round_trip(time_ns: int, can_id: int, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), [(time_ns, "drive", can_id, data)])
        with can.LogReader(path) as reader:
            (message,) = list(reader)
    assert message.arbitration_id == can_id & 0x1FFF_FFFF
    assert message.is_extended_id == bool(can_id & 0x8000_0000)
    assert bytes(message.data) == data


def test_identifiers_have_three_or_eight_digits() -> None:
    assert format_identifier(0x12) == "012"
    assert format_identifier(0x8000_0012) == "00000012"


def test_a_frame_that_was_under_way_before_the_start_is_written_at_zero(tmp_path: Path) -> None:
    path = written(tmp_path, [(-5_000, "drive", 0x100, b"")])
    assert path.read_text() == "(0000000000.000000) drive 100#\n"
