"""What `control` remembers from tick to tick goes by time: at every rate of the loop it does the same."""

from itertools import pairwise
from math import inf

import msgspec
import pytest

from firmware_runtime.battery.power_limits import PowerLimiter
from firmware_runtime.drive.blending import Blending
from firmware_runtime.motion.driver import Driver
from firmware_runtime.motion.geodesy import LocalFrame
from firmware_runtime.motion.hand_driving import HandDriving
from firmware_runtime.motion.kinematics import SteeringAngles, SteeringGeometry
from firmware_runtime.motion.lead import Lead
from firmware_runtime.motion.localisation import Localisation
from firmware_runtime.motion.odometry import OdometrySample
from firmware_runtime.motion.speed_control import SpeedControl, SpeedDemand
from firmware_runtime.motion.steering_model import SteeringModel
from firmware_runtime.motion.stop_kinds import Stop
from firmware_runtime.vehicle.enums import ParkBrakeState, SafetyState, StopKind
from firmware_runtime.vehicle.motion_limit import MotionLimit
from firmware_runtime.vehicle.permissions import Permissions
from firmware_runtime.vehicle.pose import Pose
from firmware_runtime.vehicle.profile import Loop, ProfileData
from tests.motion.lines import route_of
from tests.safety.support import profile
from tests.vehicle_state import rolling, vehicle_state

DATA = profile().data
GEOMETRY = SteeringGeometry(DATA.geometry, DATA.steering)
RATES_HZ = pytest.mark.parametrize("rate_hz", [100, 200, 500, 1000])
SLEW_NMPS, POWER_MAX_W, JERK_MPS3 = 8000.0, 350e3, 0.8
EMPTY_KG = 26_500.0


def data_at(rate_hz: int) -> ProfileData:
    return msgspec.structs.replace(DATA, loop=Loop(rate_hz=rate_hz))


def speed_control(rate_hz: int) -> SpeedControl:
    return SpeedControl(DATA.control, DATA.limits, DATA.mass, DATA.resistance, 1 / rate_hz)


