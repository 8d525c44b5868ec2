"""What the envelope must know of earlier ticks: what was heard of people, and since when it is told what.

Fed in each tick, before a proposal is judged.
"""

from firmware_runtime.vehicle.enums import ButtonState, PlugState, SafetyState
from firmware_runtime.vehicle.signals import VehicleState


class EnvelopeMemory:
    __slots__ = ("_state", "dead_man_ns", "state_ns", "state_speed_mps", "unplugged_ns")

    def __init__(self) -> None:
        self.dead_man_ns = 0
        """When the dead-man button was last held, as this process hears it."""
        self.unplugged_ns = 0
        """When the charging plug was last heard to be out."""
        self.state_ns = 0
        """When `control` first proposed in its present state."""
        self.state_speed_mps = 0.0
        """How fast the vehicle was then, signed."""
        self._state: SafetyState = SafetyState.NOT_AVAILABLE

    def hear(self, now_ns: int, state: VehicleState) -> None:
        if state.dead_man is ButtonState.PRESSED and state.usable("dead_man"):
            self.dead_man_ns = now_ns
        if state.charge_plug is PlugState.UNPLUGGED and state.usable("charge_plug"):
            self.unplugged_ns = now_ns

    def propose(self, now_ns: int, safety_state: SafetyState, speed_mps: float) -> None:
        if safety_state is not self._state:
            self._state = safety_state
            self.state_ns = now_ns
            self.state_speed_mps = speed_mps
