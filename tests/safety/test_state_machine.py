"""What the safety state machine must do, as a person would state it."""

from typing import Any

import pytest

from firmware_runtime.safety.facts import SafetyConfig
from firmware_runtime.safety.state_machine import SafetyMachine
from firmware_runtime.safety.state_table import MAY_MOVE, TRANSITIONS
from firmware_runtime.vehicle.enums import ModeKey, SafetyState, Severity
from tests.safety.support import Walk, profile

S = SafetyState
LIMITS_S = {"self_test": 8.0, "minimal_risk": 15.0, "degraded": 120.0}
"""Written again on purpose: configs/q_truck.toml."""


@pytest.fixture(scope="module")
def machine() -> SafetyMachine:
    data = profile().data
    return SafetyMachine(data.safety, data.limits)


@pytest.fixture
def walk(machine: SafetyMachine) -> Walk:
    return Walk(machine)


def test_boot_leads_to_standby_and_with_high_voltage_to_ready(walk: Walk) -> None:
    assert walk.tick(high_voltage_ready=False) is S.SELF_TEST
    assert walk.tick(high_voltage_ready=False) is S.STANDBY
    assert walk.tick(10, high_voltage_ready=False) is S.STANDBY
    assert walk.tick() is S.READY


def test_only_a_rising_edge_of_run_starts_the_drive(walk: Walk) -> None:
    walk.tick(5, run_pressed=True)
    assert walk.config.state is S.READY, "a button found pressed at boot does not count"
    assert walk.tick(50, run_pressed=True) is S.READY
    walk.tick()
    assert walk.tick(run_pressed=True) is S.AUTO


@pytest.mark.parametrize(
    "missing",
    [
        {"link_alive": False},
        {"standing": False},
        {"severity": Severity.MINIMAL_RISK},
        {"mode": ModeKey.REMOTE},
    ],
)
def test_run_is_refused_while_something_is_missing(walk: Walk, missing: dict[str, Any]) -> None:
    walk.to_ready()
    assert walk.press(run_pressed=True, **missing) not in (S.AUTO, S.DEGRADED)


def test_the_estop_wins_from_every_state(machine: SafetyMachine) -> None:
    for state in MAY_MOVE:
        walk = Walk(machine, SafetyConfig(state=state))
        assert walk.tick(estop_pressed=True, severity=Severity.IMMEDIATE) is S.ESTOP, state


def test_pressing_the_estop_again_clears_nothing_and_release_alone_does_not_either(walk: Walk) -> None:
    walk.to_auto()
    walk.tick(estop_pressed=True, standing=False)
    assert walk.tick(100, standing=True) is S.ESTOP
    assert walk.press(acknowledge_pressed=True, estop_pressed=True) is S.ESTOP
    assert walk.press(acknowledge_pressed=True, standing=False) is S.ESTOP
    assert walk.press(acknowledge_pressed=True) is S.STANDBY


def test_after_an_estop_nothing_drives_without_run(walk: Walk) -> None:
    walk.to_auto()
    walk.tick(estop_pressed=True)
    walk.press(acknowledge_pressed=True)
    assert walk.tick(200) is S.READY


def test_severity_3_while_driving_stops_and_stays_stopped_though_the_cause_goes(walk: Walk) -> None:
    walk.to_auto()
    assert walk.tick(severity=Severity.MINIMAL_RISK, standing=False) is S.MRM
    assert walk.tick(100, standing=False) is S.MRM, (
        "the flag cleared in the middle of braking changes nothing"
    )
    assert walk.tick(standing=True) is S.SAFE_STOP
    assert walk.tick(100) is S.SAFE_STOP
    assert walk.press(acknowledge_pressed=True, severity=Severity.MINIMAL_RISK) is S.SAFE_STOP
    assert walk.press(acknowledge_pressed=True) is S.STANDBY


@pytest.mark.parametrize(
    "loss",
    [{"link_alive": False}, {"high_voltage_ready": False}, {"plugged": True}, {"mode": ModeKey.OFF}],
)
def test_a_loss_while_driving_is_a_minimal_risk_stop(walk: Walk, loss: dict[str, Any]) -> None:
    walk.to_auto()
    assert walk.tick(standing=False, **loss) is S.MRM


