"""What a moving vehicle cannot be driven without: what of it is lost, or reports itself failed."""

from typing import NamedTuple

from firmware_runtime.vehicle.enums import ActuatorStatus
from firmware_runtime.vehicle.signals import WHEEL_SPEEDS, VehicleState

TRACTION_OWN = ("motor_speed_radps", "traction_status")
"""What torque alone needs: a driver who steers and brakes does without."""
VITAL = (
    *WHEEL_SPEEDS,
    *TRACTION_OWN,
    "brake_status",
    "steering_status",
    "steering_front_angle_rad",
    "park_brake_state",
)
"""Losing one of these while moving is a stop of the supervisor's own."""
FAILED = (ActuatorStatus.OFF, ActuatorStatus.LATCHED_STOP, ActuatorStatus.FAULT, ActuatorStatus.NOT_AVAILABLE)
"""What an actuator says that does not work while the vehicle moves."""


class Unfit(NamedTuple):
    traction: str
    """What is wrong with the traction alone, or empty."""
    other: str
    """What else is, or empty; what was lost with it is named in one."""
    hard: bool
    """The path is left or the stop is not made: an emergency stop, the shortest one."""


FIT = Unfit("", "", False)


def unfit(state: VehicleState) -> Unfit:
    traction = ""
    if not state.usable(*VITAL):
        lost = state.unusable.intersection(VITAL)
        traction = "lost " + ", ".join(sorted(lost))
        if not lost.issubset(TRACTION_OWN):
            return Unfit("", traction, False)
    elif state.traction_status in FAILED:
        traction = f"traction_status {state.traction_status.name}"
    for name, status in (("brake_status", state.brake_status), ("steering_status", state.steering_status)):
        if status in FAILED:
            return Unfit(traction, f"{name} {status.name}", True)
    return Unfit(traction, "", False) if traction else FIT
