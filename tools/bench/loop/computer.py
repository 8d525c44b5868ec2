"""The processes of a vehicle computer and a simulated vehicle on loopback buses, for a benchmark."""

import secrets
import select
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.loop.drive_record import PROFILE, ROUTE
from bench.measure import BenchError
from vehicle_hil.child import Child
from vehicle_hil.vehicle_link import Go, Ready, RecordReader, VehicleOrder, write_record

START_S = 60.0


class Bus(NamedTuple):
    name: str
    group: str
    port: int

    @property
    def option(self) -> str:
        return f"{self.name}=udp_multicast:{self.group},port={self.port}"


def free_buses() -> list[Bus]:
    """Drive and body bus on groups and ports that nobody else on this host has."""
    buses: list[Bus] = []
    for name in ("drive", "body"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("", 0))
            port = free.getsockname()[1]
        buses.append(Bus(name, f"239.192.{secrets.randbelow(256)}.{1 + secrets.randbelow(254)}", port))
    return buses


class Started(NamedTuple):
    child: Child
    exec_ns: int
    """Monotonic, before it was started."""


def start(
    name: str,
    buses: Sequence[Bus],
    folder: Path,
    serial: str = "",
    cache: Path | None = None,
    cores: Sequence[int] = (),
) -> Started:
    """One process of the runtime, on these cores or on any; `await_begin` waits for its first line."""
    command = [sys.executable, "-m", "firmware_runtime.executive", f"run-{name}", str(PROFILE)]
    command += ["--link", str(folder)]
    if cache is not None:
        command += ["--cache", str(cache)]
    if name == "services":
        command += ["--record", str(folder / "box.bin")]
    else:
        for bus in buses:
            command += ["--bus", bus.option]
        command += ["--route", str(ROUTE), "--development"]
    if name == "control":
        command += ["--serial", serial]
    exec_ns = time.monotonic_ns()
    return Started(Child(name, command, folder / f"{name}.err", cores), exec_ns)


def await_begin(child: Child) -> None:
    readable, _, _ = select.select([child.stdout], [], [], START_S)
    if not (readable and child.stdout.readline()):
        raise BenchError(f"{child.name} did not begin: {child.complaint()}")


@contextmanager
def vehicle(buses: Sequence[Bus], folder: Path) -> Iterator[str]:
    """A simulated vehicle under way; gives the port of its GNSS receiver."""
    with ExitStack() as stack:
        child = stack.enter_context(
            Child("vehicle", [sys.executable, "-m", "vehicle_hil.vehicle_process"], folder / "vehicle.err")
        )
        options = tuple(bus.option for bus in buses)
        order = VehicleOrder(str(PROFILE), str(ROUTE), None, False, 1, str(folder), options)
        write_record(child.stdin, order)
        ready = RecordReader(child.stdout).read(Ready)
        if ready is None:
            raise BenchError(f"the simulated vehicle did not begin: {child.complaint()}")
        write_record(child.stdin, Go(time.monotonic_ns()))
        yield ready.serial_port
