"""Drives by the wall clock: the vehicle's computer and the simulated vehicle as processes, on real shells.

This process starts both, watches and keeps the record. The computer is `firmware-runtime run` with the three
processes that run on a vehicle (computer.py); the vehicle lives in vehicle_process.py. Buses are python-can's
`udp_multicast` on loopback, the GNSS receiver is on a pseudo-terminal. The whole computer may be killed at
any time, by `kill_runtime_at_s` or by a user's `kill -9`: the vehicle must then stop by its ECUs alone. Where
one of its three processes is killed, the others deal with that.
"""

import secrets
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from firmware_runtime.recorder.blackbox import BlackBoxReader
from firmware_runtime.vehicle.problems import ConfigurationError, Problem
from firmware_runtime.vehicle.telemetry import Telemetry
from vehicle_hil.child import Child, ended
from vehicle_hil.computer import Computer
from vehicle_hil.ending import Watch
from vehicle_hil.result import REALTIME, DriveJob, DriveResult, Ending, Observer, Truth
from vehicle_hil.scene import prepare
from vehicle_hil.standstill import StandstillWatch
from vehicle_hil.vehicle_link import (
    Go,
    Ready,
    RecordReader,
    TickReport,
    VehicleOrder,
    write_record,
)

BLACK_BOX = "blackbox.bin"
FOLLOW_EVERY_TICKS = 10
"""The black box is looked at so often for what the runtime says of itself."""


def run_realtime(job: DriveJob, observer: Observer) -> DriveResult:
    """Drive to the end of the route, for `job.seconds`, or until the runtime is gone and the vehicle stands.

    Raises ConfigurationError, RouteError or VehicleFileError for wrong input, before anything is started;
    ConfigurationError too where a process cannot start (no multicast on this host).
    """
    # Wrong input is refused here, in one place and with the full message.
    scene = prepare(job, REALTIME)
    job = scene.job
    box = job.out_dir / BLACK_BOX
    box.unlink(missing_ok=True)
    buses = [_free_bus(name) for name in scene.profile.databases]
    with ExitStack() as stack:
        vehicle = stack.enter_context(_start_vehicle(job))
        reports = RecordReader(vehicle.stdout)
        write_record(vehicle.stdin, _order(job, buses))
        ready = reports.read(Ready)
        if ready is None:
            raise _not_started(vehicle)
        computer = stack.enter_context(Computer(job, buses, ready.serial_port, box))
        beginning = computer.beginning()
        if beginning is None:
            raise _not_started(computer.child)
        observer.on_start(scene.setup)
        observer.on_note(0, f"runtime is process {computer.pid} (try: kill -9 {computer.pid}), {beginning}")
        start_ns = time.monotonic_ns()
        write_record(vehicle.stdin, Go(start_ns))
        drive = _Drive(job, observer, vehicle, reports, computer, box, start_ns)
        drive.run()
        return drive.result()


