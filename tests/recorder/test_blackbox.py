"""A black box gives back what was put in, and survives being killed at any byte."""

import os
import signal
import subprocess
import sys
import zlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_runtime.recorder.blackbox import BlackBoxError, BlackBoxReader, BlackBoxWriter
from firmware_runtime.recorder.tick_record import BlackBoxHeader, Record
from firmware_runtime.vehicle.enums import SafetyState
from tests.recorder.ticks import HEADER, TICK_NS, tick


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "black_box"


def same(first: Record, second: Record) -> bool:
    """Bytes are compared: NaN is among the values."""
    return msgspec.msgpack.encode(first) == msgspec.msgpack.encode(second)


def write(path: Path, count: int) -> None:
    with BlackBoxWriter(path, HEADER) as writer:
        for sequence in range(count):
            writer.record(tick(sequence))


def test_ticks_come_back_as_they_were(path: Path) -> None:
    write(path, 300)
    reader = BlackBoxReader(path)
    assert reader.header == HEADER
    ticks = list(reader.ticks())
    assert len(ticks) == 300
    for sequence, read in enumerate(ticks):
        assert same(read, tick(sequence))
        assert read.frames_in == tick(sequence).frames_in
        assert read.host == tick(sequence).host
        assert read.telemetry.state is SafetyState.AUTO
        assert read.telemetry.faults == ("message_lost: drive.BrakeFeedback",)
    assert reader.unread_bytes == 0


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("box") / "whole"
    write(path, 4)
    return path.read_bytes()


def record_ends(whole: bytes) -> list[int]:
    """Where each record ends, from the layout in the documentation, not from the reader."""
    ends, at = [], 8
    while at < len(whole):
        at += 8 + int.from_bytes(whole[at : at + 4], "little")
        ends.append(at)
    return ends


def test_layout_is_as_documented(whole: bytes) -> None:
    assert whole[:8] == b"FRBBOX\r\n"
    length = int.from_bytes(whole[8:12], "little")
    assert int.from_bytes(whole[12:16], "little") == zlib.crc32(whole[16 : 16 + length])
    assert msgspec.msgpack.decode(whole[16 : 16 + length])["vehicle"] == "q_truck"
    assert len(record_ends(whole)) == 5


def test_a_file_cut_at_any_byte_keeps_every_record_before_the_cut(whole: bytes, path: Path) -> None:
    ends = record_ends(whole)
    for cut in range(ends[0], len(whole)):
        path.write_bytes(whole[:cut])
        reader = BlackBoxReader(path)
        ticks = list(reader.ticks())
        assert len(ticks) == sum(end <= cut for end in ends) - 1
        assert reader.unread_bytes == cut - max(end for end in ends if end <= cut)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
@pytest.mark.requirement("SR-30")
def test_a_flipped_bit_is_never_taken_for_a_record(
    data: st.DataObject, whole: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ends = record_ends(whole)
    at = data.draw(st.integers(ends[0], len(whole) - 1))
    bit = data.draw(st.integers(0, 7))
    damaged = bytearray(whole)
    damaged[at] ^= 1 << bit
    path = tmp_path_factory.mktemp("flip") / "black_box"
    path.write_bytes(damaged)
    reader = BlackBoxReader(path)
    ticks = list(reader.ticks())
    assert len(ticks) == sum(end <= at for end in ends) - 1
    assert all(same(read, tick(sequence)) for sequence, read in enumerate(ticks))
    assert reader.unread_bytes > 0


def test_a_killed_writer_loses_only_what_it_had_not_flushed(path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from firmware_runtime.recorder.blackbox import BlackBoxWriter\n"
        "from tests.recorder.ticks import HEADER, tick\n"
        "writer = BlackBoxWriter(Path(sys.argv[1]), HEADER)\n"
        "for n in range(10): writer.record(tick(n))\n"
        "writer.flush()\n"
        "writer.record(tick(10))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).parents[2]
    killed = subprocess.run([sys.executable, "-c", code, path], cwd=root, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert [read.time_ns for read in BlackBoxReader(path).ticks()] == [n * TICK_NS for n in range(10)]


def test_a_record_is_never_overwritten(path: Path) -> None:
    write(path, 1)
    with pytest.raises(FileExistsError):
        BlackBoxWriter(path, HEADER)


def test_much_is_handed_to_the_kernel_without_being_asked(path: Path) -> None:
    writer = BlackBoxWriter(path, HEADER)
    for sequence in range(1000):
        writer.record(tick(sequence))
    assert len(list(BlackBoxReader(path).ticks())) > 500
    writer.close()
    writer.close()
    assert len(list(BlackBoxReader(path).ticks())) == 1000


def test_after_a_failed_write_nothing_follows_the_torn_record(path: Path) -> None:
    writer = BlackBoxWriter(path, HEADER)
    writer.record(tick(0))
    descriptor = writer._file
    writer._file = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(OSError, match="No space"):
        writer.flush()
    os.close(writer._file)
    writer._file = descriptor
    writer.close()
    assert list(BlackBoxReader(path).ticks()) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected a black box"),
        (b"(1.0) can0 123#00\n", "expected a black box"),
        (b"FRBBOX\r\n", "expected a header"),
        (b"FRBBOX\r\n\xff\xff\xff\xff\x00\x00\x00\x00", "expected a header"),
    ],
)
def test_what_is_no_black_box_is_said_to_be_none(path: Path, content: bytes, message: str) -> None:
    path.write_bytes(content)
    with pytest.raises(BlackBoxError, match=message) as raised:
        BlackBoxReader(path)
    assert str(path) in str(raised.value)


def framed(value: object) -> bytes:
    payload = msgspec.msgpack.encode(value)
    return len(payload).to_bytes(4, "little") + zlib.crc32(payload).to_bytes(4, "little") + payload


@pytest.mark.parametrize("version", [5, 7])
def test_another_schema_version_is_refused_and_who_can_read_it_is_told(path: Path, version: int) -> None:
    header: BlackBoxHeader = msgspec.structs.replace(HEADER, schema_version=version)
    path.write_bytes(b"FRBBOX\r\n" + framed(header))
    message = f"expected schema version 6, came {version}; the release of the runtime that wrote it can"
    with pytest.raises(BlackBoxError, match=message):
        BlackBoxReader(path)


def test_a_whole_record_that_is_no_tick_is_an_error_with_its_place(path: Path) -> None:
    path.write_bytes(b"FRBBOX\r\n" + framed({"not": "a header"}))
    with pytest.raises(BlackBoxError, match="the header does not fit"):
        BlackBoxReader(path)
    start = b"FRBBOX\r\n" + framed(HEADER)
    path.write_bytes(start + framed(["no tick"]))
    with pytest.raises(BlackBoxError, match=f"record at byte {len(start)}"):
        list(BlackBoxReader(path).ticks())


def test_a_file_being_written_is_followed(path: Path) -> None:
    writer = BlackBoxWriter(path, HEADER)
    reader = BlackBoxReader(path)
    assert list(reader.ticks()) == []
    for number in range(4):
        writer.record(tick(number))
        writer.flush()
        assert [read.time_ns for read in reader.ticks()] == [number * TICK_NS]
    writer.close()
    with path.open("ab") as file:
        file.write(path.read_bytes()[8:100])
    assert list(reader.ticks()) == []
    assert reader.unread_bytes == 92
