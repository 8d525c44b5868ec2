"""The speed profile keeps every limit everywhere, and ends each leg exactly and gently on its stop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_runtime.motion.speed_profile import SpeedProfile
from tests.motion.lines import route_of
from tests.safety.support import profile

DATA = profile().data
SPEED_MAX, ACCELERATION_MAX, DECELERATION_MAX, LATERAL_MAX, JERK_MAX = 8.33, 0.6, 0.7, 1.0, 0.8
RATE_MAX, LEVER_M = 0.35, 4.0
FLOOR = 0.3

curvatures = st.floats(-0.13, 0.13)
pieces = st.lists(st.tuples(st.floats(3, 40), curvatures, curvatures), min_size=1, max_size=6)


@settings(max_examples=40, deadline=None)
@given(pieces, st.floats(1.0, 9.0))
def test_every_limit_holds_everywhere(shape: list[tuple[float, float, float]], limit_mps: float) -> None:
    route = route_of(shape, speed_limit_mps=limit_mps)
    places, speed = SpeedProfile(route, DATA).samples(0)
    curvature = np.interp(places, route.distance_m, route.curvature_1pm)
    step = places[1] - places[0]
    slow = speed <= FLOOR + 1e-6
    assert speed.max() <= min(SPEED_MAX, limit_mps) + 1e-9
    assert np.all((speed**2 * np.abs(curvature) <= LATERAL_MAX + 1e-6) | slow)
    rate = np.abs(np.gradient(np.arctan(LEVER_M * curvature), step)) * speed
    assert np.all((rate <= RATE_MAX) | slow)
    acceleration = np.diff(speed**2) / (2 * step)
    assert acceleration.max() <= ACCELERATION_MAX + 1e-6
    assert acceleration.min() >= -DECELERATION_MAX - 1e-6
    assert speed[-1] == 0.0


def test_a_long_straight_is_driven_at_full_speed_and_not_timidly() -> None:
    places, speed = SpeedProfile(route_of([(400.0, 0.0, 0.0)]), DATA).samples(0)
    assert speed.max() == pytest.approx(SPEED_MAX)
    moving = speed > 0.01
    time_s = np.sum(
        np.diff(places)[moving[1:]] / np.maximum(0.5 * (speed[1:] + speed[:-1]), 0.01)[moving[1:]]
    )
    fastest_s = 400 / SPEED_MAX + 0.5 * SPEED_MAX * (1 / ACCELERATION_MAX + 1 / DECELERATION_MAX)
    assert time_s < fastest_s + 2.5 * (ACCELERATION_MAX + DECELERATION_MAX) / JERK_MAX


def test_jerk_stays_near_its_limit_also_where_straights_and_braking_meet() -> None:
    places, speed = SpeedProfile(route_of([(200.0, 0.0, 0.0), (10, 0, 0.1), (30, 0.1, 0.1)]), DATA).samples(0)
    step = places[1] - places[0]
    acceleration = np.gradient(0.5 * speed**2, step)
    jerk = np.gradient(acceleration, step) * speed
    fast = speed > 2.0
    assert np.percentile(np.abs(jerk[fast]), 99) < 2.0 * JERK_MAX


def test_the_end_is_gentle() -> None:
    places, speed = SpeedProfile(route_of([(100.0, 0.0, 0.0)]), DATA).samples(0)
    acceleration = np.diff(speed**2) / (2 * (places[1] - places[0]))
    assert -0.45 < acceleration[-1] < -0.2


def test_each_leg_ends_exactly_on_its_stop_wherever_it_is() -> None:
    speed = SpeedProfile(route_of([(100.0, 0.0, 0.0)], stops=((33.3333, "pick-up", 5.0),)), DATA)
    assert speed.at(33.3333, 0)[0] == pytest.approx(0.0, abs=1e-6)
    assert 0.1 < speed.at(33.3333 - 0.03, 0)[0] < 0.25
    assert speed.at(40.0, 0)[0] == 0.0, "beyond its stop a leg says stand"
    assert speed.at(40.0, 1)[0] > 1.0, "the next leg drives there"
    assert speed.at(33.0, 1)[0] == 0.0


def test_speed_and_acceleration_belong_together() -> None:
    profile_ = SpeedProfile(route_of([(60.0, 0, 0), (10, 0, 0.1), (20, 0.1, 0.1)]), DATA)
    for place in np.arange(5.0, 85.0, 0.37):
        before, acceleration = profile_.at(place, 0)
        after, _ = profile_.at(place + 0.001, 0)
        assert (after**2 - before**2) / 0.002 == pytest.approx(acceleration, abs=0.05)
