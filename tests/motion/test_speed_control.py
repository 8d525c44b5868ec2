"""Speed and stops: reference within acceleration and jerk, the force that follows it, the hold at the end."""

from itertools import pairwise
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_runtime.motion.speed_control import SpeedControl, SpeedDemand
from tests.safety.support import profile

DATA = profile().data
ACCELERATION_MAX, JERK_MAX = 0.6, 0.8
EMPTY_KG = 26_500.0


def control() -> SpeedControl:
    return SpeedControl(DATA.control, DATA.limits, DATA.mass, DATA.resistance, 0.01)


def demand(
    plan_mps: float = 5.0, cap_mps: float = 8.33, to_stop_m: float = inf, standstill: bool = False
) -> SpeedDemand:
    return SpeedDemand(
        plan_mps=plan_mps,
        plan_mps2=0.0,
        cap_mps=cap_mps,
        stop_deceleration_mps2=0.7,
        stop_jerk_mps3=0.8,
        to_stop_m=to_stop_m,
        standstill=standstill,
    )


class Point:
    """A vehicle that does what the force says: mass point with rolling resistance, on a grade."""

    def __init__(self, mass_kg: float = EMPTY_KG, grade: float = 0.0) -> None:
        self.mass_kg, self.grade, self.speed_mps = mass_kg, grade, 0.0

    def step(self, force_n: float) -> None:
        rolling_n = 0.011 * self.mass_kg * 9.81 * (self.speed_mps > 0)
        grade_n = self.mass_kg * 9.81 * self.grade
        inertia_kg = self.mass_kg + 0.06 * EMPTY_KG
        self.speed_mps = max(self.speed_mps + (force_n - rolling_n - grade_n) / inertia_kg * 0.01, 0.0)


def test_it_reaches_the_plan_within_acceleration_and_jerk() -> None:
    speed, point = control(), Point()
    targets = [0.0]
    for _ in range(2000):
        request = speed.step(point.speed_mps, 0.0, demand(), standing=False)
        targets.append(request.target_mps)
        point.step(request.force_n)
    assert point.speed_mps == pytest.approx(5.0, abs=0.02)
    accelerations = [(b - a) / 0.01 for a, b in pairwise(targets)]
    assert max(accelerations) <= ACCELERATION_MAX + 1e-9
    assert max(b - a for a, b in pairwise(accelerations)) <= JERK_MAX * 0.01 + 1e-9


@settings(max_examples=30, deadline=None)
@given(st.floats(0.0, 75_000.0), st.floats(-0.02, 0.05))
def test_the_integral_finds_the_grade_and_the_load(load_kg: float, grade: float) -> None:
    speed, point = control(), Point(EMPTY_KG + load_kg, grade)
    for _ in range(6000):
        point.step(speed.step(point.speed_mps, load_kg, demand(3.0), standing=False).force_n)
    assert point.speed_mps == pytest.approx(3.0, abs=0.05)


def test_a_lower_cap_is_met_and_not_undershot() -> None:
    speed, point = control(), Point()
    for _ in range(2000):
        point.step(speed.step(point.speed_mps, 0.0, demand(), standing=False).force_n)
    for _ in range(1500):
        point.step(speed.step(point.speed_mps, 0.0, demand(cap_mps=2.0), standing=False).force_n)
        assert point.speed_mps > 1.7
    assert point.speed_mps == pytest.approx(2.0, abs=0.03)


def test_standstill_is_reached_and_then_held() -> None:
    speed, point = control(), Point()
    for _ in range(2000):
        point.step(speed.step(point.speed_mps, 0.0, demand(), standing=False).force_n)
    ticks = 0
    while point.speed_mps > 0.0:
        request = speed.step(point.speed_mps, 0.0, demand(standstill=True), standing=False)
        assert request.force_n <= 0.0, "never drive on while stopping"
        assert not request.hold
        point.step(request.force_n)
        ticks += 1
        assert ticks < 1200
    request = speed.step(0.0, 0.0, demand(standstill=True), standing=True)
    assert request.hold
    assert request.force_n == 0.0


def test_it_leaves_a_stop_though_the_profile_is_zero_there() -> None:
    speed, point = control(), Point()
    for _ in range(300):
        request = speed.step(point.speed_mps, 0.0, demand(plan_mps=0.0, to_stop_m=50.0), standing=False)
        point.step(request.force_n)
    assert point.speed_mps == pytest.approx(0.25, abs=0.03)


def test_at_the_stop_it_holds() -> None:
    assert control().step(0.0, 0.0, demand(plan_mps=0.0, to_stop_m=0.01), standing=True).hold
    assert not control().step(0.0, 0.0, demand(plan_mps=0.1, to_stop_m=0.05), standing=True).hold
