"""When this machine itself gave no processor, as bare real-time processes beside a run saw it.

One process a core, pinned to it, under SCHED_FIFO above everything of ours, memory locked, collector off: it
sleeps on the absolute clock, a millisecond at a time, does a little work, and tells where that was done late.
What it saw, no program on this machine could have avoided. A host that gives a core in slices of less than a
millisecond shows in many looks of which each is a little late: they are one stall (`together`). One that
gives it in finer slices still, or cold, shows in how long the same work takes, ten looks at a time
(`slowness`). Of the runtime, which is what is judged, it asks which cores there are, and nothing else.

    with StallMeter(folder) as meter:
        ...
        meter.worst_ns(from_ns, to_ns)
"""

import ctypes
import fcntl
import gc
import os
import struct
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from firmware_runtime.executive.machine.own_cores import cores_here
from vehicle_hil.child import Child
from vehicle_hil.core_pace import SLOW, CorePace

PERIOD_NS = 1_000_000
WORK_BYTES, PAGE_BYTES = 1 << 20, 4096
"""Of each page a byte is read in each look: a core that comes back cold takes long over it, as over a program
that is no small loop."""
LATE_NS = 150_000
"""A look is told whose work is done later than this after its time. Measured on two virtual cores: 45 µs
is the usual; 3 to 7 in a thousand are told."""
APART_NS, SLICES_MIN = 5_000_000, 5
"""So many late looks, none of which comes longer after the one before, are one stall. Traced: where the host
sliced a core, every second look was late."""
PRIORITY = 90
"""Of SCHED_FIFO: above all of ours (at most 48) and the kernel's interrupt threads (50)."""
NS_PER_S = 1_000_000_000
PACE_LOOKS = 10
"""So many looks make one sample of how fast the core is, their median: a stall makes no core slow."""
_RECORD = struct.Struct("<qqq")
"""Moment, ns late, looks: one that is told, or the median of PACE_LOOKS."""
_TIMER_ABSTIME = 1
"""Linux <time.h>."""
_MCL_ALL = 3
"""Linux <sys/mman.h>: MCL_CURRENT | MCL_FUTURE."""
_READ_BYTES = 1 << 16
_PIPE_BYTES = 1 << 20
"""Linux's usual most (/proc/sys/fs/pipe-max-size): 43,690 records between two calls, of which 100 come each
second at the least."""


class StallMeterError(Exception):
    """It cannot measure here; says why."""


class Stall(NamedTuple):
    """A time in which one core gave nothing to whoever asked most urgently."""

    core: int
    begin_ns: int
    """Monotonic: when the meter wanted to wake up."""
    late_ns: int
    """Until the little that it wanted to do was done."""

    @property
    def end_ns(self) -> int:
        return self.begin_ns + self.late_ns

    @property
    def earliest_ns(self) -> int:
        """It may have begun right after the meter's wake-up before: nobody looked in between."""
        return self.begin_ns - PERIOD_NS


class StallMeter:
    """Context manager; measures all cores that this process may use."""

    def __init__(self, folder: Path, cores: set[int] | None = None) -> None:
        """folder: for what the meter's processes may complain of. cores: None for all."""
        self._folder = folder
        self._cores = sorted(cores or cores_here())
        self._stack = ExitStack()
        self._children: dict[int, Child] = {}
        self._rest: dict[int, bytes] = dict.fromkeys(self._cores, b"")
        self._late: list[Stall] = []
        self._pace = {core: CorePace() for core in self._cores}

    def __enter__(self) -> Self:
        """Raises StallMeterError without the right to real-time priority: a load would look like a stall."""
        with ExitStack() as stack:
            for core in self._cores:
                command = [sys.executable, "-m", __name__, str(core)]
                child = stack.enter_context(
                    Child(f"stall meter {core}", command, self._folder / f"stall_meter_{core}.err")
                )
                self._children[core] = child
            for child in self._children.values():
                if child.stdout.read(1) != b"!":
                    raise StallMeterError(f"{child.name}: {child.complaint()}")
                os.set_blocking(child.stdout.fileno(), False)
                try:
                    make_room(child.stdout.fileno())
                except OSError as error:
                    words = f"a pipe of {_PIPE_BYTES} bytes ({error.strerror})"
                    raise StallMeterError(f"{child.name}: expected {words}") from error
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # They hold nothing that an end in good order would save.
        for child in self._children.values():
            child.kill()
        self._stack.close()

    def stalls(self) -> list[Stall]:
        """All so far, of each core in their order; ask once a minute at least: they wait in a pipe."""
        for core, child in self._children.items():
            said = self._rest[core] + all_that_is_there(child.stdout.fileno())
            whole = len(said) - len(said) % _RECORD.size
            self._rest[core] = said[whole:]
            for moment_ns, late_ns, looks in _RECORD.iter_unpack(said[:whole]):
                if looks == PACE_LOOKS:
                    self._pace[core].note(moment_ns, late_ns)
                else:
                    self._late.append(Stall(core, moment_ns, late_ns))
        return together(self._late)

    def within(self, from_ns: int, to_ns: int) -> list[Stall]:
        """Those that touch this window of the monotonic clock."""
        return [one for one in self.stalls() if one.begin_ns <= to_ns and one.end_ns >= from_ns]

    def worst_ns(self, from_ns: int, to_ns: int) -> int:
        """The longest that touches the window; 0 where none does."""
        return max((one.late_ns for one in self.within(from_ns, to_ns)), default=0)

    def unfit_ns(self, from_ns: int, to_ns: int) -> int:
        """The longest stall, or the whole window where a core ran at less than half its speed in it."""
        if self.slowness(self._cores, from_ns, to_ns) >= SLOW:
            return to_ns - from_ns
        return self.worst_ns(from_ns, to_ns)

    def slowness(self, cores: Iterable[int], from_ns: int, to_ns: int) -> float:
        """How many times as long as usual the work took in this window, on the slowest of the cores."""
        self.stalls()
        return max(self._pace[core].slowness(from_ns, to_ns) for core in cores)


