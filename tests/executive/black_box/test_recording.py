"""An error of the disk ends the recording with a word and nothing else; old files make room for new ones."""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from firmware_runtime.executive.black_box.folder import Folder
from firmware_runtime.executive.black_box.one_file import OneFile
from firmware_runtime.executive.black_box.recording import Recording
from firmware_runtime.recorder.blackbox import BlackBoxReader, BlackBoxWriter
from firmware_runtime.recorder.tick_record import SupervisorBegin, SupervisorTick
from firmware_runtime.safety.supervisor_report import SupervisorReport
from tests.recorder.ticks import HEADER

MS = 1_000_000


def tick(number: int) -> bytes:
    return msgspec.msgpack.encode(
        SupervisorTick(number * MS, [], None, [], SupervisorReport("", False, number))
    )


def numbers(path: Path) -> list[int]:
    return [record.time_ns // MS for record in BlackBoxReader(path).records()]


def one_file(path: Path, append: bool = False) -> OneFile:
    return OneFile(path, lambda: HEADER, append)


def test_what_was_flushed_is_there(tmp_path: Path) -> None:
    recording = Recording(one_file(tmp_path / "box"))
    for number in range(5):
        recording.append(tick(number))
    assert numbers(tmp_path / "box") == []
    recording.flush()
    assert numbers(tmp_path / "box") == list(range(5))
    recording.append(tick(5))
    recording.close()
    recording.close()
    assert numbers(tmp_path / "box") == list(range(6))
    assert (recording.records, recording.refused, recording.error) == (6, 0, "")


class FullDisk:
    """Takes the header and nothing more."""

    file_max_bytes: int | None = None

    def __init__(self, path: Path) -> None:
        self._path = path

    def begin(self) -> BlackBoxWriter:
        writer = BlackBoxWriter(self._path, HEADER)
        os.close(writer._file)
        writer._file = os.open("/dev/full", os.O_WRONLY)
        return writer


@pytest.mark.parametrize("call", [Recording.flush, Recording.sync, Recording.close])
def test_a_full_disk_ends_the_recording_with_a_word(
    tmp_path: Path, call: Callable[[Recording], None]
) -> None:
    recording = Recording(FullDisk(tmp_path / "box"))
    recording.append(tick(1))
    call(recording)
    assert "No space left" in recording.error
    recording.append(tick(2))
    recording.flush()
    recording.sync()
    recording.close()
    assert recording.refused == 1


def test_much_at_once_on_a_full_disk_is_told_too(tmp_path: Path) -> None:
    recording = Recording(FullDisk(tmp_path / "box"))
    for number in range(3000):
        recording.append(tick(number))
    assert "No space left" in recording.error
    assert recording.refused > 0


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "box").write_text("dear")
    recording = Recording(one_file(tmp_path / "box"))
    assert "File exists" in recording.error
    assert "box" in recording.error
    recording.append(tick(1))
    assert (tmp_path / "box").read_text() == "dear"


def test_a_successor_goes_on_behind_the_last_whole_record(tmp_path: Path) -> None:
    path = tmp_path / "box"
    first = Recording(one_file(path))
    first.append(msgspec.msgpack.encode(SupervisorBegin(0, "c0ffee")))
    for number in (1, 2):
        first.append(tick(number))
    first.close()
    with path.open("ab") as file:
        file.write(path.read_bytes()[8:60])
    files = one_file(path, append=True)
    second = Recording(files)
    assert files.kept_until_ns("supervisor") == 2 * MS
    assert files.kept_until_ns("control") is None
    second.append(tick(3))
    second.close()
    assert numbers(path) == [0, 1, 2, 3]
    reader = BlackBoxReader(path)
    assert len(list(reader.records())) == 4
    assert reader.unread_bytes == 0


def test_a_successor_without_a_file_begins_one_and_does_not_touch_another_ones(tmp_path: Path) -> None:
    fresh = Recording(one_file(tmp_path / "box", append=True))
    fresh.append(tick(1))
    fresh.close()
    assert numbers(tmp_path / "box") == [1]
    (tmp_path / "letter").write_text("dear")
    other = Recording(one_file(tmp_path / "letter", append=True))
    assert "expected a black box" in other.error
    assert (tmp_path / "letter").read_text() == "dear"


def test_files_in_a_folder_are_of_bounded_size_and_the_oldest_go(tmp_path: Path) -> None:
    folder = tmp_path / "boxes"
    folder.mkdir()
    (folder / "notes.txt").write_text("not ours")
    size = len(tick(1)) + 8
    recording = Recording(
        Folder(folder, lambda: HEADER, file_max_bytes=50 * size, total_max_bytes=160 * size)
    )
    for number in range(400):
        recording.append(tick(number))
    recording.close()
    boxes = sorted(folder.glob("*.blackbox"))
    assert sum(box.stat().st_size for box in boxes) <= 160 * size
    kept = [number for box in boxes for number in numbers(box)]
    assert kept == list(range(kept[0], 400))
    assert 0 < kept[0] < 400 - 100
    assert (folder / "notes.txt").exists()
    assert recording.error == ""


def test_each_start_makes_a_new_file_behind_the_others(tmp_path: Path) -> None:
    for number in range(3):
        recording = Recording(Folder(tmp_path / "boxes", lambda: HEADER))
        recording.append(tick(number))
        recording.close()
    boxes = sorted((tmp_path / "boxes").iterdir())
    assert [box.name[:6] for box in boxes] == ["000001", "000002", "000003"]
    assert [numbers(box) for box in boxes] == [[0], [1], [2]]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    recording = Recording(Folder(tmp_path / "file" / "boxes", lambda: HEADER))
    assert "Not a directory" in recording.error
