"""What the self-test still waits for; nothing left means passed."""

from firmware_runtime.vehicle.enums import ActuatorStatus, ModeKey, ParkBrakeState
from firmware_runtime.vehicle.pose import Pose
from firmware_runtime.vehicle.signals import VehicleState

READY_STATUS = (ActuatorStatus.READY, ActuatorStatus.ACTIVE)
NAMES_MAX = 6
"""Signals that are named; a bus that is silent would fill a page."""


def missing(state: VehicleState, pose: Pose, standing: bool, unproved: str) -> tuple[str, ...]:
    """One phrase for each reason why the vehicle is not fit yet, the nearest to the wheels first.

    unproved: what the service brake's proof still lacks (BrakeProof.missing), or empty.
    """
    reasons: list[str] = []
    for name in ("traction_status", "brake_status", "steering_status"):
        status: ActuatorStatus = getattr(state, name)
        if status not in READY_STATUS:
            reasons.append(f"{name} {status.name}")
    if state.park_brake_state is not ParkBrakeState.APPLIED:
        reasons.append(f"park brake {state.park_brake_state.name}")
    if not standing:
        reasons.append("no standstill")
    if not pose.valid and state.mode_key is ModeKey.AUTO:
        # Who is led by a person needs none: a vehicle in a hall is driven out by hand.
        reasons.append("no position")
    if unproved and not reasons:
        # What keeps the brake from proving itself is named already.
        reasons.append(unproved)
    unusable = sorted(state.unusable)
    reasons += [f"{name} unusable" for name in unusable[:NAMES_MAX]]
    if len(unusable) > NAMES_MAX:
        reasons.append(f"and {len(unusable) - NAMES_MAX} signals more")
    return tuple(reasons)
