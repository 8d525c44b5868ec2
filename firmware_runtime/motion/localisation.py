"""Pose by dual-antenna GNSS and odometry: an extended Kalman filter on the pose at measurement time.

Odometry carries the pose smoothly at the tick's rate in a frame of its own; a fix, which describes the past
(60-110 ms ago), is compared with the odometry sample of *that* instant, and its correction moves the whole
odometry frame. So latency costs no accuracy and nothing has to be re-run. State: x, y, heading.

Noise figures are assumptions: odometry 0.5 % of the distance along, 0.5 mrad per metre of heading (steering
zero and tyres, so a constant curvature error), and floors for the receiver's own optimism.
"""

from collections import deque
from dataclasses import dataclass
from math import cos, radians, sin, sqrt

import numpy as np
import numpy.typing as npt

from firmware_runtime.motion.geodesy import LocalFrame
from firmware_runtime.motion.kinematics import SteeringGeometry, wrap_angle
from firmware_runtime.motion.nmea import Fix, NmeaReader
from firmware_runtime.motion.odometry import Odometry, OdometrySample
from firmware_runtime.motion.utc_clock import UtcClock
from firmware_runtime.vehicle.pose import Pose
from firmware_runtime.vehicle.profile import Localisation as LocalisationProfile
from firmware_runtime.vehicle.profile import Traction
from firmware_runtime.vehicle.signals import VehicleState

HISTORY_S = 0.5
"""Odometry kept for late fixes; an older fix is not used."""
DISTANCE_NOISE = 0.005
"""Standard deviation of odometry along, share of the distance."""
HEADING_NOISE_RADPM = 0.0005
"""Standard deviation of odometry's curvature: what its heading drifts per metre driven."""
POSITION_STD_FLOOR_M = 0.012
CORRELATED_STD_M = 0.01
"""Slow part of the position error (atmosphere, multipath), which no filter averages away (assumption)."""
HEADING_STD_RAD = 0.004
"""Of one dual-antenna heading (0.23°, data sheets of the class say 0.1-0.2° at 1-2 m base)."""
USABLE_QUALITY = frozenset({1, 2, 4, 5})
GATE = 13.8
"""Innovation gate: chi-square, 2 degrees of freedom, 99.9 %."""
HEADING_GATE = 10.8
"""Chi-square, 1 degree of freedom, 99.9 %."""
REJECTED_MAX = 10
"""After so many fixes outside the gate in a row, estimate and receiver contradict each other: the pose is not
valid any more. Dead reckoning goes on, so the stop stays on the path; a new start is made at standstill."""
DOUBT_M = 0.03
"""Each rejected fix adds this to the position's uncertainty, so that a small lasting shift is taken in."""
STANDING_MPS = 0.02

EASE_S = 0.15
"""Time constant with which the published pose follows a correction, so that the steering does not jerk when
fixes come back after a drop-out (assumption: below the lag of a person at the wheel)."""
EASE_MAX_M = 0.5
"""A larger correction is a new estimate, not a correction: taken at once."""

Matrix = npt.NDArray[np.float64]


@dataclass(slots=True)
class _Anchor:
    """Where the odometry frame lies in the world."""

    x_m: float
    y_m: float
    heading_rad: float

    def place(self, sample: OdometrySample) -> tuple[float, float, float]:
        c, s = cos(self.heading_rad), sin(self.heading_rad)
        return (
            self.x_m + c * sample.x_m - s * sample.y_m,
            self.y_m + s * sample.x_m + c * sample.y_m,
            self.heading_rad + sample.heading_rad,
        )


def _anchor_for(x_m: float, y_m: float, heading_rad: float, sample: OdometrySample) -> _Anchor:
    """The anchor that puts `sample` at the given pose."""
    turn = heading_rad - sample.heading_rad
    c, s = cos(turn), sin(turn)
    return _Anchor(x_m - c * sample.x_m + s * sample.y_m, y_m - s * sample.x_m - c * sample.y_m, turn)


