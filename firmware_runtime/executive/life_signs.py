"""What a process says of itself after each cycle that went well: to systemd, and to the hardware watchdog.

Ready once the first cycle has gone well, alive from then on, a line for people when it changes, stopping once
it is asked to end. A cycle that did not go well says nothing: systemd, then the watchdog, notice by that.
"""

from collections.abc import Callable
from typing import Protocol

from firmware_runtime.executive.notify import Notifier

STATUS_INTERVAL_NS = 1_000_000_000
"""A line for people no more often than that (assumption)."""


class Fed(Protocol):
    """A hardware watchdog; see watchdog.HardwareWatchdog."""

    def feed(self, now_ns: int) -> None:
        """Returns at once."""
        ...


class LifeSigns:
    """`well(now_ns)` after each cycle that went well; costs a datagram now and then."""

    def __init__(self, notifier: Notifier, words: Callable[[], str], watchdog: Fed | None = None) -> None:
        """words: the state of this process for people, asked once in STATUS_INTERVAL_NS."""
        self._notifier = notifier
        self._words = words
        self._watchdog = watchdog
        self._told = ""
        self._told_ns: int | None = None
        self._ending = False

    def well(self, now_ns: int) -> None:
        """This cycle went well."""
        self._notifier.alive(now_ns)
        if self._watchdog is not None:
            self._watchdog.feed(now_ns)
        if self._told_ns is not None and now_ns - self._told_ns < STATUS_INTERVAL_NS:
            return
        words = self._words()
        if self._told_ns is None:
            self._notifier.ready(words)
        elif words != self._told:
            self._notifier.status(words)
        self._told, self._told_ns = words, now_ns

    def ending(self) -> None:
        """It was asked to end; a second call does nothing."""
        if not self._ending:
            self._ending = True
            self._notifier.stopping()
