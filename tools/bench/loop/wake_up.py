"""How late a process wakes up: the executive, `cyclictest` and a bare absolute sleep, in turns.

All on one core, with one priority, memory locked; idle, and with work on the other core.
"""

import shutil
import subprocess
import sys
from array import array
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

from bench.case import UnavailableError
from bench.loop.figures import Peer, rows_of
from bench.loop.load import loaded, stress_name
from bench.loop.sleeper import PRIORITY
from bench.measure import BenchError, Row

OURS, CYCLICTEST, BARE = "ours", "cyclictest", "bare"
RATES_HZ = (100, 1000)
TIMES_MAX = 3.0
HISTOGRAM_US = 20_000
"""Later than this is counted by cyclictest as its highest only."""
US = 1e-3


class Scale(NamedTuple):
    rounds: int
    seconds: dict[int, float]
    """Of each contender in each round, by rate."""


def measure(
    scale: Scale, core: int, other: int | None, folder: Path, progress: Callable[[str], None]
) -> list[Row]:
    """other: the core that works in half of the runs; None where there is none."""
    rows: list[Row] = []
    contenders = [OURS, CYCLICTEST, BARE] if shutil.which(CYCLICTEST) else [OURS, BARE]
    for load in ("idle", "loaded") if other is not None else ("idle",):
        work = loaded(other, folder) if load == "loaded" and other is not None else nullcontext()
        late_us: dict[tuple[int, str], list[float]] = {}
        with work:
            for turn in range(scale.rounds):
                for rate_hz in RATES_HZ:
                    # Who goes first changes from round to round.
                    for place in range(len(contenders)):
                        name = contenders[(turn + place) % len(contenders)]
                        progress(f"wake-up, {load}, {rate_hz} Hz, {name}, {turn + 1} of {scale.rounds}")
                        count = round(scale.seconds[rate_hz] * rate_hz)
                        late_us.setdefault((rate_hz, name), []).extend(run(name, rate_hz, count, core))
        for rate_hz in RATES_HZ:
            rows += _rows(load, rate_hz, {name: late_us[rate_hz, name] for name in contenders})
    return rows


def _rows(load: str, rate_hz: int, late_us: dict[str, list[float]]) -> list[Row]:
    what = f"wake-up, {rate_hz} Hz, {load}"
    peer = Peer(CYCLICTEST, late_us[CYCLICTEST]) if CYCLICTEST in late_us else None
    rows = rows_of(what, "µs", late_us[OURS], peer, times_max={"p99": TIMES_MAX})
    return rows + rows_of(
        what, "µs", late_us[OURS], Peer("bare absolute sleep", late_us[BARE]), shares=("p99", "max")
    )


def left_out(other: int | None) -> list[str]:
    reasons: list[str] = []
    if not shutil.which(CYCLICTEST):
        reasons.append("peer of `wake-up`: cyclictest is not installed (apt-get install rt-tests)")
    if other is None:
        reasons.append("`wake-up, loaded`: expected a second core for the load, got one core")
    elif not shutil.which("stress-ng"):
        reasons.append(f"load by stress-ng; instead: {stress_name()}")
    return reasons


def run(name: str, rate_hz: int, count: int, core: int) -> Sequence[float]:
    """Microseconds of each wake-up."""
    period_ns = 1_000_000_000 // rate_hz
    if name == CYCLICTEST:
        return _cyclictest(period_ns // 1000, count, core)
    command = [sys.executable, "-m", "bench.loop.sleeper", name, str(period_ns), str(count), str(core)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise BenchError(f"{name}: {done.stderr.decode(errors='replace').strip()}")
    late_ns = array("q")
    late_ns.frombytes(done.stdout)
    return [late * US for late in late_ns]


def _cyclictest(period_us: int, count: int, core: int) -> Sequence[float]:
    """Its histogram of whole microseconds, unfolded; the highest one as it is."""
    command = [
        "cyclictest",
        "--quiet",
        "--mlockall",
        "--policy=fifo",
        f"--priority={PRIORITY}",
        "--threads=1",
    ]
    command += [
        f"--affinity={core}",
        f"--interval={period_us}",
        f"--loops={count}",
        f"--histogram={HISTOGRAM_US}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnavailableError(f"cyclictest: {done.stderr.strip()}")
    return histogram(done.stdout)


def histogram(text: str) -> list[float]:
    """cyclictest's output as one number a wake-up."""
    late_us: list[float] = []
    highest_us, beyond = 0.0, 0
    for line in text.splitlines():
        if line.startswith("# Max Latencies:"):
            highest_us = float(line.split(":")[1])
        elif line.startswith("# Histogram Overflows:"):
            beyond = int(line.split(":")[1])
        elif line[:1].isdigit():
            microseconds, times = line.split()
            late_us += [float(microseconds)] * int(times)
    return late_us + [highest_us] * beyond
