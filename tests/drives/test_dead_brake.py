"""A service brake that gives nothing, and says so or not: the springs stop the truck on its path."""

from collections.abc import Callable

import pytest

from firmware_runtime.vehicle.enums import SafetyState
from tests.drives.fault_matrix.causes import Worn
from tests.drives.fault_matrix.world import AUTO_AT_M, World
from tests.drives.rig import standing

S = SafetyState
FORCE_BUDGET_S = 0.20
LATE_S = 0.25
"""Until a brake that comes as slowly as a sound one may has left its band (dead time and lag)."""
SPRING_MPS2, SPRING_DELAY_S = 3.0, 0.5
CORRIDOR_M = 0.5


def fail(world: World) -> None:
    world.vehicle.brakes.failed = True


def lose_silently(world: World) -> None:
    """Its line is cut: no force, none measured, and its ECU has not noticed."""
    world.vehicle.plant = Worn(world.vehicle.plant, world, 0.0)  # type: ignore[assignment]
    world.says("BrakeFeedback", Force=0.0)
    world.vehicle.body.estop()


@pytest.mark.parametrize("lose", [fail, lose_silently])
@pytest.mark.requirement("SR-20")
def test_without_a_service_brake_the_springs_stop_the_truck_on_its_path(
    lose: Callable[[World], None],
) -> None:
    world = World()
    world.make_ready()
    world.set_off(S.AUTO)
    world.roll_to(AUTO_AT_M)
    speed_mps, from_m = world.truth.speed_mps, world.truth.distance_m
    lose(world)
    world.run(standing, 10)
    late_m = speed_mps * (LATE_S + FORCE_BUDGET_S + SPRING_DELAY_S)
    assert world.truth.distance_m - from_m <= late_m + speed_mps**2 / (2 * SPRING_MPS2)
    assert world.cross_track_max_m <= CORRIDOR_M
    world.pause(2.0)
    assert world.truth.park_brake_applied
    assert world.state in (S.SAFE_STOP, S.FAULT, S.ESTOP)
