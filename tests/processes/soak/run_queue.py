"""What the kernel did with each process of ours around a moment: how long it ran, how long it had to wait."""

import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

KEPT = 500
"""Samples: five seconds of them at one in each tick."""


class Times(NamedTuple):
    """Of a process's main thread since its begin, from /proc/PID/schedstat (Linux sched-stats.rst)."""

    ran_ns: int
    waited_ns: int
    """Ready to run, with no core that ran it."""


class RunQueue:
    """`sample` often; `around` says what happened in a time that turns out to be of interest."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._paths = {name: Path(f"/proc/{pid}/schedstat") for name, pid in pids.items()}
        self._samples: deque[tuple[int, dict[str, Times]]] = deque(maxlen=KEPT)

    def sample(self) -> None:
        """A process that has ended is left out."""
        times = {name: found for name, path in self._paths.items() if (found := _read(path)) is not None}
        self._samples.append((time.monotonic_ns(), times))

    def around(self, from_ns: int, to_ns: int) -> str:
        """For people: from the last sample before until the first one after."""
        before = [one for one in self._samples if one[0] <= from_ns][-1:] or list(self._samples)[:1]
        after = [one for one in self._samples if one[0] >= to_ns][:1] or list(self._samples)[-1:]
        if not before or not after:
            return "no samples of the run queue"
        (begin_ns, begin), (end_ns, end) = before[0], after[0]
        words = [
            f"{name} ran {(end[name].ran_ns - begin[name].ran_ns) / 1e6:.1f} ms and waited "
            f"{(end[name].waited_ns - begin[name].waited_ns) / 1e6:.1f} ms for its core"
            for name in begin
            if name in end
        ]
        return f"in {(end_ns - begin_ns) / 1e6:.1f} ms around it: {', '.join(words)}"


def _read(path: Path) -> Times | None:
    try:
        ran, waited, _ = path.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return None
    return Times(int(ran), int(waited))
