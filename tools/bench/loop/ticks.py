"""The whole tick: how long it takes, and what it leaves behind."""

import json
import subprocess
import sys
from typing import Any

from bench.loop.figures import rows_of
from bench.measure import BenchError, Row

LIMITS_MS = {"32": {"p50": 0.35, "p99": 1.0}, "320": {"p50": 1.0, "p99": 2.5}}


def measure_time(ticks: int, core: int) -> tuple[list[Row], dict[str, Any]]:
    found = _child(ticks, core)
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


def _child(ticks: int, core: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.loop.tick_child", str(ticks), str(core)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"tick: {done.stderr.strip().splitlines()[-1]}")
    found = json.loads(done.stdout)
    if found["problem"]:
        raise BenchError(f"tick: {found['problem']}")
    return found
