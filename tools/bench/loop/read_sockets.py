"""Reading a tick's frames from a socket: the SocketCAN port's batch, beside python-can's frame by frame.

The ports are the real ones. In place of the CAN socket stands UDP on loopback with the same bytes and options
(`struct can_frame`, the kernel's time stamp), so that this runs without any CAN; what the kernel itself
spends on a CAN frame is not in it.
"""

import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import can
from can.interfaces.socketcan.socketcan import capture_message

from bench.loop.figures import Peer, rows_of
from bench.loop.stand_in_bus import receiver, stand_in_bus
from bench.measure import BenchError, Row
from firmware_runtime.can.socketcan import SO_TIMESTAMPNS, SocketCanPort

FRAMES = (32, 320)
SHARES = ("p50", "p99")
PAUSE_S = 0.0005
"""Between two ticks: caches are colder then."""
_CLASSIC = struct.Struct("=IB3x8s")
EXTENDED_ID = 0x8CFF0027


def measure(ticks: int) -> list[Row]:
    rows: list[Row] = []
    for frames in FRAMES:
        ours_us, theirs_us = measure_reading(frames, ticks)
        peer = Peer("python-can, frame by frame", theirs_us)
        rows += rows_of(f"reading {frames} frames from a socket", "µs", ours_us, peer, shares=SHARES)
    return rows


def measure_reading(frames: int, ticks: int) -> tuple[list[float], list[float]]:
    """Microseconds a tick, by the port and by python-can, in turns with a changing first."""
    with ExitStack() as stack:
        sender = stack.enter_context(closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)))
        ours, theirs = _receiver(), stack.enter_context(closing(_receiver()))
        theirs.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        bus = stand_in_bus(ours)
        port = stack.enter_context(closing(SocketCanPort("drive", bus, restart=lambda: None)))
        readers: list[tuple[socket.socket, Callable[[], int], list[float]]] = [
            (ours, lambda: len(port.receive(time.monotonic_ns())), []),
            (theirs, lambda: sum(1 for _ in _one_by_one(theirs)), []),
        ]
        for turn in range(ticks):
            for heard, read, took_us in readers if turn % 2 else reversed(readers):
                for number in range(frames):
                    payload = _CLASSIC.pack(EXTENDED_ID, 8, number.to_bytes(8, "little"))
                    sender.sendto(payload, heard.getsockname())
                time.sleep(PAUSE_S)
                begin_ns = time.perf_counter_ns()
                got = read()
                took_us.append((time.perf_counter_ns() - begin_ns) / 1e3)
                if got != frames:
                    raise BenchError(f"reading sockets: expected {frames} frames, got {got}")
        return readers[0][2], readers[1][2]


def _one_by_one(heard: socket.socket) -> Iterator[can.Message]:
    """As `can.Bus.recv` does until nothing is there."""
    while select.select([heard], [], [], 0)[0]:
        message = capture_message(heard)
        if message is None:
            raise BenchError("reading sockets: python-can read a frame that is none")
        yield message


def _receiver() -> socket.socket:
    heard = receiver()
    heard.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
    return heard
