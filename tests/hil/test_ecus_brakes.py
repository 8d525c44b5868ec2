"""Brake ECU: service brake, spring-applied park brake, air, fallback braking, wheel speeds."""

import statistics

import pytest

from tests.hil.bus_peer import Rig
from tests.hil.vehicles import parameters, variant

FALLBACK_SHARE = 0.40


@pytest.fixture
def rig() -> Rig:
    return Rig(parameters("q_truck"))


def test_the_park_brake_is_applied_at_power_up(rig: Rig) -> None:
    rig.run(0.1)
    assert rig.truth.park_brake_applied
    assert rig.seen["BrakeFeedback"]["ParkBrakeState"] == "APPLIED"


def test_the_park_brake_takes_its_time_both_ways(rig: Rig) -> None:
    rig.unlatch()
    rig.set("BrakeCommand", ParkBrakeRequest="RELEASE")
    assert rig.ticks_until(lambda: rig.vehicle.brakes.park_state == "RELEASED") == pytest.approx(50, abs=2)
    rig.set("BrakeCommand", ParkBrakeRequest="APPLY")
    rig.tick()
    assert rig.seen["BrakeFeedback"]["ParkBrakeState"] == "MOVING"
    assert rig.ticks_until(lambda: rig.truth.park_brake_applied) == pytest.approx(40, abs=2)


@pytest.mark.parametrize("request_", ["ERROR", "NOT_AVAILABLE"])
def test_a_request_that_says_nothing_changes_nothing(rig: Rig, request_: str) -> None:
    rig.unlatch()
    rig.set("BrakeCommand", ParkBrakeRequest=request_)
    rig.run(1.0)
    assert rig.truth.park_brake_applied
    rig.set("BrakeCommand", ParkBrakeRequest="RELEASE")
    rig.run(1.0)
    rig.set("BrakeCommand", ParkBrakeRequest=request_)
    rig.run(1.0)
    assert rig.seen["BrakeFeedback"]["ParkBrakeState"] == "RELEASED"


def test_without_air_it_does_not_release(rig: Rig) -> None:
    rig.unlatch()
    rig.vehicle.brakes.reservoir.pressure_pa = 5.0e5
    rig.set("BrakeCommand", ParkBrakeRequest="RELEASE")
    rig.run(2.0)
    assert rig.truth.park_brake_applied
    assert rig.seen["BrakeFeedback"]["ReservoirPressure"] == pytest.approx(5.0, abs=0.1)


def test_losing_air_applies_it_whatever_is_asked(rig: Rig) -> None:
    rig.ready_to_drive()
    rig.vehicle.brakes.reservoir.leak_paps = 3.0e5
    rig.run(3.0)
    assert rig.truth.park_brake_applied


def test_the_compressor_fills_only_with_high_voltage(rig: Rig) -> None:
    rig.vehicle.brakes.reservoir.pressure_pa = 6.0e5
    rig.run(3.0)
    assert rig.vehicle.brakes.reservoir.pressure_pa <= 6.0e5
    rig.ready_to_drive()
    low = rig.vehicle.brakes.reservoir.pressure_pa
    rig.run(5.0)
    assert rig.vehicle.brakes.reservoir.pressure_pa > low + 0.2e5


def test_braking_costs_air(rig: Rig) -> None:
    rig.unlatch()
    before = rig.vehicle.brakes.reservoir.pressure_pa
    rig.set("BrakeCommand", ForceRequest=420_000)
    rig.run(1.5)
    assert before - rig.vehicle.brakes.reservoir.pressure_pa == pytest.approx(25_000, rel=0.02)


def test_service_force_follows_with_its_lag_and_its_worn_linings(rig: Rig) -> None:
    rig.unlatch()
    rig.set("BrakeCommand", ForceRequest=100_000, ParkBrakeRequest="RELEASE")
    rig.run(0.15)
    assert rig.seen["BrakeFeedback"]["Force"] == pytest.approx(63_200, rel=0.03)
    rig.run(1.5)
    assert rig.seen["BrakeFeedback"]["Force"] == pytest.approx(100_000, rel=0.01)
    assert rig.vehicle.brakes.service_force_n == pytest.approx(95_000, rel=0.01)


