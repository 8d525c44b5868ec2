"""What must not be a fault: the hardest work a battery is asked for, and what is only not there yet."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from firmware_runtime.vehicle.enums import SafetyState
from tests.drives.rig import Rig
from tests.motion.lines import route_of
from vehicle_hil.scene import place
from vehicle_hil.vehicle_file import built_in_vehicle, load_vehicle_file

S = SafetyState
STRAIGHT = route_of([(200, 0, 0)])
FULL_KG = 75_000.0
COLD_DEGC = -35.0
NEARLY_EMPTY = 0.12
"""Little above the profile's soc_min of 10 %, where the vehicle may still drive at its full cap."""


def loaded(grade: float, cell_degc: float, ambient_degc: float, soc: float) -> Rig:
    """The Q-Truck with its greatest load on a constant grade."""
    rig = Rig(STRAIGHT)
    file = load_vehicle_file(built_in_vehicle("q_truck"))
    file = replace(
        file,
        surroundings=replace(file.surroundings, grade=((0.0, grade),), ambient_degc=ambient_degc),
        start=replace(file.start, soc=soc, cell_temperature_degc=cell_degc),
    )
    rig.vehicle = place(file, 1, STRAIGHT)
    rig.vehicle.body.turn_mode_key("AUTO")
    rig.vehicle.set_load(FULL_KG)
    return rig


@pytest.mark.parametrize(
    ("grade", "cell_degc", "ambient_degc"),
    [
        pytest.param(0.15, COLD_DEGC + 2.0, COLD_DEGC, id="up, cold"),
        pytest.param(-0.15, 20.0, 15.0, id="down, mild"),
        pytest.param(0.15, 20.0, 15.0, id="up, mild", marks=pytest.mark.full),
        pytest.param(-0.15, COLD_DEGC + 2.0, COLD_DEGC, id="down, cold", marks=pytest.mark.full),
    ],
)
def test_full_load_on_the_steepest_grade_with_a_nearly_empty_battery_is_no_fault(
    grade: float, cell_degc: float, ambient_degc: float
) -> None:
    """The battery's power stays plausible against the motor's: at a crawl, on full torque."""
    rig = loaded(grade, cell_degc, ambient_degc, NEARLY_EMPTY)
    rig.start()
    faults: set[str] = set()
    end_ns = rig.now_ns + 40_000_000_000
    while rig.now_ns < end_ns:
        rig.tick()
        faults.update(text.split(":")[0] for text in rig.telemetry.faults)
    assert faults == set()
    assert rig.truth.distance_m > 3.0


def test_an_estop_that_is_held_from_the_start_is_an_estop_and_no_fault() -> None:
    """Messages that are not due yet are no fault in ESTOP either, where the self-test was never run."""
    rig = Rig()
    rig.vehicle.body.estop()
    told: set[str] = set()
    for _ in range(500):
        rig.tick()
        told.update(rig.telemetry.faults)
    assert rig.state is S.ESTOP
    assert told == set()
    rig.vehicle.body.release_estop()
    rig.pause(0.5)
    rig.acknowledge()
    rig.run(lambda r: r.state is S.READY, 20)


def _fail_steering(rig: Rig, bad: bool) -> None:
    rig.vehicle.steering.failed = bad


def _break_mode_key(rig: Rig, bad: bool) -> None:
    """No label of the DBC has this value."""
    rig.vehicle.sender("OperatorInputs").override = {"ModeKey": 5.0} if bad else {}


def _silence_gnss(rig: Rig, bad: bool) -> None:
    rig.vehicle.gnss.forced = "silent" if bad else None


def _open_park_brake(rig: Rig, bad: bool) -> None:
    rig.vehicle.sender("BrakeFeedback").override = {"ParkBrakeState": 0.0} if bad else {}


@pytest.mark.parametrize(
    ("meddle", "words"),
    [
        (_fail_steering, "steering_status FAULT"),
        (_break_mode_key, "mode_key unusable"),
        (_silence_gnss, "no position"),
        (_open_park_brake, "park brake RELEASED"),
    ],
    ids=["actuator", "signal", "no fix", "park brake"],
)
def test_a_self_test_that_does_not_pass_says_what_it_waits_for_until_somebody_has_read_it(
    meddle: Callable[[Rig, bool], None], words: str
) -> None:
    rig = Rig()
    meddle(rig, True)
    rig.run(lambda r: r.now_ns > 0 and r.state is S.FAULT, 20)
    rig.pause(1.0)
    meddle(rig, False)
    rig.pause(5.0)
    assert rig.telemetry.faults == (f"self_test_overdue: {words}",)
    rig.acknowledge()
    rig.run(lambda r: r.state is S.READY, 10)
    assert rig.telemetry.faults == ()


@pytest.mark.parametrize(
    ("message", "signal", "value", "period_s"),
    [
        ("BatteryPack", "Voltage", 702.0, 0.1),
        ("BatteryPack", "Voltage", 0.0, 0.1),
        ("BatteryStatus", "LinkVoltage", 400.0, 0.02),
    ],
)
@pytest.mark.parametrize("readings", [1, 2])
@pytest.mark.requirement("SR-21")
def test_a_wrong_voltage_or_two_do_not_end_a_drive(
    message: str, signal: str, value: float, period_s: float, readings: int
) -> None:
    rig = Rig()
    rig.drive_to(15.0)
    rig.vehicle.sender(message).override[signal] = value
    rig.pause(readings * period_s)
    del rig.vehicle.sender(message).override[signal]
    rig.pause(2.0)
    assert (rig.state, rig.telemetry.faults) == (S.AUTO, ())
    assert rig.truth.speed_mps > 3.0