def together(late: Sequence[Stall]) -> list[Stall]:
    """Late looks as stalls, by core and time: close to each other and enough of them, they are one.

    How much of such a time the core was there, nobody can tell: it had it in slices.
    """
    stalls: list[Stall] = []
    chain: list[Stall] = []
    for one in [*sorted(late), None]:
        if chain and (
            one is None or one.core != chain[-1].core or one.begin_ns - chain[-1].end_ns > APART_NS
        ):
            begin_ns = chain[0].begin_ns
            whole = chain[0]._replace(late_ns=chain[-1].end_ns - begin_ns)
            stalls += [whole] if len(chain) >= SLICES_MIN else chain
            chain = []
        if one is not None:
            chain.append(one)
    return stalls


def make_room(descriptor: int) -> None:
    """In a pipe: a meter that finds its own full waits there, and sees nothing meanwhile."""
    fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def all_that_is_there(descriptor: int) -> bytes:
    """Of a pipe that does not block."""
    said = bytearray()
    while True:
        try:
            portion = os.read(descriptor, _READ_BYTES)
        except BlockingIOError:
            return bytes(said)
        if not portion:
            return bytes(said)
        said += portion


class _Timespec(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long))


def measure(core: int) -> None:
    """Until it is killed: each late wake-up as 16 bytes on standard output, one `!` before the first."""
    os.sched_setaffinity(0, {core})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    gc.collect()
    gc.freeze()
    gc.disable()
    library = ctypes.CDLL(None)
    library.mlockall(_MCL_ALL)
    moment = _Timespec()
    where, sleep, monotonic = ctypes.byref(moment), library.clock_nanosleep, time.CLOCK_MONOTONIC
    work = memoryview(bytearray(os.urandom(PAGE_BYTES) * (WORK_BYTES // PAGE_BYTES)))[::PAGE_BYTES]
    os.write(1, b"!")
    looks_ns: list[int] = []
    due_ns = time.monotonic_ns()
    while True:
        due_ns += PERIOD_NS
        moment.tv_sec, moment.tv_nsec = divmod(due_ns, NS_PER_S)
        sleep(monotonic, _TIMER_ABSTIME, where, None)
        work.tobytes()
        late_ns = time.monotonic_ns() - due_ns
        looks_ns.append(late_ns)
        if len(looks_ns) == PACE_LOOKS:
            looks_ns.sort()
            os.write(1, _RECORD.pack(due_ns, looks_ns[PACE_LOOKS // 2], PACE_LOOKS))
            looks_ns.clear()
        if late_ns > LATE_NS:
            os.write(1, _RECORD.pack(due_ns, late_ns, 1))
            due_ns += late_ns // PERIOD_NS * PERIOD_NS


if __name__ == "__main__":
    try:
        measure(int(sys.argv[1]))
    except PermissionError as error:
        # Whoever started it shows this line.
        print(f"SCHED_FIFO {PRIORITY}: {error.strerror}", file=sys.stderr)
        sys.exit(2)
