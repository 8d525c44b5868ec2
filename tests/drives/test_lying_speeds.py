"""Wheel and motor speeds that lie: one hides a standstill, all see motion where there is none."""

import pytest

from firmware_runtime.vehicle.enums import SafetyState
from tests.drives.fault_matrix.causes import all_speeds_say, all_speeds_true
from tests.drives.fault_matrix.world import World
from tests.drives.rig import standing

S = SafetyState
SIGNALS = [
    ("WheelSpeedsFront", "Left"),
    ("WheelSpeedsFront", "Right"),
    ("WheelSpeedsRear", "Left"),
    ("WheelSpeedsRear", "Right"),
]


@pytest.mark.parametrize(("message", "side"), SIGNALS, ids=["fl", "fr", "rl", "rr"])
@pytest.mark.requirement("SR-24")
def test_a_wheel_speed_that_stands_still_at_a_value_does_not_hide_the_standstill(
    message: str, side: str
) -> None:
    world = World()
    world.make_ready()
    world.set_off(S.AUTO)
    world.roll_to(40.0)
    world.says(message, **{side: world.truth.speed_mps})
    world.run(lambda w: w.state is S.MRM, 2)
    world.run(standing, 10)
    world.pause(1.5)
    assert world.state in (S.SAFE_STOP, S.FAULT)
    assert S.ESTOP not in world.states
    world.pause(1.0)
    assert world.truth.park_brake_applied


@pytest.mark.parametrize("speed_mps", [0.2, -0.2, 0.05])
@pytest.mark.requirement("SR-23", "SR-24")
def test_speeds_that_see_motion_where_there_is_none_do_not_open_a_hold(speed_mps: float) -> None:
    world = World()
    world.make_ready()
    world.set_off(S.AUTO)
    world.roll_to(20.0)
    world.vehicle.body.set_scanner(True)
    world.run(lambda w: standing(w) and w.truth.park_brake_applied, 20)
    world.pause(1.0)
    from_m = world.truth.distance_m
    all_speeds_say(world, speed_mps)
    for _ in range(600):
        world.tick()
        assert world.truth.park_brake_applied
    all_speeds_true(world)
    world.pause(2.0)
    assert abs(world.truth.distance_m - from_m) < 0.01
