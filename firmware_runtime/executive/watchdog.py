"""The hardware watchdog: reboots this computer when it is fed no more (Linux watchdog API, /dev/watchdog).

It is fed after each step of a supervisor that is well, and by nothing else; what it does takes seconds and is
no part of a failure budget. Who dies, hangs or is not well leaves it running: a supervisor that systemd
starts anew feeds it again, or the computer reboots. It is put to rest, by the magic close, only where the
truck is parked: the supervisor was asked to end and knows that the vehicle stands, held by its springs. And
where it is of no use from the first: one that takes no timeout, or too short a one, nobody ever feeds.
"""

import contextlib
import errno
import fcntl
import os
import sys
from pathlib import Path

from firmware_runtime.vehicle.problems import Problem, UnavailableError

WDIOC_KEEPALIVE = 0x8004_5705
WDIOC_SETTIMEOUT = 0xC004_5706
"""<linux/watchdog.h>: _IOR('W', 5, int), _IOWR('W', 6, int), as x86-64 and arm64 number them."""
MAGIC_CLOSE = b"V"
"""Written just before the close: it is meant (unless the driver was told never to stop, `nowayout`)."""
TIMEOUT_S = 15
"""Beyond the longest that a supervisor is away and comes back: systemd's WatchdogSec of 1 s, RestartSec of
0.2 s, a start of 1.5 s, and that several times over on a busy disk (assumption)."""
NO_SUCH_SETTING = frozenset({errno.EOPNOTSUPP, errno.EINVAL})
"""What a driver answers that takes no timeout, or not this one; <kernel>/drivers/watchdog/watchdog_dev.c."""
FEED_INTERVAL_NS = 1_000_000_000
"""An ioctl each second is enough for that (assumption)."""
TIMEOUT_MIN_S = 5
"""Of five times to feed it four may fail or come late; one that strikes sooner strikes a supervisor that is
well (assumption)."""


class WatchdogError(Exception):
    """It cannot be opened or is none; says which and why."""


class HardwareWatchdog:
    """Runs from the opening on. `feed` in each good step, `rest` or nothing at the end."""

    def __init__(self, path: Path, timeout_s: int = TIMEOUT_S) -> None:
        """timeout_s: asked of the driver, which may take another; `timeout_s` has what it took.

        Raises WatchdogError.
        """
        self.failed = 0
        """Times that the driver did not take a sign of life; `status` and the last line tell."""
        self._fed_ns: int | None = None
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise WatchdogError(f"{path}: {error.strerror}") from error
        seconds = bytearray(timeout_s.to_bytes(4, "little"))
        try:
            fcntl.ioctl(self._descriptor, WDIOC_SETTIMEOUT, seconds)
        except OSError as error:
            if error.errno in NO_SUCH_SETTING:
                # It runs all the same, and would reboot a computer that never feeds it.
                self.rest()
            else:
                # None at all; or one that failed, which may run since a supervisor before this one.
                os.close(self._descriptor)
            raise WatchdogError(f"{path}: no watchdog that takes a timeout: {error.strerror}") from error
        self.timeout_s = int.from_bytes(seconds, "little")
        if self.timeout_s < TIMEOUT_MIN_S:
            self.rest()
            raise WatchdogError(
                f"{path}: it takes a timeout of {self.timeout_s} s, least {TIMEOUT_MIN_S} s: it would reboot "
                "a computer whose supervisor is well"
            )

    def feed(self, now_ns: int) -> None:
        """Returns at once: a register of the hardware, once in FEED_INTERVAL_NS."""
        if self._fed_ns is not None and now_ns - self._fed_ns < FEED_INTERVAL_NS:
            return
        self._fed_ns = now_ns
        try:
            fcntl.ioctl(self._descriptor, WDIOC_KEEPALIVE, 0)
        except OSError:
            self.failed += 1

    def rest(self) -> None:
        """The truck is parked: it must not reboot a computer that has nothing left to do."""
        with contextlib.suppress(OSError):
            os.write(self._descriptor, MAGIC_CLOSE)
        os.close(self._descriptor)


def open_watchdog(path: Path | None, needed: bool) -> HardwareWatchdog | None:
    """None where none was named or, in development, where it is not to be had, which is said once.

    needed: this is a deployment: UnavailableError where it cannot be opened.
    """
    if path is None:
        return None
    try:
        return HardwareWatchdog(path)
    except WatchdogError as error:
        if needed:
            problem = Problem("--watchdog", None, str(path), "a hardware watchdog", str(error))
            raise UnavailableError([problem]) from error
        print(f"development without a hardware watchdog: {error}", file=sys.stderr, flush=True)
        return None
