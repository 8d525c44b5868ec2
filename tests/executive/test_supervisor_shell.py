"""The supervisor's process around the supervisor: where it is not well itself it falls silent, and ends.

Real links, real frames; the clock alone is the test's, so that a step takes as long as it is told.
"""

import pytest

from firmware_runtime.can.frame import Frame
from firmware_runtime.safety.supervised import OwnStage
from firmware_runtime.safety.supervision import LocalStatus
from tests.executive.supervisor_process import MS, PERIOD_NS, Process


def test_as_long_as_it_is_well_it_says_something_in_each_step(process: Process) -> None:
    for _ in range(100):
        assert process.steps(1) > 0
    assert process.own.status is LocalStatus.OK


@pytest.mark.requirement("SR-11")
def test_slow_by_30_ms_it_never_sends_again(process: Process) -> None:
    process.steps(50)
    process.supervisor.takes_ns = 30 * MS
    for _ in range(11):
        assert process.steps(1) == 0
    process.supervisor.takes_ns = 0
    assert process.steps(200) == 0
    assert process.own.status is LocalStatus.EXPIRED


def test_one_slow_step_says_nothing_and_is_made_again_at_once(process: Process) -> None:
    process.steps(50)
    process.supervisor.takes_ns = 30 * MS
    assert process.steps(1) == 0
    process.supervisor.takes_ns, before = 0, process.time.time_ns
    sent = process.sent
    process.shell.turn()
    assert process.time.time_ns == before, "without waiting"
    assert process.sent > sent
    assert process.shell.statistics.withheld == 1
    assert process.steps(100) > 100
    assert process.own.status is LocalStatus.OK


@pytest.mark.requirement("SR-11")
def test_slow_in_hearing_is_slow_all_the_same(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(now_ns: int) -> list[Frame]:
        process.time.time_ns += 30 * MS
        return []

    process.steps(50)
    monkeypatch.setattr(process.wires[0], "receive", slow)
    assert process.steps(12) == 0
    assert process.own.status is LocalStatus.EXPIRED


def test_its_loop_ends_by_itself_then(process: Process) -> None:
    process.steps(50)
    process.supervisor.takes_ns = 30 * MS
    asked: list[int] = []

    def never() -> bool:
        asked.append(process.time.time_ns)
        process.time.time_ns += PERIOD_NS
        return False

    process.shell.run(never)
    assert len(asked) == 11, "ten slow steps are borne"


def test_a_step_that_misses_a_stage_sends_nothing(process: Process) -> None:
    process.steps(50)
    process.own.passed(OwnStage.JUDGED)
    assert process.steps(1) == 0
    assert process.own.reason == "JUDGED after RELEASED"


def test_a_proposal_goes_out_as_it_comes(process: Process) -> None:
    process.propose()
    process.shell.turn()
    for _ in range(20):
        process.time.time_ns += 7 * MS
        process.propose()
        process.time.time_ns += MS // 2
        process.shell.turn()
    assert process.shell.statistics.forwarded == 21
    assert process.supervisor.report.rejected == 0


def test_a_proposal_that_comes_while_it_is_pushed_aside_is_not_from_the_future(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between waking up and reading what came, a busy machine may give it no processor for a while."""

    def pushed_aside(now_ns: int) -> list[Frame]:
        process.time.time_ns += 12 * MS
        process.propose()
        process.time.time_ns += MS // 2
        return []

    process.propose()
    process.shell.turn()
    process.time.time_ns += 7 * MS
    monkeypatch.setattr(process.wires[0], "receive", pushed_aside)
    process.shell.turn()
    assert process.shell.statistics.forwarded == 2
    assert process.supervisor.report.rejected == 0
    assert process.supervisor.report.took_over == ""


@pytest.mark.requirement("SR-10", "SR-11")
@pytest.mark.parametrize("message", [None, b"", b"no proposal"])
def test_a_flood_of_proposals_stops_the_vehicle_and_never_silences_the_supervisor(
    process: Process, message: bytes | None
) -> None:
    """2000 a second and more: as often as that the supervisor would be beyond its own supervision."""
    for _ in range(20):
        process.time.time_ns += PERIOD_NS
        process.propose()
        process.shell.turn()
    assert process.supervisor.report.took_over == ""
    steps, stopped_ns = process.shell.statistics.steps, 0
    begin_ns = process.time.time_ns
    while process.time.time_ns < begin_ns + 400 * MS:
        process.time.time_ns += MS // 2
        for _ in range(3):
            if message is None:
                process.propose()
            else:
                process.control.send(message)
        process.shell.turn()
        assert process.own.status is LocalStatus.OK, process.own.reason
        if process.supervisor.report.took_over and not stopped_ns:
            stopped_ns = process.time.time_ns
    assert process.shell.statistics.steps - steps <= 84, "one in half a period, and its own deadlines"
    assert 0 < stopped_ns - begin_ns <= 150 * MS
    assert process.supervisor.report.took_over.startswith("control: ") == (message is None)


@pytest.mark.requirement("SR-01")
def test_in_a_flood_an_estop_is_still_stepped_at_once(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    process.steps(5)
    process.propose()
    process.shell.turn()
    process.time.time_ns += MS
    process.propose()
    steps = process.shell.statistics.steps
    process.shell.turn()
    assert process.shell.statistics.steps == steps
    frame = Frame(process.time.time_ns, "body", 1, b"")
    monkeypatch.setattr(process.wires[1], "receive", lambda now_ns: [frame])
    monkeypatch.setattr(process.supervisor, "hear", lambda now_ns, frames: True)
    process.shell.turn()
    assert process.shell.statistics.steps == steps + 1
    assert process.shell.statistics.urgent == 1
