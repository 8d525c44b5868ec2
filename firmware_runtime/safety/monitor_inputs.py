"""What the monitors look at: this tick's state, and last tick's results of what lies downstream."""

import msgspec

from firmware_runtime.safety.bus_watch import ALL_WELL, BusFindings
from firmware_runtime.vehicle.enums import SafetyState
from firmware_runtime.vehicle.pose import Pose
from firmware_runtime.vehicle.profile import ProfileData
from firmware_runtime.vehicle.signals import VehicleState


class MonitorInputs(msgspec.Struct, frozen=True):
    profile: ProfileData
    state: VehicleState
    late_messages: tuple[str, ...]
    """`bus.Message` of every required message beyond its deadline."""
    safety_state: SafetyState
    standing: bool
    pose: Pose
    """Of the last tick."""
    cross_track_m: float
    """Of the last tick; 0 where no route is followed."""
    precharge_overdue: bool
    supervisor_took_over: str
    """The supervisor's reason, or empty."""
    route_distance_m: float = 0.0
    """Of the last tick; negative before the route's beginning."""
    park_brake_release_asked: bool = False
    """By the last tick."""
    heading_error_rad: float = 0.0
    """Of the last tick, against the route's tangent; 0 where no route is followed."""
    buses: BusFindings = ALL_WELL
