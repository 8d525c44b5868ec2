"""What `control` is told of the supervisor: an input of its next tick, recorded with it."""

from collections.abc import Mapping

import msgspec

from firmware_runtime.safety.actuator_response import Actuator


class SupervisorReport(msgspec.Struct, frozen=True):
    """What `control` is told of the supervisor, one tick later."""

    took_over: str
    """Reason of a stop of its own that is still in force, or empty."""
    estop: bool
    rejected: int
    """Proposals refused since start."""
    not_following: Mapping[Actuator, str] = {}
    """Actuators that do not do what they were told, with the words for it."""
    identity: str = ""
    """Of the configuration that the supervisor runs on."""
    torque_taken: str = ""
    """Why no torque goes out though a driver drives on (MANUAL), or empty: friction alone brakes."""
