"""The processes of a vehicle computer and a simulated vehicle, all real, on buses of this host's loopback."""

import contextlib
import io
import os
import secrets
import select
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import cantools
import pytest
from cantools.database.can import Database

from firmware_runtime.executive.launch.link_folder import SHARED_MEMORY
from firmware_runtime.executive.live.look import look
from firmware_runtime.executive.live.text import as_text
from firmware_runtime.executive.machine.own_cores import share_out_here
from firmware_runtime.executive.terminal import Style
from tests.bus_vehicle import ROOT
from vehicle_hil.bus_ear import Ear, Heard
from vehicle_hil.child import Child
from vehicle_hil.result import BusFrame, Truth
from vehicle_hil.stall_meter import StallMeter, StallMeterError
from vehicle_hil.vehicle_link import Go, Ready, RecordReader, TickReport, VehicleOrder, write_record

PROFILE = ROOT / "configs" / "q_truck.toml"
START_S = 60.0
STALL_MAX_NS = 10_000_000
"""One tick: a drive that did not begin on a machine with a longer one says nothing of the runtime."""
MISSED_MAX = 2
"""Of the vehicle's periods in a row: with the one before, its messages are 30 ms late, which is a loss."""


def free_bus(name: str) -> tuple[str, str, int]:
    """Name, multicast group and port that nobody else on this host has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("", 0))
        port = free.getsockname()[1]
    return name, f"239.192.{secrets.randbelow(256)}.{1 + secrets.randbelow(254)}", port


class Computer:
    """Starts `control` and `supervisor` beside a vehicle; looks at the bus as any node would."""

    def __init__(self, folder: Path, route: Path, metered: bool = True) -> None:
        """metered: the machine's own stalls are measured beside it, unless whoever uses it does so."""
        self.folder, self.route = folder, route
        self._metered = metered
        self._meter: StallMeter | None = None
        self._stack = ExitStack()
        # In memory, as `run` and the units put it: pages of a file may keep a tick waiting for the disk.
        place = SHARED_MEMORY if SHARED_MEMORY.is_dir() else folder
        link = tempfile.TemporaryDirectory(prefix="fr-", dir=place)
        self.link = Path(self._stack.enter_context(link))
        self._buses = [free_bus("drive"), free_bus("body")]
        self.bus_options = [f"{name}=udp_multicast:{group},port={port}" for name, group, port in self._buses]
        self.children: dict[str, Child] = {}
        self.cores = share_out_here()._asdict()
        """By process, those that it may use."""
        self.further: dict[str, list[str]] = {}
        """Options of a process beside those that it needs."""
        database = cantools.database.load_file(ROOT / "dbc" / "q_truck_drive.dbc")
        assert isinstance(database, Database)
        self._database = database
        self.frames: list[tuple[int, str, dict[str, Any]]] = []
        """On the drive bus since (monotonic ns), message, values: of the runtime's messages."""
        self.truth: Truth | None = None
        self.truths: list[tuple[int, Truth]] = []
        """All since `go`, with the monotonic time of each."""
        self.vehicle_frames: Sequence[BusFrame] = ()
        """In the last tick of the vehicle: what it heard and what it said."""
        self._raw: list[Heard] = []
        self._start_ns = 0
        self.missed = 0
        """Periods in which the vehicle's process itself got no processor."""
        self.missed_in_a_row = 0
        """The most of them at once: a vehicle that is silent for MISSED_MAX of them is stopped by right."""

    def __enter__(self) -> Self:
        if self._metered:
            # Without the right to measure, nothing is excused.
            with contextlib.suppress(StallMeterError):
                self._meter = self._stack.enter_context(StallMeter(self.folder))
        self._ear = Ear(*self._buses[0])
        self._stack.callback(self._ear.close)
        command = [sys.executable, "-m", "vehicle_hil.vehicle_process"]
        vehicle = Child("vehicle", command, self.folder / "vehicle.err")
        self.vehicle = self._stack.enter_context(vehicle)
        reports = RecordReader(vehicle.stdout)
        order = VehicleOrder(
            profile_path=str(PROFILE),
            route_path=str(self.route),
            distance_m=None,
            allow_infeasible=False,
            seed=1,
            out_dir=str(self.folder),
            buses=tuple(self.bus_options),
        )
        write_record(vehicle.stdin, order)
        ready = reports.read(Ready)
        assert ready is not None, vehicle.complaint()
        self._reports = reports
        self._serial = ready.serial_port
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def start(self, *names: str, misbehaving: Mapping[str, str] | None = None) -> None:
        """Starts these processes and waits until each has said that it begins.

        misbehaving: what `tests.processes.misbehaving` does in a process from SIGUSR1 on, by process.
        """
        for name in names:
            how = (misbehaving or {}).get(name)
            program = ["firmware_runtime.executive"] if how is None else ["tests.processes.misbehaving", how]
            command = [sys.executable, "-m", *program, f"run-{name}", str(PROFILE)]
            command += ["--link", str(self.link)]
            for option in self.bus_options if name != "services" else ():
                command += ["--bus", option]
            command += self.further.get(name, [])
            if name != "services":
                command += ["--route", str(self.route), "--development"]
            if name == "control":
                command += ["--serial", self._serial]
            # As units and `run` do. A real-time process that may go anywhere is put aside to a core that the
            # kernel believes to be idle, and that this machine's host may have taken away.
            child = Child(name, command, self.folder / f"{name}.err", self.cores[name])
            self.children[name] = self._stack.enter_context(child)
            readable, _, _ = select.select([child.stdout], [], [], START_S)
            line = child.stdout.readline() if readable else b""
            assert line.startswith(f"{name} of q_truck ".encode()), child.complaint()

    def go(self) -> None:
        self._start_ns = time.monotonic_ns()
        write_record(self.vehicle.stdin, Go(self._start_ns))

    def signal(self, name: str, number: int) -> int:
        """Monotonic time at which it was sent."""
        now_ns = time.monotonic_ns()
        os.kill(self.children[name].pid, number)
        return now_ns

    def kill(self, name: str) -> int:
        return self.signal(name, signal.SIGKILL)

    def look(self) -> Truth:
        """One more tick of the vehicle, and all frames that came meanwhile."""
        report = self._reports.read(TickReport)
        assert report is not None, self.vehicle.complaint()
        self.truth = report.truth
        self.vehicle_frames = report.frames
        self.truths.append((self._start_ns + report.truth.time_ns, report.truth))
        self.missed_in_a_row = max(self.missed_in_a_row, report.missed_periods - self.missed)
        self.missed = report.missed_periods
        self.hear()
        return report.truth

    @property
    def ports(self) -> list[int]:
        """Of the buses."""
        return [port for _, _, port in self._buses]

    def hear(self) -> None:
        heard = self._ear.take()
        self._raw += heard
        for frame in heard:
            self._note(frame)

    def take_raw(self) -> list[Heard]:
        """All frames of the drive bus since the last call, the vehicle's too."""
        taken, self._raw = self._raw, []
        return taken

    def _note(self, frame: Heard) -> None:
        try:
            message = self._database.get_message_by_frame_id(frame.can_id & 0x1FFF_FFFF)
        except KeyError:
            return
        if "RUNTIME" in message.senders:
            values: Any = message.decode(frame.data, decode_choices=False)
            self.frames.append((frame.at_ns, message.name, values))

    def drive_to(self, speed_mps: float, seconds: float = 60.0) -> None:
        end_s = time.monotonic() + seconds
        while self.look().speed_mps < speed_mps:
            if time.monotonic() < end_s:
                continue
            raise self.not_reached(self.status())

    def not_reached(self, words: str) -> AssertionError:
        """What to raise where a drive did not begin; skips the test where this machine itself is why."""
        if self.missed_in_a_row >= MISSED_MAX:
            pytest.skip(f"the vehicle itself was silent for {self.missed_in_a_row} periods: too busy here")
        stall_ns = self._meter.unfit_ns(self._start_ns, time.monotonic_ns()) if self._meter else 0
        if stall_ns > STALL_MAX_NS:
            pytest.skip(f"this machine stalled for {stall_ns / 1e6:.1f} ms before the drive began")
        return AssertionError(words)

    def status(self) -> str:
        """What `firmware-runtime status` tells of its processes."""
        return as_text(look(self.link, time.monotonic_ns()), Style(io.StringIO()))

    def watch(self, seconds: float) -> None:
        """Listens to the bus closely, whatever the vehicle reports."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self.hear()
            time.sleep(0.0005)

    def until_standing(self, seconds: float = 30.0) -> Truth:
        end_s = time.monotonic() + seconds
        while (truth := self.look()).speed_mps != 0.0:
            assert time.monotonic() < end_s, truth
        return truth
