"""Replay of a black box: the recorded inputs into a fresh runtime, its outputs against the recorded ones.

Byte identity is promised on one architecture with the pinned numpy, from the first tick on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from firmware_runtime.can.frame import Frame
from firmware_runtime.recorder.tick_record import TickRecord
from firmware_runtime.vehicle.telemetry import Telemetry


class Steppable(Protocol):
    """The whole onboard composition, as the recorder sees it."""

    @property
    def telemetry(self) -> Telemetry: ...

    def step(self, now_ns: int, frames: Sequence[Frame], serial: bytes, /) -> Sequence[Frame]: ...


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a replay first left the record."""

    sequence: int
    time_ns: int
    where: str
    """`frame 2 of 6`, `number of frames`, `telemetry.speed_mps`, `records`."""
    recorded: str
    replayed: str


@dataclass(frozen=True, slots=True)
class ReplayResult:
    ticks: int
    """Ticks that were the same."""
    difference: Difference | None


def replay(ticks: Iterable[TickRecord], runtime: Steppable, fields: Sequence[str]) -> ReplayResult:
    """Steps `runtime`, which has seen no tick yet, through the records until the first difference.

    fields: names of the recorded telemetry values (the header's `telemetry_fields`).
    """
    same = 0
    for tick in ticks:
        if tick.sequence != same:
            gap = Difference(tick.sequence, tick.time_ns, "records", f"tick {same} missing", "not replayed")
            return ReplayResult(same, gap)
        out = tuple(runtime.step(tick.time_ns, tick.frames_in, tick.serial_in))
        difference = _frame_difference(tick, out) or _telemetry_difference(tick, runtime.telemetry, fields)
        if difference is not None:
            return ReplayResult(same, difference)
        same += 1
    return ReplayResult(same, None)


def _frame_difference(tick: TickRecord, out: tuple[Frame, ...]) -> Difference | None:
    if out == tick.frames_out:
        return None
    count = len(tick.frames_out)
    for index, (recorded, replayed) in enumerate(zip(tick.frames_out, out, strict=False)):
        if recorded != replayed:
            where = f"frame {index + 1} of {count}"
            return Difference(tick.sequence, tick.time_ns, where, _text(recorded), _text(replayed))
    return Difference(tick.sequence, tick.time_ns, "number of frames", str(count), str(len(out)))


def _telemetry_difference(tick: TickRecord, telemetry: Telemetry, fields: Sequence[str]) -> Difference | None:
    names = telemetry.__struct_fields__
    if tuple(fields) != names:
        return Difference(
            tick.sequence, tick.time_ns, "telemetry fields", ", ".join(fields), ", ".join(names)
        )
    values: tuple[Any, ...] = msgspec.structs.astuple(telemetry)
    for name, recorded, replayed in zip(names, tick.telemetry, values, strict=True):
        # Encoded, NaN equals NaN and -0.0 differs from 0.0: bytes are compared, not numbers.
        if msgspec.msgpack.encode(recorded) != msgspec.msgpack.encode(replayed):
            where = f"telemetry.{name}"
            return Difference(tick.sequence, tick.time_ns, where, repr(recorded), repr(replayed))
    return None


def _text(frame: Frame) -> str:
    return f"{frame.bus} {frame.can_id:08X}#{frame.data.hex().upper()} at {frame.time_ns} ns"
