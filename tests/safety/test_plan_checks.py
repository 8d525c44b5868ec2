"""The stop plan row by row, as the supervisor would have to drive it; worked out again for the Q-Truck.

26.5 t empty, 75 t load, wheelbase 8 m, both axles steered alike (4 m from the middle to each), 0.5 rad at
most; brakes of 420 kN, 0.15 s late; 15 % of grade; 1.8 m/s² of minimal-risk deceleration.
"""

from math import atan, inf, nan, sqrt, tan
from typing import Any

import pytest

from firmware_runtime.motion.stop_planner import StopPlanner
from firmware_runtime.safety.plan_checks import PlanLimits, begins_elsewhere, stop_m, too_sharp, too_short
from firmware_runtime.vehicle.enums import SafetyState
from firmware_runtime.vehicle.load import load_profile
from firmware_runtime.vehicle.pose import Pose
from firmware_runtime.vehicle.stop_plan import StopPlan
from tests.safety.support import ROOT
from tests.safety.test_envelope import EMPTY_KG, NOW_NS, TRUCK, judged, plan

GRADE_MPS2 = 9.81 * 0.15 / (1 + 0.15**2) ** 0.5
VEHICLES = ("q_truck", "yard_tractor", "e_truck")


def straight(samples: int, **changes: Any) -> StopPlan:
    return plan(**({"curvature_1pm": (0.0,) * samples, "crab_rad": (0.0,) * samples} | changes))


def told_of(stop_plan: StopPlan, speed_mps: float = 8.0, **context: Any) -> str:
    return judged(stop_plan=stop_plan, speed_mps=speed_mps, **context)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"curvature_1pm": (nan,) * 40}, "not a number in it"),
        ({"crab_rad": (inf,) * 40}, "not a number in it"),
        ({"step_m": nan}, "not a number in it"),
        ({"deceleration_mps2": inf}, "not a number in it"),
        ({"step_m": 0.0}, "step 0 m, deceleration 1.8 m/s²"),
        ({"deceleration_mps2": 0.0}, "step 1 m, deceleration 0 m/s²"),
        ({"crab_rad": (0.0,) * 39}, "40 curvatures, 39 crab angles"),
        ({"curvature_1pm": (), "crab_rad": ()}, "0 curvatures, 0 crab angles"),
        ({"curvature_1pm": (0.0,), "crab_rad": (0.0,)}, "1 curvatures, 1 crab angles"),
    ],
)
@pytest.mark.parametrize("state", [SafetyState.AUTO, SafetyState.FAULT, SafetyState.READY])
@pytest.mark.requirement("SR-27")
def test_what_is_no_plan_is_refused_in_every_state(
    state: SafetyState, changes: dict[str, Any], told: str
) -> None:
    assert told_of(plan(**changes), state=state) == f"stop plan: {told}"
    at_rest: dict[str, Any] = {"standing": True, "commands": {"brake_force_n": 180_000.0}}
    if state is SafetyState.AUTO:
        assert told_of(plan(**changes), 0.0, state=state, **at_rest) == f"stop plan: {told}"


def test_two_points_are_a_plan() -> None:
    assert told_of(straight(2, step_m=50.0)) == ""


def needed_m(speed_mps: float, deceleration_mps2: float = 1.8) -> float:
    """0.1 s until the brakes are asked, 1.6 times their lag, half of the time in which 4 m/s³ build up."""
    delay_s = 0.1 + 1.6 * 0.15 + deceleration_mps2 / 4.0 / 2.0
    braked_m = speed_mps**2 / 2.0 / deceleration_mps2
    return speed_mps * delay_s + braked_m + 2.0 * (GRADE_MPS2 + 0.15 * deceleration_mps2) / 0.85


@pytest.mark.parametrize("speed_mps", [0.0, 0.5, 3.0, 8.0, -8.0])
@pytest.mark.requirement("SR-27")
def test_a_plan_reaches_beyond_the_longest_stop_on_the_worst_grade(speed_mps: float) -> None:
    needed = needed_m(abs(speed_mps))
    assert told_of(straight(11, step_m=needed * 1.0001 / 10), speed_mps) == ""
    short = told_of(straight(11, step_m=needed * 0.9999 / 10), speed_mps)
    assert short == f"stop plan: {needed:.1f} m, the longest stop takes {needed:.1f} m"


def test_at_8_mps_that_is_more_than_26_m() -> None:
    assert told_of(straight(28)) == ""
    assert told_of(straight(27)) == "stop plan: 26.0 m, the longest stop takes 26.4 m"


