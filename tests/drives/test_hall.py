"""A truck in a hall, where no satellite is heard: people drive it out; by itself it does not drive."""

import pytest

from firmware_runtime.vehicle.enums import SafetyState
from tests.drives.fault_matrix.world import World

S = SafetyState


def in_a_hall(key: str, vehicle: str = "q_truck") -> World:
    world = World(vehicle=vehicle)
    world.vehicle.gnss.forced = "silent"
    world.vehicle.body.turn_mode_key(key)
    world.make_ready()
    return world


def told(world: World) -> set[str]:
    return {text.split(":")[0] for text in world.telemetry.faults}


@pytest.mark.requirement("SR-19")
def test_it_is_driven_out_by_remote() -> None:
    world = in_a_hall("REMOTE")
    assert world.telemetry.faults == ()
    world.vehicle.body.hold_dead_man()
    world.vehicle.body.remote.ask(1.0, 0.0)
    world.set_off(S.REMOTE)
    world.pause(6.0)
    assert world.truth.speed_mps > 0.8
    assert told(world) == {"localisation_lost"}
    world.vehicle.body.hold_dead_man(False)
    world.run(lambda w: w.state is S.SAFE_STOP, 10)
    world.acknowledge()
    world.run(lambda w: w.state is S.READY, 10)
    assert world.telemetry.faults == ()


@pytest.mark.requirement("SR-19")
def test_it_is_driven_out_by_its_driver() -> None:
    world = in_a_hall("REMOTE", vehicle="e_truck")
    world.vehicle.body.turn_mode_key("MANUAL")
    world.run(lambda w: w.state is S.MANUAL, 2)
    world.pause(0.1)
    world.vehicle.body.cab.hold(0.3, 0.0, 0.0)
    world.run(lambda w: w.truth.speed_mps > 2.0, 20)
    assert told(world) == {"localisation_lost"}


@pytest.mark.parametrize("when", ["before run", "with run"])
@pytest.mark.requirement("SR-04", "SR-19")
def test_a_key_at_auto_asks_for_a_position_before_it_drives(when: str) -> None:
    world = in_a_hall("REMOTE")
    world.states.clear()
    world.vehicle.body.turn_mode_key("AUTO")
    if when == "before run":
        world.pause(0.5)
    world.vehicle.body.press_run()
    world.pause(2.0)
    assert world.states == [S.READY, S.FAULT]
    assert "localisation_lost" in told(world)
    world.acknowledge()
    assert world.state is S.FAULT, "there still is none"
    world.vehicle.body.turn_mode_key("REMOTE")
    world.acknowledge()
    world.run(lambda w: w.state is S.READY, 10)


@pytest.mark.requirement("SR-19")
def test_a_stop_for_a_lost_position_is_acknowledged_by_who_leads_it_on_by_hand() -> None:
    world = World()
    world.make_ready()
    world.set_off(S.AUTO)
    world.roll_to(20.0)
    world.vehicle.gnss.forced = "silent"
    world.run(lambda w: w.state is S.SAFE_STOP, 120)
    world.acknowledge()
    assert world.state is S.SAFE_STOP
    world.vehicle.body.turn_mode_key("REMOTE")
    world.acknowledge()
    world.run(lambda w: w.state is S.READY, 10)
