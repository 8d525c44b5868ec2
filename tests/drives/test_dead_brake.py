"""A service brake that gives nothing, and says so or not: the springs stop the truck on its path."""

from collections.abc import Callable

import pytest

from firmware_runtime.vehicle.enums import SafetyState
from tests.drives.fault_matrix.causes import Worn
from tests.drives.fault_matrix.world import AUTO_AT_M, World
from tests.drives.rig import standing

S = SafetyState
OFF, LATCHED_STOP = 0.0, 3.0
"""BrakeFeedback.Status."""
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


@pytest.mark.requirement("SR-05", "SR-08")
def test_nobody_drives_by_hand_with_a_brake_that_says_it_has_failed() -> None:
    """The E-Truck waits, its brake fails, and somebody turns the key to MANUAL, and acknowledges."""
    world = World(vehicle="e_truck")
    world.make_ready()
    fail(world)
    world.pause(0.2)
    assert world.state is S.FAULT
    for _ in range(2):
        world.vehicle.body.turn_mode_key("MANUAL")
        world.acknowledge()
        assert world.state is S.FAULT
        world.vehicle.body.turn_mode_key("AUTO")
        world.pause(0.2)
    world.vehicle.brakes.failed = False
    world.acknowledge()
    world.run(lambda w: w.state is S.READY, 10)


@pytest.mark.parametrize("status", [OFF, LATCHED_STOP])
@pytest.mark.requirement("SR-04", "SR-08")
def test_a_brake_that_is_off_or_latched_at_rest_is_waited_for_without_anybody(status: float) -> None:
    """No failure: it begins or unlatches by itself. Until then run does nothing."""
    world = World()
    world.make_ready()
    world.says("BrakeFeedback", Status=status)
    world.run(lambda w: w.state is S.STANDBY, 0.6)
    assert world.telemetry.faults[0].startswith("actuator_pending: brake_status ")
    world.vehicle.body.press_run()
    world.pause(2.0)
    assert world.state is S.STANDBY
    world.says_true("BrakeFeedback", "Status")
    world.run(lambda w: w.state is S.READY, 1.5)
    assert world.telemetry.faults == ()
    assert S.FAULT not in world.states


@pytest.mark.requirement("SR-05")
def test_ecus_that_latched_unlatch_in_the_stop_and_do_not_keep_people_from_acknowledging() -> None:
    world = World()
    world.make_ready()
    world.set_off(S.AUTO)
    world.roll_to(20.0)
    world.cut.add("drive")
    world.pause(0.2)
    assert world.truth.brakes_latched
    world.cut.clear()
    world.run(lambda w: w.state is S.SAFE_STOP and not w.truth.brakes_latched, 20)
    world.acknowledge()
    world.run(lambda w: w.state is S.READY, 10)
