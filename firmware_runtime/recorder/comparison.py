"""Where recorded and replayed outputs differ, byte by byte, in words."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from firmware_runtime.can.frame import Frame


class Finding(NamedTuple):
    """The first difference."""

    where: str
    recorded: str
    replayed: str


def compare_frames(recorded: Sequence[Frame], replayed: Sequence[Frame]) -> Finding | None:
    count = len(recorded)
    for number, (first, second) in enumerate(zip(recorded, replayed, strict=False), start=1):
        if first != second:
            return Finding(f"frame {number} of {count}", _text(first), _text(second))
    if len(replayed) != count:
        return Finding("number of frames", str(count), str(len(replayed)))
    return None


def compare_structs(name: str, recorded: msgspec.Struct, replayed: msgspec.Struct | None) -> Finding | None:
    """name: of both, before the field's. A struct in a struct is gone into."""
    if replayed is None or type(recorded) is not type(replayed):
        return Finding(name, repr(recorded), repr(replayed))
    # As it would come out of a file: a whole number in a field of floats is a float there.
    replayed = msgspec.msgpack.decode(msgspec.msgpack.encode(replayed), type=type(recorded))
    for field in recorded.__struct_fields__:
        first, second = getattr(recorded, field), getattr(replayed, field)
        # Encoded, NaN equals NaN and -0.0 differs from 0.0: bytes are compared, not numbers.
        if msgspec.msgpack.encode(first) == msgspec.msgpack.encode(second):
            continue
        where = f"{name}.{field}"
        if isinstance(first, msgspec.Struct) and isinstance(second, msgspec.Struct):
            return compare_structs(where, first, second)
        return Finding(where, repr(first), repr(second))
    return None


def _text(frame: Frame) -> str:
    return f"{frame.bus} {frame.can_id:08X}#{frame.data.hex().upper()} at {frame.time_ns} ns"
