"""Each fault of the catalogue: what raises it, how bad it is, when it is looked at, how long it must hold."""

import msgspec
import pytest

from firmware_runtime.safety.bus_watch import BusFindings
from firmware_runtime.safety.fault_catalogue import FAULTS, FaultRow
from firmware_runtime.safety.fault_monitor import FaultMonitor
from firmware_runtime.safety.monitor_inputs import MonitorInputs
from firmware_runtime.vehicle.enums import (
    ActuatorStatus,
    BatteryState,
    ButtonState,
    ParkBrakeState,
    SafetyState,
    Severity,
    SwitchState,
)
from firmware_runtime.vehicle.pose import Pose
from tests.safety.support import TICK_NS, profile
from tests.vehicle_state import rolling, vehicle_state

S = SafetyState
DATA = profile().data
POSE = Pose(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.01, 0.01, 0.001, 1, 0.0, True)
WELL = MonitorInputs(
    profile=DATA,
    state=vehicle_state(),
    late_messages=(),
    safety_state=S.AUTO,
    standing=True,
    pose=POSE,
    cross_track_m=0.0,
    precharge_overdue=False,
    supervisor_took_over="",
)


def inputs(**changes: object) -> MonitorInputs:
    return msgspec.structs.replace(WELL, **changes)


def seen(**signals: object) -> MonitorInputs:
    return inputs(state=vehicle_state(**signals))


def bus(**findings: tuple[str, ...]) -> MonitorInputs:
    return inputs(buses=BusFindings(**findings))


CASES: list[tuple[str, MonitorInputs, Severity, int]] = [
    ("message_lost", inputs(late_messages=("drive.SteeringFeedback",)), Severity.MINIMAL_RISK, 0),
    ("signal_unusable", seen(unusable=frozenset({"battery_soc"})), Severity.MINIMAL_RISK, 50),
    ("estop_channels_disagree", seen(estop_channel_b=SwitchState.ERROR), Severity.MINIMAL_RISK, 100),
    ("traction_failed", seen(traction_status=ActuatorStatus.LATCHED_STOP), Severity.MINIMAL_RISK, 30),
    ("brakes_failed", seen(brake_status=ActuatorStatus.FAULT), Severity.MINIMAL_RISK, 30),
    ("steering_failed", seen(steering_status=ActuatorStatus.NOT_AVAILABLE), Severity.MINIMAL_RISK, 30),
    ("speed_implausible", seen(motor_speed_radps=20.0), Severity.MINIMAL_RISK, 100),
    (
        "unintended_motion",
        inputs(state=rolling(0.11), safety_state=S.STANDBY),
        Severity.IMMEDIATE,
        50,
    ),
    (
        "localisation_lost",
        inputs(pose=msgspec.structs.replace(POSE, valid=False, lateral_std_m=0.3)),
        Severity.MINIMAL_RISK,
        0,
    ),
    ("route_left", inputs(cross_track_m=-0.81), Severity.MINIMAL_RISK, 50),
    (
        "park_brake_stuck",
        inputs(state=rolling(0.0, park_brake_state=ParkBrakeState.MOVING), park_brake_release_asked=True),
        Severity.MINIMAL_RISK,
        3000,
    ),
    (
        "park_brake_closed_in_motion",
        inputs(state=rolling(0.31, park_brake_state=ParkBrakeState.APPLIED)),
        Severity.MINIMAL_RISK,
        300,
    ),
    ("bumper_pressed", seen(bumper=ButtonState.PRESSED), Severity.IMMEDIATE, 0),
    ("battery_failed", seen(battery_state=BatteryState.FAULT), Severity.MINIMAL_RISK, 0),
    (
        "battery_implausible",
        inputs(state=rolling(3.0, battery_current_a=0.0, motor_torque_nm=400.0)),
        Severity.MINIMAL_RISK,
        1500,
    ),
    ("precharge_overdue", inputs(precharge_overdue=True), Severity.MINIMAL_RISK, 0),
    ("battery_temperature", seen(battery_cell_temperature_max_degc=61.0), Severity.MINIMAL_RISK, 1000),
    ("battery_isolation", seen(battery_isolation_ohm=61_900.0), Severity.MINIMAL_RISK, 1000),
    ("battery_interlock", seen(battery_interlock=SwitchState.OPEN), Severity.MINIMAL_RISK, 50),
    ("battery_low", seen(battery_soc=0.09), Severity.DEGRADE, 1000),
    ("reservoir_low", seen(brake_reservoir_pa=4.4e5), Severity.MINIMAL_RISK, 500),
    ("supply_low", seen(supply_voltage_v=19.8), Severity.DEGRADE, 500),
    ("supervisor_took_over", inputs(supervisor_took_over="no proposal"), Severity.MINIMAL_RISK, 0),
    ("foreign_sender", bus(foreign_senders=("drive.SteeringCommand",)), Severity.MINIMAL_RISK, 0),
    ("bus_off", bus(off=("drive BUS_OFF",)), Severity.MINIMAL_RISK, 0),
    ("bus_given_up", bus(given_up=("drive after 5 attempts",)), Severity.MINIMAL_RISK, 0),
    ("bus_disturbed", bus(disturbed=("drive ERROR_PASSIVE",)), Severity.WARN, 100),
    ("frames_lost", bus(frames_lost=("drive",)), Severity.WARN, 0),
    ("frames_lost_on_and_on", bus(frames_lost=("drive",)), Severity.DEGRADE, 3000),
    ("clock_stepped", bus(clock_steps=("drive: +1.000 s",)), Severity.WARN, 0),
]
"""Identifier, what raises it, severity, debounce in ms; written again, so that a change is made twice."""


