"""A person's wishes, within what the vehicle and its permissions let them."""

from math import atan

import pytest

from firmware_runtime.motion.hand_driving import HandDriving
from firmware_runtime.motion.kinematics import SteeringGeometry
from firmware_runtime.motion.lead import Lead, Leader
from firmware_runtime.motion.speed_control import SpeedControl, SpeedRequest
from firmware_runtime.motion.stop_kinds import Stop
from firmware_runtime.vehicle.enums import ParkBrakeState, SafetyState, StopKind
from firmware_runtime.vehicle.signals import VehicleState
from tests.motion.test_speed_control import Point
from tests.safety.support import profile
from tests.vehicle_state import vehicle_state

DATA = profile().data
EMPTY_KG, WHEELBASE_M, ANGLE_MAX_RAD = 26_500.0, 8.0, 0.50
LATERAL_MPS2 = 1.5 * 1.0
S = SafetyState
NO_STOP = Stop(StopKind.NONE, 0.7, 0.8)
SECOND_NS = 1_000_000_000


def hand() -> HandDriving:
    speed = SpeedControl(DATA.control, DATA.limits, DATA.mass, DATA.resistance, 0.01)
    return HandDriving(DATA, SteeringGeometry(DATA.geometry, DATA.steering), speed)


class Drive:
    """A mass point under a person's hands."""

    def __init__(self, lead: Lead, grade: float = 0.0) -> None:
        self.hand, self.lead, self.point = hand(), lead, Point(grade=grade)
        self.hand.begin(0.0, standing=False)
        self.request = SpeedRequest(0.0, 0.0, True)
        self.hardest_jerk_mps3 = 0.0

    def at(self, speed_mps: float) -> None:
        """Driven up to this speed, as the cap."""
        self.run(3.0 + speed_mps / 0.4, vehicle_state(cab_accelerator=1.0), cap_mps=speed_mps)

    def run(
        self, seconds: float, state: VehicleState, cap_mps: float = 8.33, propulsion: bool = True
    ) -> float:
        for _ in range(round(seconds * 100)):
            speed, before_n = self.point.speed_mps, self.request.force_n
            standing = speed == 0.0
            self.request = self.hand.force(
                self.lead, state, speed, cap_mps, propulsion, NO_STOP, standing, False
            )
            self.point.step(self.request.force_n)
            grown = (self.request.force_n - before_n) / EMPTY_KG / 0.01
            self.hardest_jerk_mps3 = max(self.hardest_jerk_mps3, grown)
        return self.point.speed_mps


@pytest.mark.parametrize(("asked_mps", "cap_mps", "driven_mps"), [(1.0, 1.5, 1.0), (5.0, 1.5, 1.35)])
def test_a_remote_driver_gets_the_speed_asked_and_no_more_than_the_cap(
    asked_mps: float, cap_mps: float, driven_mps: float
) -> None:
    drive = Drive(Lead.REMOTE)
    asked = vehicle_state(remote_speed_mps=asked_mps, park_brake_state=ParkBrakeState.RELEASED)
    assert drive.run(12.0, asked, cap_mps) == pytest.approx(driven_mps, abs=0.03)


@pytest.mark.parametrize(
    "state",
    [
        vehicle_state(remote_speed_mps=0.049),
        vehicle_state(remote_speed_mps=-1.0),
        vehicle_state(remote_speed_mps=1.0, unusable=frozenset({"remote_speed_mps"})),
        vehicle_state(remote_speed_mps=1.0, unusable=frozenset({"remote_steering_rad"})),
    ],
)
def test_no_speed_that_can_be_trusted_is_a_hold(state: VehicleState) -> None:
    drive = Drive(Lead.REMOTE)
    drive.run(0.1, state)
    assert drive.request.hold
    drive.point.speed_mps = 1.0
    assert drive.run(6.0, state) == 0.0


def test_without_permission_the_asked_speed_counts_for_nothing() -> None:
    drive = Drive(Lead.REMOTE)
    assert drive.run(2.0, vehicle_state(remote_speed_mps=1.0), propulsion=False) == 0.0
    assert drive.request.hold


