"""A black box of two processes: each is replayed by itself, anew where it began anew, with its very calls."""

from collections.abc import Sequence

import msgspec
import pytest

from firmware_runtime.can.bus_events import BusEvent, EventKind
from firmware_runtime.can.frame import Frame
from firmware_runtime.recorder.replay import ReplayResult, replay_control, replay_supervisor
from firmware_runtime.recorder.tick_record import (
    ControlBegin,
    ControlTick,
    Heard,
    Record,
    SupervisorBegin,
    SupervisorTick,
)
from firmware_runtime.safety.host_report import HostReport
from firmware_runtime.safety.supervisor_report import SupervisorReport
from firmware_runtime.vehicle.enums import SafetyState
from firmware_runtime.vehicle.proposal import Proposal
from firmware_runtime.vehicle.signals import Commands
from firmware_runtime.vehicle.telemetry import Telemetry
from tests.recorder.ticks import telemetry_at

PERIOD_NS = 10_000_000


class Memory:
    """A checksum over all that went in: any input that is changed or left out changes what comes later."""

    def __init__(self) -> None:
        self._sum = 0

    def take(self, *inputs: object) -> int:
        self._sum = hash((self._sum, msgspec.msgpack.encode(inputs))) & 0xFFFF
        return self._sum


class Control(Memory):
    telemetry: Telemetry | None = None

    def step(
        self,
        now_ns: int,
        frames: Sequence[Frame],
        serial: bytes,
        supervisor: SupervisorReport,
        host: HostReport,
    ) -> Proposal:
        value = self.take(now_ns, frames, serial, supervisor, host)
        self.telemetry = telemetry_at(now_ns, speed_mps=float(value))
        # A whole number where the type says float, as code may well leave it.
        return Proposal(value, now_ns, SafetyState.AUTO, Commands(brake_force_n=value), None)


class Supervisor(Memory):
    def __init__(self) -> None:
        super().__init__()
        self.report = SupervisorReport("", False, 0)

    def ask_end(self) -> None:
        self.take("end")

    def hear(self, now_ns: int, frames: Sequence[Frame]) -> bool:
        return bool(self.take("hear", now_ns, frames))

    def look(self, now_ns: int) -> None:
        self.take("look", now_ns)

    def withhold(self) -> None:
        self.take("withhold")

    def step(
        self, now_ns: int, frames: Sequence[Frame], proposal: Proposal | None, arrived: int | None
    ) -> list[Frame]:
        value = self.take("step", now_ns, frames, proposal, arrived)
        self.report = SupervisorReport("", False, value)
        return [Frame(now_ns, "drive", n, value.to_bytes(2, "little")) for n in range(3)]


def frames_at(time_ns: int, count: int = 2) -> list[Frame]:
    return [Frame(time_ns - n, "drive", n, time_ns.to_bytes(8, "little")) for n in range(count)]


def life(start_ns: int, count: int) -> list[Record]:
    """Both processes from their begin: `control` every 10 ms, the supervisor 1 ms later, its ears twice, with
    a look in between."""
    control, supervisor = Control(), Supervisor()
    records: list[Record] = [
        SupervisorBegin(start_ns - 2, "c0ffee"),
        ControlBegin(start_ns - 1, "c0ffee", "yard"),
    ]
    for number in range(count):
        now_ns = start_ns + number * PERIOD_NS
        host = HostReport((BusEvent(now_ns, "drive", EventKind.OVERFLOW, number),))
        report, frames = supervisor.report, frames_at(now_ns)
        proposal = control.step(now_ns, frames, b"$", report, host)
        assert control.telemetry is not None
        records.append(ControlTick(now_ns, frames, b"$", report, host, proposal, control.telemetry))
        heard = [
            Heard(now_ns - 4_000_000, frames_at(now_ns)),
            Heard(now_ns, (), looked=True),
            Heard(now_ns + 1_000_000, frames_at(now_ns, 1)),
        ]
        for call in heard:
            if call.looked:
                supervisor.look(call.time_ns)
            else:
                supervisor.hear(call.time_ns, call.frames)
        judged = msgspec.msgpack.decode(msgspec.msgpack.encode(proposal), type=Proposal)
        judged = judged if number % 5 else None
        arrived = number % 3
        out = supervisor.step(now_ns + 1_000_000, (), judged, arrived)
        tick = SupervisorTick(now_ns + 1_000_000, heard, judged, out, supervisor.report, arrived=arrived)
        records.append(tick)
    return records


def read(records: Sequence[Record]) -> list[Record]:
    """Through the file's encoding and back."""
    decoder = msgspec.msgpack.Decoder(Record)
    return [decoder.decode(msgspec.msgpack.encode(record)) for record in records]


def replayed(records: Sequence[Record]) -> tuple[ReplayResult, ReplayResult]:
    """Of `control`, of the supervisor."""
    return replay_control(read(records), Control), replay_supervisor(read(records), lambda _: Supervisor())


