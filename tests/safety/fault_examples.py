"""Words to write examples of faults with: a healthy vehicle that drives, and one thing about it changed."""

from typing import Any, NamedTuple

import msgspec

from firmware_runtime.safety.bus_watch import BusFindings
from firmware_runtime.safety.fault_row import ClearCondition
from firmware_runtime.safety.host_report import HostReport
from firmware_runtime.safety.message_findings import MessageFindings
from firmware_runtime.safety.monitor_inputs import MonitorInputs
from firmware_runtime.safety.watches import Findings
from firmware_runtime.vehicle.enums import (
    ContactorRequest,
    SafetyState,
)
from firmware_runtime.vehicle.pose import Pose
from tests.safety.support import profile
from tests.vehicle_state import rolling, vehicle_state

S = SafetyState
C = ClearCondition
DATA = profile().data
"""Of the Q-Truck."""
POSE = Pose(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.01, 0.01, 0.001, 1, 0.0, True)
WELL = MonitorInputs(
    profile=DATA,
    state=vehicle_state(),
    messages=MessageFindings(),
    safety_state=S.AUTO,
    standing=True,
    pose=POSE,
    cross_track_m=0.0,
    precharge_overdue=False,
    supervisor_took_over="",
    contactor_request=ContactorRequest.CLOSE,
)


def inputs(**changes: Any) -> MonitorInputs:
    return msgspec.structs.replace(WELL, **changes)


def seen(**signals: Any) -> MonitorInputs:
    return inputs(state=vehicle_state(**signals))


def rolls(speed_mps: float, **signals: Any) -> MonitorInputs:
    return inputs(state=rolling(speed_mps, **signals), standing=speed_mps == 0.0)


def found(**findings: Any) -> MonitorInputs:
    return inputs(found=Findings(**findings))


def bus(**findings: tuple[str, ...]) -> MonitorInputs:
    return found(buses=BusFindings(**findings))


def message(**findings: tuple[str, ...]) -> MonitorInputs:
    return inputs(messages=MessageFindings(**findings))


def pose(**changes: Any) -> MonitorInputs:
    return inputs(pose=msgspec.structs.replace(POSE, **changes))


def host(**figures: Any) -> MonitorInputs:
    return inputs(host=HostReport(**figures))


def cycle(cycle_ms: float) -> MonitorInputs:
    return host(
        period_ns=10_000_000, cycle_ns=round(cycle_ms * 1e6), slowest_stage="send", slowest_stage_ns=4_000_000
    )


def in_state(state: SafetyState, i: MonitorInputs) -> MonitorInputs:
    return msgspec.structs.replace(i, safety_state=state)


class Case(NamedTuple):
    identifier: str
    well: tuple[MonitorInputs, ...]
    """Just not a fault: at the limit, or as near to it as it gets."""
    bad: tuple[MonitorInputs, ...]
    """Just a fault."""
    count: int
    ms: int
    severity: dict[str, int]
    """State -> severity; where a state is missing the fault is not looked at."""
    clear: ClearCondition
    recovery: bool


def at(severity: int, names: str) -> dict[str, int]:
    """This severity in the states of these names."""
    return dict.fromkeys(names.split(), severity)


ALL = (
    "INIT SELF_TEST STANDBY READY AUTO REMOTE MANUAL DEGRADED MRM SAFE_STOP ESTOP FAULT CHARGING MAINTENANCE "
    "SHUTDOWN"
)
AWAKE = "STANDBY READY AUTO REMOTE MANUAL DEGRADED MRM SAFE_STOP ESTOP FAULT CHARGING MAINTENANCE SHUTDOWN"
OPERATED = "AUTO REMOTE MANUAL DEGRADED MRM MAINTENANCE"
DRIVEN = "AUTO REMOTE MANUAL DEGRADED MRM"
ROLLING = "AUTO REMOTE DEGRADED MRM"
DRIVERLESS = "AUTO REMOTE DEGRADED"
EARLY = at(1, "INIT SELF_TEST")