@pytest.mark.parametrize("lead", [Lead.REMOTE, Lead.CAB])
def test_the_angle_is_the_persons_and_the_rear_axle_follows_opposed(lead: Lead) -> None:
    state = vehicle_state(remote_steering_rad=0.2, cab_steering_rad=0.2)
    angles = hand().angles(lead, state, 1.0)
    assert angles is not None
    assert angles.front_rad == pytest.approx(0.2)
    assert angles.rear_rad == pytest.approx(-0.2)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_at_speed_the_angle_ends_at_the_lateral_acceleration(side: float) -> None:
    angles = hand().angles(Lead.CAB, vehicle_state(cab_steering_rad=side * 0.5), 8.0)
    assert angles is not None
    assert angles.front_rad == pytest.approx(side * atan(LATERAL_MPS2 / 64.0 * WHEELBASE_M / 2.0))
    still = hand().angles(Lead.CAB, vehicle_state(cab_steering_rad=side * 0.9), 0.0)
    assert still is not None
    assert still.front_rad == pytest.approx(side * ANGLE_MAX_RAD), "and at the steering's own limit"


def test_an_angle_that_is_not_heard_is_none() -> None:
    state = vehicle_state(unusable=frozenset({"cab_steering_rad", "remote_speed_mps"}))
    assert hand().angles(Lead.CAB, state, 1.0) is None
    assert hand().angles(Lead.REMOTE, state, 1.0) is not None
    lost = vehicle_state(unusable=frozenset({"remote_steering_rad"}))
    assert hand().angles(Lead.REMOTE, lost, 1.0) is None


def test_the_accelerator_gives_force_that_grows_within_the_jerk_up_to_the_cap() -> None:
    drive = Drive(Lead.CAB)
    pressed = vehicle_state(cab_accelerator=1.0)
    drive.run(1.0, pressed)
    assert 0.2 < drive.point.speed_mps < 0.6
    assert drive.hardest_jerk_mps3 <= 0.8 * 1.1
    assert drive.run(30.0, pressed) == pytest.approx(8.33, abs=0.05)
    assert drive.run(10.0, pressed, cap_mps=2.0) == pytest.approx(2.0, abs=0.05), "a lower cap brakes"


def test_the_whole_pedal_climbs_the_steepest_grade() -> None:
    drive = Drive(Lead.CAB, grade=0.15)
    assert drive.run(10.0, vehicle_state(cab_accelerator=1.0)) > 1.5


def test_a_lifted_foot_is_no_braking_and_near_rest_the_vehicle_holds() -> None:
    drive = Drive(Lead.CAB)
    drive.run(8.0, vehicle_state(cab_accelerator=0.6))
    before_mps = drive.point.speed_mps
    rolled_mps = drive.run(1.0, vehicle_state())
    # Rolling resistance alone: 0.011 g.
    assert rolled_mps == pytest.approx(before_mps - 0.1, abs=0.05)
    assert not drive.request.hold
    drive.point.speed_mps = 0.14
    assert drive.run(2.0, vehicle_state()) == 0.0
    assert drive.request.hold


@pytest.mark.parametrize("accelerator", [0.0, 1.0])
def test_the_brake_pedal_is_a_share_of_the_whole_brake_and_wins(accelerator: float) -> None:
    drive = Drive(Lead.CAB)
    drive.at(5.0)
    drive.run(0.01, vehicle_state(cab_brake=0.25, cab_accelerator=accelerator))
    assert drive.request.force_n == pytest.approx(-0.25 * 420_000.0)


@pytest.mark.parametrize("share", [0.0, 0.02])
def test_the_play_of_the_pedals_counts_for_nothing(share: float) -> None:
    drive = Drive(Lead.CAB)
    drive.at(5.0)
    drive.run(0.05, vehicle_state(cab_brake=share, cab_accelerator=share))
    assert drive.request.force_n == 0.0


@pytest.mark.parametrize("lost", ["cab_accelerator", "cab_brake"])
def test_pedals_that_are_lost_bring_it_to_rest(lost: str) -> None:
    drive = Drive(Lead.CAB)
    drive.at(5.0)
    state = vehicle_state(cab_accelerator=1.0, unusable=frozenset({lost}))
    assert drive.run(5.0 / 0.7 + 2.0, state) == 0.0
    assert drive.request.hold


def test_without_propulsion_the_brake_pedal_remains() -> None:
    drive = Drive(Lead.CAB)
    drive.at(5.0)
    drive.run(1.0, vehicle_state(cab_accelerator=1.0), propulsion=False)
    assert drive.request.force_n <= 0.0
    drive.run(0.01, vehicle_state(cab_brake=0.5), propulsion=False)
    assert drive.request.force_n == pytest.approx(-210_000.0)


