"""In MANUAL a failed traction takes the torque and nothing else: wheel and brake stay the driver's.

Part of the supervisor. Without a driver on board the same failure is a stop of the supervisor's own. The
torque comes back where such a stop would end: at standstill, once `control` proposes a state that stands.
"""

import msgspec

from firmware_runtime.safety.state_table import MOVING_STATES
from firmware_runtime.vehicle.enums import OnOffState, SafetyState
from firmware_runtime.vehicle.signals import Commands


class TorqueHold:
    def __init__(self) -> None:
        self.reason = ""
        """Why no torque goes out, or empty."""

    def takes(self, state: SafetyState, reason: str) -> bool:
        """True where a driver drives: then the torque is taken, and there is no reason to stop him."""
        if state is not SafetyState.MANUAL:
            return False
        self.reason = self.reason or reason
        return True

    def step(self, standing: bool, state: SafetyState) -> None:
        """state: of the last accepted proposal."""
        if standing and state not in MOVING_STATES:
            self.reason = ""

    def without(self, commands: Commands) -> Commands:
        """As they may go out: the same where no torque is taken."""
        if not self.reason:
            return commands
        return msgspec.structs.replace(commands, traction_torque_nm=0.0, traction_enable=OnOffState.OFF)
