"""Opens the port of a CAN bus: the fast one for SocketCAN, python-can's for every other interface."""

import logging
import os
import secrets
import socket
import struct
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import can
from can.interfaces.socketcan import SocketcanBus

from firmware_runtime.can.bus_port import RECEIVE_MAX, BusError, BusHealth, BusPort, BusStatistics
from firmware_runtime.can.ownership import OwnershipGuard
from firmware_runtime.can.python_can_port import PythonCanPort
from firmware_runtime.can.socketcan import SocketCanPort

__all__ = [
    "RECEIVE_MAX",
    "BusError",
    "BusHealth",
    "BusPort",
    "BusStatistics",
    "PythonCanPort",
    "SocketCanPort",
    "open_bus",
]

LOOPBACK = "127.0.0.1"
RECEIVE_BUFFER_BYTES = 4 << 20
"""Asked of the kernel for udp_multicast; its default kept only some 250 unread frames, and silently."""
IP_MULTICAST_ALL = 49
"""Linux <linux/in.h>; 0 takes only groups that this very socket joined. Not in Python's `socket`."""

_OPENING_ERRORS = (
    can.CanError,
    OSError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    NameError,
    ImportError,
)
"""What python-can's interfaces raise for options, devices or drivers that are not there: a port number of
99999 is an OverflowError, Kvaser's without its driver a NameError."""


def open_bus(
    name: str,
    interface: str,
    channel: str,
    options: Mapping[str, str | int | bool] | None = None,
    *,
    identifiers: Iterable[int] | None = None,
    guard: OwnershipGuard | None = None,
    restart: Callable[[], None] | None = None,
    recovers: bool = True,
) -> PythonCanPort | SocketCanPort:
    """Opens one bus.

    name: of the bus in the profile.
    interface, channel, options: as python-can's `Bus` takes them (`socketcan`, `can0`, {}), free of any
        configuration file. `udp_multicast` stays on this host's loopback, whatever the options say.
    identifiers: of the frames to receive, as `Frame.can_id`; SocketCAN's kernel leaves out all others, other
        interfaces pass everything. None for all, which figures of the whole bus's load need.
    guard: reports frames of our identifiers that others send.
    restart, recovers: see SocketCanPort.
    Raises BusError where the interface is unknown or cannot be opened.
    """
    multicast = interface == "udp_multicast"
    arguments: dict[str, Any] = dict(options or {})
    if multicast:
        arguments["hop_limit"] = 0
    try:
        bus = can.Bus(channel=channel, interface=interface, ignore_config=True, **arguments)
    except _OPENING_ERRORS as error:
        logging.getLogger("can.bus").addFilter(_is_no_aftermath)
        raise BusError(f"bus {name}: {interface}:{channel} cannot be opened: {_cause(error)}") from error
    if isinstance(bus, SocketcanBus) and sys.maxsize > 1 << 32:
        try:
            return SocketCanPort(
                name, bus, identifiers=identifiers, guard=guard, restart=restart, recovers=recovers
            )
        except (BusError, OSError) as error:
            bus.shutdown()
            raise BusError(f"bus {name}: {interface}:{channel} cannot be set up: {error}") from error
    fd = bool(arguments.get("fd", False))
    if not multicast:
        return PythonCanPort(name, bus, fd=fd, guard=guard)
    try:
        _keep_on_loopback(bus.fileno(), channel)
    except OSError as error:
        bus.shutdown()
        raise BusError(f"bus {name}: {interface}:{channel} cannot be kept on loopback: {error}") from error
    return PythonCanPort(name, bus, secrets.token_hex(8), fd=fd, guard=guard)


def _is_no_aftermath(record: logging.LogRecord) -> bool:
    """A bus whose constructor failed complains, when it is collected, that nobody shut it down."""
    return "was not properly shut down" not in record.getMessage()


def _cause(error: BaseException) -> str:
    """The message, and the system's own word beneath it: python-can hides it one level down."""
    text = str(error) or type(error).__name__
    beneath = error.__cause__
    if isinstance(beneath, OSError):
        text += f" ({beneath.strerror})"
        if beneath.errno is not None and "device" in (beneath.strerror or "").lower():
            text += "; without any multicast route: ip route add 239.0.0.0/8 dev lo"
    return text


def _keep_on_loopback(descriptor: int, group: str) -> None:
    """Makes a multicast socket of python-can hear and speak on the loopback interface alone.

    The interface has no such option; a duplicate of its descriptor reaches the same kernel socket.
    IPv6 groups keep to the host by their hop limit of 0 alone.
    """
    with socket.socket(fileno=os.dup(descriptor)) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        if same.family != socket.AF_INET:
            return
        group_bytes = socket.inet_aton(group)
        loopback = socket.inet_aton(LOOPBACK)
        any_interface = struct.pack("@I", socket.INADDR_ANY)
        # Dropped first: where loopback is the only interface, python-can's join was on it already.
        same.setsockopt(socket.IPPROTO_IP, socket.IP_DROP_MEMBERSHIP, group_bytes + any_interface)
        same.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group_bytes + loopback)
        same.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, loopback)
        if os.uname().sysname == "Linux":
            same.setsockopt(socket.IPPROTO_IP, IP_MULTICAST_ALL, 0)
