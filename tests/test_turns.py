"""Tests that hang real-time processes or load every core run beside no other test by the clock."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.turns import ALONE, BY_THE_CLOCK, turn

ROOT = Path(__file__).parents[1]
TRY = """
import fcntl, sys
from tests.turns import LOCK, turn
held = LOCK.open("a")
for kind in (fcntl.LOCK_SH, fcntl.LOCK_EX):
    try:
        fcntl.flock(held, kind | fcntl.LOCK_NB)
        print("free")
        fcntl.flock(held, fcntl.LOCK_UN)
    except BlockingIOError:
        print("taken")
"""


def another_worker_finds() -> list[str]:
    """For a test that shares, and for one that runs alone."""
    done = subprocess.run([sys.executable, "-c", TRY], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.skipif(sys.platform != "linux", reason="flock")
def test_one_that_runs_alone_keeps_the_others_out() -> None:
    """Asked without waiting: while another worker has its turn, it says what that one holds too."""
    with turn(f"{ALONE[0]}::test_x"):
        assert another_worker_finds() == ["taken", "taken"]


def test_all_that_take_turns_are_there() -> None:
    """A name that nobody has any more would let its test run beside everything."""
    missing = [name for name in (*ALONE, *BY_THE_CLOCK) if not (ROOT / name).exists()]
    assert missing == []


@pytest.mark.skipif(sys.platform != "linux", reason="flock")
def test_those_by_the_clock_share() -> None:
    with turn(f"{BY_THE_CLOCK[0]}test_processes.py::test_x"):
        assert another_worker_finds() == ["free", "taken"]
