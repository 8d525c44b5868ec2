"""What the tick is told of the state that outlives power: an input, recorded and given again in a replay."""

import msgspec

from firmware_runtime.safety.facts import SafetyConfig


class Restored(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a start took of it; told in the first tick alone."""

    estop_latch: bool
    immediate_latch: bool
    minimal_risk_latch: bool
    power_lost: str = ""
    """In words, where the runtime ended while the vehicle moved, or might have."""
    not_known: str = ""
    """Items that could not be read, or empty."""

    def latched(self, config: SafetyConfig) -> SafetyConfig:
        """These latches on top of those that are set."""
        return msgspec.structs.replace(
            config,
            estop_latch=config.estop_latch or self.estop_latch,
            immediate_latch=config.immediate_latch or self.immediate_latch,
            minimal_risk_latch=config.minimal_risk_latch or self.minimal_risk_latch,
        )


class StateReport(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Of the disk as of the last tick. The defaults are those of a runtime that keeps no state."""

    may_move: bool = True
    """The disk says that the wheels may turn, so that a loss of power under way will be known."""
    ended: bool = True
    """The disk says that the end was orderly, and has every latch and code: power may go."""
    error: str = ""
    """Why a promise is not kept at the moment, or empty."""
    restored: Restored | None = None


NO_STATE_KEPT = StateReport()
