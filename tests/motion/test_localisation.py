"""Where the vehicle is, against where it truly is: latency, drop-outs, outliers, uncertainty."""

from math import atan2, cos, degrees, hypot, pi, sin
from pathlib import Path
from random import Random

import msgspec
import pytest

from firmware_runtime.motion.geodesy import LocalFrame
from firmware_runtime.motion.kinematics import SteeringGeometry, advance
from firmware_runtime.motion.localisation import Localisation
from firmware_runtime.motion.odometry import Odometry
from firmware_runtime.vehicle.load import load_profile
from firmware_runtime.vehicle.pose import Pose
from firmware_runtime.vehicle.signals import VehicleState
from tests.motion.test_nmea import sentence
from tests.vehicle_state import rolling

DATA = load_profile(Path(__file__).parents[2] / "configs" / "yard_tractor.toml").data
GEOMETRY = SteeringGeometry(DATA.geometry, DATA.steering)
DATUM = (22.3, 114.2, 10.0)
ANTENNA_X_M = 2.5
STD_MAX_M = 0.20
TICK_NS = 10_000_000
LATENCY_NS = 70_000_000
"""Least latency of the receiver, as the profile states it; up to 20 ms come on top."""


class Drive:
    """A vehicle on a circle, its receiver, and the localisation that listens; truth is analytic."""

    def __init__(self, speed_mps: float = 5.0, angle_rad: float = 0.1, noise_m: float = 0.0) -> None:
        self.localisation = Localisation(DATA.localisation, GEOMETRY, DATA.traction, LocalFrame(*DATUM), 0.01)
        self.frame = LocalFrame(*DATUM)
        self.speed_mps, self.angle_rad, self.noise_m = speed_mps, angle_rad, noise_m
        self.random = Random(1)
        self.truth = (10.0, 20.0, 0.5)
        self.now_ns = 0
        self.outbox: list[tuple[int, bytes]] = []
        self.receiving = True
        self.jump_m = 0.0
        self.pose: Pose | None = None

    def run(self, seconds: float) -> Pose:
        for _ in range(round(seconds * 100)):
            self.now_ns += TICK_NS
            yaw_per_metre = GEOMETRY.turning(self.angle_rad, 0.0)[0]
            self.truth = advance(*self.truth, self.speed_mps * 0.01, yaw_per_metre, 0.0)
            if self.now_ns % 100_000_000 == 0 and self.receiving:
                self.outbox.append(
                    (self.now_ns + LATENCY_NS + self.random.randrange(3) * TICK_NS, self.epoch())
                )
            serial = b"".join(data for due, data in self.outbox if due <= self.now_ns)
            self.outbox = [(due, data) for due, data in self.outbox if due > self.now_ns]
            # Wheel speeds are along the wheels: the front ones turn faster by 1 / cos(angle).
            state = rolling(self.speed_mps, steering_front_angle_rad=self.angle_rad)
            state = self.with_front(state)
            self.pose = self.localisation.step(self.now_ns, state, serial)
        assert self.pose is not None
        return self.pose

    def with_front(self, state: VehicleState) -> VehicleState:
        front = self.speed_mps / cos(self.angle_rad)
        return msgspec.structs.replace(
            state, wheel_speed_front_left_mps=front, wheel_speed_front_right_mps=front
        )

    def epoch(self) -> bytes:
        x_m, y_m, heading = self.truth
        east = x_m + ANTENNA_X_M * cos(heading) + self.random.gauss(0, self.noise_m) + self.jump_m
        north = y_m + ANTENNA_X_M * sin(heading) + self.random.gauss(0, self.noise_m)
        lat, lon, height = self.frame.to_geodetic(east, north, 2.0)
        clock = f"10{self.now_ns // 60_000_000_000:02d}{self.now_ns / 1e9 % 60:06.3f}"
        lat_text = f"{int(lat):02d}{(lat - int(lat)) * 60:010.7f}"
        lon_text = f"{int(lon):03d}{(lon - int(lon)) * 60:010.7f}"
        heading_deg = degrees(pi / 2 - heading) % 360
        return (
            sentence(f"GNGGA,{clock},{lat_text},N,{lon_text},E,4,20,0.6,{height:.3f},M,0.0,M,1.0,0")
            + sentence(f"GNGST,{clock},0.02,0.01,0.01,0.0,0.012,0.012,0.02")
            + sentence(f"GNHDT,{heading_deg:.3f},T")
        )

    def error_m(self) -> float:
        assert self.pose is not None
        return float(((self.pose.x_m - self.truth[0]) ** 2 + (self.pose.y_m - self.truth[1]) ** 2) ** 0.5)


def test_before_the_first_fix_the_pose_is_not_valid() -> None:
    drive = Drive()
    drive.receiving = False
    assert not drive.run(1.0).valid


def test_latency_costs_no_accuracy_at_speed() -> None:
    drive = Drive(speed_mps=8.0, angle_rad=0.05)
    pose = drive.run(20.0)
    assert pose.valid
    # 10 ms of arrival raster at 8 m/s is 8 cm along; across there is nothing.
    assert drive.error_m() < 0.09
    assert abs(pose.heading_rad - drive.truth[2]) < 0.005


