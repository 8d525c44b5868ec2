"""The ear of these tests: it must hear what python-can sends, and know when."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from firmware_runtime.can.bus import open_bus
from firmware_runtime.can.frame import EXTENDED_FLAG, Frame
from tests.processes.rig import free_bus
from vehicle_hil.bus_ear import Ear, Heard


@pytest.fixture
def bus() -> tuple[str, str, int]:
    return free_bus("drive")


@pytest.fixture
def ear(bus: tuple[str, str, int]) -> Iterator[Ear]:
    made = Ear(*bus)
    yield made
    made.close()


def test_each_frame_has_the_time_at_which_it_was_sent_however_late_it_is_read(
    bus: tuple[str, str, int], ear: Ear
) -> None:
    port = open_bus(bus[0], "udp_multicast", bus[1], {"port": bus[2]})
    sent: list[tuple[int, int]] = []
    for number in range(5):
        before_ns = time.monotonic_ns()
        port.send([Frame(0, "drive", 0x0CFF0127 | EXTENDED_FLAG, bytes([number] * 8))])
        sent.append((before_ns, time.monotonic_ns()))
        time.sleep(0.01)
    time.sleep(0.1)
    port.close()
    heard = ear.take()
    assert [frame.data for frame in heard] == [bytes([number] * 8) for number in range(5)]
    assert {(frame.bus, frame.can_id) for frame in heard} == {("drive", 0x8CFF0127)}
    for frame, (before_ns, after_ns) in zip(heard, sent, strict=True):
        # Wall and monotonic clock are not read in one instant.
        assert before_ns - 1_000_000 <= frame.at_ns <= after_ns + 1_000_000
    assert ear.lost == 0
    assert ear.take() == list[Heard]()


FIRST_OF_THE_HOST = """
import os, socket, sys, time
import msgpack
from vehicle_hil.bus_ear import Ear
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
ear = Ear("drive", sys.argv[1], int(sys.argv[2]))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
    message = {"arbitration_id": 1, "is_extended_id": False, "data": b""}
    sender.sendto(msgpack.packb(message), (sys.argv[1], int(sys.argv[2])))
sent_ns = time.monotonic_ns()
while time.monotonic_ns() < sent_ns + 20_000_000:
    pass
(heard,) = ear.take()
print(heard.at_ns - sent_ns)
"""


def test_the_kernel_stamps_before_the_first_frame_comes(bus: tuple[str, str, int]) -> None:
    """Nothing else gets that core meanwhile, the kernel's work queue neither: it has to be done already."""
    where = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", FIRST_OF_THE_HOST, bus[1], str(bus[2])]
    done = subprocess.run(command, env=where, capture_output=True, text=True, check=False)
    if "PermissionError" in done.stderr:
        pytest.skip("no right to real-time priority")
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 1_000_000


def test_it_counts_what_came_too_fast(bus: tuple[str, str, int], ear: Ear) -> None:
    ear.shrink(4096)
    port = open_bus(bus[0], "udp_multicast", bus[1], {"port": bus[2]})
    for _ in range(200):
        port.send([Frame(0, "drive", 1, bytes(8))])
    kept = len(ear.take())
    port.send([Frame(0, "drive", 1, bytes(8))])
    assert len(ear.take()) == 1
    port.close()
    assert 0 < kept < 200
    assert ear.lost == 200 - kept


def test_a_neighbour_on_another_group_is_not_heard(bus: tuple[str, str, int], ear: Ear) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        other.sendto(b"\x80", ("239.255.77.77", bus[2]))
    assert ear.take() == []
