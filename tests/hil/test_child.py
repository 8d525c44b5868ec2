"""No process that the harness starts outlives it, whatever happens to either of them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vehicle_hil.child import Child, ended

ROOT = Path(__file__).parents[2]
SLEEP = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"
HAS_A_CHILD = (
    "import subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "print(child.pid, flush=True)\n"
    "time.sleep(600)\n"
)


def python(code: str, log: Path) -> Child:
    return Child("worker", [sys.executable, "-c", code], log)


def gone(pid: int) -> bool:
    """True once no living process has this number; a zombie waiting for its parent is not alive."""
    end_s = time.monotonic() + 10
    while time.monotonic() < end_s:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def test_leaving_it_ends_it(tmp_path: Path) -> None:
    with python(SLEEP, tmp_path / "log") as child:
        assert child.stdout.readline() == b"up\n"
        assert child.status() is None
    assert child.status() == -signal.SIGTERM
    assert gone(child.pid)


def test_who_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vehicle_hil.child.STOP_TIMEOUT_S", 0.2)
    with python(STUBBORN, tmp_path / "log") as child:
        assert child.stdout.readline() == b"up\n"
    assert child.status() == -signal.SIGKILL


def test_what_it_started_goes_with_it(tmp_path: Path) -> None:
    with python(HAS_A_CHILD, tmp_path / "log") as child:
        grandchild = int(child.stdout.readline())
    assert gone(grandchild)


def test_it_is_ended_when_the_work_with_it_fails(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), python(SLEEP, tmp_path / "log") as child:
        raise KeyboardInterrupt
    assert gone(child.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux' parent-death signal")
def test_it_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent_code = (
        "import sys, time; from pathlib import Path; from vehicle_hil.child import Child\n"
        f"child = Child('worker', [sys.executable, '-c', {SLEEP!r}], Path({str(tmp_path / 'log')!r}))\n"
        "child.stdout.readline(); print(child.pid, flush=True); time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", parent_code], stdout=subprocess.PIPE, cwd=ROOT)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert gone(pid)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs a system that pins processes")
def test_it_is_on_its_cores_before_its_first_instruction(tmp_path: Path) -> None:
    """Whoever moves it afterwards may come after it looked where it is."""
    core = max(os.sched_getaffinity(0))
    code = "import os; print(os.sched_getaffinity(0), flush=True)"
    with Child("worker", [sys.executable, "-c", code], tmp_path / "log", [core]) as child:
        assert child.stdout.readline() == f"{{{core}}}\n".encode()


def test_its_last_words_are_kept(tmp_path: Path) -> None:
    code = "import sys; print('one', file=sys.stderr); print('no such bus', file=sys.stderr); sys.exit(2)"
    with python(code, tmp_path / "log") as child:
        assert child.stdout.read() == b""
    assert child.status() == 2
    assert child.complaint() == "no such bus"


def test_finishing_gives_what_it_said_at_its_end(tmp_path: Path) -> None:
    code = (
        "import signal, sys\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('bye', flush=True), sys.exit(0)))\n"
        "print('up', flush=True)\n"
        "while True: signal.pause()\n"
    )
    with python(code, tmp_path / "log") as child:
        assert child.stdout.readline() == b"up\n"
        assert child.finish() == b"bye\n"
    assert child.status() == 0
    assert not (tmp_path / "log").exists(), "an empty log is left behind"


@pytest.mark.parametrize(
    ("status", "text"),
    [(None, "still running"), (0, "exit status 0"), (-9, "signal 9 (SIGKILL)"), (-64 - 1, "signal 65")],
)
def test_how_it_ended_in_words(status: int | None, text: str) -> None:
    assert ended(status) == text
