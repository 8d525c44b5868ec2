"""One leads after another: what the last one left behind must not drive, brake or end the next drive."""

from dataclasses import replace

import pytest

from firmware_runtime.vehicle.enums import SafetyState
from tests.drives.rig import Rig, standing
from tests.drives.test_by_hand import fastest, in_cab, remote
from tests.motion.lines import route_of
from vehicle_hil.scene import place
from vehicle_hil.vehicle_file import built_in_vehicle, load_vehicle_file

S = SafetyState
STRAIGHT = route_of([(400, 0, 0)])


def test_a_second_remote_drive_is_as_long_as_the_first() -> None:
    rig = remote()
    rig.run(lambda r: r.state is S.READY, 15)
    rig.pause(2.0)
    rig.vehicle.body.press_run()
    rig.run(lambda r: r.state is S.REMOTE, 2)
    rig.pause(8.0)
    assert rig.state is S.REMOTE, "nothing asked for 10 s ends it, not for less"
    rig.vehicle.body.remote.ask(1.0)
    assert fastest(rig, 6.0) > 0.8


@pytest.mark.requirement("SR-04")
def test_no_truck_sets_off_by_the_turn_of_a_key_however_the_pedal_is_pressed() -> None:
    """After an e-stop with the foot on the pedal, which stays there."""
    rig = in_cab()
    rig.vehicle.body.cab.hold(accelerator=0.6)
    rig.pause(6.0)
    rig.vehicle.body.estop()
    rig.run(lambda r: standing(r) and r.state is S.ESTOP, 5)
    rig.vehicle.body.release_estop()
    rig.acknowledge()
    rig.vehicle.body.turn_mode_key("AUTO")
    rig.run(lambda r: r.state is S.READY, 10)
    rig.pause(0.5)
    rig.vehicle.body.turn_mode_key("MANUAL")
    rig.run(lambda r: r.state is S.MANUAL, 2)
    assert fastest(rig, 4.0) == 0.0
    rig.vehicle.body.cab.hold()
    rig.pause(0.2)
    rig.vehicle.body.cab.hold(accelerator=0.6)
    assert fastest(rig, 4.0) > 1.0
    assert rig.onboard.supervisor.report.took_over == ""


def driving(grades: tuple[tuple[float, float], ...]) -> Rig:
    """In AUTO, over these grades (distance, rise over run)."""
    rig = Rig(STRAIGHT, vehicle="e_truck")
    file = load_vehicle_file(built_in_vehicle("e_truck"))
    rig.vehicle = place(replace(file, surroundings=replace(file.surroundings, grade=grades)), 1, STRAIGHT)
    rig.vehicle.body.turn_mode_key("AUTO")
    rig.start()
    return rig


def test_a_driver_who_takes_a_stop_over_is_not_braked_any_more() -> None:
    rig = driving(((0.0, 0.0),))
    rig.run(lambda r: r.truth.speed_mps > 7.5, 60)
    rig.vehicle.body.set_link(False)
    rig.pause(1.0)
    assert rig.state is S.MRM
    rig.vehicle.body.cab.take_over()
    rig.vehicle.body.cab.hold(accelerator=0.3)
    rig.pause(0.4)
    speed_mps = rig.truth.speed_mps
    assert rig.state is S.MANUAL
    rig.pause(2.0)
    assert rig.truth.speed_mps >= speed_mps


def test_a_hill_that_lies_behind_neither_drives_beyond_the_cap_nor_brakes() -> None:
    up = driving(((0.0, 0.12), (100.0, 0.12), (110.0, 0.0)))
    up.run(lambda r: r.truth.distance_m > 90.0)
    up.vehicle.body.cab.take_over()
    up.vehicle.body.cab.hold(accelerator=1.0)
    assert fastest(up, 12.0) <= 8.33 * 1.03
    down = driving(((0.0, -0.12), (100.0, -0.12), (110.0, 0.0)))
    down.run(lambda r: r.truth.distance_m > 90.0)
    down.vehicle.body.cab.take_over()
    down.vehicle.body.cab.hold()
    down.run(lambda r: r.truth.distance_m > 115.0)
    down.vehicle.body.cab.hold(brake=0.2)
    down.run(lambda r: r.truth.speed_mps < 4.0, 10)
    down.vehicle.body.cab.hold(accelerator=0.5)
    down.pause(1.0)
    from_mps = down.truth.speed_mps
    down.pause(1.0)
    assert down.truth.speed_mps > from_mps + 0.5


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_wheels_left_at_their_lock_are_no_command_beyond_it(side: float) -> None:
    """At rest the command follows the measured angle, whose sensor may read 0.5003 rad."""
    rig = remote()
    rig.vehicle.body.remote.ask(1.0, side * 0.6)
    rig.pause(8.0)
    rig.vehicle.body.hold_dead_man(False)
    rig.run(lambda r: r.state is S.SAFE_STOP, 5)
    rig.pause(6.0)
    assert abs(rig.truth.front_angle_rad) > 0.49
    assert rig.onboard.supervisor.report.rejected == 0
