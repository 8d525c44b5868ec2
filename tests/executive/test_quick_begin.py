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
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


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


@pytest.mark.skipif(len(CORES) < 2, reason="a machine of one core")
@pytest.mark.parametrize("command", ["run-control", "run-supervisor", "run-services"])
def test_it_loads_on_any_core_and_ticks_on_its_own(command: str) -> None:
    """Given the last core, as by CPUAffinity= or `run`, which its neighbour may have as well."""
    script = (
        "import os; from firmware_runtime.executive import quick_begin\n"
        f"os.sched_setaffinity(0, {{{CORES[-1]}}}); quick_begin.ask({command!r})\n"
        "print(sorted(os.sched_getaffinity(0)))\n"
        "from firmware_runtime.executive.scheduling import prepare_for_ticks\n"
        "words = prepare_for_ticks(10_000_000).words\n"
        "print(sorted(os.sched_getaffinity(0))); print(words)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loading, ticking, words = done.stdout.splitlines()
    assert loading == str([CORES[-1]] if command == "run-services" else CORES)
    assert ticking == str([CORES[-1]])
    assert words.endswith(f"core {CORES[-1]}")


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