@pytest.mark.requirement("SR-30")
def test_each_process_gives_the_same_bytes_over_all_its_lives() -> None:
    records = [*life(PERIOD_NS, 20), *life(1000 * PERIOD_NS, 10), *life(2000 * PERIOD_NS, 5)]
    control, supervisor = replayed(records)
    assert (control.ticks, control.difference, control.begins) == (35, None, 3)
    assert (supervisor.ticks, supervisor.difference, supervisor.begins) == (35, None, 3)


def changed(records: list[Record], kind: type, number: int, **changes: object) -> list[Record]:
    """With the record of this kind and number changed."""
    place = [place for place, record in enumerate(records) if isinstance(record, kind)][number]
    records[place] = msgspec.structs.replace(records[place], **changes)
    return records


@pytest.mark.parametrize(
    "changes",
    [
        {"frames_in": []},
        {"serial_in": b"#"},
        {"report": SupervisorReport("says so", False, 0)},
        {"host": HostReport()},
    ],
)
def test_a_changed_input_of_control_shows_there_and_not_in_the_supervisor(
    changes: dict[str, object],
) -> None:
    control, supervisor = replayed(changed(life(PERIOD_NS, 12), ControlTick, 7, **changes))
    assert control.difference is not None
    assert (control.difference.tick, control.difference.time_ns) == (7, 8 * PERIOD_NS)
    assert supervisor.difference is None


@pytest.mark.parametrize(
    "changes",
    [
        {"heard": []},
        {"heard": [Heard(0, frames_at(0))]},
        {
            "heard": [
                Heard(8 * PERIOD_NS + 1_000_000, [*frames_at(8 * PERIOD_NS), *frames_at(8 * PERIOD_NS, 1)])
            ]
        },
        {
            "heard": [
                Heard(8 * PERIOD_NS - 4_000_000, frames_at(8 * PERIOD_NS)),
                Heard(8 * PERIOD_NS + 1_000_000, frames_at(8 * PERIOD_NS, 1)),
            ]
        },
        {
            "heard": [
                Heard(8 * PERIOD_NS - 4_000_000, frames_at(8 * PERIOD_NS)),
                Heard(8 * PERIOD_NS + 1_000_000, frames_at(8 * PERIOD_NS, 1)),
                Heard(8 * PERIOD_NS, (), looked=True),
            ]
        },
        {"proposal": None},
        {"end_asked": True},
    ],
    ids=["left out", "others", "in one call", "no look", "looked later", "no proposal", "asked to end"],
)
def test_what_the_supervisor_was_given_otherwise_shows_there_alone(changes: dict[str, object]) -> None:
    control, supervisor = replayed(changed(life(PERIOD_NS, 12), SupervisorTick, 7, **changes))
    assert control.difference is None
    assert supervisor.difference is not None
    assert (supervisor.difference.tick, supervisor.difference.where) == (7, "frame 1 of 3")


def test_a_changed_output_is_named_to_the_field() -> None:
    records = changed(life(PERIOD_NS, 4), ControlTick, 2, telemetry=telemetry_at(0, speed_mps=-1.0))
    control, _ = replayed(records)
    assert control.difference is not None
    assert control.difference.where == "telemetry.time_ns"
    proposal = Proposal(1, 2, SafetyState.AUTO, Commands(), None)
    control, _ = replayed(changed(life(PERIOD_NS, 4), ControlTick, 2, proposal=proposal))
    assert control.difference is not None
    assert control.difference.where == "proposal.sequence"
    whole = next(r for r in life(PERIOD_NS, 1) if isinstance(r, ControlTick)).proposal
    other = msgspec.structs.replace(whole, commands=Commands(brake_force_n=-1.0))
    control, _ = replayed(changed(life(PERIOD_NS, 4), ControlTick, 0, proposal=other))
    assert control.difference is not None
    assert control.difference.where == "proposal.commands.brake_force_n"
    _, supervisor = replayed(
        changed(life(PERIOD_NS, 4), SupervisorTick, 3, report=SupervisorReport("", True, 0))
    )
    assert supervisor.difference is not None
    assert supervisor.difference.where == "report.estop"


def test_a_gap_ends_the_replay_of_the_process_that_has_it() -> None:
    control, supervisor = replayed(changed(life(PERIOD_NS, 9), SupervisorTick, 4, dropped_before=3))
    assert control.difference is None
    assert supervisor.ticks == 4
    assert supervisor.difference is not None
    assert (supervisor.difference.where, supervisor.difference.recorded) == ("records", "3 ticks missing")


def test_records_that_begin_in_mid_drive_are_not_replayed_and_that_is_said() -> None:
    control, supervisor = replayed(life(PERIOD_NS, 9)[4:])
    for result in (control, supervisor):
        assert (result.ticks, result.begins) == (0, 0)
        assert result.difference is not None
        assert result.difference.where == "records"
        assert "begins in the middle" in result.difference.recorded
