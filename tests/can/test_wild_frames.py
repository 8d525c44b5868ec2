"""A million frames of any kind through port and receiver: no exception, nothing kept, nothing uncounted.

The port is the SocketCAN one with its own batch reader, time stamps and drop count; in place of the CAN
socket stands UDP on loopback with the same bytes (`struct can_frame`, `struct canfd_frame`), so that this
runs without any CAN. Error and remote frames are told apart by the port itself.
"""

import random
import socket
import struct
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from typing import Any

import can
import pytest

from bench.loop.stand_in_bus import receiver, stand_in_bus
from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.python_can_port import PythonCanPort
from firmware_runtime.can.receiver import Receiver
from firmware_runtime.can.socketcan import SocketCanPort
from firmware_runtime.can.verdict import Rejection
from tests.can.oracle import DATABASES, loaded
from tests.can.support import EXTENDED, bindings_of, data_id, database, protected

REMOTE, ERROR = 0x4000_0000, 0x2000_0000
"""Flags of the kernel's `can_id` (<linux/can.h>)."""
SPEEDS = database("q_truck_drive").get_message_by_name("WheelSpeedsFront")
BUSES = ("drive", "paged", "groups", "wide")
WILD = 20_000
"""Frames that are made; each round sends them with other identifiers."""
CHUNK = 200
NEAR = (SPEEDS.frame_id | EXTENDED, 256, 257, 258, 259, 0x8CF00400, 0x98FEF127)
"""Identifiers of bound messages, or beside them."""


class Wire:
    """One bus: a port, and a sender to it."""

    def __init__(self, name: str, recovers: bool = True) -> None:
        heard = receiver()
        bus = stand_in_bus(heard, can.CanProtocol.CAN_FD)
        self.port = SocketCanPort(name, bus, restart=lambda: None, recovers=recovers)
        self.sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sender.connect(heard.getsockname())
        self.sent: Counter[str] = Counter()

    def send(self, can_id: int, data: bytes) -> None:
        kind = "error_frames" if can_id & ERROR else "remote_frames" if can_id & REMOTE else "received"
        self.sent[kind] += 1
        layout = "=IB3x8s" if len(data) <= 8 else "=IB3x64s"
        self.sender.send(struct.pack(layout, can_id, len(data), data))

    def close(self) -> None:
        self.port.close()
        self.sender.close()


@pytest.fixture
def wires() -> Iterator[dict[str, Wire]]:
    wires = {name: Wire(name) for name in BUSES}
    yield wires
    for wire in wires.values():
        wire.close()


def new_receiver() -> Receiver:
    databases = {"drive": database("q_truck_drive")}
    files = {"paged": "multiplexed", "groups": "j1939", "wide": "fd_and_float"}
    for bus, file in files.items():
        one = loaded(DATABASES / f"{file}.dbc")
        assert one is not None
        databases[bus] = one
    bindings = bindings_of("drive", [SPEEDS])
    for bus in files:
        bindings += [
            SignalBinding(f"{bus}.{message.name}.{signal.name}", bus, message.name, signal.name)
            for message in databases[bus].messages
            for signal in message.signals
        ]
    return Receiver(databases, bindings)


