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
from typing import Any

import cantools
import pytest
from cantools.database.can import Database

from firmware_runtime.can.bus import open_bus
from firmware_runtime.executive.command import main
from firmware_runtime.vehicle.configuration_files import with_routes
from tests.bus_vehicle import ROOT
from tests.processes.rig import free_bus
from tests.vehicle.support import PROFILE_FILE, Configuration, copy_configuration

ROUTE = "configs/routes/yard_short.csv"
START_S = 60.0
RIGHTS = (
    "from firmware_runtime.executive.scheduling import prepare_for_ticks;"
    "print(*prepare_for_ticks(10_000_000).rights)"
)


class Start:
    """A signed copy of the Q-Truck, and buses that nobody else has."""

    def __init__(self, configuration: Configuration, folder: Path) -> None:
        self.configuration, self.folder = configuration, folder
        self.options = ["--link", str(folder)]
        self.buses = [free_bus("drive"), free_bus("body")]
        for name, group, port in self.buses:
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

    def refused(self, name: str, *further: str, statuses: tuple[int, ...] = (2,)) -> list[str]:
        """Its problems, a line each; it must end at once with one of these."""
        done = subprocess.run(self.command(name, *further), capture_output=True, text=True, timeout=START_S)
        assert done.returncode in statuses, done.stderr
        assert not done.stdout
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


def configuration_on(bus: tuple[str, str, int]) -> int:
    """What RuntimeStatus on the body bus says of it, by cantools."""
    database = cantools.database.load_file(ROOT / "dbc" / "yard_body.dbc")
    assert isinstance(database, Database)
    name, group, port = bus
    ear = open_bus(name, "udp_multicast", group, {"port": port})
    end_s = time.monotonic() + START_S
    try:
        while time.monotonic() < end_s:
            for frame in ear.receive(time.monotonic_ns()):
                if frame.can_id & 0x1FFF_FFFF == 0x18FF2227:
                    values: Any = database.decode_message(0x18FF2227, frame.data, decode_choices=False)
                    return values["Configuration"]
            time.sleep(0.001)
    finally:
        ear.close()
    raise AssertionError("no RuntimeStatus")


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
            assert configuration_on(start.buses[1]) == 2, "DEVELOPMENT"
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
def test_a_profile_for_deployment_takes_no_development(start: Start, name: str) -> None:
    deployed(start)
    assert any("for --development" in line for line in start.refused(name, "--development"))
    assert not (start.folder / "proposals").exists(), "a link of processes that run is left alone"


def test_a_profile_for_deployment_starts_only_as_it_was_signed(start: Start) -> None:
    deployed(start)
    start.route.write_bytes(start.route.read_bytes() + b"\n")
    assert any("yard_short.csv" in line for line in start.refused("supervisor", *start.signed))


@pytest.mark.parametrize("name", ["supervisor", "control"])
def test_development_says_so(start: Start, name: str) -> None:
    assert any("a signed manifest" in line for line in start.refused(name))


def test_a_supervisor_is_not_deployed_without_a_hardware_watchdog(start: Start) -> None:
    deployed(start)
    assert any("a hardware watchdog" in line for line in start.refused("supervisor", *start.signed))
    # One that is none; or, before that, the rights that this machine does not give.
    no_watchdog = (*start.signed, "--watchdog", os.devnull)
    told = start.refused("supervisor", *no_watchdog, statuses=(2, 75))
    assert any("a hardware watchdog" in line or "the right to " in line for line in told)


def test_what_was_signed_is_deployed_where_the_rights_are_there_and_only_there(start: Start) -> None:
    deployed(start)
    rights = subprocess.run([sys.executable, "-c", RIGHTS], capture_output=True, text=True, check=True)
    if rights.stdout != "True True\n":
        assert any("the right to " in line for line in start.refused("control", *start.signed))
        return
    with subprocess.Popen(start.command("control", *start.signed), stdout=subprocess.PIPE, text=True) as it:
        try:
            assert it.stdout is not None
            assert select.select([it.stdout], [], [], START_S)[0]
            identity = with_routes(start.configuration.load(), [start.route]).identity
            assert it.stdout.readline().startswith(f"control of q_truck {identity}, DEPLOYMENT, ")
        finally:
            it.kill()
