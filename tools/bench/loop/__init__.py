"""The benchmark `loop`: how real-time processes keep their time, beside what the machine can do."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from bench.case import Result
from bench.loop import hand_over, pace, read_sockets, start_up, ticks, wake_up
from bench.measure import BenchError, Row
from firmware_runtime.executive.machine.own_cores import cores_here
from vehicle_hil.stall_meter import StallMeterError


class LoopScale(NamedTuple):
    wake_up: wake_up.Scale
    ticks: int
    """Of the drive whose ticks are timed, power-on included."""
    reads: int
    pace_ticks: int
    """The same at 1 kHz: the truck sets off after some 4,500 of them."""
    hand_over_s: float
    starts: int


FULL = LoopScale(wake_up.Scale(3, {100: 5.0, 1000: 3.0}), 2500, 1000, 10_000, 15.0, 5)
QUICK = LoopScale(wake_up.Scale(1, {100: 1.0, 1000: 1.0}), 800, 300, 6000, 4.0, 1)
TINY = LoopScale(wake_up.Scale(1, {100: 0.05, 1000: 0.05}), 500, 20, 5000, 0.3, 1)
"""For a test of the shape; its figures mean nothing."""


def measure(scale: LoopScale, progress: Callable[[str], None]) -> Result:
    """Raises BenchError where there is no right to real-time priority, or a part did not do its work."""
    cores = list(cores_here())
    # The last core has the fewest interrupts; the load is on the first.
    core, other = cores[-1], cores[0] if len(cores) > 1 else None
    rows: list[Row] = []
    details: dict[str, Any] = {"cores": len(cores), "core": core}
    with tempfile.TemporaryDirectory(prefix="bench-loop-") as name:
        folder = Path(name)
        try:
            rows += wake_up.measure(scale.wake_up, core, other, folder, progress)
            progress("whole tick")
            found, details["tick"] = ticks.measure_time(scale.ticks, core)
            rows += found
            progress("reading sockets")
            rows += read_sockets.measure(scale.reads)
            progress("1 kHz")
            found, details["pace"] = pace.measure(scale.pace_ticks, [cores[0], core], folder)
            rows += found
            progress("hand-over")
            found, details["hand_over"] = hand_over.measure(scale.hand_over_s, folder)
            rows += found
            found, details["start"] = start_up.measure(scale.starts, folder, progress)
            rows += found
        except StallMeterError as error:
            raise BenchError(str(error)) from error
    how = "Contenders in turns on one core, with one real-time priority."
    return Result(rows, wake_up.left_out(other), how, details)
