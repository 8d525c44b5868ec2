"""The e-stop as both eyes read it: two normally-closed channels in one protected frame.

Pressed is: a channel open; or neither channel telling that it is closed; or the frame lost after it was
there. One channel broken while the other is closed is no e-stop but a fault (`estop_channels_disagree`).
"""

from firmware_runtime.vehicle.enums import SwitchState
from firmware_runtime.vehicle.signals import VehicleState

CHANNELS = ("estop_channel_a", "estop_channel_b")


class EStopReader:
    """Remembers only whether the channels were ever heard: before that, nothing can be lost."""

    def __init__(self) -> None:
        self._heard = False

    def step(self, state: VehicleState) -> bool:
        """True while the e-stop counts as pressed."""
        usable = state.usable(*CHANNELS)
        self._heard = self._heard or usable
        if not usable:
            return self._heard
        a, b = state.estop_channel_a, state.estop_channel_b
        if a is SwitchState.OPEN or b is SwitchState.OPEN:
            return True
        return a is not SwitchState.CLOSED and b is not SwitchState.CLOSED
