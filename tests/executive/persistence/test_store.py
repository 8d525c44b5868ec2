"""Which generation is taken, and what happens in each case of files that are gone, damaged or foreign."""

import errno
import hashlib
from pathlib import Path

import pytest

from firmware_runtime.executive.persistence.disk import OsDisk
from firmware_runtime.executive.persistence.first import first_contents, note
from firmware_runtime.executive.persistence.items import CONTENT_MAX_BYTES, Record
from firmware_runtime.executive.persistence.store import Folder, StateRefused, StateStore
from tests.executive.persistence.power_loss import MemoryDisk
from tests.executive.persistence.support import (
    FILES,
    STAMP,
    VEHICLE,
    commissioned,
    content,
    events,
    read,
    running,
    time_of,
)

E, R = Record.EVENTS, Record.RUNNING


def written(*times: int) -> MemoryDisk:
    disk = commissioned()
    store = StateStore(disk, VEHICLE)
    for time_ns in times:
        for record in Record:
            store.write(record, content(record, time_ns), STAMP)
    return disk


def test_what_was_written_last_is_read() -> None:
    reading = read(written(1, 2, 3).files)
    assert (time_of(reading, E), time_of(reading, R)) == (3, 3)
    assert reading.folder is Folder.COMMISSIONED
    assert reading.words == ()


def test_both_generations_hold_what_was_acknowledged_and_numbers_rise() -> None:
    files = written(1, 2).files
    for record in Record:
        numbers = []
        for slot in "ab":
            one = {name: data for name, data in files.items() if name == f"{record}.{slot}.state"}
            generation = read(one).records[record].generation
            assert generation is not None
            assert b'"time_ns": 2' in bytes(generation.content)
            numbers.append(generation.number)
        assert sorted(numbers) == [5, 6], "two by commissioning, two for each write"


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_told_and_the_other_one_taken(name: str) -> None:
    files = written(1).files
    files[name] = files[name].replace(b"time_ns", b"time-ns")
    reading = read(files)
    assert (time_of(reading, E), time_of(reading, R)) == (1, 1)
    (word,) = reading.words
    assert word.startswith(f"/state/{name}: the checksum of ")


def test_a_damaged_file_is_kept_aside_and_mended_by_the_next_write() -> None:
    disk = written(1)
    disk.files["events.a.state"] = b"spoilt"
    StateStore(disk, VEHICLE).write(E, events(9), STAMP)
    assert disk.files["events.a.state.refused"] == b"spoilt"
    reading = read(disk.files)
    assert (time_of(reading, E), reading.words) == (9, ())


def test_both_damaged_is_not_known_and_can_be_written_again() -> None:
    disk = written(1)
    disk.files["events.a.state"] = disk.files["events.b.state"] = b""
    reading = read(disk.files)
    assert time_of(reading, E) is None
    assert time_of(reading, R) == 1, "the other record is not touched by it"
    assert reading.folder is Folder.COMMISSIONED
    StateStore(disk, VEHICLE).write(E, events(9), STAMP)
    assert time_of(read(disk.files), E) == 9


@pytest.mark.parametrize("slot", ["a", "b"])
def test_a_generation_of_another_version_makes_the_record_not_known(slot: str) -> None:
    """It may be the newer one: what the one that can be read says may be out of date."""
    disk = written(1)
    name = f"events.{slot}.state"
    body = disk.files[name].split(b"\n", 1)[1].replace(b'"format": 1', b'"format": 2')
    head = b"firmware-runtime-state sha256=" + hashlib.sha256(body).hexdigest().encode()
    disk.files[name] = head + b"\n" + body
    reading = read(disk.files)
    assert time_of(reading, E) is None
    assert reading.words == (f"/state/{name}: expected format 1, came 2",)


def test_generations_that_do_not_follow_each_other_are_told() -> None:
    old, new = written(1).files, written(1, 2, 3).files
    mixed = {**new, "events.a.state": old["events.a.state"]}
    reading = read(mixed)
    assert time_of(reading, E) == 3
    assert any("expected numbers that follow each other, came [3, 8]" in word for word in reading.words)


def test_two_contents_of_one_number_are_not_known() -> None:
    files = written(1).files
    other = written(2).files
    mixed = {**files, "events.a.state": other["events.b.state"]}
    assert time_of(read(mixed), E) is None


def test_nothing_there_is_not_commissioned_and_nothing_is_written() -> None:
    disk = MemoryDisk()
    assert read({}).folder is Folder.NOT_COMMISSIONED
    with pytest.raises(StateRefused, match="expected the state of a vehicle, nothing of it is there"):
        StateStore(disk, VEHICLE).write(E, events(1), STAMP)
    assert disk.files == {}


def test_once_commissioned_lost_files_are_not_a_first_start() -> None:
    disk = written(1)
    for name in FILES:
        del disk.files[name]
    reading = read(disk.files)
    assert reading.folder is Folder.COMMISSIONED
    assert [time_of(reading, record) for record in Record] == [None, None]
    assert reading.words == tuple(f"/state/{name}: is gone" for name in FILES)


def test_a_lost_marker_is_told_and_the_state_is_taken() -> None:
    disk = written(1)
    del disk.files["commissioned.state"]
    reading = read(disk.files)
    assert time_of(reading, E) == 1
    assert reading.words == ("/state/commissioned.state: is gone",)


