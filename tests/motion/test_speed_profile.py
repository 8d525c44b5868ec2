"""The speed profile keeps every limit everywhere, and ends each leg exactly and gently on its stop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from firmware_runtime.motion import speed_profile
from firmware_runtime.motion.speed_profile import SpeedProfile
from firmware_runtime.vehicle.route import FloatArray
from tests.motion.lines import route_of
from tests.safety.support import profile

DATA = profile().data
SPEED_MAX, ACCELERATION_MAX, DECELERATION_MAX, LATERAL_MAX, JERK_MAX = 8.33, 0.6, 0.7, 1.0, 0.8
RATE_MAX, LEVER_M = 0.35, 4.0
FLOOR = 0.3

curvatures = st.floats(-0.13, 0.13)
pieces = st.lists(st.tuples(st.floats(3, 40), curvatures, curvatures), min_size=1, max_size=6)


def accelerations_and_jerks(places: FloatArray, speed: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Acceleration of each cell, and jerk where two cells meet: dv/dt = d(v²/2)/ds, da/dt = v da/ds."""
    step = places[1] - places[0]
    acceleration = np.diff(speed**2) / (2 * step)
    return acceleration, np.diff(acceleration) / step * speed[1:-1]


@settings(max_examples=40, deadline=None)
@given(pieces, st.floats(1.0, 9.0))
def test_every_limit_holds_everywhere(shape: list[tuple[float, float, float]], limit_mps: float) -> None:
    route = route_of(shape, speed_limit_mps=limit_mps)
    places, speed = SpeedProfile(route, DATA).samples(0)
    curvature = np.interp(places, route.distance_m, route.curvature_1pm)
    slow = speed <= FLOOR + 1e-6
    assert speed.max() <= min(SPEED_MAX, limit_mps) + 1e-9
    assert np.all((speed**2 * np.abs(curvature) <= LATERAL_MAX + 1e-6) | slow)
    rate = np.abs(np.gradient(np.arctan(LEVER_M * curvature), places[1] - places[0])) * speed
    assert np.all((rate <= RATE_MAX) | slow)
    acceleration, jerk = accelerations_and_jerks(places, speed)
    assert acceleration.max() <= ACCELERATION_MAX + 1e-6
    assert acceleration.min() >= -DECELERATION_MAX - 1e-6
    assert np.abs(jerk).max() <= JERK_MAX + 1e-6
    assert speed[0] == speed[-1] == 0.0


def test_a_lower_limit_holds_from_the_first_metre_it_applies_to() -> None:
    route = route_of([(200.0, 0.0, 0.0)])
    route.speed_limit_mps[(route.distance_m >= 100) & (route.distance_m <= 130)] = 2.0
    places, speed = SpeedProfile(route, DATA).samples(0)
    assert speed[(places >= 100) & (places <= 130)].max() <= 2.0 + 1e-9
    assert speed[places < 80].max() > 5.0


def test_a_long_straight_is_driven_at_full_speed_and_not_timidly() -> None:
    places, speed = SpeedProfile(route_of([(400.0, 0.0, 0.0)]), DATA).samples(0)
    assert speed.max() == pytest.approx(SPEED_MAX)
    time_s = np.sum(2 * np.diff(places) / (speed[1:] + speed[:-1]))
    unhurried_s = 400 / SPEED_MAX + 0.5 * SPEED_MAX * (1 / ACCELERATION_MAX + 1 / DECELERATION_MAX)
    jerk_s = 0.5 * (ACCELERATION_MAX + DECELERATION_MAX) / JERK_MAX
    assert time_s < unhurried_s + jerk_s + 2.0, "the tapers at both ends may take a second each"


def test_crests_are_as_high_as_jerk_allows() -> None:
    """Against a linear programme: the largest energies below the given ones, bent down within the limit."""
    step, jerk = 0.5, 0.8
    along = np.arange(0, 80, step)
    given_energy = np.minimum(np.minimum(0.05 + 0.6 * along, 24.0), 0.05 + 0.7 * (along[-1] - along))
    given_energy[60:64] -= 4.0
    speed = np.sqrt(2 * given_energy)
    second = np.diff(np.eye(len(along)), n=2, axis=0)
    best = linprog(
        -np.ones(len(along)),
        A_ub=-second,
        b_ub=jerk * step**2 / speed[1:-1],
        bounds=np.column_stack([np.zeros(len(along)), given_energy]),
    )
    found = speed_profile._crests(given_energy.tolist(), step, jerk)  # pyright: ignore[reportPrivateUsage]
    assert np.allclose(found, best.x, atol=1e-6)
    assert np.max(given_energy - found) > 0.1, "there was something to round"


def test_the_end_is_gentle_and_the_deceleration_tapers_over_metres_and_not_in_a_moment() -> None:
    places, speed = SpeedProfile(route_of([(100.0, 0.0, 0.0)]), DATA).samples(0)
    deceleration = -accelerations_and_jerks(places, speed)[0]
    left = places[-1] - 0.5 * (places[1:] + places[:-1])
    assert 0.2 < deceleration[-1] < 0.3
    assert np.all(deceleration[left < 0.5] < 0.5)
    assert np.all(np.diff(deceleration[left < 1.0]) < 0)


def test_each_leg_ends_exactly_on_its_stop_wherever_it_is() -> None:
    speed = SpeedProfile(route_of([(100.0, 0.0, 0.0)], stops=((33.3333, "pick-up", 5.0),)), DATA)
    assert speed.at(33.3333, 0)[0] == pytest.approx(0.0, abs=1e-6)
    assert 0.1 < speed.at(33.3333 - 0.03, 0)[0] < 0.25
    assert speed.at(40.0, 0)[0] == 0.0, "beyond its stop a leg says stand"
    assert speed.at(40.0, 1)[0] > 1.0, "the next leg drives there"
    assert speed.at(33.0, 1)[0] == 0.0


def test_a_leg_leaves_its_stop_with_an_acceleration_that_moves_the_vehicle() -> None:
    speed = SpeedProfile(route_of([(100.0, 0.0, 0.0)], stops=((33.3333, "pick-up", 5.0),)), DATA)
    at_rest, acceleration = speed.at(33.3333, 1)
    assert at_rest == pytest.approx(0.0, abs=1e-6)
    assert 0.2 < acceleration < 0.4


def test_speed_and_acceleration_belong_together() -> None:
    profile_ = SpeedProfile(route_of([(60.0, 0, 0), (10, 0, 0.1), (20, 0.1, 0.1)]), DATA)
    for place in np.arange(5.0, 85.0, 0.37):
        before, acceleration = profile_.at(place, 0)
        after, _ = profile_.at(place + 0.001, 0)
        assert (after**2 - before**2) / 0.002 == pytest.approx(acceleration, abs=0.05)


def test_a_leg_of_a_metre_is_driven_too() -> None:
    places, speed = SpeedProfile(route_of([(1.0, 0.0, 0.0)]), DATA).samples(0)
    assert 0.3 < speed.max() < 1.0
    assert np.abs(accelerations_and_jerks(places, speed)[1]).max() <= JERK_MAX + 1e-6
