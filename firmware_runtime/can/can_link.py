"""The network interface under a SocketCAN bus: is it there, is it up, restart it after bus-off.

The first two are asked in the tick. Of one that is gone SIOCGIFFLAGS is not asked: for a name that it does
not know the kernel starts a program that fetches a driver, and waits for it (`dev_load` in
<kernel>/net/core/dev_ioctl.c; of who has CAP_NET_ADMIN, as the supervisor's unit has). The restart waits for
the kernel and therefore runs in a thread of its own.
"""

import errno
import fcntl
import os
import queue
import socket
import struct
import threading
from collections.abc import Callable

_SIOCGIFFLAGS = 0x8913
_IFF_UP = 0x1
_IFNAMSIZ = 16
"""<linux/sockios.h>, <linux/if.h>."""
INTERFACES = "/sys/class/net"
"""A folder each, by its first name."""
_RTM_NEWLINK = 16
_NLM_F_REQUEST, _NLM_F_ACK = 1, 4
_NLMSG_ERROR = 2
_SOL_NETLINK, _NETLINK_CAP_ACK, _NETLINK_EXT_ACK, _NLMSGERR_ATTR_MSG = 270, 10, 11, 1
_REFUSAL_BYTES = 16 + 4 + 16
"""Header, error number, header of what was refused; then attributes. <linux/netlink.h>."""
_IFLA_LINKINFO, _IFLA_INFO_KIND, _IFLA_INFO_DATA, _IFLA_CAN_RESTART = 18, 1, 2, 7
"""<linux/rtnetlink.h>, <linux/if_link.h>, <linux/can/netlink.h>."""
ANSWER_S = 2.0
"""The kernel's answer to a restart must come within this (assumption)."""


def is_listed(channel: str) -> bool:
    """Whether the kernel lists an interface of this name.

    It lists none by a name beside its first (`ip link property add ... altname`), nor where this process's
    network is another than that of its /sys.
    """
    return "/" not in channel and os.path.exists(f"{INTERFACES}/{channel}")


def is_up(sock: socket.socket, channel: str, listed: bool) -> bool:
    """Whether the interface exists and is up. listed: it was, while it was there."""
    if listed and not is_listed(channel):
        return False
    request = struct.pack(f"{_IFNAMSIZ}sH22x", channel.encode(), 0)
    try:
        answer = fcntl.ioctl(sock.fileno(), _SIOCGIFFLAGS, request)
    except OSError:
        return False
    return bool(struct.unpack_from("H", answer, _IFNAMSIZ)[0] & _IFF_UP)


def restart(channel: str) -> None:
    """What `ip link set CHANNEL type can restart` does; waits for the kernel's answer.

    Raises OSError as the kernel says: EBUSY where the bus is not off, EOPNOTSUPP where the interface is no
    CAN controller (as `vcan` is none), EPERM without CAP_NET_ADMIN.
    """
    data = _attribute(_IFLA_INFO_DATA, _attribute(_IFLA_CAN_RESTART, struct.pack("=I", 1)))
    info = _attribute(_IFLA_LINKINFO, _attribute(_IFLA_INFO_KIND, b"can\0") + data)
    body = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, socket.if_nametoindex(channel), 0, 0) + info
    header = struct.pack("=IHHII", 16 + len(body), _RTM_NEWLINK, _NLM_F_REQUEST | _NLM_F_ACK, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as netlink:
        netlink.settimeout(ANSWER_S)
        for option in (_NETLINK_CAP_ACK, _NETLINK_EXT_ACK):
            netlink.setsockopt(_SOL_NETLINK, option, 1)
        netlink.send(header + body)
        answer = netlink.recv(4096)
    kind = struct.unpack_from("=H", answer, 4)[0]
    status = struct.unpack_from("=i", answer, 16)[0] if kind == _NLMSG_ERROR else -errno.EPROTO
    if status:
        raise OSError(-status, f"restart of {channel}: {os.strerror(-status)}{_reason(answer)}")


def _reason(answer: bytes) -> str:
    """The kernel's own words after a refusal, in brackets; empty where it has none."""
    place = _REFUSAL_BYTES
    while place + 4 <= len(answer):
        length, kind = struct.unpack_from("=HH", answer, place)
        if kind == _NLMSGERR_ATTR_MSG:
            words = answer[place + 4 : place + length].rstrip(b"\0").decode(errors="replace")
            return f" ({words})"
        place += max(4, length + (-length % 4))
    return ""


def _attribute(kind: int, content: bytes) -> bytes:
    """One netlink attribute, padded to four bytes."""
    return struct.pack("=HH", 4 + len(content), kind) + content + bytes(-len(content) % 4)


class BackgroundRestart:
    """Calls `action` in a thread each time it is called itself; never waits for it."""

    def __init__(self, action: Callable[[], None]) -> None:
        self._action = action
        self._orders: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self.done = 0
        self.failed = 0
        self.error = ""
        """Of the last one that failed."""
        self._thread = threading.Thread(target=self._work, name="can-restart", daemon=True)
        self._thread.start()

    def __call__(self) -> None:
        self._orders.put(True)

    def close(self) -> None:
        """Ends the thread after what it has begun."""
        self._orders.put(False)
        self._thread.join(timeout=ANSWER_S)

    def _work(self) -> None:
        while self._orders.get():
            try:
                self._action()
            except OSError as error:
                self.error = str(error)
                self.failed += 1
            else:
                self.done += 1