@RATES_HZ
def test_torque_grows_at_its_slew(rate_hz: int) -> None:
    blending = Blending(DATA.traction, DATA.brake, 1 / rate_hz)
    for _ in range(rate_hz // 10):
        split = blending.step(1e6, 1.0, 33.3, 5600.0, 3000.0, 400e3, 300e3)
    assert split.torque_nm == pytest.approx(0.1 * SLEW_NMPS)


@RATES_HZ
def test_power_comes_over_two_seconds(rate_hz: int) -> None:
    limiter = PowerLimiter(DATA.traction, 1 / rate_hz)
    plenty = vehicle_state(battery_discharge_power_max_w=1e6, battery_charge_power_max_w=1e6)
    for _ in range(rate_hz // 2):
        limits = limiter.step(True, plenty)
    assert limits.discharge_w == pytest.approx(POWER_MAX_W / 4)
    assert limits.charge_w == pytest.approx(POWER_MAX_W / 4)


class Rolls:
    """A mass point that does what the force says; grade as rise over run."""

    def __init__(self, rate_hz: int, speed_mps: float = 0.0, grade: float = 0.0) -> None:
        self.tick_s, self.speed_mps, self.grade = 1 / rate_hz, speed_mps, grade

    def step(self, force_n: float) -> None:
        resisting_n = EMPTY_KG * 9.81 * (0.01 * (self.speed_mps > 0) + self.grade)
        self.speed_mps += (force_n - resisting_n) / (1.06 * EMPTY_KG) * self.tick_s


def demand(plan_mps: float, standstill: bool = False, eased: bool = False) -> SpeedDemand:
    return SpeedDemand(
        plan_mps=plan_mps,
        plan_mps2=0.0,
        cap_mps=8.33,
        stop_deceleration_mps2=1.8,
        stop_jerk_mps3=4.0,
        to_stop_m=inf,
        standstill=standstill,
        eased=eased,
    )


@RATES_HZ
def test_the_reference_speed_keeps_acceleration_and_jerk_and_takes_as_long(rate_hz: int) -> None:
    speed, vehicle = speed_control(rate_hz), Rolls(rate_hz)
    targets = [0.0]
    while vehicle.speed_mps < 2.95:
        request = speed.step(vehicle.speed_mps, 0.0, demand(3.0), standing=False)
        vehicle.step(request.force_n)
        targets.append(request.target_mps)
    accelerations = [(b - a) * rate_hz for a, b in pairwise(targets)]
    assert max(accelerations) <= DATA.limits.acceleration_max_mps2 + 1e-9
    assert max(b - a for a, b in pairwise(accelerations)) * rate_hz <= JERK_MPS3 + 1e-6
    assert len(targets) / rate_hz == pytest.approx(5.38, abs=0.03), "as at 100 Hz"


@RATES_HZ
def test_a_stop_is_as_long(rate_hz: int) -> None:
    speed, vehicle = speed_control(rate_hz), Rolls(rate_hz, 5.0)
    speed.reset(5.0)
    way_m = 0.0
    while vehicle.speed_mps > 0.0:
        vehicle.step(speed.step(vehicle.speed_mps, 0.0, demand(5.0, standstill=True), standing=False).force_n)
        way_m += vehicle.speed_mps / rate_hz
        assert way_m < 20.0
    assert way_m == pytest.approx(7.95, abs=0.12), "metres, as at 100 Hz"


@RATES_HZ
def test_a_roll_back_is_caught_and_overcome_as_soon(rate_hz: int) -> None:
    speed, vehicle = speed_control(rate_hz), Rolls(rate_hz, -0.05, grade=0.06)
    furthest_m, way_m, ticks = 0.0, 0.0, 0
    while vehicle.speed_mps < 0.2:
        request = speed.step(vehicle.speed_mps, 0.0, demand(1.0), standing=False)
        brake_n = request.catch_brake_n * (-1 if vehicle.speed_mps > 0 else 1)
        vehicle.step(request.force_n + brake_n)
        way_m += vehicle.speed_mps / rate_hz
        furthest_m = min(furthest_m, way_m)
        ticks += 1
        assert ticks < 10 * rate_hz
    assert furthest_m > -0.05
    assert ticks / rate_hz == pytest.approx(1.22, abs=0.03), "as at 100 Hz"


@RATES_HZ
def test_a_hill_is_learnt_at_the_same_pace(rate_hz: int) -> None:
    speed = speed_control(rate_hz)
    forces_n = [speed.step(0.0, 0.0, demand(inf, eased=True), standing=False).force_n for _ in range(rate_hz)]
    assert (forces_n[-1] - forces_n[0]) / (1.06 * EMPTY_KG) == pytest.approx(1.0, abs=0.02)


@RATES_HZ
def test_a_pedal_gives_its_force_within_the_jerk(rate_hz: int) -> None:
    speed = speed_control(rate_hz)
    hand = HandDriving(data_at(rate_hz), GEOMETRY, speed)
    hand.begin(1.0, standing=False)
    pressed = vehicle_state(cab_accelerator=1.0, park_brake_state=ParkBrakeState.RELEASED)
    for _ in range(rate_hz // 2):
        request = hand.force(Lead.CAB, pressed, 1.0, 8.33, True, Stop(StopKind.NONE, 0.7, 0.8), False, False)
    assert request.force_n == pytest.approx(0.5 * JERK_MPS3 * EMPTY_KG)


@RATES_HZ
def test_steering_turns_as_fast_as_its_rate_and_no_faster(rate_hz: int) -> None:
    route = route_of([(20, 0, 0), (5, 0, 0.08), (40, 0.08, 0.08)])
    driver = Driver(data_at(rate_hz), route, GEOMETRY)
    state = rolling(0.5)
    permissions = Permissions(True, True, True, True, True, 8.33)
    # Far off the line, it steers as hard as it may.
    pose = Pose(1, 10.0, -3.0, 0.0, 0.5, 0.0, 0.01, 0.01, 0.001, 1, 0.0, True)
    angles = [0.0]
    for tick in range(rate_hz // 5):
        motion = driver.step(
            tick * 1_000_000_000 // rate_hz,
            pose,
            state,
            SafetyState.AUTO,
            permissions,
            MotionLimit(inf, ""),
            False,
        )
        angles.append(motion.front_rad)
    rate_radps = 1.5 * DATA.steering.rate_max_radps
    assert max(b - a for a, b in pairwise(angles)) * rate_hz == pytest.approx(rate_radps, rel=1e-6)
    assert angles[-1] == pytest.approx(min(0.2 * rate_radps, DATA.steering.front_angle_max_rad), rel=0.02)


@RATES_HZ
def test_the_steering_model_looks_as_far_ahead_and_sees_the_same(rate_hz: int) -> None:
    def predicted(rate_hz: int) -> tuple[float, float, float, float]:
        model = SteeringModel(GEOMETRY, DATA.steering, 1 / rate_hz)
        assert model.lead_s == pytest.approx(DATA.steering.dead_time_s + 0.02)
        for tick in range(rate_hz):
            model.command(SteeringAngles(0.1 + 0.1 * (tick * 100 // rate_hz) / 100, -0.1))
        pose = Pose(0, 1.0, 2.0, 0.3, 3.0, 0.0, 0.01, 0.01, 0.001, 1, 0.0, True)
        x_m, y_m, heading_rad, angles = model.predict(pose, SteeringAngles(0.1, 0.0))
        return x_m, y_m, heading_rad, angles.front_rad

    assert predicted(rate_hz) == pytest.approx(predicted(100), rel=1e-12)


@RATES_HZ
def test_a_command_acts_a_dead_time_after_it_was_given(rate_hz: int) -> None:
    model = SteeringModel(GEOMETRY, DATA.steering, 1 / rate_hz)
    pose = Pose(0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.01, 0.01, 0.001, 1, 0.0, True)
    straight, turned = SteeringAngles(0.0, 0.0), SteeringAngles(0.2, 0.0)
    for _ in range(rate_hz):
        model.command(straight)
    ticks = 0
    while model.predict(pose, straight)[3].front_rad == 0.0:
        model.command(turned)
        ticks += 1
    assert ticks / rate_hz <= 0.0101, "seen within a step of 10 ms"
    ahead = round(model.lead_s * rate_hz)
    for _ in range(ahead - ticks):
        model.command(straight)
    assert model.predict(pose, straight)[3].front_rad > 0.0, "acts from now on"
    for _ in range(ticks):
        model.command(straight)
    assert model.predict(pose, straight)[3].front_rad == 0.0, "has acted"


def localisation(rate_hz: int) -> Localisation:
    frame = LocalFrame(22.3, 114.2, 10.0)
    return Localisation(DATA.localisation, GEOMETRY, DATA.traction, frame, 1 / rate_hz)


@RATES_HZ
def test_odometry_is_kept_for_half_a_second(rate_hz: int) -> None:
    made = localisation(rate_hz)
    tick_ns = 1_000_000_000 // rate_hz
    for tick in range(rate_hz):
        made.step(tick * tick_ns, rolling(1.0), b"")
    last_ns = (rate_hz - 1) * tick_ns
    assert isinstance(made._sample_at(last_ns - 489_000_000), OdometrySample)
    assert made._sample_at(last_ns - 501_000_000) is None


@RATES_HZ
def test_a_correction_is_followed_as_softly(rate_hz: int) -> None:
    left = localisation(rate_hz)._eased ** round(0.15 * rate_hz)
    assert left == pytest.approx(0.367, abs=0.02), "1 / e after its time constant"
