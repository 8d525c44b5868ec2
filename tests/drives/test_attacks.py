"""What the truck did wrong once: moved when it should not, stopped when it need not; a scenario each."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from firmware_runtime.motion.stop_planner import StopPlanner
from firmware_runtime.vehicle.enums import SafetyState
from firmware_runtime.vehicle.stop_plan import StopPlan
from tests.drives.rig import Rig, arrived, standing
from tests.motion.lines import route_of
from vehicle_hil.scene import place
from vehicle_hil.vehicle import SimulatedVehicle
from vehicle_hil.vehicle_file import built_in_vehicle, load_vehicle_file

S = SafetyState
STRAIGHT = route_of([(120, 0, 0)])
ROLLBACK_M, STOP_ERROR_M = 0.30, 0.10
LADEN_KG = 60_000.0
CORRIDOR_M = 0.5
FULL = pytest.mark.full
IN_EACH_RUN = ((-0.10, LADEN_KG), (0.10, LADEN_KG), (-0.05, 0.0))
HILLS = [
    pytest.param(grade, load_kg, marks=() if (grade, load_kg) in IN_EACH_RUN else FULL)
    for grade in (-0.10, -0.05, 0.05, 0.10)
    for load_kg in (0.0, LADEN_KG)
]
"""The steepest with the greatest load in each run, and one that is neither."""


def hill(rows: tuple[tuple[float, float], ...], load_kg: float = 0.0) -> Rig:
    """On a straight with this grade (distance, rise over run)."""
    rig = Rig(STRAIGHT)
    file = load_vehicle_file(built_in_vehicle("q_truck"))
    rig.vehicle = place(replace(file, surroundings=replace(file.surroundings, grade=rows)), 1, STRAIGHT)
    rig.vehicle.body.turn_mode_key("AUTO")
    rig.vehicle.set_load(load_kg)
    return rig


def climb_from(distance_m: float, grade: float) -> tuple[tuple[float, float], ...]:
    return ((0.0, 0.0), (distance_m, 0.0), (distance_m + 5.0, grade))


@pytest.mark.parametrize("load_kg", [0.0, LADEN_KG])
@pytest.mark.parametrize("grade", [0.05, 0.10, 0.15])
@pytest.mark.requirement("SR-23")
def test_it_starts_on_a_hill_without_rolling_back(grade: float, load_kg: float) -> None:
    rig = hill(((0.0, grade),), load_kg)
    rig.start()
    back_m = 0.0
    while rig.truth.distance_m < 10.0:
        rig.tick()
        back_m = min(back_m, rig.truth.distance_m)
        assert rig.now_ns < 60_000_000_000
    assert -back_m <= ROLLBACK_M
    assert rig.state is S.AUTO


@pytest.mark.parametrize(("grade", "load_kg"), HILLS)
@pytest.mark.requirement("SR-23")
def test_a_scanner_stop_on_a_hill_stands_and_stays(grade: float, load_kg: float) -> None:
    rig = hill(climb_from(15.0, grade), load_kg)
    rig.drive_to(50.0)
    speed_mps, from_m = rig.truth.speed_mps, rig.truth.distance_m
    rig.vehicle.body.set_scanner(True)
    rig.run(lambda r: r.truth.park_brake_applied, 30)
    assert rig.truth.distance_m - from_m <= speed_mps**2 / (2 * 0.7) + 1.5 * speed_mps
    rested_m = rig.truth.distance_m
    rig.pause(5.0)
    assert rig.truth.distance_m == pytest.approx(rested_m, abs=0.01)
    assert rig.state is S.AUTO


@pytest.mark.parametrize(("grade", "load_kg"), HILLS)
def test_it_arrives_on_a_hill_as_exactly_as_on_the_flat(grade: float, load_kg: float) -> None:
    rig = hill(climb_from(15.0, grade), load_kg)
    rig.start()
    speed_max_mps = 0.0
    while not arrived(rig):
        rig.tick()
        speed_max_mps = max(speed_max_mps, rig.truth.speed_mps)
        assert rig.telemetry.faults == ()
        assert rig.now_ns < 120_000_000_000
    assert rig.stop_error_m <= STOP_ERROR_M
    assert speed_max_mps <= 8.33 + 0.6


def test_a_minimal_risk_stop_while_accelerating_is_no_quarrel_of_the_two_eyes() -> None:
    rig = Rig(STRAIGHT)
    rig.drive_to(15.0)
    assert rig.telemetry.torque_request_nm > 200.0
    rig.vehicle.body.set_link(False)
    rig.run(standing, 15)
    rig.pause(1.0)
    assert rig.state is S.SAFE_STOP
    assert rig.onboard.supervisor.report.rejected == 0


@pytest.mark.parametrize(
    ("ticks", "place_m"),
    [(2, 8.0), (2, 40.0), pytest.param(1, 8.0, marks=FULL), pytest.param(1, 40.0, marks=FULL)],
)
def test_a_proposal_that_comes_late_but_not_too_late_stops_nothing(ticks: int, place_m: float) -> None:
    rig = Rig()
    rig.drive_to(place_m)
    assert rig.telemetry.torque_request_nm > 200.0
    rig.control_alive = False
    rig.pause(ticks * 0.01)
    rig.control_alive = True
    rig.run(arrived)
    assert rig.onboard.supervisor.report.rejected == 0


@pytest.mark.requirement("SR-25")
def test_the_spring_brake_does_not_close_on_turning_wheels() -> None:
    rig = Rig()
    rig.drive_to(40.0)
    rig.vehicle.body.set_bumper(True)
    rig.run(lambda r: r.state is S.FAULT, 1)
    while not standing(rig):
        assert not rig.truth.park_brake_applied
        rig.tick()
    rig.pause(1.0)
    assert rig.truth.park_brake_applied


def test_a_stop_just_short_of_the_end_is_not_the_end() -> None:
    rig = Rig()
    rig.drive_to(163.5)
    rig.vehicle.body.set_scanner(True)
    rig.run(lambda r: r.truth.park_brake_applied, 15)
    assert 0.15 < rig.stop_error_m < 0.4
    rig.vehicle.body.set_scanner(False)
    rig.run(arrived)
    assert rig.stop_error_m <= STOP_ERROR_M


def test_lost_wheel_speeds_are_one_fault_and_no_motion() -> None:
    rig = Rig()
    rig.drive_to(40.0)
    rig.vehicle.mute("brakes")
    seen: set[str] = set()
    while rig.state in (S.AUTO, S.MRM):
        rig.tick()
        seen.update(text.split(":")[0] for text in rig.telemetry.faults)
    rig.pause(2.0)
    assert rig.state is S.SAFE_STOP
    assert seen.isdisjoint({"speed_implausible", "unintended_motion"})


@pytest.mark.parametrize("grade", [-0.05, -0.10])
def test_the_supervisors_own_stop_is_no_longer_on_a_hill_than_its_plan(grade: float) -> None:
    rig = hill(climb_from(15.0, grade), LADEN_KG)
    rig.drive_to(60.0)
    speed_mps, from_m = rig.truth.speed_mps, rig.truth.distance_m
    rig.control_alive = False
    rig.run(standing, 20)
    assert rig.truth.distance_m - from_m <= speed_mps**2 / (2 * 0.7 * 1.8) + 0.5 * speed_mps


@pytest.mark.requirement("SR-26")
def test_the_bumper_is_an_emergency_stop_also_while_the_supervisor_stops_the_truck() -> None:
    rig = Rig()
    rig.drive_to(45.0)
    rig.control_alive = False
    rig.pause(0.05)
    rig.control_alive = True
    rig.vehicle.body.set_bumper(True)
    speed_mps, from_m = rig.truth.speed_mps, rig.truth.distance_m
    rig.run(standing, 10)
    assert rig.truth.distance_m - from_m < speed_mps**2 / (2 * 3.0) + 0.5 * speed_mps


@pytest.mark.requirement("SR-04")
def test_a_run_button_that_is_broken_and_then_pressed_starts_nothing() -> None:
    rig = Rig()
    buttons = rig.vehicle.sender("OperatorInputs")
    buttons.override = {"RunButton": 2.0}
    rig.run(lambda r: r.now_ns > 0 and r.state is S.READY, 20)
    buttons.override = {"RunButton": 1.0}
    rig.pause(1.0)
    assert rig.state is S.READY
    buttons.override = {}
    rig.pause(0.5)
    rig.vehicle.body.press_run()
    rig.run(lambda r: r.state is S.AUTO, 2)


def test_it_does_not_set_off_with_its_back_to_the_route() -> None:
    file = load_vehicle_file(built_in_vehicle("q_truck"))
    rig = Rig(STRAIGHT)
    datum = (STRAIGHT.datum_latitude_deg, STRAIGHT.datum_longitude_deg, STRAIGHT.datum_height_m)
    rig.vehicle = SimulatedVehicle(file, 1, 0.0, 0.0, 3.1, datum)
    rig.vehicle.body.turn_mode_key("AUTO")
    rig.start()
    rig.pause(5.0)
    assert rig.state is S.SAFE_STOP
    assert rig.truth.distance_m == 0.0


@pytest.mark.requirement("SR-23")
def test_a_park_brake_that_never_opens_is_a_fault_and_no_endless_wait() -> None:
    rig = Rig(STRAIGHT)
    rig.run(lambda r: r.now_ns > 0 and r.state is S.READY, 20)
    rig.vehicle.sender("BrakeFeedback").override["ParkBrakeState"] = 2.0
    rig.vehicle.body.press_run()
    rig.run(lambda r: S.MRM in r.states, 10)
    rig.run(lambda r: r.state is S.SAFE_STOP, 5)
    assert rig.truth.distance_m < 0.05


@pytest.mark.requirement("SR-25")
def test_a_park_brake_that_says_closed_at_speed_is_a_minimal_risk_stop_not_a_blow() -> None:
    rig = Rig(STRAIGHT)
    rig.drive_to(40.0)
    rig.vehicle.sender("BrakeFeedback").override["ParkBrakeState"] = 2.0
    hardest_mps2 = 0.0
    while not standing(rig):
        rig.tick()
        hardest_mps2 = min(hardest_mps2, rig.truth.acceleration_mps2)
    assert hardest_mps2 > -2.5
    rig.pause(1.5)
    assert rig.state is S.SAFE_STOP


@pytest.mark.requirement("SR-19")
def test_fixes_that_jump_while_driving_never_pull_the_truck_off_its_path() -> None:
    rig = Rig()
    rig.drive_to(64.0)
    rig.vehicle.gnss.offset_m = (3.0, -2.0)
    rig.run(standing, 20)
    assert rig.cross_track_max_m <= 0.5
    rig.pause(1.0)
    assert rig.state is S.SAFE_STOP


def mirror(plan: StopPlan) -> StopPlan:
    return msgspec.structs.replace(plan, curvature_1pm=tuple(-bend for bend in plan.curvature_1pm))


def sharpen(plan: StopPlan) -> StopPlan:
    """From 5 m ahead on."""
    return msgspec.structs.replace(plan, curvature_1pm=plan.curvature_1pm[:5] + (0.15,) * 30)


def shorten(plan: StopPlan) -> StopPlan:
    """By a third."""
    samples = 2 * len(plan.curvature_1pm) // 3
    return msgspec.structs.replace(plan, curvature_1pm=plan.curvature_1pm[:samples])


@pytest.mark.parametrize(("spoil", "place_m"), [(mirror, 80.0), (sharpen, 45.0), (shorten, 45.0)])
@pytest.mark.requirement("SR-10", "SR-27")
def test_a_wrong_stop_plan_is_found_while_control_lives_and_is_not_what_it_stops_by(
    spoil: Callable[[StopPlan], StopPlan], place_m: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the bend and before it, with commands that are sane: the truck stops by the last good one."""
    rig = Rig()
    rig.drive_to(place_m)
    honest = StopPlanner.along_route

    def spoiled(self: StopPlanner, *arguments: Any) -> StopPlan:
        plan = spoil(honest(self, *arguments))
        return msgspec.structs.replace(plan, crab_rad=(0.0,) * len(plan.curvature_1pm))

    monkeypatch.setattr(StopPlanner, "along_route", spoiled)
    rig.tick()
    monkeypatch.undo()
    assert "stop plan: " in rig.onboard.supervisor.report.took_over
    rig.control_alive = False
    rig.run(standing, 15)
    assert rig.cross_track_max_m <= CORRIDOR_M
