"""The monotonic clock and an absolute sleep on it: the one place in the runtime that knows the time."""

import ctypes
import os
import time
from typing import Protocol

NS_PER_S = 1_000_000_000
_TIMER_ABSTIME = 1
"""Linux <time.h>: the deadline is a moment, not a duration, so that delays never add up."""


class Clock(Protocol):
    def now_ns(self) -> int:
        """Monotonic time."""
        ...

    def sleep_until(self, deadline_ns: int) -> None:
        """Waits for that moment of `now_ns`; may return early where a signal came in between."""
        ...


class _Timespec(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long))


class MonotonicClock:
    """CLOCK_MONOTONIC; sleeps by clock_nanosleep where the C library has it, else by time.sleep."""

    def __init__(self, absolute: bool = True) -> None:
        """absolute: False takes time.sleep even where clock_nanosleep is there."""
        library = ctypes.CDLL(None, use_errno=False)
        has_it = absolute and os.name == "posix" and hasattr(library, "clock_nanosleep")
        self._nanosleep = library.clock_nanosleep if has_it else None

    def now_ns(self) -> int:
        return time.monotonic_ns()

    def sleep_until(self, deadline_ns: int) -> None:
        if self._nanosleep is None:
            left_ns = deadline_ns - time.monotonic_ns()
            if left_ns > 0:
                time.sleep(left_ns / NS_PER_S)
            return
        seconds, nanoseconds = divmod(deadline_ns, NS_PER_S)
        # EINTR (a signal) is the caller's affair: it looks at its stop flag and sleeps on.
        self._nanosleep(
            time.CLOCK_MONOTONIC, _TIMER_ABSTIME, ctypes.byref(_Timespec(seconds, nanoseconds)), None
        )
