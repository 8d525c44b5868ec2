"""Before anything drives the service brake has come when it was asked, and gone again."""

from typing import Any

import pytest

from firmware_runtime.safety.brake_proof import BrakeProof
from firmware_runtime.vehicle.enums import ActuatorStatus, ParkBrakeState
from firmware_runtime.vehicle.profile import Brake
from tests.safety.test_watches import vehicle_state

HOLD_N = 180_000.0
CAME_N, WENT_N = 162_000.0, 90_000.0
"""Nine tenths and a half of it."""


def proof() -> BrakeProof:
    return BrakeProof(Brake(force_max_n=420_000.0, lag_s=0.15, hold_force_n=HOLD_N))


def step(made: BrakeProof, force_n: float, testing: bool = True, **changes: object) -> float:
    return made.step(testing, True, vehicle_state(brake_force_n=force_n, **changes))


def test_it_asks_for_the_holding_force_until_that_came_and_waits_until_it_went() -> None:
    made = proof()
    assert step(made, 0.0) == HOLD_N
    assert made.missing == "no proof that the service brake comes at 180000 N asked: 0 N"
    assert step(made, CAME_N - 1.0) == HOLD_N
    assert step(made, CAME_N) == 0.0
    assert made.missing == "no proof that the service brake goes again after 180000 N: 162000 N"
    assert step(made, WENT_N + 1.0) == 0.0
    assert made.missing
    assert step(made, WENT_N) == 0.0
    assert made.missing == ""
    assert step(made, 0.0) == 0.0, "proved once, it is not asked again"


def test_a_brake_that_does_not_come_or_drags_is_never_proved() -> None:
    dead, dragging = proof(), proof()
    for _ in range(1000):
        assert step(dead, 0.85 * HOLD_N) == HOLD_N
        step(dragging, HOLD_N)
    assert "153000 N" in dead.missing
    assert "goes again" in dragging.missing


@pytest.mark.parametrize(
    "changes",
    [
        {"brake_status": ActuatorStatus.FAULT},
        {"brake_status": ActuatorStatus.LATCHED_STOP},
        {"park_brake_state": ParkBrakeState.MOVING},
        {"park_brake_state": ParkBrakeState.RELEASED},
        {"unusable": frozenset({"brake_force_n"})},
        {"unusable": frozenset({"brake_status"})},
    ],
)
def test_it_neither_asks_nor_believes_while_the_springs_do_not_hold_or_the_brake_cannot_tell(
    changes: dict[str, Any],
) -> None:
    made = proof()
    assert step(made, HOLD_N, **changes) == 0.0
    assert made.missing == "no proof that the service brake comes at 180000 N asked: 0 N"
    assert step(made, 0.0, brake_status=ActuatorStatus.ACTIVE) == HOLD_N


def test_before_it_is_sure_that_the_vehicle_stands_it_asks_and_believes_nothing() -> None:
    """Springs hold it: what a brake takes to come passes while wheels are watched for 200 ms."""
    made = proof()
    assert made.step(True, False, vehicle_state(brake_force_n=0.0)) == HOLD_N
    assert made.step(True, False, vehicle_state(brake_force_n=HOLD_N)) == HOLD_N
    assert made.missing == "no proof that the service brake comes at 180000 N asked: 180000 N"
    assert step(made, HOLD_N) == 0.0
    assert made.step(True, False, vehicle_state(brake_force_n=WENT_N)) == 0.0
    assert "goes again" in made.missing
    step(made, WENT_N)
    assert made.missing == ""


def test_each_self_test_begins_with_a_new_proof() -> None:
    made = proof()
    for force_n in (HOLD_N, 0.0):
        step(made, force_n)
    assert made.missing == ""
    assert step(made, 0.0, testing=False) == 0.0
    assert step(made, 0.0) == HOLD_N
