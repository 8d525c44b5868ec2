"""Replay of a black box: the recorded inputs into a fresh runtime, its outputs against the recorded ones.

Byte identity is promised on one architecture with the pinned numpy, from the first tick on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from firmware_runtime.can.frame import Frame
from firmware_runtime.recorder.tick_record import TickRecord
from firmware_runtime.safety.host_report import HostReport
from firmware_runtime.vehicle.telemetry import Telemetry


class Steppable(Protocol):
    """The whole onboard composition, as the recorder sees it."""

    @property
    def telemetry(self) -> Telemetry: ...

    def step(
        self, now_ns: int, frames: Sequence[Frame], serial: bytes, host: HostReport, /
    ) -> Sequence[Frame]: ...


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a replay first left the record."""

    tick: int
    """Of the record, from 0."""
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


def replay(ticks: Iterable[TickRecord], runtime: Steppable) -> ReplayResult:
    """Steps `runtime`, which has seen no tick yet, through the records until the first difference."""
    same = 0
    for tick in ticks:
        if tick.dropped_before:
            gap = f"{tick.dropped_before} ticks missing"
            return ReplayResult(same, Difference(same, tick.time_ns, "records", gap, "not replayed"))
        out = runtime.step(tick.time_ns, tick.frames_in, tick.serial_in, tick.host)
        difference = _frames(same, tick, out) or _telemetry(same, tick, runtime.telemetry)
        if difference is not None:
            return ReplayResult(same, difference)
        same += 1
    return ReplayResult(same, None)


def _frames(index: int, tick: TickRecord, out: Sequence[Frame]) -> Difference | None:
    count = len(tick.frames_out)
    for number, (recorded, replayed) in enumerate(zip(tick.frames_out, out, strict=False), start=1):
        if recorded != replayed:
            where = f"frame {number} of {count}"
            return Difference(index, tick.time_ns, where, _text(recorded), _text(replayed))
    if len(out) != count:
        return Difference(index, tick.time_ns, "number of frames", str(count), str(len(out)))
    return None


def _telemetry(index: int, tick: TickRecord, telemetry: Telemetry) -> Difference | None:
    for name in Telemetry.__struct_fields__:
        recorded, replayed = getattr(tick.telemetry, name), getattr(telemetry, name)
        # Encoded, NaN equals NaN and -0.0 differs from 0.0: bytes are compared, not numbers.
        if msgspec.msgpack.encode(recorded) != msgspec.msgpack.encode(replayed):
            where = f"telemetry.{name}"
            return Difference(index, tick.time_ns, where, repr(recorded), repr(replayed))
    return None


def _text(frame: Frame) -> str:
    return f"{frame.bus} {frame.can_id:08X}#{frame.data.hex().upper()} at {frame.time_ns} ns"
