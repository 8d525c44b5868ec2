"""Buttons that people hold, let go and break."""

import pytest

from firmware_runtime.safety.buttons import Buttons, pressed
from firmware_runtime.vehicle.enums import ButtonState
from tests.vehicle_state import vehicle_state

PRESSED, RELEASED, ERROR = ButtonState.PRESSED, ButtonState.RELEASED, ButtonState.ERROR


def test_before_anything_is_heard_both_count_as_held_so_that_a_start_is_no_press() -> None:
    buttons = Buttons()
    assert buttons.run_held is True
    assert buttons.acknowledge_held is True


@pytest.mark.parametrize(("run", "acknowledge"), [(PRESSED, RELEASED), (RELEASED, PRESSED)])
def test_each_is_held_as_long_as_it_says_so(run: ButtonState, acknowledge: ButtonState) -> None:
    buttons = Buttons()
    for _ in range(2):
        buttons.step(vehicle_state(run_button=run, acknowledge_button=acknowledge))
        assert buttons.run_held is (run is PRESSED)
        assert buttons.acknowledge_held is (acknowledge is PRESSED)


@pytest.mark.parametrize("held", [PRESSED, RELEASED])
def test_one_that_breaks_or_is_lost_stays_as_it_was(held: ButtonState) -> None:
    buttons = Buttons()
    buttons.step(vehicle_state(run_button=held, acknowledge_button=held))
    other = RELEASED if held is PRESSED else PRESSED
    buttons.step(
        vehicle_state(
            run_button=other,
            acknowledge_button=other,
            unusable=frozenset({"run_button", "acknowledge_button"}),
        )
    )
    assert (buttons.run_held, buttons.acknowledge_held) == (held is PRESSED, held is PRESSED)
    buttons.step(vehicle_state(run_button=ERROR, acknowledge_button=ERROR))
    assert (buttons.run_held, buttons.acknowledge_held) == (held is PRESSED, held is PRESSED)


def test_a_button_whose_state_counts_is_let_go_where_it_is_broken_or_lost() -> None:
    assert pressed(vehicle_state(), "dead_man", PRESSED)
    assert not pressed(vehicle_state(), "dead_man", RELEASED)
    assert not pressed(vehicle_state(), "dead_man", ERROR)
    assert not pressed(vehicle_state(unusable=frozenset({"dead_man"})), "dead_man", PRESSED)
