"""The simulated vehicle as a whole: determinism, frames of a tick, driving, stopping, hills, imports."""

import ast
import itertools
import math
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import vehicle_hil
from tests.hil.bus_peer import DATUM, Rig
from tests.hil.vehicles import BOTH, parameters, variant
from vehicle_hil.codec.dbc import DbcError
from vehicle_hil.vehicle import SimulatedVehicle

HOUSE = Path(vehicle_hil.__file__).parent


@pytest.fixture(params=BOTH)
def rig(request: pytest.FixtureRequest) -> Rig:
    return Rig(parameters(request.param))


def drive_a_while(name: str, seed: int) -> tuple[list[object], bytes]:
    rig = Rig(parameters(name), seed)
    frames: list[object] = []
    serial = b""
    rig.set("BatteryCommand", ContactorRequest="CLOSE")
    rig.run(2.0)
    rig.unlatch()
    rig.set("RuntimeHeartbeat", MotionState="DRIVING")
    rig.set("BrakeCommand", ParkBrakeRequest="RELEASE")
    rig.set("TractionCommand", Enable="ON", TorqueRequest=800)
    rig.set("SteeringCommand", FrontAngle=0.1)
    for _ in range(600):
        frames.extend(rig.tick())
        serial += rig.vehicle.serial_bytes()
    return frames, serial


@pytest.mark.parametrize("name", BOTH)
def test_the_same_seed_and_inputs_give_the_same_bytes(name: str) -> None:
    assert drive_a_while(name, 7) == drive_a_while(name, 7)


def test_another_seed_gives_others() -> None:
    assert drive_a_while("q_truck", 7) != drive_a_while("q_truck", 8)


def test_every_message_of_every_ecu_comes_at_its_cycle(rig: Rig) -> None:
    rig.run(0.5)
    counts: Counter[str] = Counter()
    for _ in range(500):
        counts.update(rig.peer.decode(frame)[0] for frame in rig.tick())
    for database in rig.peer.databases.values():
        for message in database.messages:
            if "RUNTIME" in message.senders:
                continue
            if message.name == "CabInputs" and not rig.vehicle.parameters.vehicle.cab:
                assert not counts[message.name]
            else:
                assert counts[message.name] == 5000 // message.cycle_time, message.name
    assert sum(counts.values()) / 500 < 9


def test_frames_of_a_tick_rise_in_time_and_go_by_identifier(rig: Rig) -> None:
    last: dict[str, int] = {}
    for _ in range(200):
        frames = rig.tick()
        assert [f[0] for f in frames] == sorted(f[0] for f in frames)
        for bus in ("drive", "body"):
            own = [f for f in frames if f[1] == bus]
            assert [f[2] for f in own] == sorted(f[2] for f in own)
            spacing = 262_000 if bus == "drive" else 524_000
            assert all(b[0] - a[0] == spacing for a, b in itertools.pairwise(own))
            assert own[-1][0] == rig.now_ns
            assert own[0][0] > last.get(bus, 0)
            last[bus] = own[-1][0]


def test_no_tick_carries_all_slow_messages_at_once(rig: Rig) -> None:
    rig.run(0.5)
    assert max(len(rig.tick()) for _ in range(100)) <= 13


def test_the_first_step_only_powers_up() -> None:
    vehicle = SimulatedVehicle(parameters("q_truck"), 1, 1.0, 2.0, 0.5, DATUM)
    assert vehicle.step(0, ()) == []
    assert (vehicle.truth.x_m, vehicle.truth.y_m, vehicle.truth.heading_rad) == (1.0, 2.0, 0.5)
    assert len(vehicle.step(10_000_000, ())) > 5


def test_time_must_rise(rig: Rig) -> None:
    with pytest.raises(ValueError, match="now_ns: expected more than 0, got 0"):
        rig.vehicle.step(0, ())


def test_frames_that_nobody_hears_are_ignored(rig: Rig) -> None:
    strange = [(0, "drive", 0x123, b""), (0, "nowhere", 0x8CFF0027, bytes(8)), (0, "body", 0x8CFF0027, b"x")]
    rig.vehicle.step(10_000_000, strange)
    assert rig.truth.inverter_latched


