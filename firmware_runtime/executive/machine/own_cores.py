"""Which core each process gets on the computer that this runs on."""

import os
from pathlib import Path

from firmware_runtime.executive.machine.cores import Cores, parse_cores, share_out

ISOLATED = Path("/sys/devices/system/cpu/isolated")


def share_out_here(isolated: Path = ISOLATED) -> Cores:
    """Of the cores that this process may use, and of those that the kernel was told to keep free (isolcpus).

    The kernel leaves everything it starts on the others: so those are in nobody's affinity until it is set.
    """
    own = os.sched_getaffinity(0)
    try:
        kept_free = set(parse_cores(isolated.read_text())) - own
    except (OSError, ValueError):
        kept_free = set[int]()
    free = _those_to_be_had(own, kept_free) if kept_free else set[int]()
    return share_out(tuple(sorted(own)), tuple(sorted(free)))


def _those_to_be_had(own: set[int], further: set[int]) -> set[int]:
    """Without those that are switched off, or that this process's cpuset lacks; sched_setaffinity(2)."""
    os.sched_setaffinity(0, own | further)
    try:
        return os.sched_getaffinity(0) & further
    finally:
        os.sched_setaffinity(0, own)
