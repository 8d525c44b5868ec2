"""A process that drives or supervises begins before the computer's other work: `ask` before it loads code."""

import os

from firmware_runtime.executive.processes import PROCESSES


def ask(command: str) -> None:
    """command: of one of the three processes. Without the right to it the begin takes as long as it takes."""
    for process in PROCESSES:
        if process.command != command or not hasattr(os, "setpriority"):
            continue
        try:
            # Whoever started it may have given it more.
            if os.getpriority(os.PRIO_PROCESS, 0) > process.begin_nice:
                os.setpriority(os.PRIO_PROCESS, 0, process.begin_nice)
        except OSError:
            return
