"""Asks the operating system to run this process before all others; once, before its loop begins.

Not yet: cores of its own, and a priority for each process of the vehicle.
"""

import gc
import os
import sys

from firmware_runtime.executive import locked_memory
from firmware_runtime.executive.processes import CONTROL_PRIORITY

SWITCH_INTERVAL_S = 0.0005
"""So long another thread may keep the interpreter from a tick; Python's own 5 ms is half a tick."""


def prepare_for_ticks(priority: int = CONTROL_PRIORITY) -> str:
    """Call it in the main thread, after start-up and before further threads: they inherit the priority.

    Returns how the process is scheduled from here on, in words. Without the right to more it stays as it
    is, and a busy machine may make ticks late.
    """
    # What start-up left behind is never collected again; ticks make few objects that live on.
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    return f"{_schedule(priority)}, {_lock_memory()}"


def _schedule(priority: int) -> str:
    if not hasattr(os, "sched_setscheduler"):
        return "normal scheduling (this system has no SCHED_FIFO)"
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except PermissionError:
        return "normal scheduling (SCHED_FIFO needs CAP_SYS_NICE or a limit RLIMIT_RTPRIO)"
    return f"SCHED_FIFO {priority}"


def _lock_memory() -> str:
    return "memory locked" if locked_memory.lock() else "memory not locked"
