"""A person acknowledges a stop whose cause is still there, again and again; then it is mended.

The other half of a latch: `case.py` lets the cause go before anybody presses.
"""

from typing import NamedTuple

from firmware_runtime.vehicle.enums import SafetyState
from tests.drives.fault_matrix.case import STOP_MAX_S
from tests.drives.fault_matrix.injections import INJECTIONS
from tests.drives.fault_matrix.observer import LATCHED
from tests.drives.fault_matrix.world import World
from tests.drives.rig import standing

S = SafetyState
SETTLE_S, THINK_S, PRESSES, MEND_S, READY_MAX_S = 4.0, 1.0, 2, 4.0, 9.0


class Pressed(NamedTuple):
    identifier: str
    stopped_in: str
    left_to: tuple[str, ...]
    """States that the presses led to while the cause was there; empty where none led out."""
    after: str
    """Once the cause is gone, after as many presses."""


def press_with_the_cause(world: World, identifier: str) -> Pressed:
    """From a world in a drive state on."""
    injection = INJECTIONS[identifier]
    caused = True

    def let_run(seconds: float) -> None:
        end_ns = world.now_ns + round(seconds * 1e9)
        while world.now_ns < end_ns:
            if caused:
                injection.each(world)
            world.tick()
            world.log.clear()
            states.append(world.state)

    states: list[SafetyState] = []
    injection.begin(world)
    from_ns = world.now_ns
    while not (world.state in LATCHED and standing(world)):
        let_run(0.01)
        assert world.now_ns - from_ns < STOP_MAX_S * 1e9, f"{identifier}: no stop, {world.state.name}"
    let_run(SETTLE_S)
    stopped_in = world.state
    states.clear()
    for _ in range(PRESSES):
        world.vehicle.body.press_acknowledge()
        let_run(THINK_S)
        world.vehicle.body.press_run()
        let_run(THINK_S)
    left_to = tuple(dict.fromkeys(state.name for state in states if state is not stopped_in))
    injection.end(world)
    caused = False
    let_run(MEND_S)
    for _ in range(PRESSES):
        if world.state in LATCHED:
            world.vehicle.body.press_acknowledge()
            let_run(THINK_S)
    end_ns = world.now_ns + round(READY_MAX_S * 1e9)
    while world.state is not S.READY and world.now_ns < end_ns:
        let_run(0.01)
    return Pressed(identifier, stopped_in.name, left_to, world.state.name)
