"""Rules between the figures of a profile that no single field can tell; start-up only.

Each row: the key to blame, what it must satisfy, and why. Resistance is left out of every stop and hold,
which errs to the safe side.
"""

import math
import re
from collections.abc import Callable
from typing import NamedTuple

from firmware_runtime.vehicle import bounds
from firmware_runtime.vehicle.fields import Findings, key_name
from firmware_runtime.vehicle.problems import number, quoted
from firmware_runtime.vehicle.profile import PURPOSES, RATES_HZ, ProfileData
from firmware_runtime.vehicle.toml_lines import KeyPath

STANDARD_GRAVITY_MPS2 = 9.80665
"""3rd CGPM (1901), exact."""
_FILE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


class Comparison(NamedTuple):
    """A figure that another figure of the same profile bounds."""

    key: KeyPath
    relation: str
    """`below`, `at most` or `at least`."""
    bound: KeyPath | Callable[[ProfileData], float]
    """Another key, or what is computed from several."""
    why: str = ""
    """What a computed bound is, with its unit."""


def _full_mass_kg(profile: ProfileData) -> float:
    mass = profile.mass
    return mass.empty_kg + mass.payload_max_kg + mass.trailer_max_kg


def _grade_force_n(profile: ProfileData) -> float:
    """Downhill force of the fully laden vehicle on `grade_max` (rise over run)."""
    slope = math.atan(profile.resistance.grade_max)
    return _full_mass_kg(profile) * STANDARD_GRAVITY_MPS2 * math.sin(slope)


def _grade_stop_force_n(profile: ProfileData) -> float:
    return _grade_force_n(profile) + _full_mass_kg(profile) * profile.limits.minimal_risk_deceleration_mps2


def _minimal_risk_stop_s(profile: ProfileData) -> float:
    return profile.limits.speed_max_mps / profile.limits.minimal_risk_deceleration_mps2


def _comfortable_stop_s(profile: ProfileData) -> float:
    """With its deceleration built up and taken back at the limit of jerk."""
    limits = profile.limits
    deceleration = limits.deceleration_max_mps2
    return limits.speed_max_mps / deceleration + deceleration / limits.jerk_max_mps3


def _traction_jerk_slew_nmps(profile: ProfileData) -> float:
    """Slew at which the empty vehicle jerks as hard as it may."""
    traction = profile.traction
    return bounds.TRACTION_JERK.high * profile.mass.empty_kg * traction.wheel_radius_m / traction.gear_ratio


_SLEW = (
    f"the slew at which the empty vehicle jerks with {number(bounds.TRACTION_JERK.high)} m/s³, the hard bound"
)
_STOP_TIME = "the seconds of a stop from speed_max_mps at minimal_risk_deceleration_mps2"

COMPARISONS: tuple[Comparison, ...] = (
    Comparison(("geometry", "wheelbase_m"), "below", ("geometry", "length_m")),
    Comparison(("geometry", "track_width_m"), "at most", ("geometry", "width_m")),
    Comparison(
        ("traction", "torque_slew_nmps"),
        "at most",
        _traction_jerk_slew_nmps,
        _SLEW,
    ),
    # The same motor drives and regenerates.
    Comparison(("traction", "regeneration_torque_max_nm"), "at most", ("traction", "torque_max_nm")),
    Comparison(("brake", "hold_force_n"), "at most", ("brake", "force_max_n")),
    Comparison(
        ("brake", "hold_force_n"), "at least", _grade_force_n, "newtons that hold the full mass on grade_max"
    ),
    Comparison(
        ("brake", "force_max_n"),
        "at least",
        _grade_stop_force_n,
        "newtons that stop the full mass on grade_max at minimal_risk_deceleration_mps2",
    ),
    Comparison(("limits", "deceleration_max_mps2"), "at most", ("limits", "minimal_risk_deceleration_mps2")),
    # Where the pose may be off by more than the limit, leaving the route would not show.
    Comparison(("localisation", "lateral_std_max_m"), "below", ("control", "cross_track_limit_m")),
    Comparison(("battery", "voltage_min_v"), "below", ("battery", "nominal_voltage_v")),
    Comparison(("battery", "voltage_max_v"), "at least", ("battery", "nominal_voltage_v")),
    Comparison(("battery", "cell_temperature_min_degc"), "below", ("battery", "cell_temperature_max_degc")),
    Comparison(("safety", "degraded_speed_mps"), "at most", ("limits", "speed_max_mps")),
    Comparison(("safety", "standstill_speed_mps"), "below", ("safety", "degraded_speed_mps")),
    Comparison(
        ("safety", "comfortable_time_max_s"),
        "at least",
        _comfortable_stop_s,
        "the seconds of a stop from speed_max_mps at deceleration_max_mps2 and jerk_max_mps3",
    ),
    # A comfortable stop that ends in a minimal-risk stop has to leave it some time.
    Comparison(("safety", "comfortable_time_max_s"), "below", ("safety", "minimal_risk_time_max_s")),
    Comparison(("safety", "minimal_risk_time_max_s"), "at least", _minimal_risk_stop_s, _STOP_TIME),
    Comparison(("safety", "stop_plan_life_s"), "at least", _minimal_risk_stop_s, _STOP_TIME),
)

