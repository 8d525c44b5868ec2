"""An ear on a `udp_multicast` bus of this host: each frame with the time at which the kernel took it.

A socket of its own, without python-can: the time does not depend on when the listener gets a processor, and
nothing of the runtime is asked.
"""

import socket
import struct
import time
from typing import Any, NamedTuple

import msgpack

LOOPBACK = "127.0.0.1"
BUFFER_BYTES = 8 << 20
SO_TIMESTAMPNS, SO_RXQ_OVFL = 35, 40
"""Linux <asm-generic/socket.h>."""
IP_MULTICAST_ALL = 49
"""Linux <linux/in.h>: 0 hears only the groups that this very socket joined."""
DATAGRAM_MAX_BYTES = 1 << 11
EXTENDED = 0x8000_0000
_STAMP = struct.Struct("@ll")
_COUNT = struct.Struct("@I")
STAMPED_S, LOOK_S = 5.0, 0.001
_ANCILLARY_BYTES = socket.CMSG_SPACE(_STAMP.size) + socket.CMSG_SPACE(_COUNT.size)


def until_stamped() -> None:
    """Returns when this host's kernel stamps what arrives; some socket that asked for it has to be open.

    The first such socket of a host only orders it (net_enable_timestamp: a work queue turns it on). What
    arrives before, the kernel stamps with the time at which it is *read*: seen 150 ms later.
    Raises OSError where it is not so after STAMPED_S.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        probe.bind((LOOPBACK, 0))
        probe.settimeout(STAMPED_S)
        end_s = time.monotonic() + STAMPED_S
        while time.monotonic() < end_s:
            probe.sendto(b"", probe.getsockname())
            sent_ns = time.time_ns()
            time.sleep(LOOK_S)
            _, ancillary, _, _ = probe.recvmsg(DATAGRAM_MAX_BYTES, _ANCILLARY_BYTES)
            # Loopback is synchronous: it has arrived when sendto returns.
            if any(_stamp_ns(value) <= sent_ns for _, kind, value in ancillary if kind == SO_TIMESTAMPNS):
                return
    raise OSError(f"expected the kernel to stamp what arrives, got the time of reading for {STAMPED_S:.0f} s")


def _stamp_ns(value: bytes) -> int:
    seconds, nanoseconds = _STAMP.unpack(value[: _STAMP.size])
    return seconds * 1_000_000_000 + nanoseconds


class Heard(NamedTuple):
    at_ns: int
    """Monotonic, as the kernel took it."""
    bus: str
    can_id: int
    """Bit 31 for 29 bits."""
    data: bytes


class Ear:
    def __init__(self, bus: str, group: str, port: int) -> None:
        self._bus = bus
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        put = self._socket.setsockopt
        put(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        put(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        put(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        put(socket.SOL_SOCKET, SO_RXQ_OVFL, 1)
        put(socket.IPPROTO_IP, IP_MULTICAST_ALL, 0)
        member = socket.inet_aton(group) + socket.inet_aton(LOOPBACK)
        put(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        self._socket.bind((group, port))
        self._socket.setblocking(False)
        until_stamped()
        self.lost = 0
        """Frames that the kernel dropped, as this ear was too slow."""

    def fileno(self) -> int:
        """Becomes readable when a frame comes."""
        return self._socket.fileno()

    def take(self) -> list[Heard]:
        """All frames since the last call, in their order; returns at once."""
        # The kernel stamps with the wall clock. Nobody sets it while a test runs.
        wall_ahead_ns = time.time_ns() - time.monotonic_ns()
        heard: list[Heard] = []
        while True:
            try:
                datagram, ancillary, _, _ = self._socket.recvmsg(DATAGRAM_MAX_BYTES, _ANCILLARY_BYTES)
            except BlockingIOError:
                return heard
            at_ns = 0
            for level, kind, value in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
                    at_ns = _stamp_ns(value) - wall_ahead_ns
                elif (level, kind) == (socket.SOL_SOCKET, SO_RXQ_OVFL):
                    (self.lost,) = _COUNT.unpack(value[: _COUNT.size])
            message: dict[str, Any] = msgpack.unpackb(datagram)
            can_id = message["arbitration_id"] | (EXTENDED if message["is_extended_id"] else 0)
            heard.append(Heard(at_ns, self._bus, can_id, bytes(message["data"])))

    def shrink(self, buffer_bytes: int) -> None:
        """Keeps only so much unread."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)

    def close(self) -> None:
        self._socket.close()