def test_drives_steers_and_turns_left(rig: Rig) -> None:
    rig.ready_to_drive()
    rig.set("SteeringCommand", FrontAngle=0.2 if rig.peer.message("SteeringCommand").dbc else 0)
    rig.set("TractionCommand", TorqueRequest=600)
    rig.run(6.0)
    assert rig.truth.speed_mps > 1.0
    assert rig.truth.heading_rad > 0.0
    assert rig.truth.energy_drawn_j > 0.0
    assert rig.truth.distance_m == pytest.approx(math.hypot(rig.truth.x_m, rig.truth.y_m), rel=0.1)


def test_without_a_runtime_it_comes_to_rest_and_stays() -> None:
    rig = Rig(variant("q_truck", start={"load_mass_kg": 75_000.0}, surroundings={"grade": ((0.0, 0.05),)}))
    rig.ready_to_drive()
    rig.reach_speed(4.0, 5600)
    rig.silent = set(rig.commands)
    steering = rig.truth.front_angle_rad
    for _ in range(500):
        rig.tick()
        assert rig.truth.speed_mps >= 0.0
    assert rig.truth.speed_mps == 0.0
    assert rig.truth.park_brake_applied
    assert rig.truth.inverter_latched
    assert rig.truth.front_angle_rad == pytest.approx(steering, abs=1e-3)
    assert rig.vehicle.body.hazard_lights
    x = rig.truth.x_m
    rig.run(3.0)
    assert rig.truth.x_m == x


@pytest.mark.parametrize("grade", [0.15, -0.15])
def test_the_park_brake_holds_the_loaded_truck_on_the_steepest_grade(grade: float) -> None:
    rig = Rig(variant("q_truck", start={"load_mass_kg": 75_000.0}, surroundings={"grade": ((0.0, grade),)}))
    rig.run(5.0)
    assert rig.truth.distance_m == 0.0
    assert rig.truth.speed_mps == 0.0


def test_it_starts_on_the_steepest_grade_with_full_load() -> None:
    rig = Rig(variant("q_truck", start={"load_mass_kg": 75_000.0}, surroundings={"grade": ((0.0, 0.15),)}))
    rig.set("BatteryCommand", ContactorRequest="CLOSE")
    rig.run(2.0)
    rig.unlatch()
    rig.set("RuntimeHeartbeat", MotionState="DRIVING")
    rig.set("TractionCommand", Enable="ON", TorqueRequest=5600)
    rig.run(0.5)
    rig.set("BrakeCommand", ParkBrakeRequest="RELEASE")
    rig.run(2.0)
    assert rig.truth.distance_m > 0.02
    assert rig.truth.speed_mps > 0.0


def test_energy_comes_back_in_braking(rig: Rig) -> None:
    rig.ready_to_drive()
    rig.reach_speed(5.0, rig.vehicle.parameters.inverter.torque_max_nm * 0.8)
    drawn, p = rig.truth.energy_drawn_j, rig.vehicle.parameters
    rig.set("TractionCommand", TorqueRequest=-p.inverter.regeneration_torque_max_nm)
    rig.run(3.0)
    mass = p.mass.empty_kg * p.mass.rotating_factor
    kinetic = 0.5 * mass * 5.0**2
    assert kinetic < drawn < kinetic / 0.6
    assert 0.2 * kinetic < rig.truth.energy_regenerated_j < kinetic


@pytest.mark.parametrize("torque_nm", [500, -300])
def test_pack_power_is_shaft_power_with_losses_and_auxiliaries(torque_nm: int) -> None:
    rig = Rig(parameters("yard_tractor"))
    rig.ready_to_drive()
    rig.reach_speed(4.0, 1000)
    rig.set("TractionCommand", TorqueRequest=torque_nm)
    rig.run(0.4)
    speed_before = rig.truth.speed_mps
    rig.tick()
    omega = 0.5 * (speed_before + rig.truth.speed_mps) * 22.0 / 0.501
    shaft_w = rig.truth.motor_torque_nm * omega
    expected_w = (shaft_w / 0.94 if torque_nm > 0 else shaft_w * 0.94) + 3000.0
    assert rig.truth.pack_voltage_v * rig.truth.pack_current_a == pytest.approx(expected_w, rel=1e-3)


