"""What outlives the power, with real processes: all are killed under way, or asked to end in their order.

The folder begins without latches, as of a truck that was driven before and shut down in order.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_runtime.vehicle.enums import SafetyState
from tests.executive.persistence.kept_drive import commission
from tests.processes.rig import PROFILE, ROOT, Computer

S = SafetyState


class KeepingComputer(Computer):
    """With a folder of state, which `services` write."""

    def begin_again(self) -> None:
        self.start("services", "supervisor", "control")
        self.frames.clear()

    def until(self, *states: SafetyState, seconds: float = 15.0) -> None:
        """Looks until the heartbeat says one of these."""
        end_s = time.monotonic() + seconds
        while self.said() not in states:
            if time.monotonic() > end_s:
                raise self.not_reached(f"{self.said()}\n{self.status()}")
            self.look()

    def said(self) -> SafetyState | None:
        """What the last heartbeat says."""
        for _, name, values in reversed(self.frames):
            if name == "RuntimeHeartbeat":
                return SafetyState(values["SafetyState"])
        return None

    def pause(self, seconds: float) -> None:
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self.look()

    def end(self) -> None:
        """All three, in their order; each with status 0."""
        for name in ("control", "supervisor", "services"):
            self.signal(name, signal.SIGTERM)
            while self.children[name].status() is None:
                self.look()
            assert self.children[name].status() == 0, self.children[name].complaint()

    def replay(self) -> str:
        command = [sys.executable, "-m", "firmware_runtime.executive", "replay", str(self.folder / "box")]
        command += [str(PROFILE), "--route", str(self.route)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout

    def words(self) -> str:
        """What `control` told people."""
        return (self.folder / "control.err").read_text()


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[KeepingComputer]:
    route = tmp_path / "route.csv"
    route.write_text("x_m,y_m\n" + "".join(f"{x},0\n" for x in range(0, 201, 2)))
    commission(tmp_path / "kept")
    with KeepingComputer(tmp_path, route) as made:
        for name in ("control", "services"):
            made.further[name] = ["--state", str(tmp_path / "kept")]
        made.further["services"] += ["--record", str(tmp_path / "box"), "--append"]
        made.start("services", "supervisor", "control")
        made.go()
        yield made


@pytest.mark.requirement("SR-06")
def test_killed_under_way_the_next_start_stands_in_safe_stop_with_the_words(
    computer: KeepingComputer,
) -> None:
    computer.drive_to(1.5)
    for name in ("control", "services", "supervisor"):
        computer.kill(name)
    computer.until_standing()
    computer.begin_again()
    computer.until(S.SAFE_STOP)
    assert "while moving: minimal-risk latch is set, to be acknowledged" in computer.words()
    stood_m = computer.look().distance_m
    computer.pause(2.0)
    assert computer.said() is S.SAFE_STOP
    assert abs(computer.look().distance_m - stood_m) < 0.05
    computer.end()
    control, _ = computer.replay().splitlines()
    assert control.endswith("every byte the same in 2 lives of its process"), "without the folder of state"


@pytest.mark.full
@pytest.mark.requirement("SR-06")
def test_asked_to_end_at_rest_the_next_start_drives_without_an_acknowledge(computer: KeepingComputer) -> None:
    computer.until(S.READY)
    computer.end()
    computer.begin_again()
    assert computer.words() == ""
    computer.drive_to(1.0)
    assert computer.said() is S.AUTO


@pytest.mark.full
def test_services_die_under_way_and_the_truck_drives_on(computer: KeepingComputer) -> None:
    computer.drive_to(1.0)
    computer.kill("services")
    computer.pause(2.0)
    assert computer.said() is S.AUTO
    assert computer.look().speed_mps > 1.0
