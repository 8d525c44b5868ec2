"""`python -m bench.loop.tick_child COUNT CORE`: the whole tick of a recorded drive, by its clock.

How long a tick with 32 and one with 320 frames takes, in turns, as real-time process that sleeps in between.
The answer is JSON on stdout.
"""

import gc
import json
import os
import sys
import time
from typing import Any

from bench.loop.drive_record import DriveRecord, record
from firmware_runtime.controller import Controller
from firmware_runtime.executive.link.crossing import ProposalCodec
from firmware_runtime.executive.scheduling import prepare_for_ticks
from firmware_runtime.safety.host_report import HostReport
from firmware_runtime.safety.supervisor import Supervisor
from vehicle_hil.result import TICK_NS

SLEEP_S = 0.001
FRAMES = (32, 320)


class Runtime:
    """Both eyes, one after the other, with what crosses between them; `tick` gives ns of each part."""

    def __init__(self, given: DriveRecord) -> None:
        self.controller = Controller(given.profile, given.route)
        self.supervisor = Supervisor(given.profile)
        self._sending, self._taking = ProposalCodec(), ProposalCodec()
        self._host = HostReport(period_ns=given.profile.data.loop.tick_ns)
        self._ticks = iter(given.ticks)
        self.sent = 0
        for _ in range(given.driving_from):
            self.tick()

    def tick(self) -> tuple[int, int]:
        """`control`: from frames to the proposal as bytes; supervisor: from there to frames."""
        given, clock = next(self._ticks), time.perf_counter_ns
        report = self.supervisor.report
        begin_ns = clock()
        proposal = self.controller.step(given.now_ns, given.frames, given.serial, report, self._host)
        message = self._sending.encode(proposal)
        middle_ns = clock()
        out = self.supervisor.step(given.now_ns, given.frames, self._taking.decode(message))
        end_ns = clock()
        self.sent += len(out)
        return middle_ns - begin_ns, end_ns - middle_ns

    def problem(self) -> str:
        """Why this was not the work that it should have been, or empty."""
        if self.supervisor.report.took_over or self.supervisor.report.rejected:
            return f"expected every proposal accepted, got {self.supervisor.report}"
        receivers = (self.controller._receiver, self.supervisor._senses.receiver)
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


def collected() -> list[int]:
    """Collections so far of each generation."""
    return [generation["collections"] for generation in gc.get_stats()]


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[2])})
    print(json.dumps(measure_time(int(sys.argv[1]))))
