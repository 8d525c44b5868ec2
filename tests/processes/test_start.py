"""By what right the processes start: signed and with rights, or development that the bus shows."""

import os
import pty
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_runtime.executive.command import main
from firmware_runtime.vehicle.configuration_files import with_routes
from tests.processes.rig import free_bus
from tests.vehicle.support import PROFILE_FILE, Configuration, copy_configuration

ROUTE = "configs/routes/yard_short.csv"
START_S = 60.0


class Start:
    """A signed copy of the Q-Truck, and buses that nobody else has."""

    def __init__(self, configuration: Configuration, folder: Path) -> None:
        self.configuration, self.folder = configuration, folder
        self.options = ["--link", str(folder)]
        for name, group, port in (free_bus("drive"), free_bus("body")):
            self.options += ["--bus", f"{name}=udp_multicast:{group},port={port}"]
        self.notify = folder / "notify"
        self._master, slave = pty.openpty()
        self.receiver = os.ttyname(slave)

    @property
    def route(self) -> Path:
        return self.configuration.folder / ROUTE

    @property
    def signed(self) -> list[str]:
        return ["--manifest", str(self.folder / "manifest"), "--public-key", str(self.folder / "key.pub.pem")]

    def sign(self) -> None:
        key = str(self.folder / "key.pem")
        if not Path(key).exists():
            assert (
                main(["manifest", "keygen", "--key", key, "--public-key", f"{self.folder}/key.pub.pem"]) == 0
            )
        words = ["sign", str(self.profile), "--route", str(self.route), "--key", key]
        assert main(["manifest", *words, "--out", str(self.folder / "manifest")]) == 0

    @property
    def profile(self) -> Path:
        return self.configuration.folder / PROFILE_FILE

    def command(self, name: str, *further: str) -> list[str]:
        words = [sys.executable, "-m", "firmware_runtime.executive", f"run-{name}", str(self.profile)]
        words += ["--route", str(self.route), *self.options, *further]
        return words + (["--serial", self.receiver] if name == "control" else [])

    def refused(self, name: str, *further: str) -> list[str]:
        """Its problems, a line each; it must end at once with status 2."""
        done = subprocess.run(self.command(name, *further), capture_output=True, text=True, timeout=START_S)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        return done.stderr.splitlines()


@pytest.fixture
def start(tmp_path: Path) -> Start:
    folder = tmp_path / "link"
    folder.mkdir()
    return Start(copy_configuration(tmp_path), folder)


@pytest.fixture
def systemd(start: Start) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(start.notify))
        yield listener


def deployed(start: Start) -> None:
    start.configuration.edit(PROFILE_FILE, 'purpose = "development"', 'purpose = "deployment"')
    start.sign()


def test_the_supervisor_says_what_it_is_and_that_it_lives(start: Start, systemd: socket.socket) -> None:
    """The same datagrams that systemd would get; the process ends as asked."""
    environment = {**os.environ, "NOTIFY_SOCKET": str(start.notify), "WATCHDOG_USEC": "200000"}
    command = start.command("supervisor", "--development")
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        try:
            assert process.stdout is not None
            assert select.select([process.stdout], [], [], START_S)[0]
            loaded = start.configuration.load()
            identity = with_routes(loaded, [start.route]).identity
            assert identity != loaded.identity
            assert process.stdout.readline().startswith(f"supervisor of q_truck {identity}, DEVELOPMENT, ")
            systemd.settimeout(START_S)
            said = [systemd.recv(4096).decode() for _ in range(4)]
            assert "READY=1\nSTATUS=checks what control proposes" in said[:2]
            assert said.count("WATCHDOG=1") == 3
            process.send_signal(signal.SIGTERM)
            end_s = time.monotonic() + START_S
            while systemd.recv(4096).decode() != "STOPPING=1":
                assert time.monotonic() < end_s
            assert process.wait(START_S) == 0
        finally:
            process.kill()


@pytest.mark.parametrize("name", ["supervisor", "control"])
def test_a_profile_for_deployment_starts_only_as_it_was_signed(start: Start, name: str) -> None:
    deployed(start)
    assert any("for --development" in line for line in start.refused(name, "--development"))
    assert any("a signed manifest" in line for line in start.refused(name))
    assert not (start.folder / "proposals").exists(), "a link of processes that run is left alone"
    start.route.write_bytes(start.route.read_bytes() + b"\n")
    assert any("yard_short.csv" in line for line in start.refused(name, *start.signed))


@pytest.mark.parametrize("name", ["supervisor", "control"])
def test_a_profile_for_development_says_so_too(start: Start, name: str) -> None:
    assert any("a signed manifest" in line for line in start.refused(name))
    assert any(
        "--manifest and --public-key together" in line for line in start.refused(name, "--manifest", "x")
    )
