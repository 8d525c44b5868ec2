"""Mass as the supervisor knows it, and contactors in a stop."""

import msgspec
import pytest

from firmware_runtime.safety.contactor_hold import ContactorHold
from firmware_runtime.safety.gross_mass import GrossMass
from firmware_runtime.vehicle.signals import VehicleState
from tests.safety.support import TICK_NS, profile
from tests.vehicle_state import vehicle_state

TRUCK = profile().data
UNKNOWN = vehicle_state(unusable=frozenset({"load_mass_kg"}))


def test_a_load_that_was_never_weighed_is_the_worst_one_of_both() -> None:
    mass = GrossMass(TRUCK.mass)
    mass.step(UNKNOWN)
    assert (mass.lightest_kg, mass.heaviest_kg) == (26_500, 101_500)


def test_a_weighed_load_stays_when_the_scales_are_lost() -> None:
    mass = GrossMass(TRUCK.mass)
    mass.step(vehicle_state(load_mass_kg=40_000.0))
    mass.step(UNKNOWN)
    assert (mass.lightest_kg, mass.heaviest_kg) == (66_500, 66_500)
    mass.step(vehicle_state(load_mass_kg=0.0))
    assert (mass.lightest_kg, mass.heaviest_kg) == (26_500, 26_500)


def test_a_trailer_counts_where_it_makes_things_worse() -> None:
    mass = GrossMass(msgspec.structs.replace(TRUCK.mass, trailer_max_kg=30_000.0))
    mass.step(vehicle_state(load_mass_kg=10_000.0))
    assert (mass.lightest_kg, mass.heaviest_kg) == (36_500, 66_500)


LIMIT_NS = 2_100_000_000
"""2 s of the profile and 0.1 s of slack."""
LOW = vehicle_state(battery_current_a=-30.0)
FLOWING = vehicle_state(battery_current_a=30.1)
LOST = vehicle_state(unusable=frozenset({"battery_current_a"}))


@pytest.mark.requirement("SR-22")
def test_contactors_stay_while_it_moves_and_open_when_it_stands_without_current() -> None:
    hold = ContactorHold(TRUCK.battery)
    assert hold.step(0, True, False, LOW)
    assert hold.step(60_000_000_000, True, False, LOW)
    assert not hold.step(60_010_000_000, True, True, LOW)


@pytest.mark.parametrize("state", [FLOWING, LOST], ids=["flowing", "lost"])
@pytest.mark.parametrize("standing", [False, True])
@pytest.mark.requirement("SR-22")
def test_a_current_that_does_not_fall_is_cut(state: VehicleState, standing: bool) -> None:
    hold = ContactorHold(TRUCK.battery)
    assert hold.step(TICK_NS, True, standing, state)
    assert hold.step(LIMIT_NS, True, standing, state)
    assert not hold.step(TICK_NS + LIMIT_NS, True, standing, state)


def test_nothing_is_said_against_them_where_nothing_stops() -> None:
    hold = ContactorHold(TRUCK.battery)
    for standing in (False, True):
        for state in (LOW, FLOWING, LOST):
            assert hold.step(0, False, standing, state)
            assert hold.step(60_000_000_000, False, standing, state)
    assert hold.step(60_000_000_000 + TICK_NS, True, True, FLOWING), "its time begins with the stop"
