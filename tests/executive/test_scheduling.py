"""Before its loop a process asks for real-time scheduling, and says plainly whether it got it."""

import gc
import os
import subprocess
import sys

import pytest

from firmware_runtime.executive import scheduling

ASK = (
    "import os; from firmware_runtime.executive.scheduling import prepare_for_ticks;"
    "print(prepare_for_ticks()); print(os.sched_getscheduler(0) == os.SCHED_FIFO);"
    "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmLck')))"
)


@pytest.mark.skipif(not hasattr(os, "sched_setscheduler"), reason="this system has no SCHED_FIFO")
def test_what_it_says_is_what_it_got() -> None:
    """In a process of its own: this one must stay as it is."""
    answer = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    words, is_fifo, locked_kb = answer.stdout.splitlines()
    assert words.startswith("SCHED_FIFO 45, " if is_fifo == "True" else "normal scheduling (")
    assert ("memory not locked" in words) == (locked_kb == "0")


def test_without_the_right_it_goes_on_and_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse, raising=False)
    monkeypatch.setattr(scheduling, "_lock_memory", lambda: "memory not locked")
    before = sys.getswitchinterval()
    try:
        assert "CAP_SYS_NICE" in scheduling.prepare_for_ticks()
        assert sys.getswitchinterval() == pytest.approx(0.0005)
    finally:
        sys.setswitchinterval(before)
        gc.unfreeze()


def test_a_system_without_it_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_setscheduler", raising=False)
    monkeypatch.setattr(scheduling, "_lock_memory", lambda: "memory not locked")
    before = sys.getswitchinterval()
    try:
        assert "no SCHED_FIFO" in scheduling.prepare_for_ticks()
    finally:
        sys.setswitchinterval(before)
        gc.unfreeze()
