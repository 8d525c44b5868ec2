"""Dual-antenna RTK receiver: true pose in, NMEA bytes of a serial line out; once a tick.

Measures at epochs on whole fractions of a UTC second, adds its errors, and writes GGA, HDT, GST and RMC
with latency at the line's speed, so that a tick may see part of a sentence. Errors: white noise plus a
first-order Gauss-Markov part (P. Groves, Principles of GNSS, Inertial, and Multisensor Integrated
Navigation, 2nd ed., section 4.2.3 and appendix B.4.2); their sizes are the vehicle file's assumptions.
"""

import random
from collections import deque
from datetime import datetime
from math import atan2, cos, degrees, exp, hypot, pi, sin, sqrt
from typing import NamedTuple

from vehicle_hil.gnss.nmea import Fix, gga, gst, hdt, rmc
from vehicle_hil.gnss.outages import FIX_LOST, SILENT, WELL, Outages
from vehicle_hil.gnss.parameters import Datum, ReceiverParameters
from vehicle_hil.gnss.serial_line import SerialLine
from vehicle_hil.gnss.wgs84 import LocalPlane

COURSE_SPEED_MIN_MPS = 0.3
"""Slower than this RMC gives no course. Assumption."""


class TruePose(NamedTuple):
    """Of the reference point in the route's plane; heading unwrapped, velocities in the body's frame."""

    x_m: float
    y_m: float
    heading_rad: float
    speed_mps: float
    lateral_mps: float
    yaw_rate_radps: float


