"""The other side of the bus: can-utils, and a plain python-can bus for what can-utils cannot send."""

import os
import subprocess
import time
from collections.abc import Callable
from typing import Any

import can

from firmware_runtime.can.bus import open_bus
from firmware_runtime.can.bus_events import BusEvent
from firmware_runtime.can.frame import Frame
from firmware_runtime.can.socketcan import SocketCanPort

CHANNEL = os.environ.get("VCAN_CHANNEL", "")
IN_USER_MODE_LINUX = os.environ.get("VCAN_KERNEL") == "uml"
PATIENCE_S = 30.0
"""How long a test waits for what must come; it fails then."""


def run(*command: str) -> str:
    """Runs to the end; returns what it said."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Line:
    """Ports of ours, and a plain python-can bus beside them."""

    def __init__(self) -> None:
        self._open: list[SocketCanPort | can.BusABC] = []

    def open(self, channel: str = CHANNEL, name: str = "drive", **given: Any) -> SocketCanPort:
        port = open_bus(name, "socketcan", channel, given.pop("options", {}), **given)
        assert isinstance(port, SocketCanPort)
        self._open.append(port)
        return port

    def plain(self, channel: str = CHANNEL) -> can.BusABC:
        bus = can.Bus(interface="socketcan", channel=channel, ignore_config=True)
        self._open.append(bus)
        return bus

    def close(self) -> None:
        for one in self._open:
            if isinstance(one, SocketCanPort):
                one.close()
            else:
                one.shutdown()


class Taken:
    """What a port gave in all calls together."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.events: list[BusEvent] = []


def take(port: SocketCanPort, enough: Callable[[Taken], bool], tick_s: float = 0.002) -> Taken:
    """Ticks a port until there is enough."""
    taken = Taken()
    end_s = time.monotonic() + PATIENCE_S
    while not enough(taken):
        assert time.monotonic() < end_s, (taken.frames[-3:], taken.events, port.statistics)
        taken.frames += port.receive(time.monotonic_ns())
        taken.events += port.take_events()
        time.sleep(tick_s)
    return taken


def take_frames(port: SocketCanPort, count: int) -> list[Frame]:
    return take(port, lambda taken: len(taken.frames) >= count).frames


def error_frame(classes: int, controller: int = 0, tx_errors: int = 0) -> can.Message:
    """As a CAN driver makes it; `classes` and the places in the data by <linux/can/error.h>."""
    data = bytes([0, controller, 0, 0, 0, 0, tx_errors, 0])
    return can.Message(arbitration_id=classes, is_extended_id=False, is_error_frame=True, data=data)
