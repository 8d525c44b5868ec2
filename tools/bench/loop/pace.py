"""1 kHz: `control` on its grid of a millisecond and the supervisor behind it, two processes on a core each.

`python -m bench.loop.pace control|supervisor COUNT CORE FOLDER` is one of them; the answer is JSON on stdout.
Both are handed the frames of the same recorded drive; proposals and reports cross as on a vehicle.
"""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.loop.drive_record import record
from bench.loop.figures import rows_of
from bench.loop.tick_child import Runtime
from bench.measure import BenchError, Row
from firmware_runtime.executive.clock import MonotonicClock
from firmware_runtime.executive.link import crossing
from firmware_runtime.executive.link.datagram import Inbox, Outbox
from firmware_runtime.executive.link.ring import RingWriter
from firmware_runtime.executive.link.tick_log import TickLog
from firmware_runtime.executive.processes import CONTROL_PRIORITY, SUPERVISOR_PRIORITY
from firmware_runtime.executive.scheduling import prepare_for_ticks
from firmware_runtime.executive.tick_grid import TickGrid
from firmware_runtime.recorder.tick_record import ControlTick, Heard, SupervisorTick
from firmware_runtime.safety.host_report import HostReport
from vehicle_hil.stall_meter import Stall, StallMeter

FRAMES = 32
PACE_HZ = 1000
PACE_NS = 1_000_000_000 // PACE_HZ
STALL_NS = 300_000
"""A shorter late wake-up of the bare process explains nothing (assumption). It looks once a millisecond: so
much longer than it tells a stall may have been: traced, one of 3.3 ms was told as 2.3 ms."""
END_S = 2.0
"""Without a proposal for so long the supervisor ends."""
BEGIN_S = 120.0


def measure(ticks: int, cores: Sequence[int], folder: Path) -> tuple[list[Row], dict[str, Any]]:
    """cores: of the supervisor and of `control`; one and the same where the machine has no other."""
    with StallMeter(folder, set(cores)) as meter:
        control, supervisor = _run(ticks, cores, folder, meter)
        begin_ns = min(found["cycles"][0][0] for found in (control, supervisor))
        end_ns = max(found["cycles"][-1][1] for found in (control, supervisor))
        stalls = meter.within(begin_ns, end_ns)
    rows: list[Row] = []
    details: dict[str, Any] = {"worst_stall_ms": max((one.late_ns for one in stalls), default=0) / 1e6}
    for name, core, found in (("control", cores[-1], control), ("supervisor", cores[0], supervisor)):
        if found["problem"]:
            raise BenchError(f"pace, {name}: {found['problem']}")
        own = [one for one in stalls if one.core == core]
        cycles = [(begin_ns, end_ns) for begin_ns, end_ns in found["cycles"] if end_ns - begin_ns > PACE_NS]
        unexplained = [cycle for cycle in cycles if not explained(*cycle, own)]
        rows += [
            _count(f"1 kHz, 32 frames, {name}: overruns", len(cycles), None),
            _count(f"1 kHz, 32 frames, {name}: overruns without a stall of its core", len(unexplained), 0),
        ]
        cycle_us = [(end_ns - begin_ns) / 1e3 for begin_ns, end_ns in found["cycles"]]
        shares = ("p50", "p99", "max")
        rows += rows_of(f"1 kHz, 32 frames, {name}: cycle", "µs", cycle_us, shares=shares)
        details[name] = {
            "cycles": len(found["cycles"]),
            "unexplained_ms": sorted(round((end - begin) / 1e6, 3) for begin, end in unexplained)[-20:],
            "stalls": len([one for one in own if one.late_ns > STALL_NS]),
        }
    rows.append(_count("1 kHz, 32 frames: proposals that waited for the next", supervisor["overtaken"], None))
    details["periods_left_out"] = control["missed_periods"]
    return rows, details


def explained(begin_ns: int, end_ns: int, stalls: Sequence[Stall]) -> bool:
    """The machine itself may have given no processor within this cycle for as long as it was too long."""
    over_ns = end_ns - begin_ns - PACE_NS
    return any(
        one.late_ns >= STALL_NS and min(one.end_ns, end_ns) - max(one.earliest_ns, begin_ns) >= over_ns
        for one in stalls
    )


def _run(
    ticks: int, cores: Sequence[int], folder: Path, meter: StallMeter
) -> tuple[dict[str, Any], dict[str, Any]]:
    with ExitStack() as stack:

        def begin(name: str, core: int) -> subprocess.Popen[str]:
            command = [sys.executable, "-m", __name__, name, str(ticks), str(core), str(folder)]
            child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            stack.enter_context(child)
            stack.callback(child.kill)
            return child

        supervisor = begin("supervisor", cores[0])
        _await_begin("supervisor", supervisor)
        meter.stalls()
        control = begin("control", cores[-1])
        return _found("control", control), _found("supervisor", supervisor)


