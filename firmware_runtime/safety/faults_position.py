"""Faults of position and route."""

from firmware_runtime.safety.fault_row import (
    MS,
    ROLLING,
    FaultRow,
    degrades,
    dtc,
    stops,
    warns,
)
from firmware_runtime.safety.monitor_inputs import MonitorInputs
from firmware_runtime.safety.state_table import DRIVE_STATES
from firmware_runtime.vehicle.enums import ModeKey
from firmware_runtime.vehicle.enums import SafetyState as S

UNCERTAIN_SHARE = 0.75
"""Of the permitted standard deviation: from here on the vehicle slows down, so that the way it still drives
blind gets short (assumption)."""
HEADING_ERROR_MAX_RAD = 0.7
"""So far across its route a vehicle does not come back within its corridor (assumption: 40 degrees)."""
BEFORE_ROUTE_MAX_M = 1.0
"""A vehicle further before the route's first point does not stand where it was sent from (assumption)."""

_LED = frozenset({S.MANUAL, S.REMOTE})
"""A person sees where the vehicle goes, and may lead it off its route."""
_BY_ITSELF = ROLLING - _LED
_AT_REST = frozenset({S.READY, S.SAFE_STOP, S.FAULT})
"""Where the key says who will lead next. A position is as visible at standstill as in motion: without one no
stop for it is acknowledged, but for a person who leads the vehicle to where it has one."""


def _led_next(i: MonitorInputs) -> bool:
    return i.safety_state in _AT_REST and i.state.mode_key is not ModeKey.AUTO


def localisation_lost(i: MonitorInputs) -> str:
    pose = i.pose
    if pose.valid or _led_next(i):
        return ""
    if pose.measured_ns == 0:
        return "no fix with heading yet"
    limit_m = i.profile.localisation.lateral_std_max_m
    if pose.lateral_std_m > limit_m:
        return f"lateral standard deviation {pose.lateral_std_m:.2f} m, limit {limit_m:.2f} m"
    return "fixes and odometry contradict each other"


def localisation_uncertain(i: MonitorInputs) -> str:
    limit_m = UNCERTAIN_SHARE * i.profile.localisation.lateral_std_max_m
    if i.pose.lateral_std_m <= limit_m or not i.pose.valid or _led_next(i):
        return ""
    return (
        f"lateral standard deviation {i.pose.lateral_std_m:.2f} m, from {limit_m:.2f} m on it drives slowly"
    )


def route_left(i: MonitorInputs) -> str:
    if _led_next(i):
        return ""
    limit_m = i.profile.control.cross_track_limit_m
    if abs(i.cross_track_m) > limit_m:
        return f"{i.cross_track_m:+.2f} m, limit {limit_m:.2f} m"
    if abs(i.heading_error_rad) > HEADING_ERROR_MAX_RAD:
        return f"heading {i.heading_error_rad:+.2f} rad off, limit {HEADING_ERROR_MAX_RAD:.2f} rad"
    if i.route_distance_m < -BEFORE_ROUTE_MAX_M:
        return f"{-i.route_distance_m:.1f} m before its beginning"
    return ""


POSITION: tuple[FaultRow, ...] = (
    FaultRow(
        identifier="localisation_lost",
        text="The position is unknown or too uncertain",
        dtc=dtc("C1401-31"),
        spn=516136,
        fmi=2,
        monitors="pose: standard deviation across the route, and whether fixes and odometry agree; at rest "
        "only with the key at AUTO",
        threshold="beyond localisation.lateral_std_max_m, or ten fixes in a row outside the innovation gate",
        condition=localisation_lost,
        severity=stops(_BY_ITSELF | _AT_REST) | warns(_LED),
        recovery=True,
        look_at="GNSS antennas, corrections, serial cable",
    ),
    FaultRow(
        identifier="localisation_uncertain",
        text="The position is getting uncertain",
        dtc=dtc("C1402-62"),
        spn=516137,
        fmi=16,
        monitors="pose: standard deviation across the route; at rest only with the key at AUTO",
        threshold=f"beyond {UNCERTAIN_SHARE:g} of localisation.lateral_std_max_m",
        condition=localisation_uncertain,
        debounce_count=3,
        debounce_ns=200 * MS,
        severity=degrades(_BY_ITSELF | {S.READY}) | warns(_LED),
        recovery=True,
        look_at="GNSS antennas, corrections, what shadows the sky there",
    ),
    FaultRow(
        identifier="route_left",
        text="The vehicle is too far from its route",
        dtc=dtc("C1403-92"),
        spn=516138,
        fmi=2,
        monitors="estimated pose against the route; at rest only with the key at AUTO",
        threshold=f"control.cross_track_limit_m across, {HEADING_ERROR_MAX_RAD:g} rad of heading, or "
        f"{BEFORE_ROUTE_MAX_M:g} m before its first point",
        condition=route_left,
        debounce_count=3,
        debounce_ns=50 * MS,
        # As far off after the stop: a person leads it back, by key at REMOTE or MANUAL or at hold-to-run.
        severity=stops(DRIVE_STATES | {S.SAFE_STOP}),
        recovery=True,
        look_at="steering zero, antenna position, load; lead it back to its route",
    ),
)
