"""Tells systemd how this process fares: ready, alive, stopping; sd_notify(3) in a few lines.

One datagram each, never waited for: a message that cannot go at once is counted and left out, so that the
tick may call it. Without systemd (no NOTIFY_SOCKET) every call does nothing.
"""

import os
import socket
from collections.abc import Mapping


class Notifier:
    """One socket for the life of the process."""

    def __init__(self, address: str | None, watchdog_ns: int = 0) -> None:
        """address: of NOTIFY_SOCKET, a path or `@` and an abstract name; None: nobody listens.

        watchdog_ns: systemd's patience; 0: it watches nothing.
        """
        self.sent = 0
        self.lost = 0
        """Messages that could not go: systemd's queue was full, or it was restarting."""
        self.last_error = ""
        self.watchdog_ns = watchdog_ns
        self._beat_due_ns: int | None = None
        self._socket: socket.socket | None = None
        self._address = ""
        if address:
            # An abstract name begins with a zero byte, which no variable of the environment can hold.
            self._address = "\0" + address[1:] if address.startswith("@") else address
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.setblocking(False)

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] = os.environ, pid: int | None = None
    ) -> "Notifier":
        """As systemd told this process; pid: of this process, its own by default."""
        address = environment.get("NOTIFY_SOCKET", "")
        microseconds = environment.get("WATCHDOG_USEC", "")
        meant = environment.get("WATCHDOG_PID", "")
        # A child inherits the variables of its parent and must not answer for it.
        is_ours = not meant or meant == str(os.getpid() if pid is None else pid)
        watchdog_ns = int(microseconds) * 1000 if microseconds.isdecimal() and is_ours else 0
        return cls(address if address[:1] in ("/", "@") else None, watchdog_ns)

    def ready(self, status: str = "") -> None:
        """Start-up is over: units that wait for this one may begin."""
        self._send("READY=1" + _status(status))

    def status(self, status: str) -> None:
        """One line for `systemctl status`."""
        self._send(_status(status)[1:])

    def stopping(self, status: str = "") -> None:
        """An orderly end has begun; TimeoutStopSec bounds it."""
        self._send("STOPPING=1" + _status(status))

    def alive(self, now_ns: int) -> None:
        """Call it in every cycle that went well.

        Sends at half of systemd's patience (sd_watchdog_enabled(3)); nothing where it does not watch.
        """
        if not self.watchdog_ns or (self._beat_due_ns is not None and now_ns < self._beat_due_ns):
            return
        self._beat_due_ns = now_ns + self.watchdog_ns // 2
        self._send("WATCHDOG=1")

    def close(self) -> None:
        """A second call does nothing; later messages go nowhere."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, text: str) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto(text.encode(), self._address)
        except OSError as error:
            self.lost += 1
            self.last_error = str(error)
        else:
            self.sent += 1


def _status(status: str) -> str:
    # A line break would begin another assignment.
    return "\nSTATUS=" + " ".join(status.split()) if status else ""
