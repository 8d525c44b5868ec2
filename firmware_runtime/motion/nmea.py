"""NMEA 0183 bytes from the dual-antenna GNSS receiver -> fixes; first stage of localisation in the tick.

Sentences used (NMEA 0183 v4): GGA position and quality, GST standard deviations, HDT true heading, RMC
speed and validity. An epoch begins with GGA; the fix is complete with GST and HDT of the same epoch, or is
given out without heading when the next GGA comes first. Bytes may be cut anywhere. A sentence with a bad
checksum or field is counted and dropped whole.
"""

from dataclasses import dataclass
from math import radians

import msgspec

MPS_PER_KNOT = 1852.0 / 3600.0
"""ISO 80000-3."""
MAX_DIGITS = 20
"""No number of a receiver is longer; a longer one could be beyond a float (assumption)."""
MAX_BUFFER = 4096
"""Bytes kept while waiting for a line's end; more is noise and is dropped (assumption)."""


class Fix(msgspec.Struct, frozen=True):
    """One epoch of the receiver."""

    utc_ns: int
    """Time of day of the measurement, ns since 00:00 UTC."""
    arrival_ns: int
    """Monotonic time at which its last sentence was complete."""
    latitude_deg: float
    longitude_deg: float
    height_m: float
    """Above the ellipsoid (altitude plus geoid separation)."""
    quality: int
    """GGA quality: 0 none, 1 single, 2 differential, 4 RTK fixed, 5 RTK float."""
    east_std_m: float
    north_std_m: float
    heading_rad: float | None
    """Of the antenna pair: clockwise from true north as received, here anticlockwise from east."""


@dataclass(slots=True)
class _Epoch:
    utc_ns: int
    latitude_deg: float
    longitude_deg: float
    height_m: float
    quality: int
    east_std_m: float | None = None
    north_std_m: float = 0.0
    heading_rad: float | None = None
    given: bool = False


class NmeaReader:
    """Feed bytes, get fixes. Pure: time comes in with the bytes."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._epoch: _Epoch | None = None
        self.sentences = 0
        self.ground_speed_mps = 0.0
        """Of the last valid RMC: over ground, by the receiver's own measurement; at least 0."""
        self.ground_speed_ns = 0
        """Monotonic time of its arrival; 0 before the first."""
        self.rejected = 0
        """Sentences with a bad checksum or field, and bytes without a line's end."""

    def feed(self, arrival_ns: int, data: bytes) -> list[Fix]:
        """Fixes completed by these bytes, usually none or one."""
        if not data:
            return []
        self._buffer += data
        fixes: list[Fix] = []
        if b"\n" not in data:
            if len(self._buffer) > MAX_BUFFER:
                self._buffer.clear()
                self.rejected += 1
            return fixes
        *lines, rest = self._buffer.split(b"\n")
        self._buffer = rest
        for line in lines:
            fields = _fields(bytes(line))
            if fields is None:
                self.rejected += bool(line.strip())
                continue
            self.sentences += 1
            self._sentence(fields, arrival_ns, fixes)
        return fixes

    def _sentence(self, fields: list[str], arrival_ns: int, fixes: list[Fix]) -> None:
        kind = fields[0][2:]
        epoch = self._epoch
        if kind == "GGA":
            if epoch is not None and not epoch.given and epoch.east_std_m is not None:
                fixes.append(_fix(epoch, arrival_ns))
            without_fix = len(fields) > 6 and fields[6] == "0"
            self._epoch = None if without_fix else _gga(fields)
            self.rejected += self._epoch is None and not without_fix
            return
        if kind == "RMC":
            speed_knots = _number(fields[7]) if len(fields) > 7 and fields[2] == "A" else None
            if speed_knots is not None:
                self.ground_speed_mps, self.ground_speed_ns = abs(speed_knots) * MPS_PER_KNOT, arrival_ns
            return
        if epoch is None or epoch.given:
            return
        if kind == "GST" and len(fields) >= 9 and _time_of_day(fields[1]) == epoch.utc_ns:
            north, east = _number(fields[6]), _number(fields[7])
            if north is not None and east is not None:
                epoch.north_std_m, epoch.east_std_m = north, east
        elif kind == "HDT" and len(fields) >= 3:
            heading_deg = _number(fields[1])
            if heading_deg is not None:
                epoch.heading_rad = radians(90.0 - heading_deg)
        if epoch.east_std_m is not None and epoch.heading_rad is not None:
            fixes.append(_fix(epoch, arrival_ns))


def _fix(epoch: _Epoch, arrival_ns: int) -> Fix:
    epoch.given = True
    return Fix(
        utc_ns=epoch.utc_ns,
        arrival_ns=arrival_ns,
        latitude_deg=epoch.latitude_deg,
        longitude_deg=epoch.longitude_deg,
        height_m=epoch.height_m,
        quality=epoch.quality,
        east_std_m=epoch.east_std_m or 0.0,
        north_std_m=epoch.north_std_m,
        heading_rad=epoch.heading_rad,
    )


def _fields(line: bytes) -> list[str] | None:
    """Fields of a sentence whose checksum holds, else None."""
    line = line.strip()
    if len(line) < 9 or line[0:1] != b"$" or line[-3:-2] != b"*" or not line.isascii():
        return None
    checksum = 0
    for byte in line[1:-3]:
        checksum ^= byte
    if b"%02X" % checksum != line[-2:].upper():
        return None
    return line[1:-3].decode("ascii").split(",")


def _gga(fields: list[str]) -> _Epoch | None:
    """Fields of GGA: time, lat, N/S, lon, E/W, quality, satellites, HDOP, altitude, M, separation, M, …"""
    if len(fields) < 13 or not fields[6].isdigit():
        return None
    utc_ns = _time_of_day(fields[1])
    latitude, longitude = _degrees(fields[2], fields[3], 2, "NS"), _degrees(fields[4], fields[5], 3, "EW")
    altitude, separation = _number(fields[9]), _number(fields[11])
    if utc_ns is None or latitude is None or longitude is None or altitude is None:
        return None
    return _Epoch(utc_ns, latitude, longitude, altitude + (separation or 0.0), int(fields[6]))


def _number(text: str) -> float | None:
    """A plain decimal number, else None (no exponent, no NaN: NMEA has neither)."""
    digits = text.lstrip("-")
    if not digits or len(digits) > MAX_DIGITS or not digits.replace(".", "", 1).isdigit():
        return None
    return float(text) if len(text) - len(digits) <= 1 else None


def _time_of_day(text: str) -> int | None:
    """hhmmss.sss -> ns since 00:00 UTC."""
    if len(text) < 6 or not text[:6].isdigit() or (len(text) > 6 and text[6] != "."):
        return None
    fraction = text[7:16]
    if fraction and not fraction.isdigit():
        return None
    seconds = int(text[0:2]) * 3600 + int(text[2:4]) * 60 + int(text[4:6])
    return seconds * 1_000_000_000 + (int(fraction.ljust(9, "0")) if fraction else 0)


def _degrees(text: str, hemisphere: str, degree_digits: int, hemispheres: str) -> float | None:
    """ddmm.mmmmmmm or dddmm.mmmmmmm -> degrees, negative to the south and west."""
    value = _number(text)
    if value is None or len(text) < degree_digits + 2 or hemisphere not in hemispheres or not hemisphere:
        return None
    degrees = float(text[:degree_digits]) + float(text[degree_digits:]) / 60.0
    return degrees if hemisphere == hemispheres[0] else -degrees
