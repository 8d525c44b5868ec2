"""The person in the control centre, as far as a drive needs one: looks at the state, presses run once.

Reads the runtime's state from the bus and acts on the body's inputs only. A drive that is asked to carry
containers has its crane here too: the load changes while the vehicle dwells at a stop.
"""

from collections.abc import Sequence

from vehicle_hil.ecus.body import Body
from vehicle_hil.heartbeat import HeartbeatState
from vehicle_hil.result import BusFrame

READY = "READY"
PATIENCE_TICKS = 50
"""A person looks before pressing: 0.5 s."""
LOOK_TICKS = 10


class Operator:
    """Turns the key to AUTO, presses run when the runtime has been READY for a moment; never again."""

    def __init__(self, body: Body, heartbeat: HeartbeatState) -> None:
        body.turn_mode_key("AUTO")
        self._body = body
        self._heartbeat = heartbeat
        self._ticks = 0
        self._ready_ticks = 0
        self._pressed = False

    def step(self, frames: Sequence[BusFrame]) -> None:
        """Once a tick, with the runtime's frames."""
        if self._pressed:
            return
        self._heartbeat.hear(frames)
        self._ticks += 1
        if self._ticks % LOOK_TICKS:
            return
        self._ready_ticks = self._ready_ticks + LOOK_TICKS if self._heartbeat.state == READY else 0
        if self._ready_ticks > PATIENCE_TICKS:
            self._body.press_run()
            self._pressed = True
