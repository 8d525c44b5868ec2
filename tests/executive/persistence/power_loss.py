"""What a loss of power can leave of a folder, by what was asked of the disk before: a model of its own.

What fsync guarantees, and no more (POSIX, and the journalling file systems of Linux):
- bytes of a file are there for sure once fsync of the file returned; until then any of them may be missing,
  cut off, or blocks of zeros where the size was written and the blocks were not;
- a name (made, removed, renamed) is there for sure once fsync of the folder returned; until then each such
  change may have happened or not, whichever others did (worse than a journal, which keeps their order);
- a rename happens wholly or not at all.

`damaged` goes beyond: one file that was safe is spoilt besides, as a bad block would do it.
"""

import base64
import itertools
import json
import os
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from firmware_runtime.executive.persistence.disk import Disk

BLOCK = 512
Files = dict[str, bytes]


@dataclass
class File:
    data: bytes
    synced: bool


@dataclass
class Folder:
    """The folder as every process sees it (`now`), and what of it is safe."""

    now: dict[str, File] = field(default_factory=dict)
    safe: dict[str, File] = field(default_factory=dict)
    pending: list[dict[str, File | None]] = field(default_factory=list)
    """Changes of names since the last sync; each happens wholly or not at all."""

    @staticmethod
    def of(files: Files) -> "Folder":
        safe = {name: File(data, True) for name, data in files.items()}
        return Folder(dict(safe), safe)

    def begin(self, op: list[str]) -> None:
        kind, name, other = op
        if kind == "write":
            self._change({name: None})
            self._change({name: File(base64.b64decode(other), False)})
        elif kind == "replace":
            self._change({name: self.now[other], other: None})
        elif kind == "aside" and name in self.now:
            self._change({other: self.now[name]})

    def done(self, op: list[str]) -> None:
        kind, name, _ = op
        if kind == "write":
            self.now[name].synced = True
        elif kind == "sync":
            self.safe, self.pending = dict(self.now), []

    def _change(self, change: dict[str, File | None]) -> None:
        self.pending.append(change)
        _apply(self.now, change)

    def seen(self) -> Files:
        """What the next process finds where the power stayed on."""
        return {name: file.data for name, file in self.now.items()}

    def every_outcome(self) -> Iterator[Files]:
        """Each subset of the pending changes, with each way in which unsynced bytes can be torn."""
        for happened in itertools.product((False, True), repeat=len(self.pending)):
            names = self._names(happened)
            for tear in range(len(TEARS)):
                yield {name: _content(file, tear) for name, file in names.items()}
                if all(file.synced for file in names.values()):
                    break

    def any_outcome(self, rng: random.Random) -> Files:
        names = self._names([rng.random() < 0.5 for _ in self.pending])
        return {
            name: file.data if file.synced else torn_anywhere(file.data, rng) for name, file in names.items()
        }

    def _names(self, happened: Iterable[bool]) -> dict[str, File]:
        names = dict(self.safe)
        for change, did in zip(self.pending, happened, strict=True):
            if did:
                _apply(names, change)
        return names


def _apply(names: dict[str, File], change: dict[str, File | None]) -> None:
    for name, file in change.items():
        if file is None:
            names.pop(name, None)
        else:
            names[name] = file


TEARS = (
    lambda data: data,
    lambda data: b"",
    lambda data: data[: len(data) // 2],
    lambda data: bytes(len(data)),
    lambda data: data[: len(data) // 2] + bytes(len(data) - len(data) // 2),
    lambda data: bytes(min(BLOCK, len(data))) + data[BLOCK:],
)


def _content(file: File, tear: int) -> bytes:
    return file.data if file.synced else TEARS[tear](file.data)


def torn_anywhere(data: bytes, rng: random.Random) -> bytes:
    """Cut at any byte, and any of the blocks before it zeroed."""
    kept = bytearray(data[: rng.randint(0, len(data))])
    for start in range(0, len(kept), BLOCK):
        if rng.random() < 0.3:
            kept[start : start + BLOCK] = bytes(len(kept[start : start + BLOCK]))
    return bytes(kept)


def damaged(files: Files, name: str, rng: random.Random) -> Files:
    """The files with that one spoilt or gone."""
    spoilt = dict(files)
    data = spoilt.pop(name, b"")
    kind = rng.randrange(4)
    if kind == 0 or not data:
        return spoilt
    if kind == 1:
        at = rng.randrange(len(data))
        spoilt[name] = data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]
    elif kind == 2:
        spoilt[name] = data[: rng.randrange(len(data))]
    else:
        start = rng.randrange(len(data))
        size = min(BLOCK, len(data) - start)
        spoilt[name] = data[:start] + rng.randbytes(size) + data[start + size :]
    # What happens to be the same bytes again is no damage; then it is gone.
    if spoilt[name] == data:
        del spoilt[name]
    return spoilt


class RecordingDisk:
    """A disk that tells beforehand what it is asked for, and afterwards that it is done."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self.place = disk.place

    def note(self, what: str, op: list[str]) -> None:
        raise NotImplementedError

    def read(self, name: str, max_bytes: int) -> bytes | None:
        return self._disk.read(name, max_bytes)

    def write_new(self, name: str, data: bytes) -> None:
        op = ["write", name, base64.b64encode(data).decode()]
        self.note("begin", op)
        self._disk.write_new(name, data)
        self.note("done", op[:2])

    def replace(self, name: str, by: str) -> None:
        self.note("begin", ["replace", name, by])
        self._disk.replace(name, by)

    def keep_aside(self, name: str, as_name: str) -> None:
        self.note("begin", ["aside", name, as_name])
        self._disk.keep_aside(name, as_name)

    def sync(self) -> None:
        self._disk.sync()
        self.note("done", ["sync", ""])


class LoggingDisk(RecordingDisk):
    """Notes in a file, which outlives the process but is never synced: the machine keeps running."""

    def __init__(self, disk: Disk, log: Path) -> None:
        super().__init__(disk)
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def note(self, what: str, op: list[str]) -> None:
        os.write(self._log, json.dumps([what, *op]).encode() + b"\n")


def folder_after(before: Files, log: Path) -> Folder:
    """The folder at the instant at which the log ends; a torn last line was not begun."""
    folder = Folder.of(before)
    lines = log.read_bytes().split(b"\n")[:-1] if log.exists() else []
    for line in lines:
        note(folder, json.loads(line))
    return folder


def note(folder: Folder, told: list[str]) -> None:
    what, op = told[0], [*told[1:], ""]
    if what == "begin":
        folder.begin(op[:3])
    else:
        folder.done(op[:3])


class MemoryDisk:
    """Files in memory."""

    place = "/state"

    def __init__(self, files: Files | None = None) -> None:
        self.files: Files = dict(files or {})

    def read(self, name: str, max_bytes: int) -> bytes | None:
        data = self.files.get(name)
        return None if data is None else data[:max_bytes]

    def write_new(self, name: str, data: bytes) -> None:
        self.files[name] = data

    def replace(self, name: str, by: str) -> None:
        self.files[name] = self.files.pop(by)

    def keep_aside(self, name: str, as_name: str) -> None:
        if name in self.files:
            self.files[as_name] = self.files[name]

    def sync(self) -> None:
        pass
