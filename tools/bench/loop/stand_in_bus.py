"""python-can's bus around a UDP socket, as far as a SocketCAN port takes it: its own code without any CAN."""

import socket
from dataclasses import dataclass
from typing import cast

import can
from can.interfaces.socketcan import SocketcanBus


@dataclass
class _StandIn:
    socket: socket.socket
    protocol: can.CanProtocol
    channel: str = "stand-in"

    def shutdown(self) -> None:
        self.socket.close()


def receiver() -> socket.socket:
    """Hears datagrams of loopback on a port of its own."""
    heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    heard.bind(("127.0.0.1", 0))
    return heard


def stand_in_bus(heard: socket.socket, protocol: can.CanProtocol = can.CanProtocol.CAN_20) -> SocketcanBus:
    """Closes the socket at its shutdown."""
    return cast(SocketcanBus, _StandIn(heard, protocol))
