"""One generation's file: a line with the checksum, then JSON for people and programs.

    firmware-runtime-state sha256=<64 hexadecimal digits of all bytes after this line>
    {"format": 1, "record": "events", "number": 17, "vehicle": ..., "stamp": ..., "content": ...}

A technician checks it with `tail -n +2 FILE | sha256sum`. The format's version stands under the checksum, so
that a damaged version is never taken for another version.
"""

import hashlib
from enum import StrEnum
from typing import NamedTuple

import msgspec

from firmware_runtime.executive.persistence.items import FILE_MAX_BYTES, FORMAT_VERSION

MAGIC = b"firmware-runtime-state sha256="
_DIGEST_CHARS = 64
_BODY_AT = len(MAGIC) + _DIGEST_CHARS + 1


class Stamp(msgspec.Struct, frozen=True):
    """When a generation was written, by the clocks of the writing process."""

    utc_ns: int
    """Wall clock, which may be wrong."""
    monotonic_ns: int
    """Of the same instant: leads the contents' times over to the wall clock."""
    boot_id: str
    """Linux: /proc/sys/kernel/random/boot_id; monotonic times of another boot mean nothing in this one."""


class Generation(msgspec.Struct, frozen=True):
    format: int
    record: str
    number: int
    """Rises by one with each file written of the record."""
    vehicle: str
    """Serial number: a disk from another vehicle brings no latches, and takes none away."""
    stamp: Stamp
    content: msgspec.Raw
    """JSON; see content.py."""


class Why(StrEnum):
    """Why a file is not used."""

    GONE = "gone"
    DAMAGED = "damaged"
    VERSION = "version"
    FOREIGN = "foreign"
    UNREADABLE = "unreadable"


class Refused(NamedTuple):
    why: Why
    words: str
    """What was expected and what came; the reader adds where."""


class _Version(msgspec.Struct):
    format: int


def seal(generation: Generation) -> bytes:
    """The file's bytes. Raises ValueError where the content is no JSON or the file would be too large, and
    RecursionError where it is nested beyond all reason."""
    body = msgspec.json.format(msgspec.json.encode(generation), indent=1) + b"\n"
    if _BODY_AT + len(body) > FILE_MAX_BYTES:
        raise ValueError(f"expected at most {FILE_MAX_BYTES} bytes of state, came {_BODY_AT + len(body)}")
    return MAGIC + hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def unseal(data: bytes, record: str, vehicle: str | None) -> Generation | Refused:
    """A file's bytes back, or why they are not used; vehicle: None takes any."""
    if len(data) > FILE_MAX_BYTES:
        return Refused(Why.DAMAGED, f"expected at most {FILE_MAX_BYTES} bytes, came more")
    body = data[_BODY_AT:]
    head = MAGIC + hashlib.sha256(body).hexdigest().encode() + b"\n"
    if data[:_BODY_AT] != head:
        return Refused(Why.DAMAGED, _difference(data, head))
    try:
        version = msgspec.json.decode(body, type=_Version).format
        if version != FORMAT_VERSION:
            return Refused(Why.VERSION, f"expected format {FORMAT_VERSION}, came {version}")
        generation = msgspec.json.decode(body, type=Generation)
    except msgspec.DecodeError as error:
        return Refused(Why.DAMAGED, f"the checksum is right, the fields are not: {error}")
    if generation.record != record:
        return Refused(Why.DAMAGED, f"expected record {record!r}, came {generation.record!r}")
    if vehicle is not None and generation.vehicle != vehicle:
        return Refused(Why.FOREIGN, f"expected vehicle {vehicle!r}, came {generation.vehicle!r}")
    return generation


def _difference(data: bytes, head: bytes) -> str:
    if data[: len(MAGIC)] != MAGIC:
        return f"expected to begin with {MAGIC.decode()!r}, came {data[: len(MAGIC)]!r}"
    if len(data) < _BODY_AT:
        return f"expected {_DIGEST_CHARS} digits of a checksum, the file ends after {len(data)} bytes"
    came = data[len(MAGIC) : _BODY_AT]
    return (
        f"the checksum of {len(data) - _BODY_AT} bytes is {head[len(MAGIC) : len(MAGIC) + 12].decode()}..., "
        f"the file says {came[:12]!r}"
    )
