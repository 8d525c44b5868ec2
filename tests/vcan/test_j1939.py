"""Long J1939 messages of Linux' own stack (`can-j1939`) come whole, by both protocols."""

import socket
import time
from collections.abc import Callable, Iterator

import pytest

from firmware_runtime.can.j1939 import GLOBAL_ADDRESS
from firmware_runtime.can.j1939_transport import J1939Transport, TransportMessage
from firmware_runtime.can.socketcan import SocketCanPort
from tests.vcan.side import CHANNEL, PATIENCE_S

THEIRS, OURS, STRANGER = 0x80, 0x27, 0x28
NO_PGN = getattr(socket, "J1939_NO_PGN", 0)
NO_NAME = getattr(socket, "J1939_NO_NAME", 0)
DM1, PROPRIETARY_A = 0xFECA, 0xEF00
TICK_S = 0.005


def payload(size: int) -> bytes:
    return bytes((index * 7 + size) & 0xFF for index in range(size))


class Kernel:
    """A J1939 socket with an address of its own."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_CAN, socket.SOCK_DGRAM, socket.CAN_J1939)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._socket.setblocking(False)
        self._socket.bind((CHANNEL, NO_NAME, NO_PGN, THEIRS))

    def send(self, pgn: int, address: int, data: bytes) -> None:
        assert self._socket.sendto(data, (CHANNEL, NO_NAME, pgn, address)) == len(data)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    if not hasattr(socket, "CAN_J1939"):
        pytest.skip("this Python knows no CAN_J1939")
    try:
        kernel = Kernel()
    except OSError as error:
        pytest.skip(f"no can-j1939 here: {error.strerror}")
    yield kernel
    kernel.close()


def take(
    port: SocketCanPort, transport: J1939Transport, enough: Callable[[list[TransportMessage]], bool]
) -> list[TransportMessage]:
    """Ticks port and transport, answers included, until there is enough."""
    messages: list[TransportMessage] = []
    end_s = time.monotonic() + PATIENCE_S
    while not enough(messages):
        assert time.monotonic() < end_s, (messages, vars(transport))
        now_ns = time.monotonic_ns()
        result = transport.step(now_ns, port.receive(now_ns))
        port.send(result.frames)
        messages += result.messages
        time.sleep(TICK_S)
    return messages


def figures(transport: J1939Transport) -> tuple[int, ...]:
    return (
        transport.timeouts,
        transport.out_of_order,
        transport.aborts_received,
        transport.aborts_sent,
        transport.superseded,
        transport.refused,
        transport.malformed,
        transport.open_sessions,
    )


def test_messages_to_our_address_come_by_rts_and_cts(port: SocketCanPort, kernel: Kernel) -> None:
    """The kernel begins the next one only when it has our end of message: so that was right as well."""
    transport = J1939Transport("drive", OURS)
    sizes = (100, 9, 1785)
    for size in sizes:
        kernel.send(PROPRIETARY_A, OURS, payload(size))
    messages = take(port, transport, lambda messages: len(messages) == len(sizes))
    assert [message[1:] for message in messages] == [
        ("drive", PROPRIETARY_A, THEIRS, OURS, payload(size)) for size in sizes
    ]
    assert not any(figures(transport))


def test_a_broadcast_comes_by_bam(port: SocketCanPort, kernel: Kernel) -> None:
    transport = J1939Transport("drive", OURS)
    kernel.send(DM1, GLOBAL_ADDRESS, payload(100))
    (message,) = take(port, transport, bool)
    assert message[1:] == ("drive", DM1, THEIRS, GLOBAL_ADDRESS, payload(100))
    assert not any(figures(transport))


def test_both_at_once_do_not_mix(port: SocketCanPort, kernel: Kernel) -> None:
    transport = J1939Transport("drive", OURS)
    kernel.send(DM1, GLOBAL_ADDRESS, payload(60))
    kernel.send(PROPRIETARY_A, OURS, payload(100))
    messages = take(port, transport, lambda messages: len(messages) == 2)
    assert {(message.pgn, message.data) for message in messages} == {
        (DM1, payload(60)),
        (PROPRIETARY_A, payload(100)),
    }
    assert not any(figures(transport))


def test_a_message_to_somebody_else_is_left_to_them(port: SocketCanPort, kernel: Kernel) -> None:
    """Nobody answers it, and the kernel gives it up; what is for us comes none the less."""
    transport = J1939Transport("drive", OURS)
    kernel.send(PROPRIETARY_A, STRANGER, payload(100))
    kernel.send(PROPRIETARY_A, OURS, payload(20))
    (message,) = take(port, transport, bool)
    assert (message.destination, message.data) == (OURS, payload(20))
    assert transport.completed == 1
    assert transport.aborts_sent == 0
