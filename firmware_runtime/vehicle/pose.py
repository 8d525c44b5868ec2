"""Where the vehicle is: what localisation hands on, whatever its source."""

import msgspec


class Pose(msgspec.Struct, frozen=True):
    """Pose of the vehicle's reference point in the route's plane (ENU metres, ISO 8855 signs)."""

    time_ns: int
    """Monotonic time this pose holds for (the tick's), predicted from the last measurement."""
    x_m: float
    y_m: float
    heading_rad: float
    """Of the body's long axis, anticlockwise from +x; valid at standstill too (dual antenna)."""
    speed_mps: float
    """Of the reference point along the body, forward positive."""
    yaw_rate_radps: float
    lateral_std_m: float
    longitudinal_std_m: float
    heading_std_rad: float
    measured_ns: int
    """Monotonic time of the last absolute measurement that was taken in; age tells how blind it is."""
    odometer_m: float
    """Signed distance since start by the wheels; stop plans are anchored to it."""
    valid: bool
    """False until a first absolute position *and* heading, and once the uncertainty is beyond its limit."""
