"""The supervisor's own stop by itself: how hard it brakes and where it steers, worked out again by hand.

The Q-Truck: 26.5 t empty, 75 t load, wheelbase 8 m, both axles steered alike: 4 m from the middle to each.
"""

from math import atan, tan

import msgspec
import pytest

from firmware_runtime.safety.gross_mass import GrossMass
from firmware_runtime.safety.stop_driver import StopCommand, StopDriver
from firmware_runtime.vehicle.enums import Direction
from firmware_runtime.vehicle.load import load_profile
from firmware_runtime.vehicle.profile import ProfileData
from firmware_runtime.vehicle.stop_plan import StopPlan
from tests.safety.support import ROOT, TICK_NS, profile
from tests.vehicle_state import vehicle_state

TRUCK = profile().data
EMPTY_KG, FULL_KG = 26_500.0, 101_500.0
HELD_RAD = (0.1, -0.2)
EXPIRES_NS = 10**12
GRADE_MPS2 = 9.81 * 0.15 / (1 + 0.15**2) ** 0.5

PLAN = StopPlan(
    anchor_odometer_m=100.0,
    expires_ns=EXPIRES_NS,
    direction=Direction.FORWARD,
    step_m=2.0,
    curvature_1pm=(0.0, 0.01, 0.02, 0.04, 0.08),
    crab_rad=(0.0, 0.1, 0.2, -0.1, 0.3),
    deceleration_mps2=1.8,
    hold_park_brake=True,
)


class Stop:
    """A stop, tick by tick."""

    def __init__(
        self, data: ProfileData = TRUCK, plan: StopPlan | None = PLAN, load_kg: float | None = 0.0
    ) -> None:
        self.driver, self.plan, self.mass = StopDriver(data), plan, GrossMass(data.mass)
        if load_kg is not None:
            self.mass.step(vehicle_state(load_mass_kg=load_kg))
        self.now_ns = 0
        self.held_rad = HELD_RAD

    def tick(
        self,
        speed_mps: float = 5.0,
        odometer_m: float = 100.0,
        speed_known: bool = False,
        emergency: bool = False,
        standing: bool = False,
    ) -> StopCommand:
        self.now_ns += TICK_NS
        return self.driver.step(
            self.now_ns,
            odometer_m,
            speed_mps,
            speed_known,
            self.mass,
            self.plan,
            self.held_rad,
            emergency,
            standing,
        )

    def settled(self, speed_mps: float = 5.0, odometer_m: float = 100.0) -> StopCommand:
        """Where it steers here once it had the time to."""
        for _ in range(200):
            found = self.tick(speed_mps, odometer_m)
            self.held_rad = found.front_rad, found.rear_rad
        return found

    def forces_n(self, ticks: int, speed_mps: float = 5.0, speed_known: bool = False) -> list[float]:
        return [self.tick(speed_mps, speed_known=speed_known).brake_force_n for _ in range(ticks)]


@pytest.mark.parametrize("step_ms", [1, 2, 5, 10, 15, 50])
def test_it_brakes_by_the_time_that_passed_however_often_it_is_asked(step_ms: int) -> None:
    """The first step counts for 10 ms: nobody knows how long the vehicle was left alone before it."""
    stop = Stop()
    stop.tick()
    for passed_ms in range(step_ms, 301, step_ms):
        stop.now_ns += step_ms * 1_000_000 - TICK_NS
        force_n = stop.tick().brake_force_n
        built_mps2 = 4.0 * (10 + passed_ms) * 1e-3
        assert force_n == pytest.approx(EMPTY_KG * min(built_mps2, 1.8))


@pytest.mark.parametrize("gap_ms", [51, 200, 5000])
def test_a_pause_counts_for_50_ms_at_most(gap_ms: int) -> None:
    stop = Stop()
    stop.tick()
    stop.now_ns += gap_ms * 1_000_000 - TICK_NS
    assert stop.tick().brake_force_n == pytest.approx(EMPTY_KG * 4.0 * 0.06)


def test_the_next_stop_begins_with_10_ms_again() -> None:
    stop = Stop()
    stop.forces_n(20)
    stop.tick(standing=True)
    stop.now_ns += 20_000_000
    assert stop.tick().brake_force_n == pytest.approx(EMPTY_KG * 4.0 * 0.01)


def test_a_stop_that_turns_into_a_softer_one_goes_on_from_its_last_step() -> None:
    stop = Stop()
    stop.tick(emergency=True)
    stop.now_ns += 10_000_000
    assert stop.tick().brake_force_n == pytest.approx(EMPTY_KG * 4.0 * 0.02)