def test_a_minimal_risk_stop_is_bounded_in_time(walk: Walk) -> None:
    walk.to_auto()
    walk.tick(severity=Severity.MINIMAL_RISK, standing=False)
    ticks = int(LIMITS_S["minimal_risk"] * 100)
    assert walk.tick(ticks, standing=False) is S.MRM
    assert walk.tick(2, standing=False) is S.ESTOP


def test_severity_2_degrades_and_recovers_only_at_standstill(walk: Walk) -> None:
    walk.to_auto()
    assert walk.tick(severity=Severity.DEGRADE, standing=False) is S.DEGRADED
    assert walk.tick(100, standing=False) is S.DEGRADED
    assert walk.tick(standing=True) is S.AUTO


def test_degraded_driving_is_bounded_in_time(walk: Walk) -> None:
    walk.to_auto()
    walk.tick(severity=Severity.DEGRADE, standing=False)
    ticks = int(LIMITS_S["degraded"] * 100)
    assert walk.tick(ticks, severity=Severity.DEGRADE, standing=False) is S.DEGRADED
    assert walk.tick(2, severity=Severity.DEGRADE, standing=False) is S.MRM


def test_severity_4_is_a_latched_fault_that_leads_through_the_self_test(walk: Walk) -> None:
    walk.to_auto()
    assert walk.tick(severity=Severity.IMMEDIATE, standing=False) is S.FAULT
    assert walk.press(acknowledge_pressed=True, standing=False) is S.FAULT
    assert walk.press(acknowledge_pressed=True, severity=Severity.IMMEDIATE) is S.FAULT
    assert walk.press(acknowledge_pressed=True) is S.SELF_TEST


def test_one_acknowledge_clears_one_latch(walk: Walk) -> None:
    walk.to_auto()
    walk.tick(severity=Severity.MINIMAL_RISK, standing=False)
    walk.tick(severity=Severity.IMMEDIATE, standing=False)
    walk.tick(estop_pressed=True, standing=False)
    config = walk.config
    assert (config.estop_latch, config.immediate_latch, config.minimal_risk_latch) == (True, True, True)
    assert walk.press(acknowledge_pressed=True) is S.FAULT
    assert walk.press(acknowledge_pressed=True) is S.SELF_TEST
    assert walk.tick() is S.SAFE_STOP, "the minimal-risk latch remains through the self-test"
    assert walk.press(acknowledge_pressed=True) is S.STANDBY


def test_a_self_test_that_does_not_pass_in_time_is_a_fault(walk: Walk) -> None:
    ticks = int(LIMITS_S["self_test"] * 100)
    assert walk.tick(ticks, self_test_passed=False) is S.SELF_TEST
    assert walk.tick(3, self_test_passed=False) is S.FAULT


def test_charging_and_back(walk: Walk) -> None:
    walk.to_ready()
    assert walk.tick(plugged=True) is S.STANDBY
    assert walk.tick(plugged=True) is S.CHARGING
    assert walk.press(run_pressed=True, plugged=True) is S.CHARGING
    assert walk.tick() is S.STANDBY


def test_a_finished_mission_ends_in_ready(walk: Walk) -> None:
    walk.to_auto()
    assert walk.tick(mission_done=True, standing=False) is S.AUTO
    assert walk.tick(mission_done=True) is S.READY


def test_what_may_move_in_each_state(machine: SafetyMachine) -> None:
    may_propel = {s for s in MAY_MOVE if machine.permissions(s).propulsion}
    may_release = {s for s in MAY_MOVE if machine.permissions(s).brake_release}
    may_close = {s for s in MAY_MOVE if machine.permissions(s).contactors}
    assert may_propel == {S.AUTO, S.DEGRADED}
    assert may_release == {S.AUTO, S.DEGRADED, S.MRM}
    assert may_close == {S.STANDBY, S.READY, S.AUTO, S.DEGRADED, S.MRM, S.SAFE_STOP}
    assert machine.permissions(S.DEGRADED).speed_cap_mps == 2.0
    assert machine.permissions(S.AUTO).speed_cap_mps == 8.33
    assert machine.permissions(S.MRM).speed_cap_mps == 0.0


def test_every_row_has_a_name_of_its_own_and_every_state_is_somewhere() -> None:
    names = [row.identifier for row in TRANSITIONS]
    assert len(names) == len(set(names))
    assert {row.target for row in TRANSITIONS} | {S.INIT} == set(MAY_MOVE)
