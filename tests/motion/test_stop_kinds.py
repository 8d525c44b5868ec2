"""Three stops by cause; comfort ends where its budget does."""

from typing import Any

import msgspec
import pytest

from firmware_runtime.motion.stop_kinds import StopChooser, stop_asked
from firmware_runtime.motion.stop_planner import StopPlanner
from firmware_runtime.safety.gross_mass import GrossMass
from firmware_runtime.safety.plan_checks import PlanLimits, stop_m
from firmware_runtime.safety.stop_driver import StopDriver
from firmware_runtime.vehicle.enums import SafetyState, StopKind
from firmware_runtime.vehicle.load import load_profile
from firmware_runtime.vehicle.profile import ProfileData
from tests.bus_vehicle import ROOT
from tests.safety.support import profile
from tests.vehicle_state import vehicle_state

TRUCK = profile().data
TICK_NS = 10_000_000
NONE, COMFORTABLE, MINIMAL_RISK, EMERGENCY = (
    StopKind.NONE,
    StopKind.COMFORTABLE,
    StopKind.MINIMAL_RISK,
    StopKind.EMERGENCY,
)


@pytest.mark.parametrize(
    ("state", "asked", "standing", "made"),
    [
        (SafetyState.AUTO, NONE, False, NONE),
        (SafetyState.MRM, NONE, False, MINIMAL_RISK),
        (SafetyState.MRM, COMFORTABLE, False, COMFORTABLE),
        (SafetyState.ESTOP, NONE, False, EMERGENCY),
        (SafetyState.FAULT, NONE, False, EMERGENCY),
        (SafetyState.FAULT, NONE, True, NONE),
        (SafetyState.MAINTENANCE, EMERGENCY, False, EMERGENCY),
    ],
)
def test_the_stop_goes_by_its_cause(
    state: SafetyState, asked: StopKind, standing: bool, made: StopKind
) -> None:
    assert stop_asked(state, asked, standing) is made


def test_each_stop_has_its_own_deceleration_and_jerk() -> None:
    chooser = StopChooser(TRUCK)
    made = {kind: chooser.step(0, kind, 8.0, 0.0) for kind in (NONE, COMFORTABLE, MINIMAL_RISK)}
    assert [(stop.deceleration_mps2, stop.jerk_mps3) for stop in made.values()] == [
        (0.7, 0.8),
        (0.7, 0.8),
        (1.8, 4.0),
    ]


def test_a_comfortable_stop_that_keeps_its_budget_stays_comfortable() -> None:
    chooser, speed_mps, deceleration_mps2, now_ns = StopChooser(TRUCK), 8.33, 0.0, 0
    while speed_mps > 0.0:
        now_ns += TICK_NS
        stop = chooser.step(now_ns, COMFORTABLE, speed_mps, 0.0)
        assert (stop.kind, stop.overdue) == (COMFORTABLE, False)
        deceleration_mps2 = min(deceleration_mps2 + 0.8 * 0.01, 0.7)
        speed_mps -= deceleration_mps2 * 0.01
    assert now_ns < 14_000_000_000


@pytest.mark.parametrize(("speed_mps", "latest_s"), [(8.0, 2.6), (2.0, 11.2), (0.1, 14.0)])
def test_one_that_cannot_keep_it_becomes_harder_in_time_and_stays_so(
    speed_mps: float, latest_s: float
) -> None:
    """The vehicle does not slow down: 8 m/s need 11.4 s of the 14 s, 2 m/s need 2.9 s."""
    chooser, now_ns = StopChooser(TRUCK), 0
    while chooser.step(now_ns, COMFORTABLE, speed_mps, 0.0).kind is COMFORTABLE:
        now_ns += TICK_NS
        assert now_ns <= latest_s * 1e9
    assert now_ns >= (latest_s - 0.3) * 1e9
    later = chooser.step(now_ns + TICK_NS, COMFORTABLE, 0.0, 0.0)
    assert (later.kind, later.deceleration_mps2, later.overdue) == (MINIMAL_RISK, 1.8, True)
    chooser.step(now_ns + 2 * TICK_NS, NONE, 0.0, 0.0)
    again = chooser.step(now_ns + 3 * TICK_NS, COMFORTABLE, 8.0, 0.0)
    assert again.kind is COMFORTABLE, "a new stop has a budget of its own"


