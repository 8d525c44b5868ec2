"""The writing process's shell: a socket, a folder, and nothing of the tick.

Normal priority. It may be killed at any instruction and started again: it keeps nothing that is not on the
disk or in the hand of the one who handed over.
"""

import contextlib
import fcntl
import os
import select
import socket
import stat
import time
from collections.abc import Callable
from pathlib import Path

from firmware_runtime.executive.persistence.disk import Disk
from firmware_runtime.executive.persistence.generation import Stamp
from firmware_runtime.executive.persistence.messages import (
    MESSAGE_MAX_BYTES,
    Acknowledgement,
    Order,
    decode_order,
    encode,
)
from firmware_runtime.executive.persistence.store import StateStore
from firmware_runtime.executive.persistence.writer import Writer
from firmware_runtime.vehicle.problems import Problem, UnavailableError

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
ORDERS_PER_ROUND = 64
"""More wait for the next round: each round ends, whatever is sent."""
WAIT_S = 0.2
"""Between two looks at `should_stop`."""


def stamp() -> Stamp:
    """Now, by the clocks of this computer."""
    try:
        boot_id = BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        boot_id = ""
    return Stamp(time.time_ns(), time.monotonic_ns(), boot_id)


class Inbox:
    """The socket at `path`. Only one process may have it: the lock beside it dies with its holder."""

    def __init__(self, path: Path) -> None:
        """Raises UnavailableError where the path cannot be used or another process has it."""
        lock_path = path.with_name(path.name + ".lock")
        try:
            self._lock = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _problem(lock_path, "a file that this process may make", error.strerror) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and not stat.S_ISSOCK(path.lstat().st_mode):
                raise _problem(path, "a socket or nothing", "something else")
            # Of a predecessor that was killed.
            path.unlink(missing_ok=True)
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            self._socket.bind(str(path))
            os.chmod(path, 0o600)
        except BlockingIOError as error:
            os.close(self._lock)
            raise _problem(lock_path, "no other process that writes", "one that holds this lock") from error
        except OSError as error:
            os.close(self._lock)
            raise _problem(path, "a path for a socket", str(error)) from error
        self._path = path
        self.refused = 0
        """Messages that were no order."""

    def wait(self, timeout_s: float) -> list[tuple[Order, str | bytes]]:
        """Orders with the address of each sender; empty after the timeout."""
        if not select.select([self._socket], [], [], timeout_s)[0]:
            return []
        came: list[tuple[Order, str | bytes]] = []
        with contextlib.suppress(BlockingIOError):
            for _ in range(ORDERS_PER_ROUND):
                data, sender = self._socket.recvfrom(MESSAGE_MAX_BYTES)
                order = decode_order(data)
                # Who has no address cannot be answered, and is none of ours.
                if order is None or not sender:
                    self.refused += 1
                else:
                    came.append((order, sender))
        return came

    def answer(self, acknowledgement: Acknowledgement, sender: str | bytes) -> None:
        # Dead, or not reading: it will hand over again, and be answered again.
        with contextlib.suppress(OSError):
            self._socket.sendto(encode(acknowledgement), sender)

    def close(self) -> None:
        self._path.unlink(missing_ok=True)
        self._socket.close()
        os.close(self._lock)


def keep(disk: Disk, vehicle: str, inbox: Inbox, should_stop: Callable[[], bool]) -> Writer:
    """Writes what is handed over until `should_stop` says so, then once more what is there by then."""
    writer = Writer(StateStore(disk, vehicle), stamp)
    while True:
        stopping = should_stop()
        serve(writer, inbox, 0.0 if stopping else WAIT_S)
        if stopping:
            return writer


def serve(writer: Writer, inbox: Inbox, timeout_s: float) -> None:
    """One round: writes and answers what has been handed over, or comes first within the timeout."""
    came = inbox.wait(timeout_s)
    senders = {(order.session, order.sequence): sender for order, sender in came}
    writer.handle([order for order, _ in came], lambda a: inbox.answer(a, senders[a.session, a.sequence]))


def _problem(path: Path, expected: str, got: str | None) -> UnavailableError:
    return UnavailableError([Problem(str(path), None, "", expected, got or "an error")])
