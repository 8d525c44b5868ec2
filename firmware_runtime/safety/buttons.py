"""Buttons as people press them: one that is broken or lost is let go, and its return is no new press."""

from firmware_runtime.vehicle.enums import ButtonState
from firmware_runtime.vehicle.signals import VehicleState


class Buttons:
    """Run and acknowledge, whose edges count: `step(state)` once a tick."""

    def __init__(self) -> None:
        self.run_held = True
        self.acknowledge_held = True
        """Before the first word both count as held: no edge comes of a start."""

    def step(self, state: VehicleState) -> None:
        self.run_held = _held(state, "run_button", state.run_button, self.run_held)
        self.acknowledge_held = _held(
            state, "acknowledge_button", state.acknowledge_button, self.acknowledge_held
        )


def pressed(state: VehicleState, name: str, button: ButtonState) -> bool:
    """Of a button whose state counts: one that is broken or lost is let go."""
    return button is ButtonState.PRESSED and state.usable(name)


def _held(state: VehicleState, name: str, button: ButtonState, before: bool) -> bool:
    """A button that is broken or lost was not released, so that its return is no new press."""
    if name not in state.unusable:
        if button is ButtonState.PRESSED:
            return True
        if button is ButtonState.RELEASED:
            return False
    return before
