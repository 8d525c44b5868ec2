"""The supervisor looks at the vehicle before a proposal is due, and never at the cost of a frame."""

import msgspec
import pytest

from firmware_runtime.can.frame import Frame
from firmware_runtime.recorder.replay import replay_supervisor
from firmware_runtime.recorder.tick_record import SupervisorTick
from firmware_runtime.safety.supervision import LocalStatus
from firmware_runtime.safety.supervisor import Supervisor
from tests.bus_vehicle import BusVehicle
from tests.executive.supervisor_process import MS, PERIOD_NS, Process
from tests.safety.support import profile


def test_it_looks_once_before_each_proposal_and_not_without_one(process: Process) -> None:
    process.run(20)
    looks = process.looks
    assert looks == 19, "before the first nobody knew when it was due"
    assert process.shell.statistics.forwarded == 20
    process.time.time_ns += 30 * MS
    for _ in range(100):
        process.time.time_ns += MS // 2
        process.shell.turn()
    assert process.looks <= looks + 1
    assert process.own.status is LocalStatus.OK


def test_a_proposal_that_is_there_goes_before_the_look(process: Process) -> None:
    process.run(5)
    looks, forwarded = process.looks, process.shell.statistics.forwarded
    process.time.time_ns += PERIOD_NS - MS // 2
    process.propose()
    process.shell.turn()
    assert (process.looks, process.shell.statistics.forwarded) == (looks, forwarded + 1)


def test_an_estop_goes_before_the_look(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    process.run(5)
    looks, steps = process.looks, process.shell.statistics.steps
    process.time.time_ns += PERIOD_NS - MS // 2
    frame = Frame(process.time.time_ns, "body", 1, b"")
    monkeypatch.setattr(process.wires[1], "receive", lambda now_ns: [frame])
    monkeypatch.setattr(process.supervisor, "hear", lambda now_ns, frames: True)
    process.shell.turn()
    assert (process.looks, process.shell.statistics.steps) == (looks, steps + 1)


def test_frames_that_come_after_it_are_looked_at_but_not_without_end(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bus that is full says something all the time."""
    process.run(5)
    looks = process.looks
    monkeypatch.setattr(process.wires[0], "receive", lambda now_ns: [Frame(now_ns, "drive", 1, b"")])
    process.time.time_ns += 8 * MS
    for _ in range(25):
        process.time.time_ns += MS // 10
        process.shell.turn()
    assert process.looks == looks + 8


@pytest.mark.requirement("SR-11")
@pytest.mark.parametrize("pressed", [False, True], ids=["", "e-stop"])
def test_a_slow_look_is_not_tried_again_for_a_second_and_frames_go_at_once(
    process: Process, monkeypatch: pytest.MonkeyPatch, pressed: bool
) -> None:
    """Nothing of what the step after it says is old, for it has looked anew."""
    process.run(20)
    looks, sent_ns = process.looks, process.time.time_ns
    process.supervisor.look_takes_ns = 30 * MS
    process.time.time_ns += 9 * MS
    process.shell.turn()
    assert process.looks == looks + 1
    if pressed:
        frame = Frame(process.time.time_ns, "body", 1, b"")
        monkeypatch.setattr(process.wires[1], "receive", lambda now_ns: [frame])
        monkeypatch.setattr(process.supervisor, "hear", lambda now_ns, frames: True)
    sent = process.sent
    process.shell.turn()
    monkeypatch.undo()
    assert process.sent > sent
    assert process.time.time_ns - sent_ns < 40 * MS
    assert process.shell.statistics.withheld == 0
    process.run(90)
    assert process.looks == looks + 1
    assert process.own.status is not LocalStatus.EXPIRED


@pytest.mark.requirement("SR-11")
def test_what_was_withheld_is_said_at_once_in_the_next_step(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slow in hearing, its frames were due by a time that it read after that: none is due again yet."""

    def slow(now_ns: int) -> list[Frame]:
        process.time.time_ns += 30 * MS
        return []

    process.steps(50)
    monkeypatch.setattr(process.wires[0], "receive", slow)
    assert process.steps(1) == 0
    monkeypatch.undo()
    sent, before_ns = process.sent, process.time.time_ns
    process.shell.turn()
    assert process.time.time_ns == before_ns, "without waiting"
    assert process.sent - sent >= 7, "every message"


@pytest.mark.requirement("SR-30")
def test_what_it_looked_at_is_recorded_and_replayed(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wheels are first seen still by a step, and 200 ms later by a look, a millisecond too early: it says
    STANDING a tick later than without that look."""
    vehicle, said = BusVehicle(), list[Frame]()

    def receive(now_ns: int) -> list[Frame]:
        frames, said[:] = list(said), []
        return [frame for frame in frames if frame.bus == "drive"]

    monkeypatch.setattr(process.wires[0], "receive", receive)
    for tick in range(130):
        # After a slow look there is none for a second.
        process.supervisor.look_takes_ns = 3 * MS if tick == 1 else 0
        vehicle.roll(1.0 if tick < 95 else 0.0)
        said[:] = vehicle.frames(process.time.time_ns)
        process.run(1)
    records = process.records()
    steps = [one for one in records if isinstance(one, SupervisorTick)]
    assert sum(heard.looked for step in steps for heard in step.heard) == process.looks > 20
    result = replay_supervisor(records, lambda configuration: Supervisor(profile()))
    assert (result.difference, result.ticks) == (None, process.shell.statistics.steps)
    blind = [
        msgspec.structs.replace(one, heard=[heard for heard in one.heard if not heard.looked])
        if isinstance(one, SupervisorTick)
        else one
        for one in records
    ]
    assert replay_supervisor(blind, lambda configuration: Supervisor(profile())).difference is not None