def with_limits(**changes: Any) -> ProfileData:
    return msgspec.structs.replace(TRUCK, limits=msgspec.structs.replace(TRUCK.limits, **changes))


@pytest.mark.requirement("SR-25")
def test_the_deceleration_is_what_the_brakes_give_on_the_worst_grade_and_never_above_4() -> None:
    greedy = StopChooser(with_limits(minimal_risk_deceleration_mps2=50.0))
    assert greedy.minimal_risk_mps2(0.0) == 4.0
    # 0.85 * 420 kN / 101.5 t - 1.455 m/s²
    assert greedy.minimal_risk_mps2(75_000.0) == pytest.approx(2.062, abs=0.002)
    assert greedy.minimal_risk_mps2(None) == greedy.minimal_risk_mps2(75_000.0)
    towing = msgspec.structs.replace(TRUCK, mass=msgspec.structs.replace(TRUCK.mass, trailer_max_kg=50_000.0))
    assert StopChooser(towing).minimal_risk_mps2(75_000.0) == pytest.approx(0.901, abs=0.002)


GRAVITY_MPS2 = 9.80665


@pytest.mark.parametrize("vehicle", ["q_truck", "yard_tractor"])
@pytest.mark.parametrize("loaded", [0.0, 1.0])
@pytest.mark.parametrize("speed_mps", [0.5, 2.0, 5.0, 8.33])
@pytest.mark.parametrize("gain", [1.0, 0.86])
@pytest.mark.requirement("SR-27")
def test_the_plan_reaches_beyond_the_stop_on_the_worst_grade(
    vehicle: str, loaded: float, speed_mps: float, gain: float
) -> None:
    """The supervisor's own stop, driven here downhill with worn and slow brakes, without any resistance."""
    data = load_profile(ROOT / "configs" / f"{vehicle}.toml").data
    planner = StopPlanner(data, 0.25)
    chooser = StopChooser(data)
    load_kg = loaded * data.mass.payload_max_kg
    planned = chooser.minimal_risk_mps2(load_kg)
    mass = GrossMass(data.mass)
    mass.step(vehicle_state(load_mass_kg=load_kg))
    mass_kg, driver = data.mass.empty_kg + load_kg, StopDriver(data)
    grade = data.resistance.grade_max
    pull_mps2 = GRAVITY_MPS2 * grade / (1 + grade * grade) ** 0.5
    way_m, force_n, speed = 0.0, 0.0, speed_mps
    # Until the proposal is too old and a frame has reached the brakes.
    for _ in range(round((data.safety.proposal_age_max_s + 0.03) / 0.01)):
        way_m += speed * 0.01
    now_ns = 0
    while speed > 0.0:
        now_ns += TICK_NS
        asked = driver.step(now_ns, way_m, speed, True, mass, None, (0.0, 0.0), False, False)
        force_n += (asked.brake_force_n * gain - force_n) * 0.01 / (1.5 * data.brake.lag_s)
        deceleration = force_n / mass_kg - pull_mps2
        way_m += speed * 0.01
        speed -= deceleration * 0.01
        assert now_ns < 60_000_000_000
    assert way_m <= planner.reach_m(speed_mps, planned)
    assert planner.reach_m(speed_mps, planned) <= way_m + 8.0, "and not much further"
    # What the supervisor asks of a plan; brakes as worn as that use up the reserve that only the plan has.
    assert way_m <= stop_m(PlanLimits(data), planned, speed_mps, mass.heaviest_kg) + (
        0.0 if gain == 1.0 else 3.0
    )
