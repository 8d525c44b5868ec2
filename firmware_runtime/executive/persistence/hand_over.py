"""The real-time process's end of the hand-over: a Unix datagram socket that is never waited for.

The kernel keeps the messages; there is no lock and no shared memory, so either side may be killed at any
instruction. A full queue, a writer that is gone or not there yet: the order is not sent, its acknowledgement
does not come, and the planner hands over again.
"""

import contextlib
import select
import socket
import time
from pathlib import Path

from firmware_runtime.executive.persistence.messages import (
    BARRIER,
    MESSAGE_MAX_BYTES,
    MESSAGE_VERSION,
    Acknowledgement,
    Order,
    decode_acknowledgement,
    encode,
)

ACKNOWLEDGEMENTS_PER_CALL = 16
ACKNOWLEDGEMENT_MAX_BYTES = 4096


class HandOver:
    """Connected to the writer's socket: the kernel lets in no answer but the writer's."""

    def __init__(self, path: Path) -> None:
        """path: of the writer's socket; nothing has to be there yet."""
        self._path = str(path)
        self._connected = False
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        # A large content and a few small ones; the kernel's default holds one of the largest.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * MESSAGE_MAX_BYTES)
        # An abstract name of the kernel's choice (Linux): nothing is left behind by a killed process.
        self._socket.bind("")

    def send(self, order: Order) -> bool:
        """Whether it is on its way. Never waits, never raises."""
        data = encode(order)
        for _ in range(2):
            try:
                if not self._connected:
                    self._socket.connect(self._path)
                    self._connected = True
                self._socket.send(data)
            except BlockingIOError:
                return False
            except OSError:
                # The writer that was connected is dead: once more, to the one that may have taken its place.
                if not self._connected:
                    return False
                self._connected = False
            else:
                return True
        return False

    def receive(self) -> list[Acknowledgement]:
        """What came since the last call, at most ACKNOWLEDGEMENTS_PER_CALL. Never waits, never raises."""
        came: list[Acknowledgement] = []
        with contextlib.suppress(OSError):
            for _ in range(ACKNOWLEDGEMENTS_PER_CALL):
                acknowledgement = decode_acknowledgement(self._socket.recv(ACKNOWLEDGEMENT_MAX_BYTES))
                if acknowledgement is not None:
                    came.append(acknowledgement)
        return came

    def has_writer(self) -> bool:
        """Whether somebody has the socket now; where not, no order is under way: they die with it."""
        self._connected = False
        with contextlib.suppress(OSError):
            self._socket.connect(self._path)
            self._connected = True
        return self._connected

    def wait_until_written(self, session: int, timeout_s: float) -> bool:
        """At start-up, before the state is read: waits until the writer dealt with a predecessor's orders.

        Without it, a process that takes the place of a killed one could read a state from before the last
        latch. True once that is sure; False where no writer answered in time: then none has orders left, or
        it hangs, and then no order is acknowledged either.
        """
        deadline_s = time.monotonic() + timeout_s
        barrier = Order(MESSAGE_VERSION, session, 0, BARRIER, b"")
        sent = False
        while True:
            sent = sent or self.send(barrier)
            for acknowledgement in self.receive():
                if acknowledgement.record == BARRIER and acknowledgement.session == session:
                    return True
            left_s = deadline_s - time.monotonic()
            if left_s <= 0.0:
                return False
            select.select([self._socket], [], [], min(left_s, 0.01))

    def close(self) -> None:
        self._socket.close()
