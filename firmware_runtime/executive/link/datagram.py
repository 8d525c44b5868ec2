"""Short messages between processes that wake the receiver: AF_UNIX datagrams, never waited for.

The kernel keeps some unread ones (net.unix.max_dgram_qlen, 10 by default) and refuses more. A sender whose
receiver is gone, has hung or begins again counts and goes on; a receiver that begins again finds no old ones.
"""

import contextlib
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from firmware_runtime.executive.link.shared_file import LinkError

DATAGRAM_MAX_BYTES = 32 << 10
"""Longest message; assumption: ten times the longest proposal."""
TAKEN_MAX = 600
"""Taken in one call: more than the kernel keeps where it keeps many (512 under systemd)."""
PATH_MAX_BYTES = 107
"""sun_path of <sys/un.h>, less its end."""


@dataclass(slots=True)
class LinkStatistics:
    """Counts since it was opened."""

    sent: int = 0
    refused: int = 0
    """The receiver is there and takes no more: it hangs."""
    nobody: int = 0
    """There is no receiver."""
    received: int = 0


def _socket(path: Path) -> socket.socket:
    if len(os.fsencode(path)) > PATH_MAX_BYTES:
        raise LinkError(f"{path}: expected a socket's path of at most {PATH_MAX_BYTES} bytes")
    return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)


class Inbox:
    """Where others send to; one process owns a path, and whoever opens it last has it."""

    def __init__(self, path: Path) -> None:
        """Raises LinkError where it cannot be made."""
        self._socket = _socket(path)
        self.statistics = LinkStatistics()
        try:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            self._socket.bind(os.fsencode(path))
        except OSError as error:
            self._socket.close()
            raise LinkError(f"{path}: expected a socket that can be made, got: {error.strerror}") from error

    def fileno(self) -> int:
        return self._socket.fileno()

    def take(self) -> list[bytes]:
        """All messages that are there, oldest first, at most TAKEN_MAX; returns at once."""
        messages: list[bytes] = []
        for _ in range(TAKEN_MAX):
            try:
                messages.append(self._socket.recv(DATAGRAM_MAX_BYTES))
            except OSError:
                break
        self.statistics.received += len(messages)
        return messages

    def close(self) -> None:
        self._socket.close()


class Outbox:
    def __init__(self, path: Path) -> None:
        """path: of the receiver's Inbox, which need not be there yet. LinkError where it can never be."""
        self._socket = _socket(path)
        self._path = os.fsencode(path)
        self.statistics = LinkStatistics()

    def send(self, message: bytes) -> bool:
        """True where the receiver will find it; returns at once."""
        try:
            self._socket.sendto(message, self._path)
        except BlockingIOError:
            self.statistics.refused += 1
        except OSError:
            self.statistics.nobody += 1
        else:
            self.statistics.sent += 1
            return True
        return False

    def close(self) -> None:
        self._socket.close()
