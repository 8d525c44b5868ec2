"""Asks the operating system to run this process before all others; once, before its loop begins.

Not yet: locked memory, cores of its own, and a priority for each process of the vehicle.
"""

import gc
import os
import sys

PRIORITY = 50
"""Of SCHED_FIFO's 1 to 99: above everything that is not real-time, below the kernel's own threads."""
SWITCH_INTERVAL_S = 0.0005
"""So long another thread may keep the interpreter from a tick; Python's own 5 ms is half a tick."""


def prepare_for_ticks() -> str:
    """Call it in the main thread, after start-up and before further threads: they inherit the priority.

    Returns how the process is scheduled from here on, in words; without the right to more it stays as it
    is, and a busy machine may make ticks late.
    """
    # What start-up left behind is never collected again; ticks make few objects that live on.
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    if not hasattr(os, "sched_setscheduler"):
        return "normal scheduling: this system has no SCHED_FIFO"
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    except PermissionError:
        return "normal scheduling: SCHED_FIFO needs the right CAP_SYS_NICE or a limit RLIMIT_RTPRIO"
    return f"SCHED_FIFO, priority {PRIORITY}"
