"""`python -m bench.loop.tick_child time|pace COUNT CORE`: the whole tick of a recorded drive, by its clock.

`time`: how long a tick with 32 and one with 320 frames takes, in turns, as real-time process that sleeps in
between. `pace`: ticks with 32 frames of a runtime at 1 kHz, on its grid. The answer is JSON on stdout.
"""

import gc
import json
import os
import sys
import time
from typing import Any

from bench.loop.drive_record import DriveRecord, record
from firmware_runtime.controller import Controller
from firmware_runtime.executive.clock import MonotonicClock
from firmware_runtime.executive.link.crossing import ProposalCodec
from firmware_runtime.executive.scheduling import prepare_for_ticks
from firmware_runtime.executive.tick_grid import TickGrid
from firmware_runtime.safety.host_report import HostReport
from firmware_runtime.safety.supervisor import Supervisor
from vehicle_hil.result import TICK_NS

PACE_HZ = 1000
PACE_NS = 1_000_000_000 // PACE_HZ
SLEEP_S = 0.001
FRAMES = (32, 320)


class Runtime:
    """Both eyes, one after the other, with what crosses between them; `tick` gives ns of each part."""

    def __init__(self, given: DriveRecord) -> None:
        self._controller = Controller(given.profile, given.route)
        self._supervisor = Supervisor(given.profile)
        self._sending, self._taking = ProposalCodec(), ProposalCodec()
        self._host = HostReport(period_ns=given.profile.data.loop.tick_ns)
        self._ticks = iter(given.ticks)
        self.sent = 0
        for _ in range(given.driving_from):
            self.tick()

    def tick(self) -> tuple[int, int]:
        """`control`: from frames to the proposal as bytes; supervisor: from there to frames."""
        given, clock = next(self._ticks), time.perf_counter_ns
        report = self._supervisor.report
        begin_ns = clock()
        proposal = self._controller.step(given.now_ns, given.frames, given.serial, report, self._host)
        message = self._sending.encode(proposal)
        middle_ns = clock()
        out = self._supervisor.step(given.now_ns, given.frames, self._taking.decode(message))
        end_ns = clock()
        self.sent += len(out)
        return middle_ns - begin_ns, end_ns - middle_ns

    def problem(self) -> str:
        """Why this was not the work that it should have been, or empty."""
        if self._supervisor.report.took_over or self._supervisor.report.rejected:
            return f"expected every proposal accepted, got {self._supervisor.report}"
        receivers = (self._controller._receiver, self._supervisor._receiver)
        refused = [one.message for made in receivers for one in made.message_statistics() if one.rejected]
        return f"expected every frame accepted, got refusals of {', '.join(refused)}" if refused else ""


def measure_time(count: int) -> dict[str, Any]:
    runtimes = {frames: Runtime(record(frames, count)) for frames in FRAMES}
    prepare_for_ticks(TICK_NS)
    collections, blocks = collected(), sys.getallocatedblocks()
    parts_ns: dict[int, list[tuple[int, int]]] = {frames: [] for frames in FRAMES}
    try:
        while True:
            for frames, runtime in runtimes.items():
                time.sleep(SLEEP_S)
                parts_ns[frames].append(runtime.tick())
    except StopIteration:
        pass
    return {
        "parts_ns": parts_ns,
        "problem": "; ".join(runtime.problem() for runtime in runtimes.values() if runtime.problem()),
        "frames_sent": {frames: runtime.sent for frames, runtime in runtimes.items()},
        "collections": [after - before for after, before in zip(collected(), collections, strict=True)],
        "allocated_blocks_more": sys.getallocatedblocks() - blocks,
    }


def measure_pace(count: int) -> dict[str, Any]:
    runtime = Runtime(record(FRAMES[0], count, PACE_HZ))
    prepare_for_ticks(PACE_NS)
    grid = TickGrid(MonotonicClock(), PACE_NS)
    overruns: list[tuple[int, int]] = []
    late_ns: list[int] = []
    begin_ns = time.monotonic_ns()
    try:
        while True:
            now_ns = grid.wait()
            if now_ns is None:
                continue
            late_ns.append(now_ns - grid.begun_due_ns)
            runtime.tick()
            grid.done()
            if grid.cycle_ns > PACE_NS:
                overruns.append((grid.begun_due_ns, grid.begun_due_ns + grid.cycle_ns))
    except StopIteration:
        pass
    return {
        "ticks": grid.statistics.ticks,
        "missed_periods": grid.statistics.missed_periods,
        "overruns": overruns,
        "late_ns": late_ns,
        "window_ns": [begin_ns, time.monotonic_ns()],
        "problem": runtime.problem(),
    }


def collected() -> list[int]:
    """Collections so far of each generation."""
    return [generation["collections"] for generation in gc.get_stats()]


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[3])})
    print(json.dumps({"time": measure_time, "pace": measure_pace}[sys.argv[1]](int(sys.argv[2]))))