@pytest.mark.parametrize(("asked_mps2", "counts_mps2"), [(0.6, 0.6), (1.8, 1.8), (9.0, 1.8)])
@pytest.mark.requirement("SR-27")
def test_a_gentler_stop_is_longer_and_a_harder_one_is_not_made(asked_mps2: float, counts_mps2: float) -> None:
    needed = needed_m(8.0, counts_mps2)
    for share, good in ((1.0001, True), (0.9999, False)):
        asked = straight(11, step_m=needed * share / 10, deceleration_mps2=asked_mps2)
        assert (told_of(asked) == "") is good


@pytest.mark.requirement("SR-27")
def test_the_heavier_the_vehicle_the_longer_its_stop() -> None:
    """Worn brakes of 357 kN leave 120 t 1.52 m/s² on the grade, and 250 t nothing: then 0.3 m/s² count."""
    for mass_kg, left_mps2 in ((120_000.0, 357_000 / 120_000 - GRADE_MPS2), (250_000.0, 0.3)):
        needed = needed_m(8.0, left_mps2)
        for share, good in ((1.0001, True), (0.9999, False)):
            found = told_of(straight(11, step_m=needed * share / 10), heaviest_kg=mass_kg)
            assert (found == "") is good


@pytest.mark.requirement("SR-27")
def test_a_plan_that_has_expired_is_none() -> None:
    assert told_of(plan(expires_ns=NOW_NS)) == "stop plan: expired 0.00 s ago"
    assert told_of(plan(expires_ns=NOW_NS - 500_000_000)) == "stop plan: expired 0.50 s ago"
    assert told_of(plan(expires_ns=NOW_NS + 1)) == ""


def test_where_nothing_may_move_only_its_numbers_count() -> None:
    nowhere = plan(curvature_1pm=(0.2, 0.0), crab_rad=(0.0, 0.0), expires_ns=0)
    assert told_of(nowhere, state=SafetyState.FAULT) == ""


def at(speed_mps: float) -> Pose:
    return Pose(
        time_ns=0,
        x_m=0.0,
        y_m=0.0,
        heading_rad=0.0,
        speed_mps=speed_mps,
        yaw_rate_radps=0.0,
        lateral_std_m=0.0,
        longitudinal_std_m=0.0,
        heading_std_rad=0.0,
        measured_ns=1,
        odometer_m=0.0,
        valid=True,
    )


