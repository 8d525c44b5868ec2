"""NMEA 0183 sentences that the receiver writes: GGA, HDT, GST, RMC; four an epoch.

Layout after NMEA 0183 v4.11 as receiver makers' manuals print it (secondary). Positions carry seven
decimals of a minute (0.19 mm): four, the common default, would be 0.19 m.
"""

from datetime import UTC, datetime
from typing import NamedTuple

MINUTE_DECIMALS = 7
KNOT_MPS = 1852.0 / 3600.0
RTK_FIXED, NO_FIX = 4, 0
TALKER = "GN"


class Fix(NamedTuple):
    """What the receiver measured in one epoch."""

    latitude_deg: float
    longitude_deg: float
    height_m: float
    """Above the ellipsoid."""
    heading_deg: float
    """Of the antenna pair, clockwise from true north, 0..360."""
    speed_mps: float
    course_deg: float | None
    """Over ground, clockwise from true north; None while too slow to tell."""
    horizontal_std_m: float
    """East and north each."""
    height_std_m: float


def checksum(body: str) -> str:
    """XOR of all characters between `$` and `*`, two hexadecimal digits."""
    value = 0
    for byte in body.encode("ascii"):
        value ^= byte
    return f"{value:02X}"


def sentence(body: str) -> bytes:
    return f"${body}*{checksum(body)}\r\n".encode("ascii")


def angle_field(angle_deg: float, degree_digits: int, positive: str, negative: str) -> str:
    """Degrees and minutes with hemisphere, e.g. `5129.1234567,N`."""
    unit = 10**MINUTE_DECIMALS
    total = round(abs(angle_deg) * 60 * unit)
    degrees, rest = divmod(total, 60 * unit)
    minutes, decimals = divmod(rest, unit)
    hemisphere = positive if angle_deg >= 0 else negative
    return f"{degrees:0{degree_digits}d}{minutes:02d}.{decimals:0{MINUTE_DECIMALS}d},{hemisphere}"


def time_field(utc_ns: int) -> str:
    """hhmmss.ss of a time on a whole hundredth of a second."""
    seconds, rest = divmod(utc_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%H%M%S}.{rest // 10_000_000:02d}"


def date_field(utc_ns: int) -> str:
    return f"{datetime.fromtimestamp(utc_ns // 1_000_000_000, UTC):%d%m%y}"


def _position(fix: Fix) -> str:
    latitude = angle_field(fix.latitude_deg, 2, "N", "S")
    return f"{latitude},{angle_field(fix.longitude_deg, 3, 'E', 'W')}"


def gga(utc_ns: int, fix: Fix | None, geoid_separation_m: float) -> bytes:
    """Position and quality: 4 with a fix, 0 without."""
    if fix is None:
        return sentence(f"{TALKER}GGA,{time_field(utc_ns)},,,,,{NO_FIX},00,,,M,,M,,")
    altitude = fix.height_m - geoid_separation_m
    return sentence(
        f"{TALKER}GGA,{time_field(utc_ns)},{_position(fix)},{RTK_FIXED},24,0.6,"
        f"{altitude:.3f},M,{geoid_separation_m:.3f},M,1.0,0001"
    )


def hdt(fix: Fix | None) -> bytes:
    """True heading of the antenna pair."""
    return sentence(f"{TALKER}HDT,,T" if fix is None else f"{TALKER}HDT,{fix.heading_deg % 360.0:.3f},T")


def gst(utc_ns: int, fix: Fix | None) -> bytes:
    """Standard deviations of the position."""
    if fix is None:
        return sentence(f"{TALKER}GST,{time_field(utc_ns)},,,,,,,")
    std = f"{fix.horizontal_std_m:.3f}"
    return sentence(
        f"{TALKER}GST,{time_field(utc_ns)},{std},{std},{std},0.0,{std},{std},{fix.height_std_m:.3f}"
    )


def rmc(utc_ns: int, fix: Fix | None) -> bytes:
    """Time, date, position, speed and course."""
    if fix is None:
        return sentence(f"{TALKER}RMC,{time_field(utc_ns)},V,,,,,,,{date_field(utc_ns)},,,N,V")
    course = "" if fix.course_deg is None else f"{fix.course_deg % 360.0:.2f}"
    return sentence(
        f"{TALKER}RMC,{time_field(utc_ns)},A,{_position(fix)},{fix.speed_mps / KNOT_MPS:.3f},{course},"
        f"{date_field(utc_ns)},,,R,V"
    )