def test_a_remote_drive_rests_after_ten_seconds_without_a_wish() -> None:
    driving, idle, asking = hand(), vehicle_state(), vehicle_state(remote_speed_mps=0.5)
    assert not driving.rested(0, Lead.REMOTE, idle, held=True)
    assert not driving.rested(10 * SECOND_NS - 1, Lead.REMOTE, idle, held=True)
    assert driving.rested(10 * SECOND_NS, Lead.REMOTE, idle, held=True)
    assert not driving.rested(11 * SECOND_NS, Lead.REMOTE, asking, held=True)
    assert not driving.rested(12 * SECOND_NS, Lead.REMOTE, idle, held=True), "from the beginning again"
    assert not driving.rested(23 * SECOND_NS, Lead.REMOTE, idle, held=False)
    assert not driving.rested(60 * SECOND_NS, Lead.CAB, idle, held=True), "a driver in the cab turns a key"


def test_whoever_begins_to_drive_at_a_distance_has_the_whole_pause_before_him() -> None:
    driving, idle = hand(), vehicle_state()
    assert not driving.rested(0, Lead.REMOTE, idle, held=True)
    assert driving.rested(10 * SECOND_NS, Lead.REMOTE, idle, held=True)
    driving.begin(0.0, standing=True)
    assert not driving.rested(60 * SECOND_NS, Lead.REMOTE, idle, held=True)


def test_a_pedal_that_is_pressed_when_it_begins_to_count_moves_nothing_until_it_was_let_go() -> None:
    drive, pressed = Drive(Lead.CAB), vehicle_state(cab_accelerator=1.0)
    drive.hand.begin(0.0, standing=True)
    assert drive.run(3.0, pressed) == 0.0
    assert drive.request.hold
    drive.run(0.01, vehicle_state())
    assert drive.run(3.0, pressed) > 1.0


@pytest.mark.parametrize(
    ("state", "cap_mps", "propulsion"),
    [
        (vehicle_state(cab_accelerator=1.0), 0.0, True),
        (vehicle_state(cab_accelerator=1.0), 8.33, False),
        (vehicle_state(cab_accelerator=1.0, unusable=frozenset({"cab_brake"})), 8.33, True),
    ],
    ids=["scanner", "plug", "unheard"],
)
def test_nor_does_a_pedal_set_off_that_was_held_through_what_forbade_it(
    state: VehicleState, cap_mps: float, propulsion: bool
) -> None:
    drive, pressed = Drive(Lead.CAB), vehicle_state(cab_accelerator=1.0)
    drive.run(1.0, state, cap_mps, propulsion)
    assert drive.run(3.0, pressed) == 0.0
    drive.run(0.01, vehicle_state())
    assert drive.run(3.0, pressed) > 1.0


def test_under_way_the_pedal_counts_at_once_and_an_earlier_one_is_forgotten() -> None:
    drive = Drive(Lead.CAB)
    drive.at(5.0)
    drive.hand.begin(5.0, standing=False)
    drive.run(0.01, vehicle_state(cab_accelerator=1.0))
    assert 0.0 < drive.request.force_n <= 0.8 * 0.011 * EMPTY_KG, "it grows from nothing"


@pytest.mark.parametrize("grade", [-0.15, 0.15])
@pytest.mark.parametrize(("asked_mps", "cap_mps"), [(1.0, 0.3), (6.0, 1.5)])
def test_no_hill_makes_a_start_at_a_distance_faster_than_its_cap(
    grade: float, asked_mps: float, cap_mps: float
) -> None:
    drive, most_mps = Drive(Lead.REMOTE, grade), 0.0
    asked = vehicle_state(remote_speed_mps=asked_mps, park_brake_state=ParkBrakeState.RELEASED)
    for _ in range(1200):
        most_mps = max(most_mps, drive.run(0.01, asked, cap_mps))
    assert 0.85 * cap_mps <= most_mps <= cap_mps


def test_a_stop_goes_on_by_whoever_led_before_it() -> None:
    leader = Leader()
    told = [
        (S.INIT, Lead.ROUTE, False, False),
        (S.REMOTE, Lead.REMOTE, False, True),
        (S.REMOTE, Lead.REMOTE, False, False),
        (S.MRM, Lead.REMOTE, False, False),
        (S.SAFE_STOP, Lead.REMOTE, False, False),
        (S.REMOTE, Lead.REMOTE, False, True),
        (S.AUTO, Lead.ROUTE, True, True),
        (S.AUTO, Lead.ROUTE, False, False),
        (S.DEGRADED, Lead.ROUTE, False, False),
        (S.MANUAL, Lead.CAB, False, True),
        (S.FAULT, Lead.CAB, False, False),
        (S.MANUAL, Lead.CAB, False, True),
        (S.MAINTENANCE, Lead.REMOTE, False, True),
        (S.DEGRADED, Lead.ROUTE, True, True),
        (S.MRM, Lead.ROUTE, False, False),
    ]
    for state, lead, back, begins in told:
        assert leader.step(state) is lead
        assert leader.back_on_route is back
        assert leader.begins is begins
