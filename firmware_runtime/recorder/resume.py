"""What a writer left behind that was killed: how far its file is whole, and up to when it tells of whom."""

from pathlib import Path
from typing import NamedTuple

import msgspec

from firmware_runtime.recorder.blackbox import BlackBoxReader


class Left(NamedTuple):
    """A black box that somebody may go on in."""

    whole_bytes: int
    last_ns: dict[str, int]
    """Kind of record (its tag) -> time of the last one."""


class _Mark(msgspec.Struct, array_like=True):
    """The beginning of any record; the rest is not looked at."""

    kind: str
    time_ns: int


def look_over(path: Path) -> Left:
    """Reads the file to its end, about 3 s an hour of drive. BlackBoxError, OSError as BlackBoxReader."""
    reader = BlackBoxReader(path)
    decoder = msgspec.msgpack.Decoder(_Mark)
    last_ns: dict[str, int] = {}
    for payload in reader.payloads():
        mark = decoder.decode(payload)
        last_ns[mark.kind] = mark.time_ns
    return Left(reader.position, last_ns)
