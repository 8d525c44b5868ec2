"""The stall meter sees that somebody more urgent had the processor; and nothing where nobody had."""

import ctypes
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from vehicle_hil.core_pace import CorePace
from vehicle_hil.stall_meter import (
    PRIORITY,
    Stall,
    StallMeter,
    StallMeterError,
    all_that_is_there,
    make_room,
    together,
)

CORE = max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
HOLD_S = 0.1
MS = 1_000_000
PR_CAPBSET_DROP, CAP_SYS_NICE = 24, 23
"""Linux <sys/prctl.h>, <linux/capability.h>."""
HOG = f"""
import os, sys, time
os.sched_setaffinity(0, {{{CORE}}})
os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param({PRIORITY + 1}))
begin_ns = time.monotonic_ns()
while time.monotonic_ns() - begin_ns < {HOLD_S} * 1e9:
    pass
print(begin_ns)
"""


SLICES = f"""
import os, sys, time
os.sched_setaffinity(0, {{{CORE}}})
os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param({PRIORITY + 1}))
begin_ns = time.monotonic_ns()
while time.monotonic_ns() - begin_ns < 300e6:
    taken_ns = time.monotonic_ns()
    while time.monotonic_ns() - taken_ns < 450e3:
        pass
    time.sleep(50e-6)
print(begin_ns, time.monotonic_ns())
"""


@pytest.fixture
def meter(tmp_path: Path) -> Iterator[StallMeter]:
    try:
        with StallMeter(tmp_path) as made:
            yield made
    except StallMeterError as error:
        pytest.skip(f"no stall can be measured here: {error}")


def test_a_core_that_somebody_else_has_is_a_stall_with_its_time(meter: StallMeter) -> None:
    hog = subprocess.run([sys.executable, "-c", HOG], capture_output=True, text=True, check=True)
    begin_ns = int(hog.stdout)
    time.sleep(0.05)
    middle_ns = begin_ns + 50_000_000
    seen = [stall for stall in meter.within(middle_ns, middle_ns) if stall.core == CORE]
    assert len(seen) == 1
    assert abs(seen[0].begin_ns - begin_ns) <= 2_000_000
    assert seen[0].late_ns >= 0.9 * HOLD_S * 1e9
    assert meter.worst_ns(middle_ns, middle_ns) >= 0.9 * HOLD_S * 1e9


def test_what_lies_beside_the_window_does_not_count(meter: StallMeter) -> None:
    subprocess.run([sys.executable, "-c", HOG], check=True, capture_output=True)
    time.sleep(0.05)
    longest = max(meter.stalls(), key=lambda stall: stall.late_ns)
    assert longest.late_ns >= 0.9 * HOLD_S * 1e9
    assert longest not in meter.within(0, longest.begin_ns - 1)
    assert longest not in meter.within(longest.end_ns + 1, time.monotonic_ns())
    assert longest in meter.within(longest.end_ns, longest.end_ns)


def test_a_window_without_a_stall_has_none(meter: StallMeter) -> None:
    assert meter.worst_ns(0, 1) == 0


def test_what_many_stalls_left_in_the_pipe_is_all_read() -> None:
    """A pipe of the usual 64 KiB holds 4,096 of them; a meter that finds it full waits, and sees nothing."""
    read, write = os.pipe()
    with open(read, "rb", buffering=0) as end, open(write, "wb", buffering=0) as begin:
        make_room(read)
        os.set_blocking(read, False)
        os.set_blocking(write, False)
        told = bytes(range(256)) * 3_000
        assert begin.write(told) == len(told)
        assert all_that_is_there(end.fileno()) == told
        assert all_that_is_there(end.fileno()) == b""


def test_a_stall_ends_when_it_was_over() -> None:
    assert Stall(0, 1_000, 250).end_ns == 1_250


def test_a_core_that_comes_in_slices_is_one_stall_from_the_first_late_look_to_the_last() -> None:
    """Traced: a host that took a core away in slices of a millisecond let a supervisor take 44 ms over 4."""
    late = [Stall(1, begin_ns * MS, MS // 5) for begin_ns in (100, 103, 104, 106, 111)]
    assert together(late) == [Stall(1, 100 * MS, 11 * MS + MS // 5)]
    # One less, or one too far away, and each is what it is.
    assert together(late[:4]) == late[:4]
    far = [*late[:4], Stall(1, 111 * MS + MS // 5 + 1, MS)]
    assert together(far) == far


def test_looks_of_several_cores_are_no_chain() -> None:
    late = [Stall(core, begin_ns * MS, MS // 5) for core in (1, 0) for begin_ns in (100, 102, 104, 106)]
    assert together(late) == sorted(late)
    assert together([]) == []


def test_how_slow_a_core_was_is_told_against_what_is_usual_for_it() -> None:
    pace = CorePace()
    assert pace.slowness(0, 1_000 * MS) == 1.0
    for sample in range(1, 101):
        pace.note(10 * sample * MS, 90_000 if 50 < sample <= 60 else 30_000)
    # Each sample stands for the ten milliseconds before it.
    assert pace.slowness(501 * MS, 590 * MS) == pytest.approx(3.0)
    assert pace.slowness(611 * MS, 700 * MS) == pytest.approx(1.0)
    assert pace.slowness(491 * MS, 501 * MS) == pytest.approx(2.0)
    assert pace.slowness(2_000 * MS, 3_000 * MS) == 1.0


def test_a_core_that_nobody_takes_is_as_fast_as_usual(meter: StallMeter) -> None:
    begin_ns = time.monotonic_ns()
    time.sleep(1.5)
    assert meter.slowness([CORE], begin_ns, time.monotonic_ns()) == pytest.approx(1.0, abs=0.9)


def taken_in_slices() -> tuple[int, int]:
    """Begin and end."""
    time.sleep(1.5)
    hog = subprocess.run([sys.executable, "-c", SLICES], capture_output=True, text=True, check=True)
    begin_ns, end_ns = (int(text) for text in hog.stdout.split())
    time.sleep(0.05)
    return begin_ns, end_ns


def test_a_core_that_somebody_takes_in_slices_is_slower(meter: StallMeter) -> None:
    """As a host does that has more to do than cores: nine tenths of each half millisecond."""
    # Where the machine itself was slow in this time, that was the usual: once more.
    windows = (taken_in_slices() for _ in range(3))
    slow = next((window for window in windows if meter.slowness([CORE], *window) > 2.0), None)
    assert slow is not None
    assert meter.unfit_ns(*slow) == slow[1] - slow[0]


def without_real_time() -> None:
    """In a child before its program starts: nobody there may ask for a priority."""
    resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_SYS_NICE)


def test_without_the_right_it_says_so() -> None:
    command = [sys.executable, "-m", "vehicle_hil.stall_meter", str(CORE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=without_real_time)
    assert done.returncode == 2
    assert done.stderr == f"SCHED_FIFO {PRIORITY}: Operation not permitted\n"
