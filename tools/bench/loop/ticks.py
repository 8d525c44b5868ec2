"""The whole tick: how long it takes, whether it keeps up at 1 kHz, and what it leaves behind."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.loop.figures import rows_of
from bench.loop.tick_child import PACE_NS
from bench.measure import BenchError, Row
from vehicle_hil.stall_meter import Stall, StallMeter

LIMITS_MS = {"32": {"p50": 0.35, "p99": 1.0}, "320": {"p50": 1.0, "p99": 2.5}}
STALL_NS = 300_000
"""A shorter late wake-up of the bare process explains nothing (assumption)."""


def measure_time(ticks: int, core: int) -> tuple[list[Row], dict[str, Any]]:
    found = _child("time", ticks, core)
    rows: list[Row] = []
    for frames, parts in found.pop("parts_ns").items():
        whole_ms = [(control_ns + supervisor_ns) / 1e6 for control_ns, supervisor_ns in parts]
        shares = ("p50", "p99", "max")
        rows += rows_of(
            f"whole tick, {frames} frames in", "ms", whole_ms, limits=LIMITS_MS[frames], shares=shares
        )
        rows += rows_of(
            f"of it control, {frames} frames in", "ms", [c / 1e6 for c, _ in parts], shares=("p50",)
        )
    return rows, found


def measure_pace(ticks: int, core: int, folder: Path) -> tuple[list[Row], dict[str, Any]]:
    with StallMeter(folder, {core}) as meter:
        found = _child("pace", ticks, core)
        begin_ns, end_ns = found.pop("window_ns")
        stalls = meter.within(begin_ns, end_ns)
    overruns = found.pop("overruns")
    unexplained = [(begin, end) for begin, end in overruns if not explained(begin, end, stalls)]
    worst_ms = max((one.late_ns for one in stalls), default=0) / 1e6
    rows = [
        _count("1 kHz, 32 frames: periods left out", found["missed_periods"], None),
        _count("1 kHz, 32 frames: overruns", len(overruns), None),
        _count("1 kHz, 32 frames: overruns without a stall of the machine", len(unexplained), 0),
    ]
    late_us = [late_ns / 1e3 for late_ns in found.pop("late_ns")]
    rows += rows_of("1 kHz, 32 frames: wake-up", "µs", late_us, shares=("p50", "p99", "max"))
    return rows, {
        **found,
        "overruns": len(overruns),
        "overruns_ms": sorted(round((end - begin) / 1e6, 3) for begin, end in unexplained)[-20:],
        "stalls": len([one for one in stalls if one.late_ns > STALL_NS]),
        "worst_stall_ms": worst_ms,
    }


def explained(begin_ns: int, end_ns: int, stalls: Sequence[Stall]) -> bool:
    """The machine itself gave no processor within this cycle, for at least as long as it was too long."""
    least_ns = max(STALL_NS, end_ns - begin_ns - PACE_NS)
    return any(
        one.late_ns >= least_ns and one.begin_ns <= end_ns and one.end_ns >= begin_ns for one in stalls
    )


def _count(what: str, count: int, most: int | None) -> Row:
    met = None if most is None else count <= most
    return Row(what, count, "", None, None, None, None if most is None else f"≤ {most}", met)


def _child(what: str, ticks: int, core: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.loop.tick_child", what, str(ticks), str(core)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"tick: {done.stderr.strip().splitlines()[-1]}")
    found = json.loads(done.stdout)
    if found["problem"]:
        raise BenchError(f"tick: {found['problem']}")
    return found