def test_service_force_is_bounded(rig: Rig) -> None:
    rig.unlatch()
    rig.set("BrakeCommand", ForceRequest=650_000)
    rig.run(2.0)
    assert rig.seen["BrakeFeedback"]["Force"] == pytest.approx(420_000, abs=20)


@pytest.mark.requirement("SR-11")
def test_latched_while_moving_it_brakes_with_40_percent_then_parks() -> None:
    rig = Rig(variant("q_truck", start={"load_mass_kg": 60_000.0}))
    rig.ready_to_drive()
    rig.reach_speed(5.0, 5000)
    rig.silent = {"RuntimeHeartbeat", "TractionCommand", "BrakeCommand", "SteeringCommand"}
    rig.run(1.0)
    assert rig.truth.speed_mps > 0
    expected_n = FALLBACK_SHARE * 420_000
    assert rig.seen["BrakeFeedback"]["Force"] == pytest.approx(expected_n, rel=0.01)
    assert rig.seen["BrakeFeedback"]["ParkBrakeState"] == "RELEASED"
    rig.ticks_until(lambda: rig.truth.speed_mps == 0.0)
    assert rig.ticks_until(lambda: rig.truth.park_brake_applied) == pytest.approx(10 + 40, abs=3)
    rig.run(1.0)
    assert rig.seen["BrakeFeedback"]["Force"] < 500
    assert rig.truth.speed_mps == 0.0


def test_latched_its_own_deceleration_follows_from_the_force() -> None:
    rig = Rig(variant("q_truck", start={"load_mass_kg": 60_000.0}))
    rig.ready_to_drive()
    rig.reach_speed(5.0, 5000)
    rig.run(0.3)
    rig.silent = {"BrakeCommand"}
    rig.run(1.2)
    mass = 26_900 + 60_000
    friction = FALLBACK_SHARE * 420_000 * 0.95 + 0.011 * mass * 9.80665
    assert rig.truth.acceleration_mps2 == pytest.approx(-friction / (mass + 0.08 * 26_900), rel=0.02)


def test_latched_it_ignores_a_release(rig: Rig) -> None:
    rig.set("BrakeCommand", ParkBrakeRequest="RELEASE")
    rig.run(2.0)
    assert rig.truth.park_brake_applied


def test_a_failed_brake_says_so_and_the_springs_still_hold(rig: Rig) -> None:
    rig.unlatch()
    rig.vehicle.brakes.failed = True
    rig.set("BrakeCommand", ForceRequest=100_000)
    rig.run(1.0)
    assert rig.seen["BrakeFeedback"]["Status"] == "FAULT"
    assert rig.vehicle.brakes.service_force_n < 1
    assert rig.truth.park_brake_applied


def test_wheel_speeds_read_slow_by_the_true_radius_and_noisy(rig: Rig) -> None:
    rig.ready_to_drive()
    rig.reach_speed(5.0, 5000)
    ratios = []
    for _ in range(300):
        rig.tick()
        measured = rig.seen["WheelSpeedsFront"]
        ratios.append((measured["Left"] + measured["Right"]) / 7.2 / rig.truth.speed_mps)
    assert statistics.mean(ratios) == pytest.approx(0.60 / 0.6012, abs=2e-4)
    assert 1e-4 < statistics.stdev(ratios) < 2e-3


def test_standing_wheels_read_exactly_0(rig: Rig) -> None:
    for _ in range(100):
        rig.tick()
        assert rig.seen["WheelSpeedsFront"]["Left"] == 0
        assert rig.seen["WheelSpeedsRear"]["Right"] == 0


def test_wheel_speeds_are_signed(rig: Rig) -> None:
    rig.ready_to_drive()
    rig.reach_speed(1.0, -3000)
    assert rig.truth.speed_mps < -0.9
    assert rig.seen["WheelSpeedsRear"]["Left"] < -3.0
