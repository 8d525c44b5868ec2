"""Processes that drive or supervise begin before the computer's other work, where they may."""

import ctypes
import os
import resource
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nice values as Linux has them")
PR_CAPBSET_DROP, CAP_SYS_NICE = 24, 23
"""Linux <sys/prctl.h>, <linux/capability.h>."""


def nice_after(command: str, before: int = 0, *, permitted: bool = True) -> int:
    """Of a process that was started with that nice value and begins as this command."""

    def prepare() -> None:
        os.setpriority(os.PRIO_PROCESS, 0, before)
        if not permitted:
            resource.setrlimit(resource.RLIMIT_NICE, (0, 0))
            ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_SYS_NICE)

    script = (
        f"import os; from firmware_runtime.executive import quick_begin; quick_begin.ask({command!r}); "
        "print(os.getpriority(os.PRIO_PROCESS, 0))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, preexec_fn=prepare
    )
    return int(done.stdout)


def may_be_nicer() -> bool:
    done = subprocess.run(
        [sys.executable, "-c", "import os; os.setpriority(os.PRIO_PROCESS, 0, -15)"],
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


@pytest.mark.parametrize(
    ("command", "before", "after"),
    [
        ("run-control", 0, -10),
        ("run-supervisor", 0, -10),
        ("run-services", 0, 0),
        ("run-control", -15, -15),
        ("status", 0, 0),
    ],
)
def test_it_goes_before_ordinary_work(command: str, before: int, after: int) -> None:
    if not may_be_nicer():
        pytest.skip("no right to a lower nice value here")
    assert nice_after(command, before) == after


def test_without_the_right_it_begins_as_it_was_started() -> None:
    assert nice_after("run-control", permitted=False) == 0