def wild(source: random.Random) -> list[tuple[str, int, bytes]]:
    lengths = (0, 1, 7, 8, 8, 8, 8, 12, 24, 64)
    frames: list[tuple[str, int, bytes]] = []
    for _ in range(WILD):
        # Any 32 bits: a third of a half are error frames, remote frames, or both.
        can_id = source.choice(NEAR) if source.random() < 0.5 else source.getrandbits(32)
        frames.append((source.choice(BUSES), can_id, source.randbytes(source.choice(lengths))))
    for _ in range(WILD // 20):
        # Good but for their order.
        data = protected(source.randbytes(8), data_id(SPEEDS), source.randrange(15))
        frames[source.randrange(WILD)] = ("drive", NEAR[0], data)
    return frames


@pytest.mark.skipif(sys.platform != "linux" or sys.maxsize < 1 << 32, reason="Linux of 64 bits only")
@pytest.mark.parametrize("rounds", [15, pytest.param(50, marks=pytest.mark.full)])
def test_a_million_wild_frames_leave_nothing_behind_but_counts(wires: dict[str, Wire], rounds: int) -> None:
    """300,000 of them in each run."""
    receiver = new_receiver()
    frames = wild(random.Random(11))
    verdicts: Counter[Rejection] = Counter()

    def take() -> None:
        for wire in wires.values():
            for frame in wire.port.receive(time.monotonic_ns()):
                verdicts[receiver.push(frame)] += 1
            wire.port.take_events()

    def run(rounds: range) -> None:
        for turn in rounds:
            for index, (bus, can_id, data) in enumerate(frames):
                wires[bus].send(can_id ^ turn % 7, data)
                if index % CHUNK == 0:
                    take()
            take()
            receiver.sample(time.monotonic_ns())

    run(range(10))
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    run(range(10, 13))
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    run(range(13, rounds))
    assert grown < 200_000, "bytes"

    sent: Counter[str] = Counter()
    for name, wire in wires.items():
        counts = wire.port.statistics
        assert (counts.received, counts.error_frames, counts.remote_frames) == (
            wire.sent["received"],
            wire.sent["error_frames"],
            wire.sent["remote_frames"],
        ), name
        assert counts.kernel_drops == counts.receive_errors == counts.own_echoes == 0
        sent += wire.sent
    assert sum(sent.values()) == WILD * rounds
    assert min(sent.values()) > WILD * rounds // 20, "all kinds"
    assert sum(verdicts.values()) == sent["received"]
    assert_told(receiver, verdicts)
    assert verdicts.keys() == set(Rejection), "every reason occurred"
    print(dict(sent), {verdict.name: count for verdict, count in verdicts.items()})


def assert_told(receiver: Receiver, verdicts: Counter[Rejection]) -> None:
    """The receiver's own figures say of each frame what became of it."""
    figures = receiver.message_statistics()
    buses = receiver.bus_statistics()
    assert sum(bus.frames for bus in buses) == sum(verdicts.values())
    for rejection in Rejection:
        told = sum(one.rejected.get(rejection, 0) for one in figures)
        if rejection is Rejection.ACCEPTED:
            told = sum(one.received for one in figures)
        if rejection is Rejection.UNKNOWN:
            told = sum(bus.unknown for bus in buses)
        assert told == verdicts[rejection], rejection


def message(source: random.Random) -> can.Message:
    """Anything that python-can can say, and a driver might hand over."""
    can_id = source.choice(NEAR) if source.random() < 0.5 else source.getrandbits(32)
    kind: dict[str, Any] = {}
    if can_id & ERROR:
        kind = {"is_error_frame": True}
    elif can_id & REMOTE:
        kind = {"is_remote_frame": True}
    elif source.random() < 0.3:
        kind = {"is_fd": True, "bitrate_switch": source.random() < 0.5}
    longest = 64 if "is_fd" in kind else 8
    data = None if "is_remote_frame" in kind else source.randbytes(source.choice((0, 1, 7, 8, longest)))
    return can.Message(
        arbitration_id=can_id & 0x1FFF_FFFF, is_extended_id=bool(can_id & EXTENDED), data=data, **kind
    )


@pytest.mark.parametrize("fd", [False, True], ids=["classic", "CAN FD"])
def test_wild_messages_of_any_interface_are_all_counted(fd: bool) -> None:
    source = random.Random(12)
    receiver = new_receiver()
    verdicts: Counter[Rejection] = Counter()
    given: dict[str, Any] = {"interface": "virtual", "channel": f"wild{fd}", "ignore_config": True}
    protocol = can.CanProtocol.CAN_FD if fd else can.CanProtocol.CAN_20
    with can.Bus(**given, protocol=can.CanProtocol.CAN_FD) as far:
        port = PythonCanPort("groups", can.Bus(**given, protocol=protocol), fd=fd)
        for turn in range(20_000):
            far.send(message(source))
            if turn % CHUNK == CHUNK - 1:
                for frame in port.receive(turn):
                    verdicts[receiver.push(frame)] += 1
                port.take_events()
        port.close()
    counts = port.statistics
    assert counts.received + counts.error_frames + counts.remote_frames + counts.foreign_frames == 20_000
    assert min(counts.received, counts.error_frames, counts.remote_frames) > 1000
    assert (counts.foreign_frames == 0) is fd
    assert sum(verdicts.values()) == counts.received
    assert_told(receiver, verdicts)