def test_a_longer_tick_is_the_same_motion(rig: Rig) -> None:
    """A stalled process makes one long step; ECUs and plant cover it in parts, time-outs included."""
    rig.ready_to_drive()
    rig.reach_speed(3.0, rig.vehicle.parameters.inverter.torque_max_nm * 0.5)
    rig.run(0.5)
    other = Rig(rig.vehicle.parameters)
    other.ready_to_drive()
    other.reach_speed(3.0, rig.vehicle.parameters.inverter.torque_max_nm * 0.5)
    other.run(0.5)
    rig.vehicle.step(rig.now_ns + 200_000_000, ())
    for tick in range(1, 21):
        other.vehicle.step(other.now_ns + tick * 10_000_000, ())
    assert rig.truth.inverter_latched
    assert rig.truth.distance_m == pytest.approx(other.truth.distance_m, abs=0.02)
    assert rig.truth.speed_mps == pytest.approx(other.truth.speed_mps, abs=0.15)


def test_a_muted_ecu_is_silent_and_the_others_are_not(rig: Rig) -> None:
    rig.run(0.1)
    rig.vehicle.mute("brakes")
    names = {rig.peer.decode(frame)[0] for _ in range(60) for frame in rig.tick()}
    assert names.isdisjoint({"BrakeFeedback", "WheelSpeedsFront", "WheelSpeedsRear"})
    assert {"TractionFeedback", "SteeringFeedback", "EStopStatus", "BatteryTemperatures"} <= names
    rig.vehicle.mute("brakes", False)
    assert "BrakeFeedback" in {rig.peer.decode(frame)[0] for frame in rig.tick()}


def test_a_corrupted_message_is_seen_by_autosar_e2e(rig: Rig) -> None:
    rig.vehicle.sender("EStopStatus").corrupt_crc = True
    rig.tick()
    with pytest.raises(AssertionError, match="EStopStatus"):
        rig.seen["EStopStatus"]


def test_a_frozen_counter_repeats(rig: Rig) -> None:
    rig.tick()
    rig.vehicle.sender("SteeringFeedback").freeze_counter = True
    counters = set()
    for _ in range(10):
        rig.tick()
        counters.add(rig.seen["SteeringFeedback"]["Counter"])
    assert len(counters) == 1


def test_an_unknown_message_has_no_sender(rig: Rig) -> None:
    with pytest.raises(DbcError, match=r"expected a message that an ECU sends .*, got 'RuntimeHeartbeat'"):
        rig.vehicle.sender("RuntimeHeartbeat")


def test_truth_tells_where_the_kinematic_model_is_no_longer_honest() -> None:
    rig = Rig(parameters("yard_tractor"))
    rig.ready_to_drive()
    rig.reach_speed(6.0, 1400)
    assert rig.truth.beyond_validity_s == 0.0
    rig.set("SteeringCommand", FrontAngle=0.4)
    rig.run(2.0)
    assert abs(rig.truth.lateral_acceleration_mps2) > 1.5
    assert rig.truth.beyond_validity_s > 0.5


PARTS = ["codec", "ecus", "plant", "gnss", "vehicle.py", "truth.py", "vehicle_file.py"]


def test_shares_no_code_with_the_runtime() -> None:
    files = [
        f for part in PARTS for f in ((HOUSE / part).rglob("*.py") if "." not in part else [HOUSE / part])
    ]
    assert len(files) > 30
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            roots = {name.split(".")[0] for name in names}
            assert roots.isdisjoint({"firmware_runtime", "can"}), file
    loaded = subprocess.run(
        [sys.executable, "-c", "import vehicle_hil.vehicle, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not any(name.startswith("firmware_runtime") for name in loaded.stdout.split())


def test_reads_no_clock_and_draws_no_unseeded_number() -> None:
    for part in PARTS:
        for file in (HOUSE / part).rglob("*.py") if "." not in part else [HOUSE / part]:
            text = file.read_text(encoding="utf-8")
            for word in ("import time", "datetime.now", "random.random(", "Random()", "import threading"):
                assert word not in text, file