_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "below": lambda value, bound: value < bound,
    "at most": lambda value, bound: value <= bound,
    "at least": lambda value, bound: value >= bound,
}


def check_rules(profile: ProfileData, findings: Findings) -> None:
    """Note every rule between figures that this profile breaks."""
    for row in COMPARISONS:
        value = _figure(profile, row.key)
        bound = row.bound(profile) if callable(row.bound) else _figure(profile, row.bound)
        if not _HOLDS[row.relation](value, bound):
            why = row.why if callable(row.bound) else key_name(row.bound)
            findings.add(row.key, f"{row.relation} {number(bound)} ({why})", number(value))
    if not _FILE_NAME.fullmatch(profile.vehicle.name):
        expected = "a name for files (lower-case letters, digits, _ and -)"
        findings.add(("vehicle", "name"), expected, quoted(profile.vehicle.name))
    if profile.purpose not in PURPOSES:
        findings.add(("purpose",), " or ".join(map(quoted, PURPOSES)), quoted(profile.purpose))
    if profile.loop.rate_hz not in RATES_HZ:
        expected = (
            f"{', '.join(map(str, RATES_HZ[:-1]))} or {RATES_HZ[-1]} Hz: whole ticks in a cycle of 10 ms"
        )
        findings.add(("loop", "rate_hz"), expected, number(profile.loop.rate_hz))
    _check_antenna(profile, findings)
    _check_rear_steering(profile, findings)
    for name, bus in profile.buses.items():
        if bus.data_bitrate_bps and bus.data_bitrate_bps < bus.bitrate_bps:
            expected = f"at least {bus.bitrate_bps} (bitrate_bps)"
            findings.add(("buses", name, "data_bitrate_bps"), expected, number(bus.data_bitrate_bps))


def _figure(profile: ProfileData, key: KeyPath) -> float:
    return getattr(getattr(profile, key[0]), key[1])


def _check_antenna(profile: ProfileData, findings: Findings) -> None:
    """The reference point lies within the vehicle, so an antenna farther off than its size is a slip."""
    for key, extent, size in (
        ("antenna_x_m", profile.geometry.length_m, "length_m"),
        ("antenna_y_m", profile.geometry.width_m, "width_m"),
    ):
        value: float = getattr(profile.localisation, key)
        if abs(value) > extent:
            expected = f"{number(-extent)} to {number(extent)} ([geometry] {size})"
            findings.add(("localisation", key), expected, number(value))


def _check_rear_steering(profile: ProfileData, findings: Findings) -> None:
    if profile.geometry.rear_steer_ratio == 0:
        return
    for table, bound in (("inputs", profile.inputs), ("outputs", profile.outputs)):
        if "steering_rear_angle_rad" not in bound:
            findings.add(
                (table, "steering_rear_angle_rad"),
                "bus.Message.Signal, as [geometry] rear_steer_ratio is not 0",
                "nothing",
            )
