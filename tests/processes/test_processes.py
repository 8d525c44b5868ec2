"""`control` and supervisor as processes of their own: they drive, and either may die; measured on the bus."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.rig import Computer

DRIVING, STOPPING = 1, 2
"""RuntimeHeartbeat.MotionState."""
RELEASE = 0
"""BrakeCommand.ParkBrakeRequest."""
DEAD_NS = 30_000_000
"""By then nothing that a dead process had sent is on its way any more."""


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[Computer]:
    route = tmp_path / "route.csv"
    route.write_text("x_m,y_m\n" + "".join(f"{x},0\n" for x in range(0, 201, 2)))
    with Computer(tmp_path, route) as made:
        made.start("supervisor", "control")
        made.go()
        yield made


def first_after(computer: Computer, since_ns: int, message: str, signal_name: str, value: float) -> int:
    """ns from `since_ns` to the first frame of this message that says so."""
    for at_ns, name, values in computer.frames:
        if at_ns >= since_ns and name == message and values[signal_name] == value:
            return at_ns - since_ns
    raise AssertionError(f"{message}.{signal_name} never was {value}: {computer.frames[-5:]}")


def test_control_dies_and_the_supervisor_stops_the_truck(computer: Computer) -> None:
    computer.drive_to(2.0)
    died_ns = computer.kill("control")
    computer.watch(0.2)
    within_ms = first_after(computer, died_ns, "RuntimeHeartbeat", "MotionState", STOPPING) / 1e6
    print(f"control killed: safe frame after {within_ms:.1f} ms")
    assert within_ms <= 50.0
    truth = computer.until_standing()
    assert abs(truth.y_m) < 0.3
    assert computer.children["supervisor"].status() is None


@pytest.mark.full
def test_control_begins_again_after_its_death_and_drives_only_when_asked(computer: Computer) -> None:
    computer.drive_to(1.0)
    computer.kill("control")
    computer.until_standing()
    computer.start("control")
    stood_m = computer.look().distance_m
    end_s = time.monotonic() + 6.0
    while time.monotonic() < end_s:
        computer.look()
    assert abs(computer.look().distance_m - stood_m) < 0.05


@pytest.mark.full
def test_the_supervisor_dies_and_the_actuators_stop_the_truck(computer: Computer) -> None:
    computer.drive_to(2.0)
    died_ns = computer.kill("supervisor")
    computer.watch(0.1)
    assert not [name for at_ns, name, _ in computer.frames if at_ns > died_ns + 20_000_000]
    truth = computer.until_standing()
    assert truth.brakes_latched


@pytest.mark.full
@pytest.mark.requirement("SR-04")
def test_a_supervisor_that_begins_again_under_way_brakes_with_its_first_frame(computer: Computer) -> None:
    """From full speed: the ECUs brake at once, and the new process must begin before the truck stands."""
    computer.drive_to(8.0)
    died_ns = computer.kill("supervisor")
    computer.start("supervisor")
    computer.watch(0.1)
    rolled = [truth.speed_mps for at_ns, truth in computer.truths if at_ns >= died_ns]
    said = [(at_ns, name, values) for at_ns, name, values in computer.frames if at_ns > died_ns + DEAD_NS]
    assert said, "it began, and said nothing"
    while computer.truths[-1][0] < said[0][0]:
        rolled.append(computer.look().speed_mps)
    assert rolled[-1] > 0.5, "the truck stood before the first frame: nothing was tried"
    first = {name: values for _, name, values in reversed(said)}
    assert first["BrakeCommand"]["ForceRequest"] > 0
    assert first["BrakeCommand"]["ParkBrakeRequest"] == RELEASE, "springs do not close on turning wheels"
    assert all(values["TorqueRequest"] == 0 for _, name, values in said if name == "TractionCommand")
    assert all(values["MotionState"] != DRIVING for _, name, values in said if name == "RuntimeHeartbeat")
    computer.until_standing()
    stood_m = computer.look().distance_m
    end_s = time.monotonic() + 3.0
    while time.monotonic() < end_s:
        computer.look()
    assert abs(computer.look().distance_m - stood_m) < 0.05


@pytest.mark.full
def test_a_supervisor_that_was_frozen_does_not_drive_on_when_it_thaws(computer: Computer) -> None:
    computer.drive_to(3.0)
    computer.signal("supervisor", signal.SIGSTOP)
    computer.until_standing()
    thawed_ns = computer.signal("supervisor", signal.SIGCONT)
    end_s = time.monotonic() + 3.0
    while time.monotonic() < end_s:
        computer.look()
    said = [(name, values) for at_ns, name, values in computer.frames if at_ns > thawed_ns]
    assert all(values["MotionState"] != DRIVING for name, values in said if name == "RuntimeHeartbeat")
    assert all(values["TorqueRequest"] <= 0 for name, values in said if name == "TractionCommand")
    assert computer.look().speed_mps == 0.0


def test_sigterm_ends_both_with_their_figures(computer: Computer) -> None:
    computer.watch(0.5)
    for name in ("control", "supervisor"):
        computer.signal(name, signal.SIGTERM)
        figures = computer.children[name].stdout.readline()
        assert figures.startswith(b"{"), figures
        assert computer.children[name].status() in (None, 0)
