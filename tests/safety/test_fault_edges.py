"""Conditions of faults to the last digit: exactly at a limit, with a signal lost, in large figures.

`fault_cases` has what just keeps a limit and what just breaks it; here is what those examples leave open.
"""

from itertools import permutations
from typing import Any

import msgspec
import pytest

from firmware_runtime.safety.fault_catalogue import FAULTS
from firmware_runtime.safety.gnss_watch import GnssFindings
from firmware_runtime.safety.monitor_inputs import MonitorInputs
from firmware_runtime.safety.watches import Findings
from firmware_runtime.vehicle.enums import BatteryState, ModeKey, SafetyState, SwitchState
from tests.safety.fault_examples import POSE, WELL, inputs, pose, seen
from tests.vehicle_state import rolling, vehicle_state

S = SafetyState
LOST = msgspec.structs.replace(POSE, valid=False)
UNCERTAIN = msgspec.structs.replace(POSE, lateral_std_m=0.151)
CONDITIONS = {row.identifier: row.condition for row in FAULTS}
WHEELS = tuple(f"wheel_speed_{axle}_{side}_mps" for axle in ("front", "rear") for side in ("left", "right"))


def with_profile(part: str, changes: dict[str, float], told: MonitorInputs) -> MonitorInputs:
    """The same with another figure in the profile."""
    changed = msgspec.structs.replace(getattr(WELL.profile, part), **changes)
    return msgspec.structs.replace(told, profile=msgspec.structs.replace(WELL.profile, **{part: changed}))


@pytest.mark.parametrize(
    ("identifier", "told"),
    [
        # 15 kW + 35 % of itself.
        ("battery_implausible", seen(battery_voltage_v=1.0, battery_current_a=23076.923076923074)),
        ("battery_limit_exceeded", seen(battery_discharge_power_max_w=0.0, battery_voltage_v=500.0,
                                        battery_current_a=20.0)),
        ("battery_undervoltage", seen(battery_voltage_v=384.0, battery_cell_temperature_min_degc=-1.0)),
        ("energy_short", inputs(state=vehicle_state(battery_soc=0.03), to_stop_m=0.0)),
        ("speed_implausible", seen(motor_speed_radps=13.333333333333334)),
        ("gnss_speed_implausible", inputs(state=rolling(4.0), found=Findings(gnss=GnssFindings(2.9)))),
        ("localisation_uncertain", pose(lateral_std_m=0.75 * 0.2)),
    ],
)  # fmt: skip
@pytest.mark.requirement("SR-29")
def test_at_its_limit_nothing_is_a_fault(identifier: str, told: MonitorInputs) -> None:
    assert CONDITIONS[identifier](told) == ""


@pytest.mark.parametrize(
    "state", [S.AUTO, S.DEGRADED, S.MRM, S.REMOTE, S.MANUAL], ids=lambda state: state.name
)
@pytest.mark.requirement("SR-19")
def test_in_motion_a_position_counts_wherever_the_key_stands(state: SafetyState) -> None:
    """At rest the key says who leads next; in a drive that is decided."""
    for key in ModeKey:
        led = {"safety_state": state, "state": vehicle_state(mode_key=key)}
        assert CONDITIONS["localisation_lost"](inputs(**led, pose=LOST)) != ""
        assert CONDITIONS["localisation_uncertain"](inputs(**led, pose=UNCERTAIN)) != ""
        assert CONDITIONS["route_left"](inputs(**led, cross_track_m=0.81)) != ""


@pytest.mark.parametrize("state", [S.READY, S.SAFE_STOP, S.FAULT], ids=lambda state: state.name)
@pytest.mark.requirement("SR-05", "SR-19")
def test_at_rest_with_the_key_at_auto_a_position_counts(state: SafetyState) -> None:
    assert CONDITIONS["localisation_lost"](inputs(safety_state=state, pose=LOST)) != ""
    assert CONDITIONS["localisation_uncertain"](inputs(safety_state=state, pose=UNCERTAIN)) != ""
    assert CONDITIONS["route_left"](inputs(safety_state=state, cross_track_m=0.81)) != ""


@pytest.mark.parametrize("battery", BatteryState, ids=lambda battery: battery.name)
@pytest.mark.requirement("SR-21")
def test_high_voltage_is_lost_in_a_drive_whatever_the_battery_says_and_in_its_stop_where_it_says_closed(
    battery: BatteryState,
) -> None:
    """In the stop others open it on purpose."""
    opened = vehicle_state(battery_state=battery, battery_contactor_plus=SwitchState.OPEN)
    for state, lost in ((S.MRM, True), (S.AUTO, True), (S.SAFE_STOP, battery is BatteryState.CLOSED)):
        told = inputs(safety_state=state, state=opened, high_voltage_lost="plus OPEN")
        assert bool(CONDITIONS["high_voltage_lost"](told)) is lost
        assert bool(CONDITIONS["contactors_opened"](told)) is lost


