"""The simulated bus between processes: python-can's udp_multicast, kept on this host's loopback."""

import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import can
import pytest

from firmware_runtime.can.bus import BusError, PythonCanPort, open_bus
from firmware_runtime.can.frame import EXTENDED_FLAG, Frame
from firmware_runtime.can.socketcan import SocketCanPort

Port = PythonCanPort | SocketCanPort
GROUP = "239.74.163.77"

ECHO_PROCESS = """
import sys, time
from firmware_runtime.can.bus import open_bus
port = open_bus("drive", "udp_multicast", sys.argv[1], {"port": int(sys.argv[2])})
print("ready", flush=True)
end_s = time.monotonic() + 20
while time.monotonic() < end_s:
    frames = port.receive(time.monotonic_ns())
    port.send([frame._replace(data=frame.data[::-1]) for frame in frames])
    if any(frame.data == b"end" for frame in frames):
        break
    time.sleep(0.001)
port.close()
"""


@pytest.fixture
def udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("", 0))
        number = free.getsockname()[1]
    try:
        open_bus("drive", "udp_multicast", GROUP, {"port": number}).close()
    except BusError as error:
        pytest.skip(f"this host has no multicast: {error}")
    return number


@pytest.fixture
def pair(udp_port: int) -> Iterator[tuple[Port, Port]]:
    ports = [open_bus("drive", "udp_multicast", GROUP, {"port": udp_port}) for _ in range(2)]
    yield ports[0], ports[1]
    for port in ports:
        port.close()


def receive(port: Port, count: int) -> list[Frame]:
    """Waits for so many frames; the end of the wait is no measurement."""
    frames: list[Frame] = []
    end_s = time.monotonic() + 10
    while len(frames) < count and time.monotonic() < end_s:
        frames += port.receive(7)
        time.sleep(0.001)
    return frames


def test_two_processes_exchange_frames(udp_port: int) -> None:
    command = [sys.executable, "-c", ECHO_PROCESS, GROUP, str(udp_port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        port = open_bus("drive", "udp_multicast", GROUP, {"port": udp_port})
        sent = [Frame(0, "drive", 0x0CFF0027 | EXTENDED_FLAG, bytes([n, 1, 2])) for n in range(50)]
        port.send(sent)
        assert receive(port, 50) == [
            Frame(7, "drive", 0x0CFF0027 | EXTENDED_FLAG, bytes([2, 1, n])) for n in range(50)
        ]
        port.send([Frame(0, "drive", 1, b"end")])
        assert process.wait(timeout=20) == 0
        port.close()


def test_own_frames_are_left_out_but_the_same_identifier_of_another_passes(
    pair: tuple[PythonCanPort, PythonCanPort],
) -> None:
    mine, theirs = pair
    frame = Frame(0, "drive", 0x100, b"\x05")
    mine.send([frame])
    theirs.send([frame])
    assert receive(mine, 1) == [Frame(7, "drive", 0x100, b"\x05")]
    assert mine.receive(8) == []
    assert mine.statistics.own_echoes == 1


def test_frames_that_nobody_fetched_yet_are_kept(pair: tuple[PythonCanPort, PythonCanPort]) -> None:
    """400 frames are 0.2 s of all our buses; without a larger buffer some 250 stay and the rest is lost."""
    mine, theirs = pair
    theirs.send([Frame(0, "drive", number, b"") for number in range(400)])
    assert [frame.can_id for frame in receive(mine, 400)] == list(range(400))


def test_nothing_leaves_the_host(pair: tuple[PythonCanPort, PythonCanPort]) -> None:
    for port in pair:
        with socket.socket(fileno=socket.dup(port._bus.fileno())) as same:
            ttl = same.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL)
            interface = same.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF)
        assert ttl == 0
        assert socket.inet_ntoa(struct.pack("@I", interface)) == "127.0.0.1"
    table = Path("/proc/net/igmp")
    if table.exists():
        group = struct.pack("@I", *struct.unpack("!I", socket.inet_aton(GROUP))).hex().upper()
        joined_on = ""
        for line in table.read_text().splitlines()[1:]:
            if not line.startswith("\t"):
                joined_on = line.split()[1]
            elif line.split()[0] == group:
                assert joined_on == "lo"


def test_a_bus_of_another_group_on_the_same_port_is_not_heard(
    pair: tuple[PythonCanPort, PythonCanPort], udp_port: int
) -> None:
    mine, theirs = pair
    body = open_bus("body", "udp_multicast", "239.74.163.78", {"port": udp_port})
    body.send([Frame(0, "body", 0x200, b"")])
    theirs.send([Frame(0, "drive", 0x201, b"")])
    assert [frame.can_id for frame in receive(mine, 1)] == [0x201]
    body.close()


def test_a_stray_datagram_is_counted_and_what_follows_is_heard(
    pair: tuple[PythonCanPort, PythonCanPort], udp_port: int
) -> None:
    mine, theirs = pair
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stray:
        stray.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        stray.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)
        stray.sendto(b"not a frame", (GROUP, udp_port))
    theirs.send([Frame(0, "drive", 0x300, b"")])
    assert [frame.can_id for frame in receive(mine, 1)] == [0x300]
    assert mine.statistics.receive_errors == 1


def test_python_can_itself_hears_the_bus(udp_port: int) -> None:
    """Whoever joins the group sees it, with the tools of the ecosystem."""
    port = open_bus("drive", "udp_multicast", GROUP, {"port": udp_port})
    with can.Bus(interface="udp_multicast", channel=GROUP, port=udp_port, hop_limit=0) as plain:
        with socket.socket(fileno=socket.dup(plain.fileno())) as same:
            group = socket.inet_aton(GROUP)
            same.setsockopt(socket.IPPROTO_IP, socket.IP_DROP_MEMBERSHIP, group + bytes(4))
            membership = group + socket.inet_aton("127.0.0.1")
            same.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        port.send([Frame(0, "drive", 0x0CFF0027 | EXTENDED_FLAG, b"\x01")])
        message = plain.recv(timeout=5)
        assert message is not None
        assert (message.arbitration_id, message.is_extended_id) == (0x0CFF0027, True)
    port.close()


def test_an_ipv6_group_keeps_to_the_host_by_its_hop_limit(udp_port: int) -> None:
    try:
        mine, theirs = (
            open_bus("body", "udp_multicast", "ff11::7079:7468", {"port": udp_port, "hop_limit": 9})
            for _ in range(2)
        )
    except BusError as error:
        pytest.skip(f"this host has no IPv6 multicast: {error}")
    with socket.socket(fileno=socket.dup(mine._bus.fileno())) as same:
        assert same.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS) == 0
    theirs.send([Frame(0, "body", 0x111, b"\x09")])
    assert receive(mine, 1) == [Frame(7, "body", 0x111, b"\x09")]
    assert mine.name == "body"
    mine.close()
    theirs.close()
