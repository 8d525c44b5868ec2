"""SIGTERM to the processes of a driving truck: it stops along its path first, and each ends with status 0."""

import json
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.processes.rig import Computer

MINIMAL_RISK_MAX_MPS2 = 4.0
"""UN R157, by secondary sources."""
COMFORT_MPS2 = 1.0
STOP_MAX_S, END_MAX_S = 15.0, 12.0


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[Computer]:
    route = tmp_path / "route.csv"
    route.write_text("x_m,y_m\n" + "".join(f"{x},0\n" for x in range(0, 201, 2)))
    with Computer(tmp_path, route) as made:
        made.start("supervisor", "control")
        made.go()
        yield made


def stop(computer: Computer, name: str, signals: int = 1) -> float:
    """Signals this process, three times a second, and looks until the truck stands: the way, m."""
    from_m = computer.look().distance_m
    hardest_mps2 = 0.0
    next_s, end_s = time.monotonic(), time.monotonic() + STOP_MAX_S
    while (truth := computer.look()).speed_mps != 0.0:
        now_s = time.monotonic()
        assert now_s < end_s, truth
        if signals and now_s >= next_s:
            computer.signal(name, signal.SIGTERM)
            signals, next_s = signals - 1, now_s + 0.33
        hardest_mps2 = max(hardest_mps2, -truth.acceleration_mps2)
        assert computer.children[name].status() is None, "it ends only at standstill"
        assert not truth.brakes_latched, "the actuators' own timeouts are not the way to end"
    assert signals == 0
    assert COMFORT_MPS2 < hardest_mps2 < MINIMAL_RISK_MAX_MPS2
    assert abs(truth.y_m) < 0.3
    return truth.distance_m - from_m


def ended(computer: Computer, name: str) -> dict[str, Any]:
    """The figures of its last line, its status being 0."""
    child = computer.children[name]
    end_s = time.monotonic() + END_MAX_S
    while not select.select([child.stdout], [], [], 0.0)[0]:
        computer.look()
        assert time.monotonic() < end_s, f"{name} goes on: {computer.truth}"
    figures = json.loads(child.stdout.readline())
    while child.status() is None:
        computer.look()
        assert time.monotonic() < end_s
    assert child.status() == 0, child.complaint()
    return figures


@pytest.mark.requirement("SR-04")
def test_a_driving_truck_is_stopped_held_and_left_without_voltage(computer: Computer) -> None:
    computer.drive_to(2.0)
    stop(computer, "control", signals=3)
    assert ended(computer, "control")["state"] == "SHUTDOWN"
    truth = computer.look()
    assert truth.pack_current_a == 0.0, "contactors are open: not even the auxiliaries draw"
    stood_m = truth.distance_m
    computer.signal("supervisor", signal.SIGTERM)
    assert ended(computer, "supervisor")["estop"] is False
    truth = computer.look()
    assert truth.park_brake_applied
    assert truth.distance_m == stood_m


@pytest.mark.full
@pytest.mark.requirement("SR-04")
def test_a_further_sigterm_makes_the_stop_no_shorter(computer: Computer) -> None:
    computer.drive_to(3.0)
    speed_mps = computer.look().speed_mps
    assert stop(computer, "control", signals=5) > speed_mps**2 / (2 * MINIMAL_RISK_MAX_MPS2)
    ended(computer, "control")


@pytest.mark.full
@pytest.mark.requirement("SR-04")
def test_the_supervisor_alone_is_asked_to_end_beside_a_control_that_drives(computer: Computer) -> None:
    computer.drive_to(2.0)
    stop(computer, "supervisor", signals=3)
    ended(computer, "supervisor")
    assert computer.children["control"].status() is None, "nobody asked it to end"


@pytest.mark.full
def test_both_are_asked_at_once_at_rest_and_control_is_not_told_of_any_fault(computer: Computer) -> None:
    end_s = time.monotonic() + 8.0
    while time.monotonic() < end_s:
        computer.look()
    for name in ("control", "supervisor"):
        computer.signal(name, signal.SIGTERM)
    assert ended(computer, "control")["state"] == "SHUTDOWN"
    ended(computer, "supervisor")
