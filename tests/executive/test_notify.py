"""What systemd is told, heard on a real socket; and that nothing is ever waited for."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_runtime.executive.notify import Notifier

SECOND = 1_000_000_000


@pytest.fixture(params=["path", "abstract"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "notify") if request.param == "path" else f"@notify-{os.getpid()}-{tmp_path.name}"


@pytest.fixture
def systemd(address: str) -> Iterator[socket.socket]:
    """The service manager's end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + address[1:] if address.startswith("@") else address)
        listener.setblocking(False)
        yield listener


def heard(listener: socket.socket) -> list[str]:
    messages: list[str] = []
    while True:
        try:
            messages.append(listener.recv(4096).decode())
        except BlockingIOError:
            return messages


def test_each_message_is_a_datagram_of_assignments(systemd: socket.socket, address: str) -> None:
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": address})
    notifier.ready("STANDBY, 24 outputs")
    notifier.status("AUTO at 12 %")
    notifier.stopping()
    assert heard(systemd) == ["READY=1\nSTATUS=STANDBY, 24 outputs", "STATUS=AUTO at 12 %", "STOPPING=1"]
    assert (notifier.sent, notifier.lost) == (3, 0)
    notifier.close()
    notifier.close()
    notifier.ready()
    assert heard(systemd) == []


def test_a_line_break_in_a_status_is_no_further_assignment(systemd: socket.socket, address: str) -> None:
    Notifier(address).status("a fault\nWATCHDOG=1\r\nMAINPID=1")
    assert heard(systemd) == ["STATUS=a fault WATCHDOG=1 MAINPID=1"]


@pytest.mark.skipif(shutil.which("systemd-notify") is None, reason="no systemd-notify here to compare with")
def test_it_says_what_systemds_own_tool_says(systemd: socket.socket, address: str) -> None:
    Notifier(address).ready("all well")
    ours = heard(systemd)[0].splitlines()
    command = ["systemd-notify", "--no-block", "--ready", "--status=all well"]
    subprocess.run(command, env={**os.environ, "NOTIFY_SOCKET": address}, check=True)
    assert set(ours) <= set(heard(systemd)[0].splitlines())


def test_alive_is_said_twice_in_systemds_patience(systemd: socket.socket, address: str) -> None:
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000000"})
    assert notifier.watchdog_ns == SECOND
    said: list[int] = []
    for now_ns in range(10 * SECOND, 12 * SECOND, SECOND // 100):
        notifier.alive(now_ns)
        said += [now_ns] * len(heard(systemd))
    assert [now_ns / SECOND for now_ns in said] == [10.0, 10.5, 11.0, 11.5]


@pytest.mark.parametrize(
    "further",
    [{}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}],
    ids=["not asked", "nonsense", "asked of another process"],
)
def test_alive_is_not_said_unasked(systemd: socket.socket, address: str, further: dict[str, str]) -> None:
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": address, **further}, pid=4711)
    notifier.alive(SECOND)
    assert heard(systemd) == []


def test_alive_is_said_by_the_process_that_is_meant(systemd: socket.socket, address: str) -> None:
    environment = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "20", "WATCHDOG_PID": str(os.getpid())}
    Notifier.from_environment(environment).alive(0)
    assert heard(systemd) == ["WATCHDOG=1"]


def test_a_systemd_that_does_not_read_is_not_waited_for(systemd: socket.socket, address: str) -> None:
    notifier = Notifier(address)
    for number in range(5000):
        notifier.status(f"number {number}")
    assert notifier.lost > 0
    assert notifier.sent + notifier.lost == 5000
    assert notifier.last_error
    assert len(heard(systemd)) == notifier.sent
    notifier.ready()
    assert heard(systemd) == ["READY=1"], "and it goes on once somebody reads"


def test_a_systemd_that_is_gone_ends_nothing(tmp_path: Path) -> None:
    notifier = Notifier(str(tmp_path / "gone"))
    notifier.ready()
    assert (notifier.sent, notifier.lost) == (0, 1)


@pytest.mark.parametrize("address", ["", "vsock:2:1234", "relative"])
def test_without_systemd_every_call_does_nothing(address: str) -> None:
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": address} if address else {})
    notifier.ready("x")
    notifier.alive(SECOND)
    notifier.stopping()
    assert (notifier.sent, notifier.lost) == (0, 0)