def test_noise_is_averaged_by_odometry() -> None:
    drive = Drive(speed_mps=2.0, noise_m=0.02)
    drive.run(5.0)
    errors = []
    for _ in range(100):
        drive.run(0.1)
        errors.append(drive.error_m())
    assert sum(e * e for e in errors) / len(errors) < 0.02**2


@pytest.mark.requirement("SR-19")
def test_a_drop_out_is_bridged_and_its_growing_uncertainty_is_told() -> None:
    drive = Drive(speed_mps=5.0)
    before = drive.run(10.0)
    drive.receiving = False
    blind = drive.run(1.5)
    assert blind.valid
    assert blind.lateral_std_m > before.lateral_std_m
    assert drive.error_m() < 0.10
    lost = drive.run(6.0)
    assert not lost.valid
    assert lost.lateral_std_m > STD_MAX_M


def test_standing_blind_is_not_lost() -> None:
    drive = Drive(speed_mps=0.0)
    drive.run(5.0)
    drive.receiving = False
    assert drive.run(60.0).valid


def test_a_single_outlier_is_rejected() -> None:
    drive = Drive(speed_mps=3.0)
    drive.run(10.0)
    drive.jump_m = 1.0
    drive.run(0.2)
    drive.jump_m = 0.0
    drive.run(0.3)
    assert drive.localisation.fixes_rejected >= 1
    assert drive.error_m() < 0.06


@pytest.mark.requirement("SR-19")
def test_when_all_fixes_disagree_it_says_so_and_reckons_on_until_it_stands() -> None:
    drive = Drive(speed_mps=3.0)
    drive.run(10.0)
    drive.jump_m = 5.0
    assert not drive.run(1.3).valid
    assert not drive.run(3.0).valid
    assert drive.error_m() < 0.10, "no jump to the receiver's new place while moving"
    drive.speed_mps = 0.0
    assert drive.run(1.0).valid
    assert drive.error_m() == pytest.approx(5.0, abs=0.1)


def test_a_small_lasting_shift_is_taken_in() -> None:
    drive = Drive(speed_mps=3.0)
    drive.run(10.0)
    drive.jump_m = 0.10
    assert drive.run(2.0).valid
    assert drive.error_m() == pytest.approx(0.10, abs=0.04)


def test_with_a_wheel_sensor_lost_the_motor_stands_in() -> None:
    odometry = Odometry(GEOMETRY, DATA.traction)
    lost = frozenset({"wheel_speed_front_left_mps"})
    for tick in range(1, 102):
        state = rolling(3.0, motor_speed_radps=2.0 / 0.5 * 22.0, unusable=lost)
        sample = odometry.step(tick * TICK_NS, state)
    assert sample.distance_m == pytest.approx(2.0)


def test_the_odometer_counts_both_ways() -> None:
    drive = Drive(speed_mps=2.0, angle_rad=0.0)
    assert drive.run(10.0).odometer_m == pytest.approx(20.0, abs=0.05)
    drive.speed_mps = -1.0
    assert drive.run(10.0).odometer_m == pytest.approx(10.0, abs=0.05)


def test_heading_is_the_planes_though_the_meridians_converge() -> None:
    """True north 10 km east of a datum at 53.5° is 0.12° off the plane's north; found by two points."""
    frame = LocalFrame(53.5, 10.0, 10.0)
    localisation = Localisation(DATA.localisation, GEOMETRY, DATA.traction, frame, 0.01)
    lat, lon, height = frame.to_geodetic(10_000.0, 0.0, 0.0)
    foot, ahead = frame.to_local(lat, lon, height), frame.to_local(lat + 1e-4, lon, height)
    north_rad = atan2(ahead[1] - foot[1], ahead[0] - foot[0])
    assert degrees(north_rad) - 90.0 > 0.1
    lat_text, lon_text = f"{int(lat):02d}{lat % 1 * 60:010.7f}", f"{int(lon):03d}{lon % 1 * 60:010.7f}"
    epoch = (
        sentence(f"GNGGA,100000.000,{lat_text},N,{lon_text},E,4,20,0.6,{height:.3f},M,0.0,M,1.0,0")
        + sentence("GNGST,100000.000,0.02,0.01,0.01,0.0,0.012,0.012,0.02")
        + sentence("GNHDT,0.000,T")
    )
    for tick in range(1, 30):
        pose = localisation.step(tick * TICK_NS, rolling(0.0), epoch if tick == 20 else b"")
    assert pose.heading_rad == pytest.approx(north_rad, abs=1e-4)


def test_a_correction_after_a_drop_out_does_not_jerk_the_pose() -> None:
    drive = Drive(speed_mps=4.0)
    drive.run(10.0)
    drive.receiving = False
    drive.run(1.0)
    drive.jump_m = 0.05
    drive.receiving = True
    steps = []
    for _ in range(60):
        before = drive.pose
        assert before is not None
        after = drive.run(0.01)
        steps.append(hypot(after.x_m - before.x_m, after.y_m - before.y_m))
    assert max(steps) < 4.0 * 0.01 + 0.005, "what the fix moves is not taken in one tick"
    assert drive.error_m() > 0.02, "but it is taken"
