"""A process that drives or supervises begins before the computer's other work: `ask` before it loads code.

It loads on whichever core is free, also where those that it is given are shared or taken by a neighbour that
ticks already; `settle` goes back to these before the loop begins.
"""

import os

from firmware_runtime.executive.processes import PROCESSES

_given: set[int] = set()
"""Cores on which this process is to tick, while it is still loading on any; empty otherwise."""


def ask(command: str) -> None:
    """command: of one of the three processes. Without the right to it the begin takes as long as it takes."""
    for process in PROCESSES:
        if process.command != command or not process.priority or not hasattr(os, "sched_setaffinity"):
            continue
        given = os.sched_getaffinity(0)
        try:
            os.sched_setaffinity(0, range(os.cpu_count() or 1))
            _given.update(given)
            # Whoever started it may have given it more.
            if os.getpriority(os.PRIO_PROCESS, 0) > process.begin_nice:
                os.setpriority(os.PRIO_PROCESS, 0, process.begin_nice)
        except OSError:
            return


def settle() -> None:
    """To the cores that this process was given; in the thread that is to tick, before it makes others."""
    if _given:
        os.sched_setaffinity(0, _given)
        _given.clear()
