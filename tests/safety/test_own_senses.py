"""What the supervisor sees by itself: used once, while it is young, and all that was heard."""

import pytest

from firmware_runtime.safety.actuator_response import Actuator
from firmware_runtime.safety.own_senses import OwnSenses
from firmware_runtime.vehicle.enums import MotionState, OnOffState
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.signals import Commands
from tests.bus_vehicle import TICK_NS, BusVehicle
from tests.safety.support import profile

MS = 1_000_000
NOW_NS = 1_000 * MS
SENT = Commands()


@pytest.fixture(scope="module")
def truck() -> Profile:
    return profile()


@pytest.fixture
def senses(truck: Profile) -> OwnSenses:
    made = OwnSenses(truck)
    made.push(BusVehicle().frames(NOW_NS))
    return made


def test_nothing_is_seen_before_somebody_looks(senses: OwnSenses) -> None:
    assert not senses.has_seen
    assert not OwnSenses(profile()).has_seen
    seen = senses.take(NOW_NS, SENT, anew=False)
    assert seen.time_ns == NOW_NS
    assert seen.state.usable("brake_status")
    assert not senses.has_seen


@pytest.mark.parametrize(("age_ns", "is_used"), [(0, True), (3 * MS, True), (3 * MS + 1, False)])
def test_what_was_seen_may_be_3_ms_old(senses: OwnSenses, age_ns: int, is_used: bool) -> None:
    seen = senses.look(NOW_NS, SENT)
    assert senses.has_seen
    taken = senses.take(NOW_NS + age_ns, SENT, anew=False)
    assert (taken is seen) is is_used
    assert taken.time_ns == (NOW_NS if is_used else NOW_NS + age_ns)


def test_it_is_used_once(senses: OwnSenses) -> None:
    seen = senses.look(NOW_NS, SENT)
    assert senses.take(NOW_NS, SENT, anew=False) is seen
    assert not senses.has_seen
    assert senses.take(NOW_NS, SENT, anew=False) is not seen


def test_whoever_wants_the_present_gets_it(senses: OwnSenses) -> None:
    seen = senses.look(NOW_NS, SENT)
    assert senses.take(NOW_NS + 1, SENT, anew=True) is not seen
    assert not senses.has_seen


def test_a_frame_that_came_since_makes_it_old(senses: OwnSenses) -> None:
    seen = senses.look(NOW_NS, SENT)
    senses.push([])
    assert senses.has_seen, "nothing came"
    senses.push(BusVehicle().frames(NOW_NS + 1)[:1])
    assert not senses.has_seen
    assert senses.take(NOW_NS + 1, SENT, anew=False) is not seen


@pytest.mark.parametrize("between_ms", [(), (3,), (1, 2, 9)], ids=str)
def test_the_way_is_the_same_however_often_it_looks(truck: Profile, between_ms: tuple[int, ...]) -> None:
    senses, vehicle = OwnSenses(truck), BusVehicle()
    vehicle.roll(2.0)
    for tick in range(101):
        now_ns = NOW_NS + tick * TICK_NS
        senses.push(vehicle.frames(now_ns))
        senses.take(now_ns, SENT, anew=False)
        for after_ms in between_ms:
            senses.look(now_ns + after_ms * MS, SENT)
    extra_m = 2.0 * max(between_ms, default=0) * 1e-3
    assert senses.odometer_m == pytest.approx(2.0 + extra_m, abs=0.005)
    assert senses.speed_mps == pytest.approx(2.0, abs=0.005)


def test_standstill_and_what_does_not_follow_are_seen_with_it(truck: Profile) -> None:
    senses, vehicle = OwnSenses(truck), BusVehicle()
    vehicle.roll(0.0)
    standing: list[bool] = []
    for tick in range(30):
        now_ns = NOW_NS + tick * TICK_NS
        senses.push(vehicle.frames(now_ns))
        seen = senses.look(now_ns, SENT)
        standing.append(seen.standing)
        assert seen.not_following == {}
    assert standing == [False] * 20 + [True] * 10


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize(
    ("motion", "found"), [(MotionState.DRIVING, {Actuator.TRACTION}), (MotionState.STOPPING, set[Actuator]())]
)
def test_torque_that_does_not_come_is_missed_where_the_heartbeat_lets_it(
    truck: Profile, motion: MotionState, found: set[Actuator]
) -> None:
    """An inverter that hears another heartbeat than DRIVING gives none, and does right."""
    senses, vehicle = OwnSenses(truck), BusVehicle()
    vehicle.roll(2.0)
    sent = Commands(heartbeat_motion_state=motion, traction_enable=OnOffState.ON, traction_torque_nm=2000.0)
    for tick in range(60):
        now_ns = NOW_NS + tick * TICK_NS
        senses.push(vehicle.frames(now_ns))
        seen = senses.look(now_ns, sent)
    assert set(seen.not_following) == found


@pytest.mark.parametrize(
    ("lost", "speed_mps"),
    [
        ((), 2.0),
        (("WheelSpeedsRear",), 3.0),
        (("TractionFeedback",), 2.0),
        # Two wheels at 2 m/s are the last word there is.
        (("WheelSpeedsRear", "TractionFeedback"), 1.0),
    ],
    ids=["all is heard", "wheels lost", "motor lost", "both lost"],
)
def test_its_speed_is_the_wheels_and_the_motors_where_a_wheel_is_lost(
    truck: Profile, lost: tuple[str, ...], speed_mps: float
) -> None:
    senses, vehicle = OwnSenses(truck), BusVehicle()
    vehicle.roll(2.0)
    # Radius 0.6 m, ratio 20.
    vehicle.set("TractionFeedback", MotorSpeed=3.0 / 0.6 * 20.0)
    vehicle.silent = set(lost)
    senses.push(vehicle.frames(NOW_NS))
    senses.look(NOW_NS, SENT)
    assert senses.speed_mps == pytest.approx(speed_mps, abs=0.005)


def test_wheels_that_are_steered_go_further_than_the_vehicle(truck: Profile) -> None:
    senses, vehicle = OwnSenses(truck), BusVehicle()
    vehicle.roll(2.0)
    vehicle.set("SteeringFeedback", FrontAngle=0.5, RearAngle=-0.4)
    senses.push(vehicle.frames(NOW_NS))
    senses.look(NOW_NS, SENT)
    # 0.5 * 2 m/s * (cos 0.5 + cos 0.4)
    assert senses.speed_mps == pytest.approx(1.7986, abs=0.005)