ROWS: dict[str, FaultRow] = {row.identifier: row for row in FAULTS}


def test_every_row_of_the_catalogue_has_a_case_here() -> None:
    assert [case[0] for case in CASES] == [row.identifier for row in FAULTS]
    assert all(row.text and row.look_at for row in FAULTS)


def test_a_healthy_vehicle_has_no_fault_in_any_state() -> None:
    monitor = FaultMonitor()
    for tick, state in enumerate(S):
        if state is S.NOT_AVAILABLE:
            continue
        for k in range(120):
            assert monitor.step((tick * 200 + k) * TICK_NS, inputs(safety_state=state)).faults == ()


@pytest.mark.parametrize(("identifier", "bad", "severity", "debounce_ms"), CASES, ids=[c[0] for c in CASES])
def test_the_fault_is_raised_exactly_after_its_debounce_and_clears_as_exactly(
    identifier: str, bad: MonitorInputs, severity: Severity, debounce_ms: int
) -> None:
    # Two rows may look at one condition for different lengths of time; each has its case.
    condition = ROWS[identifier].condition
    monitor = FaultMonitor(
        tuple(row for row in FAULTS if row.identifier == identifier or row.condition is not condition)
    )
    well = inputs(safety_state=bad.safety_state)
    ms = 1_000_000
    assert monitor.step(0, well).faults == ()
    begin = 10 * ms
    if debounce_ms:
        assert monitor.step(begin, bad).faults == ()
        assert monitor.step(begin + (debounce_ms - 1) * ms, bad).faults == (), "a moment too early"
    raised = monitor.step(begin + debounce_ms * ms, bad)
    assert [f.identifier for f in raised.faults] == [identifier]
    assert raised.severity is severity
    assert raised.faults[0].detail
    gone = begin + 2 * debounce_ms * ms + 10 * ms
    if debounce_ms:
        assert monitor.step(gone, well).faults != ()
        assert monitor.step(gone + (debounce_ms - 1) * ms, well).faults != (), "a moment too early"
    assert monitor.step(gone + debounce_ms * ms, well).faults == ()


def test_a_condition_with_gaps_never_adds_up() -> None:
    monitor = FaultMonitor()
    bad = seen(motor_speed_radps=20.0)
    for k in range(100):
        step_in = WELL if k % 9 == 8 else bad
        assert monitor.step(k * TICK_NS, step_in).faults == ()


def test_faults_come_worst_first_and_the_severity_is_the_worst() -> None:
    monitor = FaultMonitor()
    bad = seen(bumper=ButtonState.PRESSED, battery_state=BatteryState.FAULT)
    result = monitor.step(0, bad)
    assert [f.identifier for f in result.faults] == ["bumper_pressed", "battery_failed"]
    assert result.severity is Severity.IMMEDIATE


def test_a_fault_is_forgotten_in_a_state_where_it_means_nothing() -> None:
    monitor = FaultMonitor()
    bad = seen(traction_status=ActuatorStatus.LATCHED_STOP)
    for k in range(5):
        active = monitor.step(k * TICK_NS, bad)
    assert active.faults
    for k in range(5, 12):
        active = monitor.step(k * TICK_NS, inputs(state=bad.state, safety_state=S.STANDBY))
    assert active.faults == ()


def test_the_lost_message_is_named() -> None:
    result = FaultMonitor().step(0, inputs(late_messages=("drive.SteeringFeedback", "body.BatteryPack")))
    assert result.faults[0].detail == "drive.SteeringFeedback, body.BatteryPack"


def test_a_vehicle_before_the_routes_beginning_has_left_it() -> None:
    monitor = FaultMonitor()
    for k in range(10):
        near = monitor.step(k * TICK_NS, inputs(route_distance_m=-0.9))
    for k in range(10, 20):
        far = monitor.step(k * TICK_NS, inputs(route_distance_m=-1.1))
    assert near.faults == ()
    assert [fault.identifier for fault in far.faults] == ["route_left"]


@pytest.mark.parametrize(
    ("state", "raised"),
    [
        (rolling(5.0), False),
        (rolling(5.0, motor_speed_radps=(5.0 + 0.89) / 0.6 * 20), False),
        (rolling(5.0, motor_speed_radps=(5.0 + 0.91) / 0.6 * 20), True),
        (rolling(-5.0), False),
    ],
)
def test_wheels_and_motor_may_differ_by_0_4_mps_and_a_tenth(state: object, raised: bool) -> None:
    monitor = FaultMonitor()
    for k in range(12):
        result = monitor.step(k * TICK_NS, inputs(state=state))
    assert bool(result.faults) is raised


def test_across_the_route_is_off_the_route() -> None:
    monitor = FaultMonitor()
    for tick in range(10):
        result = monitor.step(tick * TICK_NS, inputs(heading_error_rad=3.1))
    assert [fault.identifier for fault in result.faults] == ["route_left"]


def test_a_debounce_begins_anew_in_a_state_that_is_entered_again() -> None:
    monitor, failed = FaultMonitor(), ActuatorStatus.LATCHED_STOP
    monitor.step(0, seen(traction_status=failed))
    monitor.step(TICK_NS, inputs(safety_state=S.STANDBY))
    later = inputs(state=vehicle_state(traction_status=failed))
    assert monitor.step(1000 * TICK_NS, later).faults == ()
