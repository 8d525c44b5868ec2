"""No acknowledge leaves a stop whose cause is still there; once it is gone, one does."""

import pytest

from tests.drives.fault_matrix.cause_remains import Pressed, press_with_the_cause
from tests.drives.fault_matrix.matrix import AUTO, Case, outcomes

REMAIN: dict[str, str] = {
    "link_lost": "SAFE_STOP",
    "bumper_pressed": "FAULT",
    "traction_failed": "SAFE_STOP",
    "brakes_failed": "SAFE_STOP",
    "steering_failed": "SAFE_STOP",
    "battery_implausible": "SAFE_STOP",
    "battery_interlock": "SAFE_STOP",
    "high_voltage_lost": "SAFE_STOP",
    "contactors_opened": "SAFE_STOP",
    "localisation_lost": "SAFE_STOP",
    "route_left": "SAFE_STOP",
}
"""Causes that can be seen at standstill as well as in motion, and the state that they end in."""
CASES: tuple[Case, ...] = tuple((name, AUTO) for name in REMAIN)


@pytest.fixture(scope="module")
def pressed() -> dict[str, Pressed]:
    return {one.identifier: one for one in outcomes(CASES, press_with_the_cause)}


@pytest.mark.parametrize("identifier", REMAIN)
@pytest.mark.requirement("SR-05")
def test_no_press_leaves_a_stop_whose_cause_is_there_and_one_does_once_it_is_gone(
    identifier: str, pressed: dict[str, Pressed]
) -> None:
    one = pressed[identifier]
    assert (one.stopped_in, one.left_to) == (REMAIN[identifier], ())
    assert one.after == "READY"
