"""A replay says `the same` only where every byte is, and otherwise names the first that is not."""

from collections.abc import Sequence

import msgspec
import pytest

from firmware_runtime.can.bus_events import BusEvent, EventKind
from firmware_runtime.can.frame import Frame
from firmware_runtime.recorder.replay import replay
from firmware_runtime.recorder.tick_record import TickRecord
from firmware_runtime.safety.host_report import HostReport
from firmware_runtime.vehicle.telemetry import Telemetry
from tests.recorder.ticks import telemetry_at

PERIOD_NS = 10_000_000


class Runtime:
    """Answers with a checksum over all inputs so far: any changed input changes every later output."""

    def __init__(self) -> None:
        self.telemetry: Telemetry = telemetry_at(0)
        self._sum = 0

    def step(
        self, now_ns: int, frames: Sequence[Frame], serial_bytes: bytes, host: HostReport
    ) -> list[Frame]:
        self._sum = hash((self._sum, now_ns, tuple(frames), serial_bytes, host.bus_events)) & 0xFFFF
        self.telemetry = telemetry_at(now_ns, speed_mps=float(self._sum))
        return [Frame(now_ns, "drive", n, self._sum.to_bytes(2, "little")) for n in range(3)]


def recorded(count: int) -> list[TickRecord]:
    runtime = Runtime()
    records: list[TickRecord] = []
    for sequence in range(count):
        now_ns = sequence * PERIOD_NS
        frames = [Frame(now_ns, "body", 1, bytes([sequence]))]
        host = HostReport((BusEvent(now_ns, "drive", EventKind.OVERFLOW, sequence),))
        out = runtime.step(now_ns, frames, b"$", host)
        records.append(TickRecord(now_ns, frames, b"$", out, runtime.telemetry, host=host))
    # Through the file's encoding and back, as a reader hands them on.
    decoder = msgspec.msgpack.Decoder(TickRecord)
    return [decoder.decode(msgspec.msgpack.encode(record)) for record in records]


def test_the_same_runtime_gives_the_same_bytes() -> None:
    result = replay(recorded(50), Runtime())
    assert (result.ticks, result.difference) == (50, None)


def change(record: TickRecord, **changes: object) -> TickRecord:
    return msgspec.structs.replace(record, **changes)


@pytest.mark.parametrize(("field", "value"), [("frames_in", ()), ("serial_in", b"#"), ("host", HostReport())])
@pytest.mark.requirement("SR-30")
def test_a_changed_input_shows_in_that_very_tick(field: str, value: object) -> None:
    records = recorded(30)
    records[20] = change(records[20], **{field: value})
    difference = replay(records, Runtime()).difference
    assert difference is not None
    assert (difference.tick, difference.time_ns) == (20, 20 * PERIOD_NS)


def test_a_changed_output_is_named_with_both_sides() -> None:
    records = recorded(10)
    frames = list(records[7].frames_out)
    frames[1] = frames[1]._replace(data=b"\x00\x00")
    records[7] = change(records[7], frames_out=tuple(frames))
    difference = replay(records, Runtime()).difference
    assert difference is not None
    assert (difference.tick, difference.where) == (7, "frame 2 of 3")
    assert difference.recorded == "drive 00000001#0000 at 70000000 ns"
    assert difference.replayed != difference.recorded


def test_a_missing_frame_is_a_difference() -> None:
    records = recorded(3)
    records[1] = change(records[1], frames_out=records[1].frames_out[:2])
    difference = replay(records, Runtime()).difference
    assert difference is not None
    assert (difference.where, difference.recorded, difference.replayed) == ("number of frames", "2", "3")


def test_telemetry_is_compared_by_field_and_nan_equals_nan() -> None:
    records = recorded(3)
    telemetry = msgspec.structs.replace(records[2].telemetry, speed_mps=-1.0)
    records[2] = change(records[2], telemetry=telemetry)
    difference = replay(records, Runtime()).difference
    assert difference is not None
    assert (difference.tick, difference.where) == (2, "telemetry.speed_mps")
    assert difference.recorded == "-1.0"


def test_a_gap_in_the_records_ends_the_replay_there() -> None:
    records = recorded(10)
    records[4:6] = [change(records[5], dropped_before=1)]
    result = replay(records, Runtime())
    assert result.ticks == 4
    assert result.difference is not None
    assert (result.difference.where, result.difference.recorded) == ("records", "1 ticks missing")
