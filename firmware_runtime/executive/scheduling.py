"""Asks the operating system to run this process before all others; once, before its loop begins.

Each process has a priority of its own (`processes`). Its core is given by who starts it, systemd's unit or
`run`; here it is only told.
"""

import gc
import os
import resource
import sys
from typing import NamedTuple

from firmware_runtime.executive import locked_memory, quick_begin
from firmware_runtime.executive.awake_cores import AWAKE_CORES
from firmware_runtime.executive.machine.cores import core_words
from firmware_runtime.executive.processes import CONTROL_PRIORITY

RUNAWAY_US = 500_000
"""Processor time without a sleep after which the kernel ends a real-time process (SIGXCPU); assumption: 50
ticks at 100 Hz. One that hangs in a loop keeps its core from everything below it, and after 0.95 s the kernel
would hold back every real-time process of that core for 50 ms, the supervisor too (sched_rt_runtime_us)."""
SWITCH_SHARE = 20
SWITCH_INTERVAL_MAX_S = 0.0005
"""So long another thread may keep the interpreter from a tick: no more than a twentieth of it; Python's own
5 ms would be half a tick of 10 ms."""


class Rights(NamedTuple):
    """What the operating system granted."""

    realtime: bool
    """SCHED_FIFO."""
    memory_locked: bool


class Scheduling(NamedTuple):
    words: str
    """For people."""
    rights: Rights


def prepare_for_ticks(tick_ns: int, priority: int = CONTROL_PRIORITY) -> Scheduling:
    """Call it in the main thread, after start-up and before further threads: they inherit the priority.

    tick_ns: period of the loop.

    Returns how, and on which core, the process is scheduled from here on. Without the right to more it stays
    as it is, and a busy machine may make ticks late.
    """
    # What start-up left behind is never collected again; ticks make few objects that live on.
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(min(SWITCH_INTERVAL_MAX_S, tick_ns * 1e-9 / SWITCH_SHARE))
    quick_begin.settle()
    realtime, words = _schedule(priority)
    locked = locked_memory.lock()
    memory = "memory locked" if locked else "memory not locked"
    sleep = "cores kept awake" if AWAKE_CORES.hold() else "cores may sleep deeply"
    pinned = core_words(tuple(sorted(os.sched_getaffinity(0))))
    return Scheduling(f"{words}, {memory}, {sleep}, {pinned}", Rights(realtime, locked))


def _schedule(priority: int) -> tuple[bool, str]:
    if not hasattr(os, "sched_setscheduler"):
        return False, "normal scheduling (this system has no SCHED_FIFO)"
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except PermissionError:
        return False, "normal scheduling (SCHED_FIFO needs CAP_SYS_NICE or a limit RLIMIT_RTPRIO)"
    _, most_us = resource.getrlimit(resource.RLIMIT_RTTIME)
    if most_us == resource.RLIM_INFINITY or most_us >= RUNAWAY_US:
        resource.setrlimit(resource.RLIMIT_RTTIME, (RUNAWAY_US, most_us))
    return True, f"SCHED_FIFO {priority}"