def parse_utc_ns(text: str) -> int:
    """Nanoseconds since 1970 of an ISO 8601 time with offset. Raises ValueError saying what was expected."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"expected a time like 2026-03-02T06:30:00Z, got {text!r}") from error
    if moment.tzinfo is None:
        raise ValueError(f"expected a time with its offset, like 2026-03-02T06:30:00Z, got {text!r}")
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000


class Receiver:
    def __init__(self, parameters: ReceiverParameters, datum: Datum, rng: random.Random) -> None:
        p = self._p = parameters
        self._rng = rng
        self._plane = LocalPlane(datum)
        self._period_ns = 1_000_000_000 // p.rate_hz
        self._utc_start_ns = parse_utc_ns(p.utc_start)
        self._line = SerialLine(p.baud)
        self._decay = exp(-1.0 / (p.rate_hz * p.position_drift_time_s))
        self._drift_step_m = p.position_drift_m * sqrt(1.0 - self._decay**2)
        self._drift_m = [rng.gauss(0.0, p.position_drift_m) for _ in range(3)]
        self._horizontal_std_m = hypot(p.position_white_m, p.position_drift_m)
        self._first_ns: int | None = None
        self._last_ns = 0
        self._last_pose: TruePose | None = None
        self._next_epoch_ns = 0
        self._ready: deque[tuple[int, bytes]] = deque()
        """Epochs whose sentences still wait for their latency: (start_ns, block)."""
        self._outages: Outages | None = None
        self.offset_m = (0.0, 0.0)
        """Fault hook: east and north that every position is off (a wrong reference station, multipath)."""
        self.forced: str | None = None
        """Fault hook: `fix lost` or `silent` from now on, None for the random schedule."""
        self.fix_valid = False
        """True where the last epoch had a fix."""

    def step(self, now_ns: int, pose: TruePose) -> bytes:
        """Bytes that arrived at the far end of the line since the last tick. Times must not fall."""
        if self._first_ns is None or self._last_pose is None or self._outages is None:
            self._start(now_ns)
        else:
            while self._next_epoch_ns <= now_ns:
                self._measure(now_ns, pose, self._last_pose, self._outages)
                self._next_epoch_ns += self._period_ns
        self._last_ns, self._last_pose = now_ns, pose
        while self._ready and self._ready[0][0] <= now_ns:
            self._line.write(*self._ready.popleft())
        return self._line.read(now_ns)

    @property
    def description(self) -> str:
        """Its errors in one line, with units, for a report."""
        p = self._p
        white_mm, drift_mm = 1000 * p.position_white_m, 1000 * p.position_drift_m
        return (
            f"{p.rate_hz} Hz, noise {white_mm:.0f} mm white + {drift_mm:.0f} mm drifting "
            f"(tau {p.position_drift_time_s:.0f} s), heading {p.heading_noise_deg:.2f} deg, "
            f"latency {1000 * p.latency_min_s:.0f}-{1000 * p.latency_max_s:.0f} ms, drop-outs of "
            f"{p.outage_min_s:.1f}-{p.outage_max_s:.1f} s about every {p.outage_interval_s:.0f} s"
        )

    def _start(self, now_ns: int) -> None:
        """Epochs lie on whole periods of UTC; the first one comes after the first tick."""
        self._first_ns = now_ns
        self._next_epoch_ns = now_ns + self._period_ns - self._utc_start_ns % self._period_ns
        self._outages = Outages(self._p, self._rng, now_ns)

    def _measure(self, now_ns: int, pose: TruePose, last: TruePose, outages: Outages) -> None:
        epoch_ns = self._next_epoch_ns
        utc_ns = self._utc_start_ns + epoch_ns - (self._first_ns or 0)
        self._drift_m = [
            drift * self._decay + self._rng.gauss(0.0, self._drift_step_m) for drift in self._drift_m
        ]
        state = self.forced or outages.at(epoch_ns)
        self.fix_valid = state == WELL
        latency_s = self._rng.uniform(self._p.latency_min_s, self._p.latency_max_s)
        # The fix is drawn in every state, so that a forced drop-out does not shift the noise behind it.
        part = (epoch_ns - self._last_ns) / (now_ns - self._last_ns)
        fix = self._fix(TruePose(*(a + (b - a) * part for a, b in zip(last, pose, strict=True))))
        if state == SILENT:
            return
        told = None if state == FIX_LOST else fix
        first = gga(utc_ns, told, self._p.geoid_separation_m)
        start_ns = epoch_ns + round(latency_s * 1e9) - self._line.duration_ns(len(first))
        self._ready.append((start_ns, first + hdt(told) + gst(utc_ns, told) + rmc(utc_ns, told)))

    def _fix(self, pose: TruePose) -> Fix:
        p, gauss = self._p, self._rng.gauss
        c, s = cos(pose.heading_rad), sin(pose.heading_rad)
        east = pose.x_m + c * p.antenna_x_m - s * p.antenna_y_m + self.offset_m[0]
        north = pose.y_m + s * p.antenna_x_m + c * p.antenna_y_m + self.offset_m[1]
        east += self._drift_m[0] + gauss(0.0, p.position_white_m)
        north += self._drift_m[1] + gauss(0.0, p.position_white_m)
        up = p.antenna_height_m + p.height_factor * (self._drift_m[2] + gauss(0.0, p.position_white_m))
        latitude, longitude, height = self._plane.to_geodetic(east, north, up)
        convergence = self._plane.convergence_rad(latitude, longitude)
        pair = pose.heading_rad + p.heading_offset_rad - convergence
        heading_deg = degrees(pi / 2 - pair) + gauss(0.0, p.heading_noise_deg)
        ahead = pose.speed_mps - pose.yaw_rate_radps * p.antenna_y_m + gauss(0.0, p.speed_noise_mps)
        left = pose.lateral_mps + pose.yaw_rate_radps * p.antenna_x_m + gauss(0.0, p.speed_noise_mps)
        speed = hypot(ahead, left)
        course = None
        if speed >= COURSE_SPEED_MIN_MPS:
            course = degrees(pi / 2 - (pose.heading_rad + atan2(left, ahead) - convergence))
        return Fix(
            latitude,
            longitude,
            height,
            heading_deg,
            speed,
            course,
            self._horizontal_std_m,
            p.height_factor * self._horizontal_std_m,
        )
