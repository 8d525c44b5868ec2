"""The state's folder: reads the newest generation that may be used, writes the next one.

Each record has two files, `NAME.a.state` and `NAME.b.state`. A new generation is written beside them, synced,
and takes the place of the one that is *not* the newest; then the folder is synced. So at any instruction each
name leads to a whole file. A damaged file is therefore never the work of a loss of power but of the disk, and
is told; what was acknowledged is then in the other one (see items.COPIES).

Nothing is made up: a folder where no person ever ran `firmware-runtime state commission` is not written to.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec

from firmware_runtime.executive.persistence.disk import Disk
from firmware_runtime.executive.persistence.generation import Generation, Refused, Stamp, Why, seal, unseal
from firmware_runtime.executive.persistence.items import (
    CONTENT_MAX_BYTES,
    COPIES,
    FILE_MAX_BYTES,
    FORMAT_VERSION,
    Record,
)

MARKER = "commissioned.state"
MARKER_RECORD = "commissioned"
SLOTS = ("a", "b")
NEW = ".new"
ASIDE = ".refused"


class StateRefused(Exception):  # noqa: N818 - it is no error of this program
    """The folder must not be written, or the content cannot be; the words say where and why."""


class Folder(StrEnum):
    """What the folder is, all files taken together."""

    COMMISSIONED = "commissioned"
    NOT_COMMISSIONED = "not commissioned"
    """Nothing of ours in it: no person ever began a state here, or all of it was taken away."""
    FOREIGN = "another vehicle's"
    UNREADABLE = "unreadable"
    """Not even the folder can be opened: not there, not mounted, no rights."""


class RecordReading(NamedTuple):
    generation: Generation | None
    """The newest that may be used; None: not known."""
    words: tuple[str, ...]
    """What was refused or odd, and where; empty where all is well."""
    newest: int
    """Slot of the generation that must not be overwritten next."""
    number: int
    """Highest of the whole generations; 0 without one."""
    refused: frozenset[int]
    """Slots with a file that is not used: kept aside when it is overwritten."""


class StateReading(NamedTuple):
    folder: Folder
    records: Mapping[Record, RecordReading]
    marker: Generation | None
    words: tuple[str, ...]
    """All words, of the folder and of the records."""


def slot_name(record: str, slot: int) -> str:
    return f"{record}.{SLOTS[slot]}.state"


class StateStore:
    """One folder of one vehicle. Only one process writes (keep.py sees to it); any may read."""

    def __init__(self, disk: Disk, vehicle: str | None) -> None:
        """vehicle: serial number; None reads the state of any, and writes none."""
        self._disk = disk
        self._vehicle = vehicle
        self._at: dict[Record, RecordReading] | None = None

    def read(self) -> StateReading:
        """All of it, from the disk; never raises, what cannot be read is a word."""
        marker = self._file(MARKER, MARKER_RECORD)
        slots = {
            record: [self._file(slot_name(record, slot), record) for slot in range(len(SLOTS))]
            for record in Record
        }
        everything = [marker, *(file for files in slots.values() for file in files)]
        folder = _folder(marker, everything)
        records = {record: _judge(self._disk.place, record, files) for record, files in slots.items()}
        place = self._disk.place
        if folder is Folder.COMMISSIONED:
            words = [] if isinstance(marker, Generation) else [f"{place}/{MARKER}: {marker.words}"]
            words += [word for reading in records.values() for word in reading.words]
        elif folder is Folder.NOT_COMMISSIONED:
            words = [f"{place}: expected the state of a vehicle, nothing of it is there"]
        else:
            words = [f"{place}: {next(f.words for f in everything if isinstance(f, Refused))}"]
        if folder is not Folder.COMMISSIONED:
            records = {record: reading._replace(generation=None) for record, reading in records.items()}
        return StateReading(
            folder, records, marker if isinstance(marker, Generation) else None, tuple(dict.fromkeys(words))
        )

    def write(self, record: Record, content: bytes, stamp: Stamp) -> None:
        """Returns once `content` (JSON) stands in both generations.

        Raises OSError where the disk fails and StateRefused where nothing may be written. What stood there
        before then still stands, or what was to be written does.
        """
        if len(content) > CONTENT_MAX_BYTES:
            raise StateRefused(f"{record}: expected at most {CONTENT_MAX_BYTES} bytes, came {len(content)}")
        at = self._at or self._ready()
        for _ in range(COPIES):
            self._write_generation(record, at, content, stamp)

    def commission(self, contents: Mapping[Record, bytes], note: bytes, stamp: Stamp) -> None:
        """The first state of a vehicle, by a person's command; `note` (JSON) is kept in the marker.

        Raises StateRefused where anything of a state is there: nothing is ever begun anew over it.
        """
        reading = self.read()
        if reading.folder is not Folder.NOT_COMMISSIONED:
            raise StateRefused(
                f"{self._disk.place}: expected no state there, it is {reading.folder}; to begin anew, move "
                "the folder away as a whole and keep it"
            )
        at = dict(reading.records)
        for record in Record:
            for _ in range(COPIES):
                self._write_generation(record, at, contents[record], stamp)
        # Last, so that a commissioning which was cut short is told.
        self._put(MARKER, self._sealed(MARKER_RECORD, 1, note, stamp))

    def _ready(self) -> dict[Record, RecordReading]:
        reading = self.read()
        if reading.folder is not Folder.COMMISSIONED:
            raise StateRefused("; ".join(reading.words))
        self._at = dict(reading.records)
        return self._at

    def _write_generation(
        self, record: Record, at: dict[Record, RecordReading], content: bytes, stamp: Stamp
    ) -> None:
        now = at[record]
        slot = 1 - now.newest
        name = slot_name(record, slot)
        data = self._sealed(record, now.number + 1, content, stamp)
        if slot in now.refused:
            self._disk.keep_aside(name, name + ASIDE)
        self._put(name, data)
        # Only now: after a failure the same slot is tried again, and the other one stays as it is.
        at[record] = now._replace(newest=slot, number=now.number + 1, refused=now.refused - {slot})

    def _put(self, name: str, data: bytes) -> None:
        self._disk.write_new(name + NEW, data)
        self._disk.replace(name, name + NEW)
        self._disk.sync()

    def _sealed(self, record: str, number: int, content: bytes, stamp: Stamp) -> bytes:
        if self._vehicle is None:
            raise StateRefused(
                f"{self._disk.place}: expected a vehicle's serial number to write for, got none"
            )
        try:
            return seal(
                Generation(FORMAT_VERSION, record, number, self._vehicle, stamp, msgspec.Raw(content))
            )
        except (ValueError, RecursionError) as error:
            raise StateRefused(f"{record}: {error}") from error

    def _file(self, name: str, record: str) -> Generation | Refused:
        try:
            data = self._disk.read(name, FILE_MAX_BYTES + 1)
        except OSError as error:
            return Refused(Why.UNREADABLE, f"cannot be read: {error}")
        if data is None:
            return Refused(Why.GONE, "is gone")
        return unseal(data, record, self._vehicle)


def _folder(marker: Generation | Refused, everything: list[Generation | Refused]) -> Folder:
    why = {file.why if isinstance(file, Refused) else None for file in everything}
    if why == {Why.GONE}:
        return Folder.NOT_COMMISSIONED
    if why == {Why.UNREADABLE}:
        return Folder.UNREADABLE
    if isinstance(marker, Refused) and (
        marker.why is Why.FOREIGN or (Why.FOREIGN in why and None not in why)
    ):
        return Folder.FOREIGN
    return Folder.COMMISSIONED


def _judge(place: str, record: Record, files: list[Generation | Refused]) -> RecordReading:
    whole = {slot: file for slot, file in enumerate(files) if isinstance(file, Generation)}
    refused = {slot: file for slot, file in enumerate(files) if isinstance(file, Refused)}
    words = [f"{place}/{slot_name(record, slot)}: {file.words}" for slot, file in refused.items()]
    newest = max(whole, key=lambda slot: whole[slot].number, default=1)
    number = whole[newest].number if whole else 0
    generation = whole.get(newest)
    if any(file.why in (Why.VERSION, Why.FOREIGN) for file in refused.values()):
        # It is whole and may be the newer one: what the older one says may be out of date.
        generation = None
    numbers = [file.number for file in whole.values()]
    if len(numbers) == len(SLOTS) and abs(numbers[0] - numbers[1]) != 1:
        words.append(f"{place}/{record}: expected numbers that follow each other, came {numbers}")
        if numbers[0] == numbers[1] and whole[0] != whole[1]:
            generation = None
    aside = frozenset(slot for slot, file in refused.items() if file.why is not Why.GONE)
    return RecordReading(generation, tuple(words), newest, number, aside)
