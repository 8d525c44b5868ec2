"""A test by the wall clock runs beside no other one: real-time processes on one core make each other late."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import turns
from tests.sharing_out import SharingOut
from tests.turns import BY_THE_CLOCK

ROOT = Path(__file__).parents[1]
TRY = """
import fcntl, sys
try:
    fcntl.flock(open(sys.argv[1], "a"), fcntl.LOCK_EX | fcntl.LOCK_NB)
    print("free")
except BlockingIOError:
    print("taken")
"""


def another_run_finds(lock: Path) -> str:
    command = [sys.executable, "-c", TRY, str(lock)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.skipif(sys.platform != "linux", reason="flock")
def test_it_keeps_those_of_another_run_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a lock of its own: the real one may be held by such a test right now."""
    lock = tmp_path / "lock"
    monkeypatch.setattr(turns, "LOCK", lock)
    with turns.turn(f"{BY_THE_CLOCK[0]}test_processes.py::test_x"):
        assert another_run_finds(lock) == "taken"
    assert another_run_finds(lock) == "free"
    with turns.turn("tests/can/test_sender.py::test_x"):
        assert another_run_finds(lock) == "free"


def test_one_worker_runs_them_all_and_a_file_of_others_stays_together() -> None:
    groups = SharingOut._split_scope
    scheduler = object.__new__(SharingOut)
    assert len({groups(scheduler, f"{name}::test_x[1]") for name in BY_THE_CLOCK}) == 1
    assert groups(scheduler, "tests/can/test_sender.py::test_x[a::b]") == "tests/can/test_sender.py"


def test_all_that_take_turns_are_there() -> None:
    """A name that nobody has any more would let its test run beside everything."""
    assert [name for name in BY_THE_CLOCK if not (ROOT / name).exists()] == []


def test_whoever_starts_real_time_processes_takes_turns() -> None:
    starts = ("tests.processes.rig import", "StallMeter(", "sched_setscheduler", '"--realtime"')
    others = {
        "tests/executive/test_doctor.py": "only asks whether it may",
        "tests/hil/test_command.py": "its drive is made up",
        "tests/test_turns.py": "looks for the words",
    }
    found = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("test_*.py")
        if any(word in path.read_text(encoding="utf-8") for word in starts)
    }
    # Those of the units run under another kernel.
    late = {name for name in found if not name.startswith((*BY_THE_CLOCK, "tests/units/inside/"))}
    assert late == others.keys()
