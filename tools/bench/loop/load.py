"""A core that has work to do: stress-ng, or a loop in Python where it is not installed."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.measure import BenchError
from vehicle_hil.child import Child

STRESS = ("stress-ng", "--quiet", "--cpu", "1", "--vm", "1", "--vm-bytes", "64M", "--taskset")
"""Followed by the core: arithmetic, and memory that is written and read again and again."""
BURNER = "import os, sys\nos.sched_setaffinity(0, {int(sys.argv[1])})\nwhile True:\n    sum(range(1000))"


def stress_name() -> str:
    return (
        "stress-ng"
        if shutil.which("stress-ng")
        else "a loop in Python (no stress-ng: apt-get install stress-ng)"
    )


@contextmanager
def loaded(core: int, folder: Path) -> Iterator[None]:
    """This core works until the context is left. Raises BenchError where it did not all the time."""
    command = [*STRESS, str(core)] if shutil.which("stress-ng") else [sys.executable, "-c", BURNER, str(core)]
    with Child("load", command, folder / "load.err") as load:
        yield
        if load.status() is not None:
            raise BenchError(f"the load on core {core} ended before it was to: {load.complaint()}")
