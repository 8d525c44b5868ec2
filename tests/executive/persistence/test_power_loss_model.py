"""Every instruction at which power can be lost, every outcome that a disk may leave: nothing is lost.

The store writes a short history to a disk that notes what it was asked for. For each point of that list, each
outcome of power_loss.py is read back, as it is and with each one of the files spoilt besides.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from firmware_runtime.executive.persistence import store
from firmware_runtime.executive.persistence.items import Record
from firmware_runtime.executive.persistence.store import NEW, StateStore, slot_name
from tests.executive.persistence.power_loss import Files, Folder, MemoryDisk, RecordingDisk, note
from tests.executive.persistence.support import FILES, STAMP, VEHICLE, commissioned, content, read, time_of

E, R = Record.EVENTS, Record.RUNNING
HISTORY = (E, R, R, E, E, R, E, R)


class ListingDisk(RecordingDisk):
    """Notes in a list, where the test adds its acknowledgements."""

    def __init__(self, disk: MemoryDisk) -> None:
        super().__init__(disk)
        self.notes: list[list[str]] = []

    def note(self, what: str, op: list[str]) -> None:
        self.notes.append([what, *op])


@dataclass(frozen=True)
class Loss:
    """One thing that was found wrong."""

    at: int
    record: Record
    least: int
    came: int | None


Make = Callable[[ListingDisk], StateStore]


def sound(disk: ListingDisk) -> StateStore:
    return StateStore(disk, VEHICLE)


def history(make: Make, files: Files, first_ns: int) -> list[list[str]]:
    """What the disk was asked for while HISTORY was written; `ack` where a content was acknowledged."""
    disk = ListingDisk(MemoryDisk(files))
    kept = make(disk)
    for number, record in enumerate(HISTORY):
        kept.write(record, content(record, first_ns + number), STAMP)
        disk.notes.append(["ack", record.value, str(first_ns + number)])
    return disk.notes


def outcomes(files: Files, notes: list[list[str]]) -> Iterator[tuple[int, dict[Record, list[int]], Files]]:
    """Point, acknowledged times of each record in order, files that a loss of power there may leave."""
    folder = Folder.of(files)
    acknowledged: dict[Record, list[int]] = {E: [], R: []}
    for at, told in enumerate(notes):
        if told[0] == "ack":
            acknowledged[Record(told[1])].append(int(told[2]))
        else:
            note(folder, told)
        seen: list[Files] = []
        for outcome in (folder.seen(), *folder.every_outcome()):
            if outcome not in seen:
                seen.append(outcome)
                yield at, acknowledged, outcome


def spoilt(files: Files) -> Iterator[Files]:
    """With each one of the files gone, cut off, and with a bit turned over."""
    for name in FILES:
        others = {other: data for other, data in files.items() if other != name}
        yield others
        if len(files.get(name, b"")) > 9:
            data = files[name]
            yield {**others, name: data[:-40]}
            yield {**others, name: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]}


def judged(make: Make, files: Files, first_ns: int = 100) -> Iterator[Loss | None]:
    """For each state that was read: what is older than promised or not known, or None."""
    for at, acknowledged, outcome in outcomes(files, history(make, files, first_ns)):
        least_of = {record: max(times, default=0) for record, times in acknowledged.items()}
        for state in (outcome, *spoilt(outcome)):
            reading = read(state)
            loss = None
            for record, least in least_of.items():
                came = time_of(reading, record)
                if came is None or came < least:
                    loss = Loss(at, record, least, came)
            yield loss


def losses(make: Make, files: Files, first_ns: int = 100) -> tuple[list[Loss], int]:
    """All losses, and how many states were read."""
    states = list(judged(make, files, first_ns))
    return [loss for loss in states if loss is not None], len(states)


def test_nothing_acknowledged_is_lost_at_any_instruction_with_any_one_file_spoilt_besides() -> None:
    found, count = losses(sound, commissioned().files)
    assert found == []
    assert count > 2000
    print(f"{count} states read")


def test_the_same_holds_where_an_earlier_loss_of_power_left_its_traces() -> None:
    """Also where the earlier one left a spoilt file: what is written next mends it."""
    before = commissioned().files
    rng = random.Random(7)
    left = [files for _, _, files in outcomes(before, history(sound, before, 100))]
    total = 0
    for files in rng.sample(left, 6):
        # The traces themselves may hold times up to 107; what is acknowledged from now on is above.
        found, count = losses(sound, files, first_ns=200)
        total += count
        assert found == []
    print(f"{total} states read")


class _NoSync(ListingDisk):
    def note(self, what: str, op: list[str]) -> None:
        if (what, op[0]) != ("done", "write"):
            super().note(what, op)


class _NoFolderSync(ListingDisk):
    def note(self, what: str, op: list[str]) -> None:
        if (what, op[0]) != ("done", "sync"):
            super().note(what, op)


class _InPlace(StateStore):
    def _put(self, name: str, data: bytes) -> None:
        self._disk.write_new(name, data)
        self._disk.sync()


class _NewestOverwritten(StateStore):
    def _write_generation(self, record, at, content, stamp) -> None:
        now = at[record]
        data = self._sealed(record, now.number + 1, content, stamp)
        self._put(slot_name(record, now.newest), data)
        at[record] = now._replace(number=now.number + 1)


class _NumberStays(StateStore):
    def _write_generation(self, record, at, content, stamp) -> None:
        super()._write_generation(record, at, content, stamp)
        at[record] = at[record]._replace(number=7)


class _RemovedFirst(StateStore):
    def _put(self, name: str, data: bytes) -> None:
        self._disk.write_new(name, b"")
        super()._put(name, data)


def found_by(mistake: type[StateStore] | type[ListingDisk]) -> Loss | None:
    """The first loss; without a sync of the folder there would soon be too many outcomes to try them all."""
    files = commissioned().files
    if issubclass(mistake, StateStore):
        return next(filter(None, judged(lambda disk: mistake(disk, VEHICLE), files)), None)

    def make(disk: ListingDisk) -> StateStore:
        noting = mistake(MemoryDisk(files))
        noting.notes = disk.notes
        return StateStore(noting, VEHICLE)

    return next(filter(None, judged(make, files)), None)


@pytest.mark.parametrize(
    "mistake",
    [_NoSync, _NoFolderSync, _InPlace, _NewestOverwritten, _NumberStays, _RemovedFirst],
    ids=lambda mistake: mistake.__name__.strip("_"),
)
def test_each_of_these_mistakes_would_be_found(mistake: type[StateStore] | type[ListingDisk]) -> None:
    assert found_by(mistake)


def test_an_acknowledgement_after_the_first_copy_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "COPIES", 1)
    assert found_by(StateStore)


def test_power_lost_while_commissioning_never_leaves_a_vehicle_without_latches() -> None:
    from firmware_runtime.executive.persistence.boot import restore
    from firmware_runtime.executive.persistence.first import first_contents
    from firmware_runtime.executive.persistence.first import note as first_note
    from firmware_runtime.safety.facts import ALL_LATCHED

    disk = ListingDisk(MemoryDisk())
    StateStore(disk, VEHICLE).commission(first_contents(0.0), first_note(0.0), STAMP)
    count = 0
    for _, _, files in outcomes({}, disk.notes):
        assert restore(read(files), STAMP).safety == ALL_LATCHED
        count += 1
    assert count > 50
    assert not any(name.endswith(NEW) for name in disk._disk.files)  # type: ignore[attr-defined]
