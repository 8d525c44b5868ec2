"""People drive on the steepest hill, empty and with the greatest load: caps hold there as on the level.

By the plant's truth. A start knows nothing of the hill yet, and the torque of the laden truck is just enough.
"""

from dataclasses import replace

import pytest

from firmware_runtime.vehicle.enums import SafetyState
from tests.drives.rig import Rig, standing
from tests.motion.lines import route_of
from vehicle_hil.scene import place
from vehicle_hil.vehicle_file import built_in_vehicle, load_vehicle_file

S = SafetyState
STRAIGHT = route_of([(400, 0, 0)])
REMOTE_MPS, RECOVERY_MPS, FULL_MPS = 1.5, 0.3, 8.33
MEASURED_MPS = 0.03
"""What the truth may be faster than the measured speed says."""
ROLLED_BACK_M = 0.10
HILLS = pytest.mark.parametrize(
    ("vehicle", "grade", "load_kg"),
    [
        ("q_truck", -0.15, 0.0),
        ("q_truck", -0.15, 75_000.0),
        ("q_truck", 0.15, 0.0),
        ("q_truck", 0.15, 75_000.0),
        ("yard_tractor", -0.10, 25_000.0),
        ("yard_tractor", 0.10, 25_000.0),
    ],
)


def on_hill(vehicle: str, grade: float, load_kg: float, key: str) -> Rig:
    """READY at rest, with the key there."""
    rig = Rig(STRAIGHT, vehicle=vehicle)
    file = load_vehicle_file(built_in_vehicle(vehicle))
    rig.vehicle = place(
        replace(file, surroundings=replace(file.surroundings, grade=((0.0, grade),))), 1, STRAIGHT
    )
    rig.vehicle.set_load(load_kg)
    rig.vehicle.body.turn_mode_key(key)
    rig.run(lambda r: r.now_ns > 0 and r.state is S.READY, 20)
    rig.pause(0.5)
    return rig


def speeds(rig: Rig, seconds: float) -> tuple[float, float]:
    """Lowest and highest true speed in this time."""
    end_ns, low, high = rig.now_ns + round(seconds * 1e9), 0.0, 0.0
    while rig.now_ns < end_ns:
        rig.tick()
        low, high = min(low, rig.truth.speed_mps), max(high, rig.truth.speed_mps)
    return low, high


def undisturbed(rig: Rig) -> bool:
    return rig.telemetry.faults == () and rig.onboard.supervisor.report.took_over == ""


@HILLS
@pytest.mark.requirement("SR-28")
def test_a_remote_drive_stays_at_walking_pace_on_a_hill(vehicle: str, grade: float, load_kg: float) -> None:
    rig = on_hill(vehicle, grade, load_kg, "REMOTE")
    rig.vehicle.body.hold_dead_man()
    rig.pause(0.1)
    rig.vehicle.body.press_run()
    rig.run(lambda r: r.state is S.REMOTE, 2)
    rig.vehicle.body.remote.ask(6.0)
    low, high = speeds(rig, 12.0)
    assert 1.0 < high <= REMOTE_MPS
    assert low > -0.1
    assert undisturbed(rig)
    from_m = rig.truth.distance_m
    rig.vehicle.body.hold_dead_man(False)
    rig.run(lambda r: standing(r) and r.state is S.SAFE_STOP, 5)
    assert rig.truth.distance_m - from_m <= REMOTE_MPS**2 / (2 * 1.8) + 1.0
    assert speeds(rig, 2.0) == (0.0, 0.0)
    assert undisturbed(rig)


@HILLS
@pytest.mark.requirement("SR-28")
def test_hold_to_run_stays_slow_on_a_hill_and_stops_there(vehicle: str, grade: float, load_kg: float) -> None:
    rig = on_hill(vehicle, grade, load_kg, "AUTO")
    rig.vehicle.body.turn_mode_key("MAINTENANCE")
    rig.run(lambda r: r.state is S.MAINTENANCE, 2)
    rig.pause(0.3)
    rig.vehicle.body.remote.ask(1.0)
    rig.vehicle.body.hold_dead_man()
    low, high = speeds(rig, 12.0)
    assert RECOVERY_MPS - 0.05 <= high <= RECOVERY_MPS + MEASURED_MPS
    assert low > -0.1
    assert rig.truth.distance_m > 1.0
    from_m = rig.truth.distance_m
    rig.vehicle.body.hold_dead_man(False)
    rig.pause(3.0)
    assert standing(rig)
    assert abs(rig.truth.distance_m - from_m) <= 0.15
    assert undisturbed(rig)


@pytest.mark.parametrize("load_kg", [0.0, 75_000.0])
@pytest.mark.requirement("SR-15")
def test_the_whole_pedal_downhill_ends_at_the_permitted_speed(load_kg: float) -> None:
    rig = on_hill("e_truck", -0.15, load_kg, "AUTO")
    rig.vehicle.body.turn_mode_key("MANUAL")
    rig.run(lambda r: r.state is S.MANUAL, 2)
    rig.vehicle.body.cab.hold(accelerator=1.0)
    _, high = speeds(rig, 15.0)
    assert 8.0 <= high <= FULL_MPS * 1.08, "the supervisor's bound is 1.1 times"
    rig.vehicle.body.cab.hold(brake=1.0)
    rig.run(standing, 5)
    rig.vehicle.body.cab.hold()
    assert speeds(rig, 3.0) == (0.0, 0.0)
    assert undisturbed(rig)


@pytest.mark.parametrize("load_kg", [0.0, 75_000.0])
def test_a_foot_that_presses_too_little_for_the_hill_does_not_roll_back(load_kg: float) -> None:
    rig = on_hill("e_truck", 0.15, load_kg, "AUTO")
    rig.vehicle.body.turn_mode_key("MANUAL")
    rig.run(lambda r: r.state is S.MANUAL, 2)
    rig.vehicle.body.cab.hold(accelerator=0.3)
    rig.pause(10.0)
    assert rig.truth.distance_m >= -ROLLED_BACK_M
    rig.vehicle.body.cab.hold(accelerator=1.0)
    rig.pause(10.0)
    assert rig.truth.distance_m > 2.0
    assert undisturbed(rig)
