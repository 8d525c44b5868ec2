"""`python -m bench.loop.sleeper ours|bare PERIOD_NS COUNT CORE`: wakes up and tells how late.

`ours` is the executive's own grid under its own preparation; `bare` is what C would do, by ctypes alone.
"""

import ctypes
import gc
import os
import sys
import time
from array import array

PRIORITY = 45
"""Of all contenders: that of `control`."""
WARM_UP = 5
"""Wake-ups at the begin that do not count: the code is cold."""


def ours(period_ns: int, late_ns: "array[int]") -> None:
    from firmware_runtime.executive.clock import MonotonicClock
    from firmware_runtime.executive.scheduling import prepare_for_ticks
    from firmware_runtime.executive.tick_grid import TickGrid

    scheduling = prepare_for_ticks(period_ns, PRIORITY)
    if not scheduling.rights.realtime:
        raise PermissionError(scheduling.words)
    grid = TickGrid(MonotonicClock(), period_ns)
    for number in range(len(late_ns)):
        now_ns = grid.wait()
        while now_ns is None:
            now_ns = grid.wait()
        late_ns[number] = now_ns - grid.begun_due_ns
        grid.done()


class _Timespec(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long))


def bare(period_ns: int, late_ns: "array[int]") -> None:
    library = ctypes.CDLL(None)
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    library.mlockall(3)
    gc.freeze()
    gc.disable()
    moment = _Timespec()
    where, sleep = ctypes.byref(moment), library.clock_nanosleep
    due_ns = time.monotonic_ns()
    for number in range(len(late_ns)):
        due_ns += period_ns
        moment.tv_sec, moment.tv_nsec = divmod(due_ns, 1_000_000_000)
        sleep(time.CLOCK_MONOTONIC, 1, where, None)
        late = time.monotonic_ns() - due_ns
        late_ns[number] = late
        due_ns += max(0, late) // period_ns * period_ns


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[4])})
    kept = array("q", bytes(8 * (int(sys.argv[3]) + WARM_UP)))
    try:
        {"ours": ours, "bare": bare}[sys.argv[1]](int(sys.argv[2]), kept)
    except PermissionError as error:
        sys.exit(f"SCHED_FIFO {PRIORITY}: {error}")
    sys.stdout.buffer.write(kept[WARM_UP:].tobytes())