def _await_begin(name: str, child: "subprocess.Popen[str]") -> None:
    assert child.stdout is not None
    readable, _, _ = select.select([child.stdout], [], [], BEGIN_S)
    if not (readable and child.stdout.readline()):
        child.kill()
        raise BenchError(f"pace, {name}: {_complaint(child.communicate()[1])}")


def _found(name: str, child: "subprocess.Popen[str]") -> dict[str, Any]:
    said, complaint = child.communicate()
    if child.returncode:
        raise BenchError(f"pace, {name}: {_complaint(complaint)}")
    return json.loads(said)


def _complaint(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "ended without a word"


def _count(what: str, count: int, most: int | None) -> Row:
    met = None if most is None else count <= most
    return Row(what, count, "", None, None, None, None if most is None else f"≤ {most}", met)


def control(count: int, folder: Path) -> dict[str, Any]:
    """A cycle: from the moment at which a tick is due until its proposal is sent and its record written."""
    given = record(FRAMES, count, PACE_HZ)
    runtime = Runtime(given)
    proposals, reports = Outbox(folder / crossing.PROPOSALS), Inbox(folder / crossing.REPORTS)
    sending, taking = crossing.ProposalCodec(), crossing.ReportCodec()
    host, report = HostReport(period_ns=PACE_NS), runtime.supervisor.report
    log = TickLog(RingWriter(folder / crossing.CONTROL_TICKS))
    prepare_for_ticks(PACE_NS, CONTROL_PRIORITY)
    grid = TickGrid(MonotonicClock(), PACE_NS)
    cycles: list[tuple[int, int]] = []
    ticks = iter(given.ticks[given.driving_from :])
    tick = next(ticks, None)
    while tick is not None:
        if grid.wait() is None:
            continue
        for message in reports.take():
            said = taking.decode(message)
            report = said.report if said is not None else report
        proposal = runtime.controller.step(tick.now_ns, tick.frames, tick.serial, report, host)
        proposals.send(sending.encode(proposal))
        telemetry = runtime.controller.telemetry
        if telemetry is None:
            raise BenchError("expected a tick that drives, got one without telemetry")
        log.write(ControlTick(tick.now_ns, tick.frames, tick.serial, report, host, proposal, telemetry))
        grid.done()
        cycles.append((grid.cycle_due_ns, grid.cycle_due_ns + grid.cycle_ns))
        tick = next(ticks, None)
    return {"cycles": cycles, "missed_periods": grid.statistics.missed_periods, "problem": runtime.problem()}


def supervisor(count: int, folder: Path) -> dict[str, Any]:
    """A cycle: from waking up by a proposal until its frames are there, report sent and record written."""
    given = record(FRAMES, count, PACE_HZ)
    runtime = Runtime(given)
    proposals, reports = Inbox(folder / crossing.PROPOSALS), Outbox(folder / crossing.REPORTS)
    taking, sending = crossing.ProposalCodec(), crossing.ReportCodec()
    log = TickLog(RingWriter(folder / crossing.SUPERVISOR_TICKS))
    prepare_for_ticks(PACE_NS, SUPERVISOR_PRIORITY)
    by_time = {tick.now_ns: number for number, tick in enumerate(given.ticks)}
    cycles: list[tuple[int, int]] = []
    heard, overtaken = given.driving_from, 0
    print("ready", flush=True)
    while select.select([proposals.fileno()], [], [], END_S if cycles else BEGIN_S)[0]:
        begin_ns = time.monotonic_ns()
        messages = proposals.take()
        overtaken += len(messages) - 1
        proposal = taking.decode(messages[-1])
        if proposal is None:
            raise BenchError("expected a proposal, got something that is none")
        place = by_time[proposal.time_ns]
        frames = [frame for tick in given.ticks[heard : place + 1] for frame in tick.frames]
        heard = place + 1
        out = runtime.supervisor.step(proposal.time_ns, frames, proposal, len(messages))
        now_report = runtime.supervisor.report
        reports.send(sending.encode(crossing.ReportMessage(proposal.time_ns, now_report, [])))
        heard_now = [Heard(proposal.time_ns, frames)]
        log.write(
            SupervisorTick(proposal.time_ns, heard_now, proposal, out, now_report, arrived=len(messages))
        )
        cycles.append((begin_ns, time.monotonic_ns()))
    return {"cycles": cycles, "overtaken": overtaken, "problem": runtime.problem()}


PARTS: dict[str, Callable[[int, Path], dict[str, Any]]] = {"control": control, "supervisor": supervisor}

if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[3])})
    print(json.dumps(PARTS[sys.argv[1]](int(sys.argv[2]), Path(sys.argv[4]))))