class Localisation:
    """Feed state and serial bytes each tick, get the pose of the reference point in the route's plane."""

    def __init__(
        self,
        profile: LocalisationProfile,
        geometry: SteeringGeometry,
        traction: Traction,
        frame: LocalFrame,
        tick_s: float,
    ) -> None:
        """tick_s: between two steps."""
        self._profile = profile
        self._frame = frame
        self._sin_latitude = sin(radians(frame.latitude_deg))
        self._odometry = Odometry(geometry, traction)
        self._reader = NmeaReader()
        self._clock = UtcClock(profile.latency_min_s)
        self._history: deque[OdometrySample] = deque(maxlen=round(HISTORY_S / tick_s))
        self._anchor: _Anchor | None = None
        self._covariance: Matrix = np.zeros((3, 3))
        self._covariance_at: OdometrySample = self._odometry.sample
        self._std = (1e3, 1e3, 1e3)
        self._behind = (0.0, 0.0, 0.0)
        """What the published pose still lies behind the estimate: x, y, heading."""
        self._eased = 1.0 - tick_s / EASE_S
        """What is left of that after a tick."""
        self._measured_ns = 0
        self._rejected_in_a_row = 0
        self._distrusted = False
        self.last_fix: Fix | None = None
        """The receiver's last epoch, taken in or not."""
        self.fixes_used = 0
        self.fixes_rejected = 0

    def step(self, now_ns: int, state: VehicleState, serial: bytes) -> Pose:
        sample = self._odometry.step(now_ns, state)
        self._history.append(sample)
        fixes = self._reader.feed(now_ns, serial)
        if fixes:
            before = self._anchor
            self.last_fix = fixes[-1]
            for fix in fixes:
                self._take(fix)
            self._ease_from(before, sample)
        anchor = self._anchor
        if anchor is None:
            return Pose(
                now_ns,
                0.0,
                0.0,
                0.0,
                self._odometry.speed_mps,
                0.0,
                1e3,
                1e3,
                1e3,
                0,
                sample.distance_m,
                False,
            )
        x_m, y_m, heading_rad = anchor.place(sample)
        behind_x_m, behind_y_m, behind_rad = self._behind
        eased = self._eased
        self._behind = (eased * behind_x_m, eased * behind_y_m, eased * behind_rad)
        lateral_std_m, longitudinal_std_m, heading_std_rad = self._std_now(sample)
        return Pose(
            time_ns=now_ns,
            x_m=x_m + behind_x_m,
            y_m=y_m + behind_y_m,
            heading_rad=heading_rad + behind_rad,
            speed_mps=self._odometry.speed_mps,
            yaw_rate_radps=self._odometry.yaw_rate_radps,
            lateral_std_m=lateral_std_m,
            longitudinal_std_m=longitudinal_std_m,
            heading_std_rad=heading_std_rad,
            measured_ns=self._measured_ns,
            odometer_m=sample.distance_m,
            valid=not self._distrusted and lateral_std_m <= self._profile.lateral_std_max_m,
        )

    @property
    def ground_speed(self) -> tuple[float, int]:
        """m/s over ground as the receiver measures it itself, and when it came; 0 ns before the first."""
        return self._reader.ground_speed_mps, self._reader.ground_speed_ns

    def _ease_from(self, before: _Anchor | None, sample: OdometrySample) -> None:
        """The published pose stays where it was and follows the estimate from there."""
        after = self._anchor
        if before is None or after is None:
            self._behind = (0.0, 0.0, 0.0)
            return
        old, new = before.place(sample), after.place(sample)
        x_m, y_m = self._behind[0] + old[0] - new[0], self._behind[1] + old[1] - new[1]
        turn_rad = self._behind[2] + old[2] - new[2]
        near = x_m * x_m + y_m * y_m <= EASE_MAX_M * EASE_MAX_M
        self._behind = (x_m, y_m, turn_rad) if near else (0.0, 0.0, 0.0)

    def _std_now(self, sample: OdometrySample) -> tuple[float, float, float]:
        """Standard deviations across, along and of heading, grown by what was driven since the last fix."""
        across, along, heading = self._std
        driven_m = abs(sample.distance_m - self._covariance_at.distance_m)
        drift_rad = HEADING_NOISE_RADPM * driven_m
        # A constant curvature error drifts sideways by half the heading drift times the distance.
        sideways_m2 = (driven_m * heading) ** 2 + (0.5 * driven_m * drift_rad) ** 2
        return (
            sqrt(across * across + CORRELATED_STD_M**2 + sideways_m2),
            sqrt(along * along + CORRELATED_STD_M**2 + (DISTANCE_NOISE * driven_m) ** 2),
            sqrt(heading * heading + drift_rad * drift_rad),
        )

    def _take(self, fix: Fix) -> None:
        """Take one fix into the estimate, or reject it."""
        measured_ns = self._clock.measured_ns(fix.utc_ns, fix.arrival_ns)
        sample = self._sample_at(measured_ns)
        if fix.quality not in USABLE_QUALITY or sample is None:
            self.fixes_rejected += 1
            return
        antenna_east_m, antenna_north_m, _ = self._frame.to_local(
            fix.latitude_deg, fix.longitude_deg, fix.height_m
        )
        heading_rad = None
        if fix.heading_rad is not None:
            # True north there is not the plane's north: the meridians converge towards the pole.
            convergence_rad = radians(fix.longitude_deg - self._frame.longitude_deg) * self._sin_latitude
            heading_rad = fix.heading_rad + convergence_rad - self._profile.heading_offset_rad
        if self._anchor is None or self._distrusted:
            if heading_rad is None or (self._distrusted and abs(self._odometry.speed_mps) > STANDING_MPS):
                return
            self._start(fix, sample, antenna_east_m, antenna_north_m, heading_rad)
            self._distrusted = False
        elif not self._correct(self._anchor, fix, sample, antenna_east_m, antenna_north_m, heading_rad):
            self.fixes_rejected += 1
            self._rejected_in_a_row += 1
            self._covariance[0, 0] += DOUBT_M**2
            self._covariance[1, 1] += DOUBT_M**2
            self._distrusted = self._rejected_in_a_row >= REJECTED_MAX
            return
        self._rejected_in_a_row = 0
        self.fixes_used += 1
        self._measured_ns = measured_ns

    def _start(
        self, fix: Fix, sample: OdometrySample, east_m: float, north_m: float, heading_rad: float
    ) -> None:
        c, s = cos(heading_rad), sin(heading_rad)
        arm_x, arm_y = self._profile.antenna_x_m, self._profile.antenna_y_m
        x_m, y_m = east_m - c * arm_x + s * arm_y, north_m - s * arm_x - c * arm_y
        self._anchor = _anchor_for(x_m, y_m, heading_rad, sample)
        position_std = max(fix.east_std_m, fix.north_std_m, POSITION_STD_FLOOR_M)
        self._covariance = np.diag([position_std**2, position_std**2, HEADING_STD_RAD**2])
        self._settle(heading_rad, sample)

    def _correct(
        self,
        anchor: _Anchor,
        fix: Fix,
        sample: OdometrySample,
        east_m: float,
        north_m: float,
        heading_rad: float | None,
    ) -> bool:
        """One Kalman update at the fix's instant; False where the fix is outside the gate."""
        x_m, y_m, theta = anchor.place(sample)
        covariance = self._predicted(sample, theta)
        c, s = cos(theta), sin(theta)
        arm_x, arm_y = self._profile.antenna_x_m, self._profile.antenna_y_m
        innovation = np.array(
            [east_m - (x_m + c * arm_x - s * arm_y), north_m - (y_m + s * arm_x + c * arm_y)]
        )
        h = np.array([[1.0, 0.0, -s * arm_x - c * arm_y], [0.0, 1.0, c * arm_x - s * arm_y]])
        noise = np.diag(
            [max(fix.east_std_m, POSITION_STD_FLOOR_M) ** 2, max(fix.north_std_m, POSITION_STD_FLOOR_M) ** 2]
        )
        spread = h @ covariance @ h.T + noise
        inverse = np.linalg.inv(spread)
        if float(innovation @ inverse @ innovation) > GATE:
            return False
        gain = covariance @ h.T @ inverse
        shift = gain @ innovation
        covariance = (np.eye(3) - gain @ h) @ covariance
        if heading_rad is not None:
            turn = wrap_angle(heading_rad - theta) - float(shift[2])
            variance = float(covariance[2, 2]) + HEADING_STD_RAD**2
            if turn * turn <= HEADING_GATE * variance:
                column = covariance[:, 2] / variance
                shift = shift + column * turn
                covariance = covariance - np.outer(column, covariance[2, :])
        self._covariance = 0.5 * (covariance + covariance.T)
        self._anchor = _anchor_for(
            x_m + float(shift[0]), y_m + float(shift[1]), theta + float(shift[2]), sample
        )
        self._settle(theta + float(shift[2]), sample)
        return True

    def _predicted(self, sample: OdometrySample, heading_rad: float) -> Matrix:
        """Covariance carried from the last fix's instant to this one by what was driven in between."""
        before = self._covariance_at
        driven_m = abs(sample.distance_m - before.distance_m)
        step_x = driven_m * cos(heading_rad)
        step_y = driven_m * sin(heading_rad)
        f = np.array([[1.0, 0.0, -step_y], [0.0, 1.0, step_x], [0.0, 0.0, 1.0]])
        along = (DISTANCE_NOISE * driven_m) ** 2
        c, s = cos(heading_rad), sin(heading_rad)
        grown: Matrix = f @ self._covariance @ f.T
        grown[0, 0] += along * c * c + 1e-8
        grown[1, 1] += along * s * s + 1e-8
        grown[0, 1] += along * c * s
        grown[1, 0] += along * c * s
        grown[2, 2] += (HEADING_NOISE_RADPM * driven_m) ** 2 + 1e-10
        return grown

    def _settle(self, heading_rad: float, sample: OdometrySample) -> None:
        """Keep the standard deviations across and along for the ticks until the next fix."""
        self._covariance_at = sample
        c, s = cos(heading_rad), sin(heading_rad)
        p = self._covariance
        along = c * c * p[0, 0] + 2 * c * s * p[0, 1] + s * s * p[1, 1]
        across = s * s * p[0, 0] - 2 * c * s * p[0, 1] + c * c * p[1, 1]
        self._std = (sqrt(max(across, 0.0)), sqrt(max(along, 0.0)), sqrt(max(float(p[2, 2]), 0.0)))

    def _sample_at(self, time_ns: int) -> OdometrySample | None:
        """Odometry at an instant of the past, interpolated; None where it is older than the history."""
        later: OdometrySample | None = None
        for sample in reversed(self._history):
            if sample.time_ns <= time_ns:
                if later is None:
                    return sample
                share = (time_ns - sample.time_ns) / (later.time_ns - sample.time_ns)
                return OdometrySample(
                    time_ns,
                    sample.x_m + share * (later.x_m - sample.x_m),
                    sample.y_m + share * (later.y_m - sample.y_m),
                    sample.heading_rad + share * (later.heading_rad - sample.heading_rad),
                    sample.distance_m + share * (later.distance_m - sample.distance_m),
                )
            later = sample
        return None
