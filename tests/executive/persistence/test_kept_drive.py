"""What outlives the power, in whole drives: leave to move, orderly ends, power lost at any moment."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from firmware_runtime.executive.persistence.items import Shutdown
from firmware_runtime.executive.persistence.store import Folder
from firmware_runtime.safety.facts import SafetyConfig
from firmware_runtime.vehicle.enums import SafetyState
from tests.drives.fault_matrix.world import World
from tests.drives.rig import Rig
from tests.executive.persistence.kept_drive import ODOMETER_M, KeptDrive, commission

S = SafetyState
NONE = (False, False, False)
STANDING_HOLD_S = 2.0

Begin = Callable[[], KeptDrive]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def begin(folder: Path) -> Iterator[Begin]:
    """A next life each time; the one before it lost its power."""
    lives: list[KeptDrive] = []

    def start() -> KeptDrive:
        for life in lives:
            life.die()
        lives[:] = [KeptDrive(folder)]
        return lives[0]

    yield start
    for life in lives:
        life.die()


def ready(world: Rig) -> bool:
    return world.now_ns > 0 and world.state is S.READY


def drive(world: KeptDrive, speed_mps: float = 4.0) -> None:
    world.make_ready()
    world.set_off(S.AUTO)
    world.run(lambda w: w.truth.speed_mps > speed_mps, 30)


def names(world: World) -> list[str]:
    return [text.split(":")[0] for text in world.telemetry.faults]


@pytest.mark.requirement("SR-06")
def test_wheels_never_turn_before_the_disk_says_that_they_may(folder: Path, begin: Begin) -> None:
    commission(folder)
    world = begin()
    drive(world)
    assert world.on_disk is Shutdown.RUNNING_MOVING
    assert names(world) == []


def test_without_a_writer_the_truck_waits_in_standby_and_says_why(folder: Path, begin: Begin) -> None:
    commission(folder)
    world = begin()
    world.writes = False
    world.pause(8.0)
    assert world.state is S.STANDBY
    assert names(world) == ["state_not_written"]
    world.writes = True
    world.run(ready, 2)
    assert names(world) == []


def test_a_disk_that_takes_its_time_costs_a_moment_in_standby_and_no_fault(
    folder: Path, begin: Begin
) -> None:
    commission(folder)
    world = begin()
    world.writes = False
    world.run(lambda w: w.onboard.controller.motion_wanted, 8)
    world.pause(0.3)
    assert world.state is S.STANDBY
    world.write()
    world.tick()
    world.tick()
    assert world.state is S.READY
    assert S.READY in world.states


def test_a_disk_that_fails_under_way_is_told_and_the_truck_drives_on(folder: Path, begin: Begin) -> None:
    commission(folder)
    world = begin()
    drive(world)
    world.writes = False
    world.pause(2.0)
    assert world.state is S.AUTO
    assert names(world) == ["state_not_written"]


@pytest.mark.requirement("SR-06")
def test_power_lost_under_way_is_a_safe_stop_at_the_next_start_until_somebody_acknowledges(
    folder: Path, begin: Begin
) -> None:
    commission(folder)
    drive(begin())
    world = begin()
    assert "power lost, or this software ended, while moving" in " ".join(world.desk.words)
    world.run(lambda w: w.now_ns > 0 and w.state is S.SAFE_STOP, 5)
    world.pause(3.0)
    world.vehicle.body.press_run()
    world.pause(1.0)
    assert world.state is S.SAFE_STOP
    assert names(world) == ["power_lost_in_motion"]
    world.acknowledge()
    world.run(ready, 5)
    assert names(world) == []


@pytest.mark.requirement("SR-06")
def test_a_start_that_is_cut_short_is_made_again_in_the_same_way(folder: Path, begin: Begin) -> None:
    commission(folder)
    drive(begin())
    for after_s in (0.02, 0.5, 4.0):
        begin().pause(after_s)
    world = begin()
    world.run(lambda w: w.now_ns > 0 and w.state is S.SAFE_STOP, 5)
    assert world.latches == (False, False, True)


@pytest.mark.requirement("SR-06")
def test_a_latch_is_there_again_after_the_power_whatever_the_truck_did_last(
    folder: Path, begin: Begin
) -> None:
    commission(folder)
    world = begin()
    world.make_ready()
    world.vehicle.body.estop()
    world.pause(STANDING_HOLD_S + 1.0)
    assert world.on_disk is Shutdown.RUNNING_STANDING
    world = begin()
    world.tick()
    assert world.latches == (True, False, False)
    world.tick()
    assert world.state is S.ESTOP


def test_an_orderly_end_at_rest_leaves_nothing_to_acknowledge(folder: Path, begin: Begin) -> None:
    commission(folder)
    world = begin()
    world.make_ready()
    world.ask_end = True
    world.run(lambda w: w.onboard.controller.may_end, 4)
    assert world.on_disk is Shutdown.ORDERLY
    world = begin()
    world.run(ready, 10)
    assert world.latches == NONE
    assert S.SAFE_STOP not in world.states
    assert names(world) == []


@pytest.mark.requirement("SR-06")
def test_an_end_that_was_asked_under_way_is_orderly_and_keeps_its_latch(folder: Path, begin: Begin) -> None:
    commission(folder)
    world = begin()
    drive(world)
    world.ask_end = True
    world.run(lambda w: w.onboard.controller.may_end, 20)
    assert world.truth.speed_mps == 0.0
    assert world.on_disk is Shutdown.ORDERLY
    world = begin()
    world.run(lambda w: w.now_ns > 0 and w.state is S.SAFE_STOP, 5)
    assert "power_lost_in_motion" not in names(world)


def test_an_end_waits_for_the_disk_but_not_for_ever(folder: Path, begin: Begin) -> None:
    commission(folder)
    world = begin()
    world.make_ready()
    world.writes = False
    world.ask_end = True
    world.pause(4.9)
    assert not world.onboard.controller.may_end
    world.pause(0.2)
    assert world.onboard.controller.may_end


def test_the_off_button_ends_in_order_too(folder: Path, begin: Begin) -> None:
    commission(folder)
    world = begin()
    world.make_ready()
    world.vehicle.body.press_off()
    world.pause(STANDING_HOLD_S + 0.5)
    assert world.state is S.SHUTDOWN
    assert world.on_disk is Shutdown.ORDERLY


def test_a_folder_that_is_not_commissioned_is_all_latched_and_gives_no_leave(
    folder: Path, begin: Begin
) -> None:
    folder.mkdir()
    world = begin()
    assert any("expected the state of a vehicle" in word for word in world.desk.words)
    world.tick()
    assert world.latches == (True, True, True)
    assert names(world) == ["state_not_known"]
    assert world.telemetry.faults == (
        f"state_not_known: folder {Folder.NOT_COMMISSIONED}: latches, trouble codes, "
        "odometer, charge and pose",
    )
    for _ in range(3):
        world.acknowledge()
        world.pause(3.0)
    assert world.latches == NONE
    world.pause(5.0)
    assert world.state is S.STANDBY
    assert names(world) == ["state_not_written"]


def test_one_record_alone_that_is_lost_is_named(folder: Path, begin: Begin) -> None:
    commission(folder)
    for path in folder.glob("running.*.state"):
        path.unlink()
    world = begin()
    world.tick()
    assert world.latches == NONE
    assert world.telemetry.faults == ("state_not_known: odometer, charge and pose",)


def test_trouble_codes_are_there_again_with_their_count(folder: Path, begin: Begin) -> None:
    commission(folder)
    world = begin()
    world.make_ready()
    for _ in range(2):
        world.vehicle.body.set_link(False)
        world.pause(0.5)
        world.vehicle.body.set_link(True)
        world.pause(0.5)
    world = begin()
    world.pause(3.0)
    (code,) = [code for code in world.desk.codes.codes if code.identifier == "link_lost"]
    assert (code.occurrences, code.active) == (2, False)


def test_codes_of_a_version_that_is_not_known_are_a_word_and_no_codes(folder: Path, begin: Begin) -> None:
    commission(folder)
    world = begin()
    boot_codes = msgspec.structs.replace(world.desk.codes.snapshot(), version=99)
    world.desk.codes.snapshot = lambda: boot_codes  # type: ignore[method-assign]
    world.vehicle.body.set_link(False)
    world.pause(4.0)
    world = begin()
    assert "trouble codes: expected version 2, came 99" in world.desk.words
    world.tick()
    assert "state_not_known: trouble codes" in world.telemetry.faults


def test_the_odometer_goes_on_and_the_pose_is_of_the_last_second(folder: Path, begin: Begin) -> None:
    commission(folder)
    world = begin()
    drive(world)
    world.pause(2.0)
    kept = world.running_on_disk
    assert kept.odometer_m is not None
    way_m = abs(world.truth.distance_m)
    most_m = world.truth.speed_mps * 0.6
    assert ODOMETER_M + way_m - most_m < kept.odometer_m < ODOMETER_M + way_m + 0.02 * way_m
    assert kept.pose is not None
    assert abs(kept.pose.x_m - world.truth.x_m) < most_m
    world = begin()
    world.pause(3.0)
    assert world.running_on_disk.odometer_m == pytest.approx(kept.odometer_m)


def test_a_truck_that_stands_wears_no_disk(folder: Path, begin: Begin) -> None:
    commission(folder)
    world = begin()
    world.make_ready()
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    world.pause(5.0)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_latches_of_the_commissioning_are_acknowledged_one_by_one(folder: Path, begin: Begin) -> None:
    commission(folder, SafetyConfig(estop_latch=True, immediate_latch=True, minimal_risk_latch=True))
    world = begin()
    presses = 0
    while world.latches != NONE or not presses:
        world.acknowledge()
        world.pause(2.0)
        presses += 1
        assert presses <= 3
    assert presses == 3
    world.run(ready, 8)
