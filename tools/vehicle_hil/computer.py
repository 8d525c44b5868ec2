"""The vehicle's computer in a drive by the wall clock: `firmware-runtime run` and its three processes."""

import os
import re
import select
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from vehicle_hil.child import Child
from vehicle_hil.result import DriveJob

START_TIMEOUT_S = 60.0
END_TIMEOUT_S = 60.0
"""Asked to end under way it stops the vehicle first, which may take half a minute."""
SHARED_MEMORY = Path("/dev/shm")


class _Loop(msgspec.Struct, frozen=True):
    missed_periods: int
    worst_wake_ns: int


class _Control(msgspec.Struct, frozen=True):
    loop: _Loop


class _Shell(msgspec.Struct, frozen=True):
    worst_late_ns: int
    worst_hand_over_ns: int


class _Supervisor(msgspec.Struct, frozen=True):
    shell: _Shell


class _Figures(msgspec.Struct, frozen=True):
    """What is wanted of the line that it prints at its end; a process that was killed says nothing."""

    control: _Control | None = None
    supervisor: _Supervisor | None = None
    restarts: dict[str, int] = {}


class Computer:
    """Context manager; when it is left, all of its processes are gone, and what they shared."""

    def __init__(self, job: DriveJob, buses: list[str], port: str, box: Path) -> None:
        """box: the black box, made by the computer."""
        place = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK | os.X_OK) else None
        self._link = Path(tempfile.mkdtemp(prefix="vehicle-hil-", dir=place))
        command = [sys.executable, "-m", "firmware_runtime.executive", "run", str(job.profile_path)]
        command += ["--route", str(job.route_path), "--serial", port, "--record", str(box)]
        command += ["--link", str(self._link), "--development"]
        for bus in buses:
            command += ["--bus", bus]
        if job.distance_m is not None:
            command += ["--distance", str(job.distance_m)]
        self._started: list[int] = []
        """Its processes, as last seen."""
        self.child = Child("runtime", command, job.out_dir / "runtime.err")

    @property
    def pid(self) -> int:
        """Of `run`."""
        return self.child.pid

    def beginning(self) -> str | None:
        """Waits until it says on standard output that all three have begun; None where they cannot.

        Returns whom it started: `control 12, supervisor 11, services 10`.
        """
        readable, _, _ = select.select([self.child.stdout], [], [], START_TIMEOUT_S)
        line = self.child.stdout.readline().decode() if readable else ""
        pids: list[tuple[str, str]] = re.findall(r"(\w+) pid (\d+)", line)
        return ", ".join(f"{name} {pid}" for name, pid in pids) or None

    def status(self) -> int | None:
        """Exit status of `run`, negative for a signal; None while it lives."""
        self._see_children()
        return self.child.status()

    def kill(self) -> None:
        """SIGKILL to all of it, as if its power went: `run` first, so that it begins nobody again."""
        self._see_children()
        self.child.kill()
        for pid in self._started:
            _kill(pid)
        self._started = []

    def finish(self) -> list[str]:
        """Asks it to end, which stops the vehicle first; how well its processes kept their time, in words."""
        lines = self.child.finish(END_TIMEOUT_S).splitlines()
        figures = msgspec.json.decode(lines[-1], type=_Figures) if lines else _Figures()
        texts: list[str] = []
        if figures.control is not None:
            loop = figures.control.loop
            late_ms = loop.worst_wake_ns / 1e6
            texts.append(f"control missed {loop.missed_periods}, and began at most {late_ms:.1f} ms late")
        if figures.supervisor is not None:
            shell = figures.supervisor.shell
            texts.append(
                f"supervisor was at most {shell.worst_late_ns / 1e6:.1f} ms late, "
                f"its frames out at most {shell.worst_hand_over_ns / 1e6:.1f} ms after their tick"
            )
        texts += [f"{name} began again {count} times" for name, count in figures.restarts.items() if count]
        return texts

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # No orderly end here, which would wait for a vehicle that nobody drives any more.
        self.kill()
        self.child.close()
        shutil.rmtree(self._link, ignore_errors=True)

    def _see_children(self) -> None:
        """While `run` lives: afterwards they are nobody's any more, and what was seen last counts."""
        try:
            text = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii")
        except OSError:
            return
        self._started = [int(word) for word in text.split()] or self._started


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