@pytest.mark.parametrize("vehicle", VEHICLES)
@pytest.mark.parametrize("load", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.requirement("SR-27")
def test_what_control_plans_reaches_and_a_third_less_does_not(vehicle: str, load: float, known: bool) -> None:
    """Its own sum has a reserve of 3 m: below 3 m/s that alone is more than a third."""
    data = load_profile(ROOT / "configs" / f"{vehicle}.toml").data
    planner, limits = StopPlanner(data, 0.25), PlanLimits(data)
    load_kg = load * data.mass.payload_max_kg
    counted_kg = load_kg if known else data.mass.payload_max_kg
    mass_kg = data.mass.empty_kg + counted_kg + data.mass.trailer_max_kg
    for decimetres in range(96):
        speed_mps = 0.1 * decimetres
        made = planner.along_arc(0, at(speed_mps), load_kg if known else None, 0.0)
        needed = stop_m(limits, made.deceleration_mps2, speed_mps, mass_kg)
        reach_m = made.step_m * (len(made.curvature_1pm) - 1)
        assert reach_m >= needed
        if speed_mps >= 3.0:
            assert reach_m * 2.0 / 3.0 < needed


def steered(curvature_1pm: float) -> dict[str, Any]:
    """Commands and last commands of this arc."""
    angle_rad = atan(4.0 * curvature_1pm)
    angles = {"steering_front_angle_rad": angle_rad, "steering_rear_angle_rad": -angle_rad}
    return {"commands": angles, "accepted": angles}


def curved(*curvature_1pm: float, step_m: float = 1.0, crab_rad: float = 0.0, **changes: Any) -> StopPlan:
    """These, and on with the last one for 60 m."""
    samples = (*curvature_1pm, *curvature_1pm[-1:] * round(60 / step_m))
    crab = (crab_rad,) * len(samples)
    return plan(**({"curvature_1pm": samples, "crab_rad": crab, "step_m": step_m} | changes))


@pytest.mark.parametrize("speed_mps", [5.0, -5.0])
@pytest.mark.requirement("SR-15")
def test_a_plan_begins_where_the_vehicle_steers(speed_mps: float) -> None:
    """1 m/s² apart at most: 0.04 1/m at 5 m/s."""
    for sign in (1.0, -1.0):
        arc = steered(sign * 0.01)
        for planned, good in ((-0.0299, True), (0.0499, True), (-0.0301, False), (0.0501, False)):
            told = told_of(curved(sign * planned), speed_mps, **arc)
            assert (told == "") is good
    assert told_of(curved(0.051), speed_mps, **steered(0.01)) == (
        "start of the stop plan: 0.0510 1/m planned, 0.0100 1/m steered, 1 m/s² apart at most"
    )


def test_its_start_is_where_the_supervisor_would_begin_to_steer_by_it() -> None:
    """0.2 s ahead, so at 6 m/s 1.2 m: six tenths between the second sample and the third, 0.75 m apart."""
    begins = 1.0 / 36.0 / 0.6
    for speed_mps in (6.0, -6.0):
        assert told_of(curved(0.0, 0.0, 0.99 * begins, 0.0, step_m=0.75), speed_mps).startswith("bends")
        assert told_of(curved(0.0, 0.0, 1.01 * begins, 0.0, step_m=0.75), speed_mps).startswith("start")


@pytest.mark.requirement("SR-15")
def test_a_mirrored_plan_is_refused_in_a_bend() -> None:
    """What the vehicle drives at 3 m/s with 0.1 1/m, and at 8 m/s with 0.0125 1/m."""
    for speed_mps, bend in ((3.0, 0.1), (8.0, 0.0125)):
        assert told_of(curved(bend), speed_mps, **steered(bend)) == ""
        assert told_of(curved(-bend), speed_mps, **steered(bend)).startswith("start of the stop plan: ")


def left_mps(ahead_m: float, speed_mps: float = 8.0, deceleration_mps2: float = 1.8) -> float:
    """After 0.34 s without braking; 8 m/s are 2.72 m of it, and at rest 20.5 m ahead."""
    return sqrt(speed_mps**2 - 2 * deceleration_mps2 * max(ahead_m - 0.34 * speed_mps, 0.0))


def only(**kept: float) -> PlanLimits:
    """The Q-Truck's, and of the steering's figures only this one."""
    limits = PlanLimits(TRUCK)
    for name in ("lateral_mps2", "lateral_jerk_mps3", "rate_max_radps", "slope_max"):
        assert hasattr(limits, name)
        setattr(limits, name, kept.get(name, inf))
    return limits


def shape(samples: dict[int, float], **changes: Any) -> StopPlan:
    """Straight but for these samples."""
    curvatures = tuple(samples.get(number, 0.0) for number in range(40))
    return plan(**({"curvature_1pm": curvatures} | changes))


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("place", [0, 2, 3, 15])
@pytest.mark.requirement("SR-15")
def test_no_bend_is_sharper_than_the_speed_that_is_left_there_permits(place: int, sign: float) -> None:
    """Twice the profile's lateral acceleration, 2 m/s²."""
    limits = only(lateral_mps2=PlanLimits(TRUCK).lateral_mps2)
    most_1pm = 2.0 / left_mps(place) ** 2
    assert too_sharp(limits, shape({place: sign * 0.999 * most_1pm}), sign * 8.0) == ""
    told = too_sharp(limits, shape({place: sign * 1.001 * most_1pm}), sign * 8.0)
    assert told == f"2.002 m/s², limit 2 m/s², {place} m ahead"


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("place", [1, 2, 15])
@pytest.mark.requirement("SR-15")
def test_no_bend_begins_faster_than_lateral_jerk_permits(place: int, sign: float) -> None:
    """Twice the profile's lateral jerk, 4 m/s³, by the speed at its later sample."""
    limits = only(lateral_jerk_mps3=PlanLimits(TRUCK).lateral_jerk_mps3)
    for step_m in (1.0, 0.5):
        most_1pm = 4.0 / left_mps(place * step_m) ** 3 * step_m
        for share, told in ((0.999, ""), (1.001, f"4.004 m/s³, limit 4 m/s³, {place * step_m:.0f} m ahead")):
            samples = dict.fromkeys(range(place, 40), sign * share * most_1pm)
            assert too_sharp(limits, shape(samples, step_m=step_m), 8.0) == told
    steady = shape(dict.fromkeys(range(40), sign * 0.03))
    assert too_sharp(limits, steady, 8.0) == "", "how it begins is another check"


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.requirement("SR-15")
def test_no_bend_begins_faster_than_the_axles_turn(sign: float) -> None:
    """Twice the profile's rate, 0.7 rad/s, 4 m for each axle; a tangent turns no slower than its angle."""
    limits = only(rate_max_radps=PlanLimits(TRUCK).rate_max_radps)
    for step_m in (1.0, 0.5):
        most_1pm = 0.7 / left_mps(15 * step_m) / 4.0 * step_m
        for share, told in (
            (0.999, ""),
            (1.001, f"0.7007 rad/s, limit 0.7 rad/s, {15 * step_m:.0f} m ahead"),
        ):
            samples = dict.fromkeys(range(15, 40), sign * share * most_1pm)
            assert too_sharp(limits, shape(samples, step_m=step_m), 8.0) == told


@pytest.mark.requirement("SR-15")
def test_crab_turns_both_axles_the_same_way() -> None:
    limits = only(rate_max_radps=PlanLimits(TRUCK).rate_max_radps)
    most_1pm = 0.7 / left_mps(15)
    for curvature_share, crab_share, good in ((0.5, 0.499, True), (0.5, 0.501, False), (-0.5, 0.501, False)):
        crab = (0.0,) * 15 + (atan(crab_share * most_1pm),) * 25
        samples = dict.fromkeys(range(15, 40), curvature_share * most_1pm / 4.0)
        for mirrored in (1.0, -1.0):
            asked = shape(samples, crab_rad=tuple(mirrored * angle for angle in crab))
            assert (too_sharp(limits, asked, 8.0) == "") is good


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.requirement("SR-15")
def test_no_bend_is_sharper_than_the_axles_turn(sign: float) -> None:
    limits = only(slope_max=PlanLimits(TRUCK).slope_max)
    most = tan(0.5)
    for curvature_1pm, crab_rad, good in (
        (most / 4, 0.0, True),
        (1.001 * most / 4, 0.0, False),
        (0.5 * most / 4, atan(0.499 * most), True),
        (0.5 * most / 4, atan(0.501 * most), False),
        (-0.5 * most / 4, atan(0.501 * most), False),
    ):
        asked = shape({9: sign * curvature_1pm}, crab_rad=(0.0,) * 9 + (sign * crab_rad,) + (0.0,) * 30)
        told = too_sharp(limits, asked, 8.0)
        slope = abs(tan(crab_rad)) + abs(4 * curvature_1pm)
        assert told == ("" if good else f"{slope:.5g} of slope, limit 0.5463 of slope, 9 m ahead")


def test_an_axle_that_is_not_steered_turns_by_no_bend() -> None:
    """The yard tractor: 4.5 m for the front axle, 0.6 rad at most."""
    limits = PlanLimits(load_profile(ROOT / "configs" / "yard_tractor.toml").data)
    assert too_sharp(limits, curved(0.999 * tan(0.6) / 4.5), 0.5) == ""
    assert too_sharp(limits, curved(1.001 * tan(0.6) / 4.5), 0.5).endswith("0 m ahead")
    assert (limits.front_span_m, limits.rear_span_m) == (4.5, 0.0)


def test_what_is_exactly_at_a_limit_keeps_it() -> None:
    """Figures that a computer knows to the last bit, at 8 m/s."""
    assert too_sharp(only(lateral_mps2=2.0), shape({0: 1 / 32}), 8.0) == ""
    assert too_sharp(only(lateral_jerk_mps3=4.0), shape(dict.fromkeys(range(1, 40), 1 / 128)), 8.0) == ""
    assert too_sharp(only(rate_max_radps=0.75), shape(dict.fromkeys(range(1, 40), 3 / 128)), 8.0) == ""
    assert too_sharp(only(slope_max=0.5), shape({9: 1 / 8}), 8.0) == ""
    assert begins_elsewhere(curved(1 / 64), 8.0, 0.0) == ""
    limits = PlanLimits(TRUCK)
    exact = straight(2, step_m=stop_m(limits, 1.8, 8.0, EMPTY_KG))
    assert too_short(limits, exact, NOW_NS, 8.0, EMPTY_KG) == ""


@pytest.mark.requirement("SR-15")
def test_where_the_vehicle_stands_already_no_bend_counts() -> None:
    limits = PlanLimits(TRUCK)
    assert left_mps(20.4) > 0.4
    assert too_sharp(limits, shape({21: 9.0}), 8.0) == ""
    assert too_sharp(limits, shape({20: 9.0}), 8.0) != ""
    assert too_sharp(limits, shape({0: 9.0}), 0.0) == ""
    # A gentler stop stands later, and a harder one than the profile's is not made.
    assert too_sharp(limits, shape({21: 9.0}, deceleration_mps2=1.7), 8.0) != ""
    assert too_sharp(limits, shape({20: 9.0}, deceleration_mps2=9.0), 8.0) != ""


@pytest.mark.requirement("SR-15")
def test_the_envelope_holds_each_plan_against_them() -> None:
    """A curvature of 0.15 1/m, 5 m ahead, with commands that are sane."""
    assert told_of(shape({5: 0.15})).startswith("bends of the stop plan: ")
    assert told_of(shape({5: 0.15}), state=SafetyState.FAULT) == ""
    assert told_of(shape({0: 0.15, 1: 0.15, 2: 0.15}), state=SafetyState.FAULT) == ""
