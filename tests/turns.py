"""Tests by the wall clock share this machine with no other test by the wall clock.

Several workers run tests at a time. The real-time processes of one test go before those of another wherever
both need a core: a `control` that only starts up then makes another's truck stop for a reason that is none of
its own (seen: woken up 27 ms late, FAULT). Held by the kernel: a turn ends with its process.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:
    fcntl = None

BY_THE_CLOCK = (
    "tests/processes/",
    "tests/bench/test_loop.py",
    "tests/executive/test_run.py",
    "tests/executive/test_scheduling.py",
    "tests/hil/test_bus_ear.py",
    "tests/hil/test_realtime.py",
    "tests/hil/test_stall_meter.py",
)
"""Begins of their names."""
LOCK = Path(tempfile.gettempdir()) / "firmware-runtime-tests-by-the-clock"


@contextmanager
def turn(name: str) -> Iterator[None]:
    """Waits until this test may run; other tests have nothing to wait for."""
    if fcntl is None or not name.startswith(BY_THE_CLOCK):
        yield
        return
    with LOCK.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
