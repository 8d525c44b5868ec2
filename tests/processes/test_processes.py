"""`control` and supervisor as processes of their own: they drive, and either may die; measured on the bus."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.rig import Computer

DRIVING, STOPPING = 1, 2
"""RuntimeHeartbeat.MotionState."""


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
def test_a_supervisor_that_begins_again_under_way_brakes_and_never_drives_on(computer: Computer) -> None:
    computer.drive_to(3.0)
    computer.kill("supervisor")
    computer.start("supervisor")
    from_ns = time.monotonic_ns()
    rolling = computer.look().speed_mps
    computer.watch(0.1)
    said = [(name, values) for at_ns, name, values in computer.frames if at_ns >= from_ns]
    if rolling > 0.5:
        assert all(values["TorqueRequest"] == 0 for name, values in said if name == "TractionCommand")
        assert any(values["ForceRequest"] > 0 for name, values in said if name == "BrakeCommand")
        assert all(values["MotionState"] != DRIVING for name, values in said if name == "RuntimeHeartbeat")
    computer.until_standing()


def test_sigterm_ends_both_with_their_figures(computer: Computer) -> None:
    computer.watch(0.5)
    for name in ("control", "supervisor"):
        computer.signal(name, signal.SIGTERM)
        figures = computer.children[name].stdout.readline()
        assert figures.startswith(b"{"), figures
        assert computer.children[name].status() in (None, 0)
