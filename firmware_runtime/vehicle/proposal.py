"""What `control` asks of the supervisor each tick. It proposes; the supervisor disposes."""

from collections.abc import Mapping

import msgspec

from firmware_runtime.vehicle.enums import SafetyState
from firmware_runtime.vehicle.signals import Commands
from firmware_runtime.vehicle.stop_plan import StopPlan


class Proposal(msgspec.Struct, frozen=True):
    sequence: int
    """Rises by one a tick, from the time in ms at which `control` began; the supervisor takes none twice and
    none out of order."""
    time_ns: int
    """Monotonic time of the tick it was made in."""
    state: SafetyState
    commands: Commands
    """Heartbeat fields in it are the supervisor's own affair and are overwritten."""
    stop_plan: StopPlan | None
    """None only while nothing may move."""
    flow: int = 0
    """Which stages the tick has passed, in which order, as `control_flow` makes it of them."""
    renewals: Mapping[str, int] = {}
    """By bus: how often since `control` began a person has renewed the attempts to restart it after bus-off.
    Counted, so that a proposal that never comes loses none."""
