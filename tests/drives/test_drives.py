"""Whole drives in lockstep: what the truck truly does when all is well, and when something is not."""

from collections.abc import Callable
from typing import Any

import cantools
import pytest
from cantools.database.can import Database

from firmware_runtime.vehicle.enums import SafetyState
from tests.bus_vehicle import ROOT
from tests.drives.rig import Rig, arrived, standing

S = SafetyState
STOP_ERROR_M, CROSS_TRACK_M, STOP_CORRIDOR_M = 0.10, 0.25, 0.5
ESTOP_NS, ACTUATOR_LOST_NS, CONTROL_LOST_NS = 20_000_000, 100_000_000, 50_000_000
"""Budgets from the fault to the safe frame on the bus, as the design states them."""
MINIMAL_RISK_MPS2 = 1.8


@pytest.fixture(scope="module")
def drive_bus() -> Database:
    database = cantools.database.load_file(ROOT / "dbc" / "q_truck_drive.dbc")
    assert isinstance(database, Database)
    return database


def braking_frame_after(rig: Rig, database: Database, since_ns: int) -> int:
    """Time of the first brake command above zero with a torque request of zero, on the bus."""
    torque: float | None = None
    for time_ns, bus, can_id, data in rig.log:
        if bus != "drive" or time_ns < since_ns:
            continue
        message = database.get_message_by_frame_id(can_id & 0x1FFF_FFFF)
        values: Any = message.decode(data)
        if message.name == "TractionCommand":
            torque = values["TorqueRequest"]
        braking = message.name == "BrakeCommand" and values["ForceRequest"] > 0
        if braking and torque is not None and torque <= 0:
            return time_ns
    raise AssertionError("no braking frame")


@pytest.mark.parametrize("vehicle", ["q_truck", "e_truck", "yard_tractor"])
def test_it_arrives_exactly_and_without_a_fault(vehicle: str) -> None:
    rig = Rig(vehicle=vehicle)
    rig.start()
    faults: set[str] = set()
    while not arrived(rig):
        rig.tick()
        faults.update(rig.telemetry.faults)
        assert rig.now_ns < 120_000_000_000
    assert faults == set()
    assert rig.stop_error_m <= STOP_ERROR_M
    assert rig.cross_track_max_m <= CROSS_TRACK_M
    rig.pause(1.0)
    assert rig.state is S.READY
    assert rig.truth.park_brake_applied


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    logs = []
    for seed in (7, 7, 8):
        rig = Rig(seed=seed)
        rig.start()
        rig.pause(10.0)
        logs.append(rig.log)
    assert logs[0] == logs[1]
    assert logs[0] != logs[2]


@pytest.mark.requirement("SR-01", "SR-03", "SR-04")
def test_the_estop_stops_the_truck_and_nothing_but_a_person_starts_it_again(drive_bus: Database) -> None:
    rig = Rig()
    rig.drive_to(40.0)
    pressed_ns = rig.now_ns
    rig.vehicle.body.estop()
    rig.run(lambda r: r.state is S.ESTOP, 1)
    assert braking_frame_after(rig, drive_bus, pressed_ns + 1) - pressed_ns <= ESTOP_NS
    rig.run(standing, 10)
    rig.pause(2.0)
    rig.vehicle.body.release_estop()
    rig.pause(2.0)
    assert rig.state is S.ESTOP, "releasing clears nothing"
    rig.acknowledge()
    rig.run(lambda r: r.state is S.READY, 20)
    rig.pause(5.0)
    assert rig.truth.speed_mps == 0.0, "no automatic restart"
    rig.vehicle.body.press_run()
    rig.run(arrived)
    assert rig.cross_track_max_m <= STOP_CORRIDOR_M


@pytest.mark.parametrize("ecu", ["inverter", "brakes", "steering"])
@pytest.mark.requirement("SR-20")
def test_a_lost_actuator_stops_the_truck_along_its_path(ecu: str, drive_bus: Database) -> None:
    rig = Rig()
    rig.drive_to(66.0)
    lost_ns = rig.now_ns
    rig.vehicle.mute(ecu)
    rig.run(standing, 15)
    assert braking_frame_after(rig, drive_bus, lost_ns + 1) - lost_ns <= ACTUATOR_LOST_NS
    assert rig.cross_track_max_m <= STOP_CORRIDOR_M
    rig.pause(2.0)
    assert rig.state in (S.SAFE_STOP, S.FAULT, S.ESTOP)
    assert rig.truth.park_brake_applied


@pytest.mark.parametrize("place_m", [30.0, 66.0, 80.0, 100.0])
@pytest.mark.requirement("SR-10")
def test_without_control_the_supervisor_stops_along_the_path(place_m: float, drive_bus: Database) -> None:
    rig = Rig()
    rig.drive_to(place_m)
    lost_ns, speed_mps, from_m = rig.now_ns, rig.truth.speed_mps, rig.truth.distance_m
    rig.control_alive = False
    rig.run(standing, 15)
    assert braking_frame_after(rig, drive_bus, lost_ns + 1) - lost_ns <= CONTROL_LOST_NS
    assert rig.cross_track_max_m <= STOP_CORRIDOR_M
    distance_m = rig.truth.distance_m - from_m
    assert distance_m < speed_mps**2 / (2 * 0.7 * MINIMAL_RISK_MPS2) + speed_mps
    rig.pause(1.0)
    assert rig.truth.park_brake_applied


@pytest.mark.requirement("SR-11")
def test_without_the_whole_runtime_the_ecus_stop_the_truck() -> None:
    rig = Rig()
    rig.drive_to(40.0)
    rig.runtime_alive = False
    dead_ns = rig.now_ns
    rig.run(lambda r: r.truth.brakes_latched and r.truth.inverter_latched and r.truth.steering_latched, 1)
    assert rig.now_ns - dead_ns <= 100_000_000
    rig.run(standing, 15)
    rig.pause(1.0)
    assert rig.truth.park_brake_applied


