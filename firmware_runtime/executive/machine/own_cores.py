"""Which cores there are on the computer that this runs on, and which process gets which."""

import os
from pathlib import Path

from firmware_runtime.executive.machine.cores import Cores, parse_cores, share_out

ISOLATED = Path("/sys/devices/system/cpu/isolated")


def cores_here(isolated: Path = ISOLATED) -> tuple[int, ...]:
    """All that a process may be put on."""
    usable, kept_free = _cores(isolated)
    return tuple(sorted(usable | kept_free))


def share_out_here(isolated: Path = ISOLATED) -> Cores:
    """Of the cores that this process may use, and of those that the kernel keeps free (isolcpus)."""
    usable, kept_free = _cores(isolated)
    return share_out(tuple(sorted(usable)), tuple(sorted(kept_free)))


def _cores(isolated: Path) -> tuple[set[int], set[int]]:
    """Those on which the kernel puts anybody, and those that it keeps free.

    It leaves what it starts on the first: so the others are in nobody's affinity until it is set.
    """
    own = os.sched_getaffinity(0)
    try:
        kept_free = set(parse_cores(isolated.read_text()))
    except (OSError, ValueError):
        return own, set[int]()
    further = kept_free - own
    free = kept_free & own
    if further:
        free |= _those_to_be_had(own, further)
    # Who may use nothing but isolated cores was put there by somebody who knows them.
    return (own - free, free) if own - free else (own, set[int]())


def _those_to_be_had(own: set[int], further: set[int]) -> set[int]:
    """Without those that are switched off, or that this process's cpuset lacks; sched_setaffinity(2)."""
    os.sched_setaffinity(0, own | further)
    try:
        return os.sched_getaffinity(0) & further
    finally:
        os.sched_setaffinity(0, own)
