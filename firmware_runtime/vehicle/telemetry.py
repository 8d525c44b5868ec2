"""What one tick tells people: live display, black box, report. Nothing in the tick reads it back."""

import msgspec

from firmware_runtime.vehicle.enums import SafetyState, Severity, StopKind


class Telemetry(msgspec.Struct, frozen=True):
    time_ns: int
    state: SafetyState
    severity: Severity
    faults: tuple[str, ...]
    """`identifier` or `identifier: detail` of each active fault, worst first."""
    arrived: bool
    """The last stop of the route is reached, the vehicle stands and is held."""
    route_distance_m: float
    """Along the route, of the estimated reference point."""
    route_share: float
    cross_track_m: float
    """Estimated, left of the route positive."""
    speed_plan_mps: float
    """Of the speed profile at this place."""
    speed_target_mps: float
    """After jerk limiting and all caps."""
    speed_mps: float
    x_m: float
    y_m: float
    heading_rad: float
    lateral_std_m: float
    fix_age_s: float
    """Since the instant of the last GNSS fix that was taken in."""
    torque_request_nm: float
    brake_request_n: float
    steering_front_request_rad: float
    steering_rear_request_rad: float
    battery_soc: float
    battery_power_w: float
    """Pack voltage times current; positive discharges."""
    next_stop: str
    stop: StopKind = StopKind.NONE
    """That the state machine commands; NONE while nothing is to be stopped."""
    acknowledgement: str = ""
    """Who cleared what in this tick: a latch and its cause, faults, foreign senders, buses. Else empty.
    Who is the binding of the button: no input says which person pressed it."""
