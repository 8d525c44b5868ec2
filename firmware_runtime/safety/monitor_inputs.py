"""What the conditions of the catalogue look at: this tick's state, what needs memory, last tick's results.

What stands here without a default every caller must tell; the rest is quiet by itself.
"""

from collections.abc import Mapping
from math import inf

import msgspec

from firmware_runtime.safety.actuator_response import Actuator
from firmware_runtime.safety.host_report import NOTHING_TO_REPORT, HostReport
from firmware_runtime.safety.message_findings import MessageFindings
from firmware_runtime.safety.watches import ALL_QUIET, Findings
from firmware_runtime.vehicle.enums import ContactorRequest, SafetyState
from firmware_runtime.vehicle.pose import Pose
from firmware_runtime.vehicle.profile import ProfileData
from firmware_runtime.vehicle.signals import VehicleState


class MonitorInputs(msgspec.Struct, frozen=True):
    profile: ProfileData
    state: VehicleState
    messages: MessageFindings
    safety_state: SafetyState
    standing: bool
    pose: Pose
    """Of the last tick."""
    cross_track_m: float
    """Of the last tick; 0 where no route is followed."""
    precharge_overdue: bool
    supervisor_took_over: str
    """The supervisor's reason, or empty."""
    not_following: Mapping[Actuator, str] = {}
    """Actuators that left the band which their model allows, by the supervisor, with the words for it."""
    high_voltage_lost: str = ""
    """What became wrong with a high voltage that was ready, by the last tick; empty where it is ready."""
    route_distance_m: float = 0.0
    """Of the last tick; negative before the route's beginning."""
    park_brake_release_asked: bool = False
    """By the last tick."""
    heading_error_rad: float = 0.0
    """Of the last tick, against the route's tangent; 0 where no route is followed."""
    to_stop_m: float = inf
    """Of the last tick, along the route to its next stop; infinite where no route is followed."""
    contactor_request: ContactorRequest = ContactorRequest.OPEN
    """Of the last tick."""
    in_state_ns: int = 0
    """Since when the state machine is in `safety_state`."""
    self_test_missing: tuple[str, ...] = ()
    """What the self-test waits for."""
    found: Findings = ALL_QUIET
    host: HostReport = NOTHING_TO_REPORT
    identity: str = ""
    """Of the configuration that control runs on."""
    supervisor_identity: str = ""
    """Of the one that the supervisor says it runs on; empty where it says none."""