@pytest.mark.requirement("SR-04", "SR-11")
def test_a_restarted_runtime_shakes_hands_with_latched_ecus_before_anything_moves() -> None:
    from firmware_runtime.executive.onboard import Onboard

    rig = Rig()
    rig.drive_to(40.0)
    rig.runtime_alive = False
    rig.run(standing, 15)
    rig.pause(1.0)
    rig.onboard = Onboard(rig.profile, rig.route)
    rig.runtime_alive = True
    rig.tick()
    rig.run(lambda r: r.telemetry.state is S.READY, 20)
    latched = (rig.truth.brakes_latched, rig.truth.inverter_latched, rig.truth.steering_latched)
    assert latched == (False, False, False)
    rig.pause(3.0)
    assert rig.truth.speed_mps == 0.0


@pytest.mark.requirement("SR-19")
def test_long_blindness_is_a_minimal_risk_stop_on_the_route() -> None:
    rig = Rig()
    rig.drive_to(45.0)
    rig.vehicle.gnss.forced = "silent"
    rig.run(lambda r: S.MRM in r.states, 20)
    assert rig.telemetry.faults[0].startswith("localisation_lost")
    rig.run(standing, 15)
    assert rig.cross_track_max_m <= STOP_CORRIDOR_M
    rig.pause(1.0)
    assert rig.state is S.SAFE_STOP


@pytest.mark.parametrize(
    ("meddle", "fault"),
    [
        (lambda r: setattr(r.vehicle.battery, "interlock_closed", False), "battery_interlock"),
        (lambda r: r.vehicle.sender("BatteryPack").__setattr__("muted", True), "message_lost"),
        (lambda r: r.vehicle.sender("SteeringFeedback").__setattr__("corrupt_crc", True), "message_corrupt"),
        (
            lambda r: r.vehicle.sender("MotionLimits").__setattr__("freeze_counter", True),
            "message_miscounted",
        ),
        (lambda r: r.vehicle.body.set_link(False), ""),
        (lambda r: r.vehicle.body.turn_mode_key("OFF"), ""),
    ],
    ids=["interlock", "mute", "crc", "counter", "link", "mode-key"],
)
@pytest.mark.requirement("SR-04", "SR-08", "SR-12", "SR-21")
def test_a_fault_while_driving_ends_in_a_latched_stop_that_a_person_must_clear(
    meddle: Callable[[Rig], None], fault: str
) -> None:
    rig = Rig()
    rig.drive_to(40.0)
    meddle(rig)
    seen: set[str] = set()
    while not standing(rig):
        rig.tick()
        seen.update(text.split(":")[0] for text in rig.telemetry.faults)
    assert rig.now_ns < 120_000_000_000
    assert fault in seen or not fault
    assert rig.cross_track_max_m <= STOP_CORRIDOR_M
    rig.pause(1.0)
    assert rig.state is S.SAFE_STOP
    rig.pause(30.0)
    assert rig.state is S.SAFE_STOP


@pytest.mark.parametrize("message", ["RemoteDemand", "CabInputs"])
@pytest.mark.requirement("SR-08", "SR-12")
def test_a_gateway_or_a_cab_that_falls_silent_stops_a_drive_that_does_not_need_it(message: str) -> None:
    """Who is asked to take over, or to be let take over, must be there before he is needed."""
    rig = Rig(vehicle="e_truck")
    rig.drive_to(20.0)
    rig.vehicle.sender(message).muted = True
    rig.run(lambda r: r.state is S.MRM, 0.2)
    assert rig.telemetry.faults == (f"message_lost: body.{message} late",)
    rig.run(standing, 15)
    rig.pause(1.0)
    assert rig.state is S.SAFE_STOP
    assert rig.cross_track_max_m <= STOP_CORRIDOR_M


@pytest.mark.requirement("SR-26")
def test_something_in_the_scanners_field_holds_the_truck_and_lets_it_go_on() -> None:
    rig = Rig()
    rig.drive_to(30.0)
    rig.vehicle.body.set_scanner(True)
    rig.run(standing, 15)
    rig.pause(3.0)
    assert rig.state is S.AUTO
    assert rig.truth.speed_mps == 0.0
    rig.vehicle.body.set_scanner(False)
    rig.run(arrived)
    assert rig.stop_error_m <= STOP_ERROR_M


@pytest.mark.requirement("SR-26")
def test_a_zone_caps_the_speed() -> None:
    rig = Rig()
    rig.drive_to(10.0)
    rig.vehicle.body.set_zone(1.5)
    rig.pause(6.0)
    assert rig.truth.speed_mps == pytest.approx(1.5, abs=0.1)


@pytest.mark.requirement("SR-26")
def test_the_bumper_is_an_emergency_stop() -> None:
    rig = Rig()
    rig.drive_to(40.0)
    speed_mps, from_m = rig.truth.speed_mps, rig.truth.distance_m
    rig.vehicle.body.set_bumper(True)
    rig.run(standing, 10)
    assert rig.state is S.FAULT
    assert rig.truth.distance_m - from_m < speed_mps**2 / (2 * 3.0) + 0.4 * speed_mps


def test_with_load_it_drives_and_stops_as_exactly() -> None:
    rig = Rig()
    rig.vehicle.set_load(60_000.0)
    rig.start()
    rig.run(arrived, 200)
    assert rig.stop_error_m <= STOP_ERROR_M
    assert rig.cross_track_max_m <= CROSS_TRACK_M
