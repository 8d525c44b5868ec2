"""Torque, regeneration and friction: together they are the force that was asked, within every limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.drive.blending import Blending, ForceSplit
from firmware_runtime.drive.park_brake import ParkBrake
from firmware_runtime.vehicle.enums import ParkBrakeRequest, ParkBrakeState
from tests.safety.support import profile

DATA = profile().data
RADIUS_M, RATIO, EFFICIENCY = 0.6, 20.0, 0.94
TORQUE_MAX_NM, REGEN_MAX_NM, POWER_MAX_W, FORCE_MAX_N = 5600.0, 3000.0, 350e3, 420e3
SLEW_NMPS = 8000.0


def settled(force_n: float, speed_mps: float, **limits: float) -> ForceSplit:
    """After so many ticks that the slew limit is out of the way."""
    blending = Blending(DATA.traction, DATA.brake, 0.01)
    given_limits = {"torque": 5600.0, "regen": 3000.0, "discharge": 400e3, "charge": 300e3} | limits
    motor_radps = given_limits.get("motor_radps", speed_mps * RATIO / RADIUS_M)
    split = ForceSplit(0.0, 0.0)
    for _ in range(150):
        split = blending.step(
            force_n,
            speed_mps,
            motor_radps,
            given_limits["torque"],
            given_limits["regen"],
            given_limits["discharge"],
            given_limits["charge"],
        )
    return split


def tyre_force_n(torque_nm: float) -> float:
    loss = EFFICIENCY if torque_nm >= 0 else 1 / EFFICIENCY
    return torque_nm * RATIO / RADIUS_M * loss


@given(st.floats(-300e3, 120e3), st.floats(0.0, 9.0))
def test_force_is_what_was_asked_or_a_limit_explains_it(force_n: float, speed_mps: float) -> None:
    split = settled(force_n, speed_mps)
    total_n = tyre_force_n(split.torque_nm) - split.brake_force_n
    if force_n < 0:
        assert total_n == pytest.approx(force_n, abs=1.0), "friction takes exactly what regeneration does not"
    else:
        shaft_w = abs(split.torque_nm) * speed_mps * RATIO / RADIUS_M
        limited = (
            split.torque_nm == pytest.approx(TORQUE_MAX_NM) or shaft_w >= POWER_MAX_W * EFFICIENCY * 0.999
        )
        assert limited or total_n == pytest.approx(force_n, abs=1.0)
    assert abs(split.torque_nm) <= TORQUE_MAX_NM + 1e-9
    assert split.torque_nm >= -REGEN_MAX_NM - 1e-9
    assert 0 <= split.brake_force_n <= FORCE_MAX_N


@given(st.lists(st.floats(-200e3, 200e3), min_size=2, max_size=60), st.floats(0, 9))
def test_torque_never_changes_faster_than_its_slew(forces_n: list[float], speed_mps: float) -> None:
    blending = Blending(DATA.traction, DATA.brake, 0.01)
    last = 0.0
    for force_n in forces_n:
        split = blending.step(force_n, speed_mps, speed_mps * RATIO / RADIUS_M, 5600.0, 3000.0, 400e3, 300e3)
        assert abs(split.torque_nm - last) <= SLEW_NMPS * 0.01 + 1e-9
        last = split.torque_nm


def test_at_standstill_there_is_no_regeneration() -> None:
    split = settled(-50_000.0, 0.0)
    assert split.torque_nm == 0.0
    assert split.brake_force_n == pytest.approx(50_000.0)


@pytest.mark.parametrize("motor_radps", [0.0, -30.0])
def test_a_shaft_that_stands_or_turns_back_is_not_driven_backwards_whatever_the_wheels_say(
    motor_radps: float,
) -> None:
    """A wheel speed that stands still at its last value shows motion where the driver has braked to rest."""
    split = settled(-50_000.0, 1.3, motor_radps=motor_radps)
    assert split.torque_nm == 0.0
    assert split.brake_force_n == pytest.approx(50_000.0)


def test_a_motor_that_shows_more_speed_than_the_wheels_gives_no_more_regeneration() -> None:
    faster, same = settled(-50_000.0, 0.2, motor_radps=100.0), settled(-50_000.0, 0.2)
    assert same.torque_nm < 0.0
    assert faster.torque_nm == pytest.approx(same.torque_nm)
    assert faster.brake_force_n == pytest.approx(same.brake_force_n)


def test_a_full_battery_takes_nothing_and_friction_does_it_all() -> None:
    split = settled(-50_000.0, 5.0, charge=0.0)
    assert split.torque_nm == pytest.approx(0.0)
    assert split.brake_force_n == pytest.approx(50_000.0)


def test_no_discharge_power_means_no_propulsion() -> None:
    assert settled(50_000.0, 5.0, discharge=0.0).torque_nm == 0.0


def test_release_takes_all_torque_at_once() -> None:
    blending = Blending(DATA.traction, DATA.brake, 0.01)
    for _ in range(50):
        blending.step(50_000.0, 3.0, 100.0, 5600.0, 3000.0, 400e3, 300e3)
    assert blending.release(50_000.0) == ForceSplit(0.0, 0.0)
    assert blending.release(-50_000.0) == ForceSplit(0.0, 50_000.0), "friction brakes all the same"
    assert blending.step(50_000.0, 3.0, 100.0, 5600.0, 3000.0, 400e3, 300e3).torque_nm <= SLEW_NMPS * 0.01


@pytest.mark.requirement("SR-23")
def test_the_service_brake_bridges_until_the_spring_brake_has_applied_and_until_it_is_open() -> None:
    park = ParkBrake(DATA.brake)
    standing = park.step(True, True, True, ParkBrakeState.MOVING)
    assert (standing.park_brake, standing.brake_force_n) == (ParkBrakeRequest.APPLY, 180_000.0)
    parked = park.step(True, True, True, ParkBrakeState.APPLIED)
    assert (parked.park_brake, parked.brake_force_n, parked.may_drive) == (ParkBrakeRequest.APPLY, 0.0, False)
    opening = park.step(False, True, True, ParkBrakeState.MOVING)
    assert (opening.park_brake, opening.brake_force_n) == (ParkBrakeRequest.RELEASE, 180_000.0)
    assert not opening.may_drive
    open_ = park.step(False, True, True, ParkBrakeState.RELEASED)
    assert (open_.park_brake, open_.brake_force_n, open_.may_drive) == (ParkBrakeRequest.RELEASE, 0.0, True)


def test_a_park_brake_that_says_closed_while_rolling_takes_torque_and_does_not_brake_hard() -> None:
    park = ParkBrake(DATA.brake)
    park.step(False, True, True, ParkBrakeState.RELEASED)
    rolling = park.step(False, False, True, ParkBrakeState.MOVING)
    assert (rolling.may_drive, rolling.brake_force_n) == (False, 0.0)
    assert rolling.park_brake is ParkBrakeRequest.RELEASE


def test_the_spring_brake_is_not_dropped_while_rolling() -> None:
    park = ParkBrake(DATA.brake)
    park.step(False, True, True, ParkBrakeState.RELEASED)
    assert park.step(True, False, True, ParkBrakeState.RELEASED).park_brake is ParkBrakeRequest.RELEASE
    assert park.step(True, False, False, ParkBrakeState.RELEASED).park_brake is ParkBrakeRequest.RELEASE
    assert park.step(True, True, False, ParkBrakeState.RELEASED).park_brake is ParkBrakeRequest.APPLY