class _Drive:
    """One drive under way: reports in, ending out."""

    def __init__(
        self,
        job: DriveJob,
        observer: Observer,
        vehicle: Child,
        reports: RecordReader,
        computer: Computer,
        box: Path,
        start_ns: int,
    ) -> None:
        self._job = job
        self._observer = observer
        self._vehicle = vehicle
        self._reports = reports
        self._computer = computer
        self._box = BlackBoxReader(box)
        self._start_ns = start_ns
        self._telemetry: list[Telemetry] = []
        self._watch = Watch(job.seconds)
        self._standstill: StandstillWatch | None = None
        self._killed = False
        self._truth: Truth | None = None
        self._end_ns = sys.maxsize
        """Time of the drive's last tick, once it is known."""

    def run(self) -> None:
        """Hands on every tick until the drive is over, then ends both processes."""
        ticks = 0
        while True:
            report = self._reports.read(TickReport)
            if report is None:
                detail = self._vehicle.complaint()
                raise RuntimeError(f"the simulated vehicle ended on its own: {detail}")
            truth = report.truth
            self._truth = truth
            self._observer.on_tick(truth, None, report.frames)
            if report.note:
                self._observer.on_note(truth.time_ns, report.note)
            ticks += 1
            if ticks % FOLLOW_EVERY_TICKS == 0:
                self._follow()
            if self._standstill is None:
                self._look_after_runtime(truth)
            if self._over(truth):
                break
        self._end_ns = truth.time_ns
        self._tell_timing(report.missed_periods, self._computer.finish())
        self._follow()
        self._vehicle.terminate()
        while self._reports.read(TickReport) is not None:
            # What it still has to say comes after the end; read, so that it can finish.
            continue
        self._vehicle.close()

    def result(self) -> DriveResult:
        truth, lost = self._truth, self._standstill
        # Ticks by the wall clock do not fall on whole milliseconds; nobody wants to read the rest.
        virtual_s = round(truth.time_ns * 1e-9, 2) if truth is not None else 0.0
        return DriveResult(
            ending=self._watch.ending if lost is None else Ending.RUNTIME_LOST,
            detail=self._watch.detail if lost is None else lost.detail,
            wall_s=virtual_s,
            virtual_s=virtual_s,
            runtime_killed_ns=None if lost is None else lost.lost_ns,
            telemetry_afterwards=self._telemetry,
        )

    def _tell_timing(self, vehicle_missed: int, computer_said: Sequence[str]) -> None:
        """Notes how well all kept their time: a busy machine explains a fault that has no other cause."""
        texts = [f"vehicle missed {vehicle_missed} periods", *computer_said]
        self._observer.on_note(self._end_ns, "; ".join(texts))

    def _over(self, truth: Truth) -> bool:
        if self._standstill is not None:
            return self._standstill.over(truth)
        if not self._telemetry:
            return self._job.seconds is not None and truth.time_ns >= self._job.seconds * 1e9
        return self._watch.over(truth, self._telemetry[-1])

    def _follow(self) -> None:
        """Takes in what the runtime has written into its black box since, on the drive's time."""
        for tick in self._box.ticks():
            time_ns = tick.time_ns - self._start_ns
            if 0 <= time_ns <= self._end_ns:
                self._telemetry.append(msgspec.structs.replace(tick.telemetry, time_ns=time_ns))

    def _look_after_runtime(self, truth: Truth) -> None:
        """Kills it at its time; notices when it has died, by whomever, and what its processes say."""
        kill_at_s = self._job.kill_runtime_at_s
        if kill_at_s is not None and not self._killed and truth.time_ns >= kill_at_s * 1e9:
            self._killed = True
            self._computer.kill()
        status = self._computer.status()
        if status is not None:
            # Whoever killed the one that starts them: a computer is gone as a whole, or not at all.
            self._computer.kill()
            lost_ns = time.monotonic_ns() - self._start_ns
            self._standstill = StandstillWatch(lost_ns, truth, ended(status))
            self._observer.on_note(lost_ns, f"runtime died: {ended(status)}")


def _start_vehicle(job: DriveJob) -> Child:
    command = [sys.executable, "-m", "vehicle_hil.vehicle_process"]
    return Child("simulated vehicle", command, job.out_dir / "vehicle.err")


def _order(job: DriveJob, buses: list[str]) -> VehicleOrder:
    return VehicleOrder(
        profile_path=str(job.profile_path),
        route_path=str(job.route_path),
        distance_m=job.distance_m,
        allow_infeasible=job.allow_infeasible,
        seed=job.seed,
        out_dir=str(job.out_dir),
        buses=tuple(buses),
    )


def _free_bus(name: str) -> str:
    """A bus that no other run on this host has: a random group, and a port that the kernel calls free."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("", 0))
        port = free.getsockname()[1]
    # 239.192.0.0/14 is for use inside one organisation (RFC 2365); ours does not leave this host.
    group = f"239.192.{secrets.randbelow(256)}.{1 + secrets.randbelow(254)}"
    return f"{name}=udp_multicast:{group},port={port}"


def _not_started(child: Child) -> ConfigurationError:
    """Its last words as one message; they are all that is left of it."""
    child.close()
    problem = Problem("--realtime", None, "", f"the {child.name} to start", child.complaint())
    child.log.unlink(missing_ok=True)
    return ConfigurationError([problem])
