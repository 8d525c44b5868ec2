"""Tests by the wall clock share this machine with each other, and some of them with nobody.

Several workers run tests at a time. One that hangs a real-time process in a loop, or loads every core, would
make another's truck stop for a reason that is none of its own. Held by the kernel: it ends with its process.
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
    "tests/executive/test_run.py",
    "tests/hil/test_realtime.py",
    "tests/hil/test_command.py",
)
"""Begins of the names of tests that may run beside each other."""
ALONE = (
    "tests/processes/test_kill_matrix.py",
    "tests/processes/test_soak.py",
    "tests/bench/test_loop.py",
    "tests/executive/test_scheduling.py",
    "tests/hil/test_stall_meter.py",
)
"""Those that run beside none of these."""
LOCK = Path(tempfile.gettempdir()) / "firmware-runtime-tests-by-the-clock"


@contextmanager
def turn(name: str) -> Iterator[None]:
    """Waits until this test may run; other tests have nothing to wait for."""
    alone = name.startswith(ALONE)
    if fcntl is None or not (alone or name.startswith(BY_THE_CLOCK)):
        yield
        return
    with LOCK.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
