"""Ports to CAN buses through python-can: the thin shell before the tick's first step and after its last.

A port never blocks and never raises in the tick: what could not be received or sent is counted, and the
runtime notices lost messages by their age and counters, whatever the cause was.
"""

import logging
import os
import secrets
import socket
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import can

from firmware_runtime.can.frame import EXTENDED_FLAG, Frame

ARBITRATION_MASK = 0x1FFF_FFFF
"""The 29 bits of an identifier (CAN 2.0 B)."""
RECEIVE_MAX = 512
"""Frames taken in one call; assumption: 25 times what the busiest tick of our buses brings."""
RECEIVE_ERRORS_MAX = 8
"""Errors in one call after which the rest waits: an interface that is down fails at every try."""
DATA_MAX = 8
"""Payload of classic CAN in bytes."""
LOOPBACK = "127.0.0.1"
RECEIVE_BUFFER_BYTES = 4 << 20
"""Asked of the kernel for udp_multicast; its default kept only some 250 unread frames, and silently."""
IP_MULTICAST_ALL = 49
"""Linux <linux/in.h>; 0 takes only groups that this very socket joined. Not in Python's `socket`."""


class BusError(Exception):
    """A bus cannot be opened; the message says which, what was asked and why."""


@dataclass(slots=True)
class BusStatistics:
    """Counts since the port was opened. All only rise."""

    received: int = 0
    sent: int = 0
    send_drops: int = 0
    """Frames that the interface would not take at once."""
    own_echoes: int = 0
    """Own frames that came back and were left out."""
    error_frames: int = 0
    remote_frames: int = 0
    foreign_frames: int = 0
    """CAN FD, or more than 8 bytes: not of this network."""
    receive_errors: int = 0
    """Unreadable datagrams, interface down."""
    batches_full: int = 0
    """Calls that left frames for the next tick, because RECEIVE_MAX had come."""


class BusPort(Protocol):
    """One CAN bus as the executive sees it."""

    @property
    def name(self) -> str:
        """Of the bus in the profile."""
        ...

    @property
    def statistics(self) -> BusStatistics: ...

    def receive(self, now_ns: int) -> list[Frame]:
        """All data frames that are there, at most RECEIVE_MAX, stamped `now_ns`; returns at once."""
        ...

    def send(self, frames: Sequence[Frame]) -> None:
        """Hands frames to the interface in order; returns at once, and counts what it did not take."""
        ...

    def close(self) -> None:
        """Releases the interface; a second call does nothing."""
        ...


class PythonCanPort:
    """A BusPort on any interface of python-can."""

    def __init__(self, name: str, bus: can.BusABC, echo_mark: str | None = None) -> None:
        """
        echo_mark: text carried with each own frame, for interfaces that give a sender its own frames back.
            Only a frame with this mark is an echo: the same identifier from somebody else passes.
        """
        self._name = name
        self._bus = bus
        self._echo_mark = echo_mark
        self._closed = False
        self.statistics = BusStatistics()

    @property
    def name(self) -> str:
        return self._name

    def receive(self, now_ns: int) -> list[Frame]:
        frames: list[Frame] = []
        statistics = self.statistics
        errors = 0
        # The bound is on what is looked at, not on what is kept: a flood of error frames ends too.
        for _ in range(RECEIVE_MAX):
            try:
                message = self._bus.recv(timeout=0)
            except (can.CanError, OSError, ValueError):
                statistics.receive_errors += 1
                errors += 1
                if errors == RECEIVE_ERRORS_MAX:
                    return frames
                continue
            if message is None:
                return frames
            # SocketCAN puts an error's class into the identifier: ask this first.
            if message.is_error_frame:
                statistics.error_frames += 1
            elif message.is_remote_frame:
                statistics.remote_frames += 1
            elif self._echo_mark is not None and message.channel == self._echo_mark:
                statistics.own_echoes += 1
            elif message.is_fd or len(message.data) > DATA_MAX:
                statistics.foreign_frames += 1
            else:
                can_id = message.arbitration_id & ARBITRATION_MASK
                if message.is_extended_id:
                    can_id |= EXTENDED_FLAG
                frames.append(Frame(now_ns, self._name, can_id, bytes(message.data)))
                statistics.received += 1
        statistics.batches_full += 1
        return frames

    def send(self, frames: Sequence[Frame]) -> None:
        for _, _, can_id, data in frames:
            message = can.Message(
                arbitration_id=can_id & ARBITRATION_MASK,
                is_extended_id=bool(can_id & EXTENDED_FLAG),
                data=data,
                channel=self._echo_mark,
            )
            try:
                self._bus.send(message, timeout=0)
            except (can.CanError, OSError):
                self.statistics.send_drops += 1
            else:
                self.statistics.sent += 1

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._bus.shutdown()


def open_bus(
    name: str, interface: str, channel: str, options: Mapping[str, str | int | bool] | None = None
) -> PythonCanPort:
    """Opens one bus.

    name: of the bus in the profile.
    interface, channel, options: as python-can's `Bus` takes them (`socketcan`, `can0`, {}), free of any
        configuration file. `udp_multicast` stays on this host's loopback, whatever the options say.
    Raises BusError where the interface is unknown or cannot be opened.
    """
    multicast = interface == "udp_multicast"
    arguments: dict[str, Any] = dict(options or {})
    if multicast:
        arguments["hop_limit"] = 0
    try:
        bus = can.Bus(channel=channel, interface=interface, ignore_config=True, **arguments)
    except (can.CanError, OSError, ValueError, TypeError, ImportError, NotImplementedError) as error:
        logging.getLogger("can.bus").addFilter(_is_no_aftermath)
        raise BusError(f"bus {name}: {interface}:{channel} cannot be opened: {_cause(error)}") from error
    if not multicast:
        return PythonCanPort(name, bus)
    try:
        _keep_on_loopback(bus.fileno(), channel)
    except OSError as error:
        bus.shutdown()
        raise BusError(f"bus {name}: {interface}:{channel} cannot be kept on loopback: {error}") from error
    return PythonCanPort(name, bus, echo_mark=secrets.token_hex(8))


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
