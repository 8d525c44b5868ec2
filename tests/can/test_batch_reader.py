"""Many datagrams with one call, each with its time stamp and the count of what the kernel lost before it.

The socket options are those of every Linux socket: here UDP on loopback carries the bytes of CAN frames,
so that this runs without any CAN; tests/vcan has the real ones.
"""

import errno
import os
import socket
import struct
import sys
import time
from collections.abc import Iterator

import pytest

from firmware_runtime.can.batch_reader import BOTH_CONTROLS, CLASSIC_BYTES, FD_BYTES, BatchReader
from vehicle_hil.bus_ear import until_stamped

SO_TIMESTAMPNS, SO_RXQ_OVFL = 35, 40
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or sys.maxsize < 1 << 32, reason="Linux of 64 bits only"
)


class Pair:
    """A receiver with both options on, and a sender to it."""

    def __init__(self) -> None:
        self.receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.receiver.bind(("127.0.0.1", 0))
        for option in (SO_TIMESTAMPNS, SO_RXQ_OVFL):
            self.receiver.setsockopt(socket.SOL_SOCKET, option, 1)
        until_stamped()
        self.sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sender.connect(self.receiver.getsockname())

    def send(self, can_id: int, data: bytes) -> None:
        layout = "=IB3x8s" if len(data) <= 8 else "=IB3x64s"
        self.sender.send(struct.pack(layout, can_id, len(data), data))


@pytest.fixture
def pair() -> Iterator[Pair]:
    pair = Pair()
    yield pair
    pair.receiver.close()
    pair.sender.close()


def test_frames_come_in_order_with_their_data_and_time(pair: Pair) -> None:
    reader = BatchReader(pair.receiver.fileno(), 4, CLASSIC_BYTES)
    before_ns = time.time_ns()
    for number in range(6):
        pair.send(0x100 + number, bytes([number] * number))
    after_ns = time.time_ns()
    seen: list[tuple[int, bytes]] = []
    for expected in (4, 2):
        assert reader.read() == expected
        for (control, _, received), (can_id, length, data, seconds, nanoseconds, *_) in reader.batch():
            seen.append((can_id, data[:length]))
            assert before_ns <= seconds * 1_000_000_000 + nanoseconds <= after_ns
            assert (control, received) == (32, 16)
    assert seen == [(0x100 + number, bytes([number] * number)) for number in range(6)]
    assert reader.read() == -errno.EAGAIN
    assert list(reader.batch()) == []


def test_classic_and_fd_frames_share_a_batch(pair: Pair) -> None:
    reader = BatchReader(pair.receiver.fileno(), 4, FD_BYTES)
    pair.send(1, bytes(range(64)))
    pair.send(2, b"classic")
    assert reader.read() == 2
    slots = [slot for _, slot in reader.batch()]
    assert [slot[2][: slot[1]] for slot in slots] == [bytes(range(64)), b"classic"]


def test_what_the_queue_lost_is_told_by_the_next_frame(pair: Pair) -> None:
    pair.receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    reader = BatchReader(pair.receiver.fileno(), 512, CLASSIC_BYTES)
    for number in range(2000):
        pair.send(number, b"")
    got = reader.read()
    assert 0 < got < 512
    assert all(control < BOTH_CONTROLS for (control, _, _), _ in reader.batch())
    pair.send(0x7FF, b"")
    assert reader.read() == 1
    ((control, _, _), (can_id, *_, level, kind, drops)) = next(iter(reader.batch()))
    assert (control, can_id) == (BOTH_CONTROLS, 0x7FF)
    assert (level, kind) == (socket.SOL_SOCKET, SO_RXQ_OVFL)
    assert drops == 2000 - got


def test_an_error_of_the_socket_is_its_number() -> None:
    ends = os.pipe()
    assert BatchReader(ends[0], 4, CLASSIC_BYTES).read() == -errno.ENOTSOCK
    for end in ends:
        os.close(end)