@pytest.mark.parametrize(("fast", "slow"), list(permutations(WHEELS, 2)))
def test_wheels_at_both_ends_of_the_band_are_plausible(fast: str, slow: str) -> None:
    assert CONDITIONS["wheel_implausible"](seen(**{fast: 0.5, slow: -0.5})) == ""
    assert CONDITIONS["wheel_implausible"](seen(**{fast: 0.5, slow: -0.501})) != ""
    assert CONDITIONS["wheel_implausible"](seen(**{fast: 0.501, slow: -0.5})) != ""


@pytest.mark.parametrize(
    ("identifier", "told", "signals"),
    [
        (
            "battery_implausible",
            {"battery_current_a": 500.0},
            ("battery_voltage_v", "battery_current_a", "motor_torque_nm", "motor_speed_radps"),
        ),
        ("speed_implausible", {"motor_speed_radps": 20.0}, ("motor_speed_radps", *WHEELS[2:])),
        ("wheel_implausible", {"wheel_speed_front_left_mps": 5.0}, WHEELS),
    ],
)
@pytest.mark.requirement("SR-29")
def test_what_compares_needs_each_of_its_signals(
    identifier: str, told: dict[str, Any], signals: tuple[str, ...]
) -> None:
    assert CONDITIONS[identifier](seen(**told)) != ""
    for signal in signals:
        assert CONDITIONS[identifier](seen(**told, unusable=frozenset({signal}))) == "", signal


@pytest.mark.parametrize("signal", WHEELS[2:])
def test_the_receivers_speed_is_compared_with_both_wheels_or_not_at_all(signal: str) -> None:
    told = inputs(
        state=vehicle_state(unusable=frozenset({signal})), found=Findings(gnss=GnssFindings(speed_mps=3.0))
    )
    assert CONDITIONS["gnss_speed_implausible"](told) == ""


def test_a_motor_at_half_its_torque_loses_a_quarter_of_what_it_loses_stalled() -> None:
    """4375 of 17,500 W: 15,000 W and that are 65 % of 29,808 W."""
    half = {"battery_voltage_v": 1.0, "motor_torque_nm": -2800.0}
    assert CONDITIONS["battery_implausible"](seen(**half, battery_current_a=29_800.0)) == ""
    assert CONDITIONS["battery_implausible"](seen(**half, battery_current_a=29_815.0)) != ""


@pytest.mark.parametrize(
    ("trailer_kg", "well_m", "short_m"), [(0.0, 3614.0, 3614.6), (30_000.0, 2342.4, 2343.0)]
)
def test_the_way_that_the_charge_is_enough_for_counts_the_trailer(
    trailer_kg: float, well_m: float, short_m: float
) -> None:
    """62.510 MJ, at 17,294 J a metre with reserve; with 30 t more behind at 26,683."""
    for to_stop_m, short in ((well_m, False), (short_m, True)):
        told = inputs(state=vehicle_state(battery_soc=0.10), to_stop_m=to_stop_m)
        told = with_profile("mass", {"trailer_max_kg": trailer_kg}, told)
        assert bool(CONDITIONS["energy_short"](told)) is short


@pytest.mark.parametrize(
    ("identifier", "told", "words"),
    [
        (
            "battery_implausible",
            seen(battery_current_a=1000.0, motor_speed_radps=1000.0, motor_torque_nm=-600.0),
            "pack 620 kW, motor -600 kW",
        ),
        (
            "battery_limit_exceeded",
            seen(battery_current_a=1000.0, battery_discharge_power_max_w=510e3),
            "discharge 620 kW, permitted 510 kW",
        ),
        (
            "battery_isolation",
            with_profile("battery", {"voltage_max_v": 705.1}, seen(battery_isolation_ohm=69_540.0)),
            "70 kohm, needs 71 kohm",
        ),
        ("reservoir_low", seen(brake_reservoir_pa=435_002.0), "4.4 bar"),
        ("reservoir_filling", seen(brake_reservoir_pa=435_002.0), "4.4 bar"),
        (
            "driver_unheard",
            seen(unusable=frozenset({"cab_brake", "cab_steering_rad"})),
            "cab_brake, cab_steering_rad",
        ),
        (
            "localisation_lost",
            pose(valid=False, lateral_std_m=0.2),
            "fixes and odometry contradict each other",
        ),
    ],
)
def test_the_figures_told_are_those_measured(identifier: str, told: MonitorInputs, words: str) -> None:
    assert CONDITIONS[identifier](told) == words