@pytest.mark.parametrize("step_ms", [1, 2, 5])
def test_what_is_too_fast_is_braked_as_hard_at_every_rate(step_ms: int) -> None:
    """A hill: the speed stays, though the brakes act."""
    slow, fast = Stop(), Stop()
    for _ in range(100):
        slow_n = slow.tick(speed_known=True).brake_force_n
    for _ in range(1000 // step_ms):
        fast.now_ns += step_ms * 1_000_000 - TICK_NS
        fast_n = fast.tick(speed_known=True).brake_force_n
    assert fast_n == pytest.approx(slow_n, rel=0.01)


def test_deceleration_builds_up_with_4_mps3_and_stays() -> None:
    forces_n = Stop().forces_n(60)
    expected = [EMPTY_KG * min(0.04 * tick, 1.8) for tick in range(1, 61)]
    assert forces_n == pytest.approx(expected)


def test_after_standing_the_next_stop_begins_gently_again() -> None:
    stop = Stop()
    stop.forces_n(100)
    assert stop.tick(0.0, standing=True) == StopCommand(180_000.0, *HELD_RAD)
    assert stop.tick().brake_force_n == pytest.approx(EMPTY_KG * 0.04)


@pytest.mark.parametrize(
    ("asked_mps2", "given_mps2"), [(0.8, 0.8), (0.1, 0.5), (3.0, 1.8)], ids=["asked", "least", "most"]
)
def test_the_plans_deceleration_counts_within_bounds(asked_mps2: float, given_mps2: float) -> None:
    stop = Stop(plan=msgspec.structs.replace(PLAN, deceleration_mps2=asked_mps2))
    assert stop.forces_n(100)[-1] == pytest.approx(EMPTY_KG * given_mps2)


def test_without_a_plan_it_is_the_profiles_minimal_risk_deceleration_and_the_angle_held() -> None:
    stop = Stop(plan=None)
    assert stop.forces_n(100)[-1] == pytest.approx(EMPTY_KG * 1.8)
    last = stop.tick()
    assert (last.front_rad, last.rear_rad) == HELD_RAD


def test_an_emergency_stop_is_the_whole_service_brake_at_once() -> None:
    assert Stop().tick(emergency=True).brake_force_n == 420_000.0


def test_an_unknown_mass_is_never_braked_harder_than_4_mps2() -> None:
    """26.5 t at 4 m/s² is the force; 58.9 t brake at 1.8 m/s² with it."""
    assert Stop(load_kg=None).forces_n(100)[-1] == pytest.approx(EMPTY_KG * 4.0)


def test_what_a_vehicle_stays_too_fast_is_added_up_to_hill_worn_brakes_and_unknown_mass() -> None:
    assert Stop().forces_n(1000, speed_known=True)[-1] == pytest.approx(
        EMPTY_KG * (1.8 + GRADE_MPS2 + 0.3 * 1.8)
    )
    unknown_mps2 = 1.8 * (1 - EMPTY_KG * 4.0 / 1.8 / FULL_KG)
    assert Stop(load_kg=None).forces_n(1000, speed_known=True)[-1] == pytest.approx(
        EMPTY_KG * 4.0 + FULL_KG * (GRADE_MPS2 + 0.3 * 1.8 + unknown_mps2)
    )


def test_a_creep_that_does_not_end_is_braked_too() -> None:
    assert Stop().forces_n(3000, speed_mps=0.4, speed_known=True)[-1] == pytest.approx(
        EMPTY_KG * (1.8 + GRADE_MPS2 + 0.3 * 1.8)
    )


def test_a_lasting_excess_adds_up_by_half_of_it_each_second() -> None:
    """Ramp of 0.45 s and lag of 0.25 s: a stop from 8 m/s should have left 8 - 1.8 (t - 0.475) m/s."""
    for excess_mps in (0.0, 0.1):
        stop = Stop()
        forces_n = stop.forces_n(1, 8.0, speed_known=True)
        for tick in range(2, 301):
            speed_mps = 8.0 - 1.8 * max(tick * 0.01 - 0.475, 0.0) + excess_mps
            forces_n += stop.forces_n(1, speed_mps, speed_known=True)
        grown_mps2 = (forces_n[299] - forces_n[199]) / EMPTY_KG
        assert grown_mps2 == pytest.approx(0.5 * excess_mps, abs=0.02)


def test_it_steers_by_the_plan_between_its_points_a_little_ahead() -> None:
    """3.5 m driven and 0.2 s of 5 m/s ahead: 4.5 m, a quarter between the third and the fourth point."""
    found = Stop().settled(5.0, 103.5)
    curvature_1pm, crab_rad = 0.75 * 0.02 + 0.25 * 0.04, 0.75 * 0.2 - 0.25 * 0.1
    assert found.front_rad == pytest.approx(atan(tan(crab_rad) + 4.0 * curvature_1pm))
    assert found.rear_rad == pytest.approx(atan(tan(crab_rad) - 4.0 * curvature_1pm))


def test_backwards_the_way_counts_as_well() -> None:
    assert Stop().settled(-5.0, 96.5) == Stop().settled(5.0, 103.5)


def test_it_uses_the_plan_to_its_last_point_and_then_holds() -> None:
    curvature_1pm, crab_rad = 0.05 * 0.04 + 0.95 * 0.08, 0.05 * -0.1 + 0.95 * 0.3
    last = Stop().settled(0.0, 107.9)
    assert last.rear_rad == pytest.approx(atan(tan(crab_rad) - 4.0 * curvature_1pm))
    for beyond_m in (108.0, 110.0, 200.0):
        held = Stop().tick(0.0, beyond_m)
        assert (held.front_rad, held.rear_rad) == HELD_RAD


def test_from_its_expiry_on_the_angle_is_held() -> None:
    for expires_ns, holds in ((TICK_NS, True), (TICK_NS + 1, False)):
        found = Stop(plan=msgspec.structs.replace(PLAN, expires_ns=expires_ns)).tick(5.0, 103.5)
        assert ((found.front_rad, found.rear_rad) == HELD_RAD) is holds


def test_no_angle_is_beyond_what_the_steering_can() -> None:
    tight = msgspec.structs.replace(PLAN, curvature_1pm=(0.3,) * 5, crab_rad=(0.0,) * 5)
    found = Stop(plan=tight).settled(5.0)
    assert (found.front_rad, found.rear_rad) == pytest.approx((0.5, -0.5))


def test_a_rear_axle_that_does_not_steer_is_told_straight_ahead() -> None:
    tractor = load_profile(ROOT / "configs" / "yard_tractor.toml").data
    found = Stop(tractor).settled(5.0, 103.5)
    assert found.rear_rad == pytest.approx(0.0)
    assert found.front_rad == pytest.approx(atan(tan(0.125) + 4.5 * 0.025))


def bend_1pm(front_rad: float, rear_rad: float) -> float:
    return (tan(front_rad) - tan(rear_rad)) / 8.0


def constant(curvature_1pm: float, crab_rad: float = 0.0) -> StopPlan:
    return msgspec.structs.replace(PLAN, curvature_1pm=(curvature_1pm,) * 5, crab_rad=(crab_rad,) * 5)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("emergency", [False, True])
@pytest.mark.requirement("SR-10", "SR-15")
def test_a_plan_that_leads_elsewhere_does_not_throw_the_wheels(sign: float, emergency: bool) -> None:
    """At 8 m/s twice the profile's lateral jerk, 4 m/s³: 0.000625 1/m a tick, whatever the plan says."""
    stop = Stop(plan=constant(sign * 0.15))
    stop.held_rad = (0.05, -0.05)
    for _ in range(20):
        before_1pm = bend_1pm(*stop.held_rad)
        found = stop.tick(8.0, emergency=emergency)
        stop.held_rad = found.front_rad, found.rear_rad
        turned_1pm = bend_1pm(*stop.held_rad) - before_1pm
        assert turned_1pm == pytest.approx(sign * 4.0 / 64.0 * 0.01, rel=0.02)
        assert found.front_rad == pytest.approx(-found.rear_rad)


@pytest.mark.parametrize("axle", [0, 1])
@pytest.mark.parametrize("speed_mps", [0.5, 0.0])
@pytest.mark.requirement("SR-15")
def test_slowly_driven_the_axles_turn_with_twice_their_rate_at_most(axle: int, speed_mps: float) -> None:
    """0.7 rad/s are 0.007 rad a tick for the axle that has more to turn; the other gets there with it."""
    wanted = atan(0.2)
    stop = Stop(plan=constant(0.05))
    held = [wanted + 0.14, -wanted - 0.14]
    held[axle] -= (0.07, -0.07)[axle]
    stop.held_rad = held[0], held[1]
    found = stop.tick(speed_mps)
    moved = (found.front_rad - held[0], found.rear_rad - held[1])
    assert moved[1 - axle] == pytest.approx((0.007, -0.007)[axle])
    assert moved[axle] == pytest.approx((-0.0035, 0.0035)[axle])


def test_what_is_near_is_reached_at_once() -> None:
    wanted = atan(0.2)
    stop = Stop(plan=constant(0.05))
    stop.held_rad = (wanted + 0.006, -wanted - 0.001)
    found = stop.tick(0.5)
    assert (found.front_rad, found.rear_rad) == pytest.approx((wanted, -wanted), abs=1e-12)


def test_crabbing_costs_no_lateral_jerk() -> None:
    stop = Stop(plan=constant(0.0, 0.3))
    stop.held_rad = (0.2, 0.2)
    found = stop.tick(8.0)
    assert (found.front_rad, found.rear_rad) == pytest.approx((0.207, 0.207))


@pytest.mark.requirement("SR-16")
def test_no_profile_lets_it_turn_faster_or_further_than_the_hard_bounds() -> None:
    loose = msgspec.structs.replace(
        TRUCK,
        steering=msgspec.structs.replace(TRUCK.steering, rate_max_radps=1e3, front_angle_max_rad=1.5),
        limits=msgspec.structs.replace(TRUCK.limits, lateral_jerk_max_mps3=1e3),
    )
    stop = Stop(loose, constant(2.0))
    stop.held_rad = (0.0, 0.0)
    assert stop.tick(0.1).front_rad == pytest.approx(2 * 1.5 * 0.01)
    fast = stop.tick(8.0)
    assert bend_1pm(fast.front_rad, fast.rear_rad) == pytest.approx(2 * 5.0 / 64.0 * 0.01, rel=0.01)
    assert stop.settled(0.0).front_rad == pytest.approx(1.2)