def test_another_vehicles_state_is_neither_taken_nor_written_over() -> None:
    disk = written(1)
    before = dict(disk.files)
    other = StateStore(disk, "QT-7")
    reading = other.read()
    assert reading.folder is Folder.FOREIGN
    assert [time_of(reading, record) for record in Record] == [None, None]
    with pytest.raises(StateRefused, match=r"expected vehicle 'QT-7', came 'QT-0042'"):
        other.write(E, events(1), STAMP)
    assert disk.files == before
    del disk.files["commissioned.state"]
    assert other.read().folder is Folder.FOREIGN


def test_one_foreign_file_makes_its_record_not_known() -> None:
    other = MemoryDisk()
    StateStore(other, "QT-7").commission(first_contents(0.0), note(0.0), STAMP)
    disk = written(1)
    disk.files["events.a.state"] = other.files["events.a.state"]
    reading = read(disk.files)
    assert reading.folder is Folder.COMMISSIONED
    assert time_of(reading, E) is None


def test_commissioning_never_begins_over_anything() -> None:
    disk = written(1)
    for name in (*FILES[1:], "commissioned.state"):
        del disk.files[name]
    with pytest.raises(StateRefused, match="expected no state there, it is commissioned"):
        StateStore(disk, VEHICLE).commission(first_contents(0.0), note(0.0), STAMP)


def test_no_vehicle_no_writing() -> None:
    with pytest.raises(StateRefused, match="expected a vehicle's serial number"):
        StateStore(commissioned(), None).write(E, events(1), STAMP)


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        (b"{}" + b" " * CONTENT_MAX_BYTES, "expected at most 131072 bytes, came 131074"),
        (b"no json", "events: "),
        (b"[" * 200 + b"0," * 50000 + b"0" + b"]" * 200, "expected at most 524288 bytes of state"),
        (b"[" * 60_000 + b"]" * 60_000, "events: "),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_changes(spoilt: bytes, words: str) -> None:
    disk = written(1)
    before = dict(disk.files)
    with pytest.raises(StateRefused, match=words):
        StateStore(disk, VEHICLE).write(E, spoilt, STAMP)
    assert disk.files == before


class FailingDisk(MemoryDisk):
    """Fails at the nth call of a kind, once; the call may have had its effect all the same."""

    def __init__(self, files: dict[str, bytes], call: str, nth: int, effect: bool) -> None:
        super().__init__(files)
        self._call, self._left, self._effect = call, nth, effect

    def _fail(self, call: str) -> None:
        if call == self._call:
            self._left -= 1
            if self._left == 0:
                raise OSError(errno.EIO, "Input/output error")

    def write_new(self, name: str, data: bytes) -> None:
        super().write_new(name, data[:20])
        self._fail("write_new")
        super().write_new(name, data)

    def replace(self, name: str, by: str) -> None:
        if self._effect and self._call == "replace" and self._left == 1:
            super().replace(name, by)
        self._fail("replace")
        super().replace(name, by)

    def sync(self) -> None:
        self._fail("sync")


@pytest.mark.parametrize("call", ["write_new", "replace", "sync"])
@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("effect", [False, True])
def test_after_an_error_the_old_state_stands_and_the_next_write_succeeds(
    call: str, nth: int, effect: bool
) -> None:
    disk = FailingDisk(written(1).files, call, nth, effect)
    store = StateStore(disk, VEHICLE)
    with pytest.raises(OSError, match="Input/output error"):
        store.write(E, events(2), STAMP)
    for name in FILES[:2]:
        left = {other: data for other, data in disk.files.items() if other != name}
        assert time_of(read(left), E) in (1, 2), "either file alone still tells a whole state"
    store.write(E, events(3), STAMP)
    reading = read(disk.files)
    assert (time_of(reading, E), reading.words) == (3, ())


def test_the_operating_systems_disk_holds_what_is_asked_of_it(tmp_path: Path) -> None:
    disk = OsDisk(tmp_path)
    StateStore(disk, VEHICLE).commission(first_contents(0.0), note(0.0), STAMP)
    (tmp_path / "events.b.state").write_bytes(b"spoilt")
    (tmp_path / "running.b.state.new").write_bytes(b"left over by a process that was killed")
    store = StateStore(OsDisk(tmp_path), VEHICLE)
    store.write(E, events(5), STAMP)
    store.write(R, running(6), STAMP)
    store.write(E, events(7), STAMP)
    reading = StateStore(disk, VEHICLE).read()
    assert (time_of(reading, E), time_of(reading, R), reading.words) == (7, 6, ())
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {*FILES, "commissioned.state", "events.b.state.refused"}
    disk.close()
    disk.close()


def test_a_folder_that_is_not_there_is_unreadable_and_no_first_start(tmp_path: Path) -> None:
    store = StateStore(OsDisk(tmp_path / "not mounted"), VEHICLE)
    reading = store.read()
    assert reading.folder is Folder.UNREADABLE
    assert "cannot be read: [Errno 2]" in reading.words[0]
    with pytest.raises(StateRefused, match="cannot be read"):
        store.write(E, events(1), STAMP)


def test_a_file_that_cannot_be_read_is_told_and_the_other_one_taken(tmp_path: Path) -> None:
    StateStore(OsDisk(tmp_path), VEHICLE).commission(first_contents(0.0), note(0.0), STAMP)
    (tmp_path / "events.a.state").unlink()
    (tmp_path / "events.a.state").mkdir()
    reading = StateStore(OsDisk(tmp_path), VEHICLE).read()
    assert time_of(reading, E) == 0
    assert "events.a.state: cannot be read: [Errno 21]" in reading.words[0]
