"""What the safety state machine must do, as a person would state it."""

from typing import Any

import pytest

from firmware_runtime.safety.facts import SafetyConfig
from firmware_runtime.safety.state_machine import SafetyMachine
from firmware_runtime.safety.state_table import MAY_MOVE
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


@pytest.fixture
def tractor() -> Walk:
    """A vehicle with a cab."""
    data = profile().data
    return Walk(SafetyMachine(data.safety, data.limits, cab=True))


def test_boot_leads_to_standby_and_with_high_voltage_to_ready(walk: Walk) -> None:
    assert walk.tick(high_voltage_ready=False) is S.SELF_TEST
    assert walk.tick(high_voltage_ready=False) is S.STANDBY
    assert walk.tick(10, high_voltage_ready=False) is S.STANDBY
    assert walk.tick() is S.READY


@pytest.mark.requirement("SR-04")
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
@pytest.mark.requirement("SR-04")
def test_run_is_refused_while_something_is_missing(walk: Walk, missing: dict[str, Any]) -> None:
    walk.to_ready()
    assert walk.press(run_pressed=True, **missing) not in (S.AUTO, S.DEGRADED)


@pytest.mark.requirement("SR-02")
def test_the_estop_wins_from_every_state(machine: SafetyMachine) -> None:
    for state in set(MAY_MOVE) - {S.SHUTDOWN}:
        walk = Walk(machine, SafetyConfig(state=state))
        assert walk.tick(estop_pressed=True, severity=Severity.IMMEDIATE) is S.ESTOP, state


@pytest.mark.requirement("SR-03")
def test_pressing_the_estop_again_clears_nothing_and_release_alone_does_not_either(walk: Walk) -> None:
    walk.to_auto()
    walk.tick(estop_pressed=True, standing=False)
    assert walk.tick(100, standing=True) is S.ESTOP
    assert walk.press(acknowledge_pressed=True, estop_pressed=True) is S.ESTOP
    assert walk.press(acknowledge_pressed=True, standing=False) is S.ESTOP
    assert walk.press(acknowledge_pressed=True) is S.STANDBY


@pytest.mark.requirement("SR-04")
def test_after_an_estop_nothing_drives_without_run(walk: Walk) -> None:
    walk.to_auto()
    walk.tick(estop_pressed=True)
    walk.press(acknowledge_pressed=True)
    assert walk.tick(200) is S.READY


@pytest.mark.requirement("SR-08")
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
@pytest.mark.requirement("SR-08", "SR-21")
def test_a_loss_while_driving_is_a_minimal_risk_stop(walk: Walk, loss: dict[str, Any]) -> None:
    walk.to_auto()
    assert walk.tick(standing=False, **loss) is S.MRM


@pytest.mark.requirement("SR-08")
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


@pytest.mark.requirement("SR-05")
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


@pytest.mark.requirement("SR-21")
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


@pytest.mark.requirement("SR-28")
def test_a_mission_is_not_begun_by_a_remote_driver_without_the_dead_man(walk: Walk) -> None:
    walk.to_ready()
    assert walk.press(run_pressed=True, mode=ModeKey.REMOTE) is S.READY
    assert walk.press(run_pressed=True, mode=ModeKey.REMOTE, dead_man_pressed=True) is S.REMOTE
    remote: dict[str, Any] = {"mode": ModeKey.REMOTE, "standing": False}
    assert walk.tick(100, dead_man_pressed=True, **remote) is S.REMOTE
    assert walk.tick(dead_man_pressed=False, **remote) is S.MRM
    assert walk.tick(dead_man_pressed=True, **remote) is S.MRM, "pressing it again changes nothing"


def test_the_driver_takes_over_and_gives_back_through_ready(tractor: Walk) -> None:
    tractor.to_auto()
    assert tractor.tick(standing=False, cab_override=True) is S.MANUAL
    assert tractor.tick(100, standing=False) is S.MANUAL, "the override lasts to the next standstill"
    assert tractor.tick() is S.READY
    assert tractor.tick(mode=ModeKey.MANUAL) is S.MANUAL
    assert tractor.tick(100, mode=ModeKey.MANUAL) is S.MANUAL, "the key keeps it at a standstill"
    assert tractor.tick() is S.READY


def test_a_stop_that_the_driver_took_over_stays_latched(tractor: Walk) -> None:
    tractor.to_auto()
    tractor.tick(standing=False, severity=Severity.MINIMAL_RISK)
    assert tractor.tick(standing=False, cab_override=True, severity=Severity.MINIMAL_RISK) is S.MANUAL
    assert tractor.tick(10, standing=False, severity=Severity.MINIMAL_RISK) is S.MANUAL
    assert tractor.tick() is S.SAFE_STOP
    assert tractor.press(acknowledge_pressed=True) is S.STANDBY


def test_a_key_found_at_manual_or_lost_for_a_moment_takes_nobody_to_manual(tractor: Walk) -> None:
    assert tractor.tick(50, mode=ModeKey.MANUAL) is S.READY
    tractor.tick(mode=ModeKey.NOT_AVAILABLE)
    assert tractor.tick(50, mode=ModeKey.MANUAL) is S.READY
    tractor.tick(mode=ModeKey.AUTO)
    assert tractor.tick(mode=ModeKey.MANUAL) is S.MANUAL


@pytest.mark.requirement("SR-28")
def test_a_vehicle_is_moved_off_the_wall_by_hold_to_run(walk: Walk) -> None:
    walk.to_auto()
    crushed: dict[str, Any] = {"severity": Severity.IMMEDIATE}
    walk.tick(standing=False, **crushed)
    key: dict[str, Any] = {"mode": ModeKey.MAINTENANCE, "recovery_permitted": True, **crushed}
    assert walk.tick(dead_man_pressed=True, **key) is S.MAINTENANCE
    assert not walk.may(dead_man_pressed=True, **key).propulsion, "held since before: no new press"
    walk.tick(**key)
    walk.tick(dead_man_pressed=True, **key)
    assert walk.may(dead_man_pressed=True, **key).propulsion
    assert walk.may(dead_man_pressed=True, **key).speed_cap_mps == 0.3
    assert walk.tick(dead_man_pressed=True, standing=False, **key) is S.MAINTENANCE
    forbidden = {**key, "recovery_permitted": False}
    assert walk.tick(dead_man_pressed=True, standing=False, **forbidden) is S.FAULT
    assert walk.tick(dead_man_pressed=True, **key) is S.MAINTENANCE, "at standstill the key leads back"
    assert not walk.may(dead_man_pressed=True, **key).propulsion, "and the button must be let go"
    assert walk.tick(mode=ModeKey.AUTO) is S.FAULT, "the latch was kept"
    assert walk.press(acknowledge_pressed=True) is S.SELF_TEST


@pytest.mark.requirement("SR-28")
def test_a_recovery_that_was_interrupted_wants_a_new_press(walk: Walk) -> None:
    walk.to_ready()
    key: dict[str, Any] = {"mode": ModeKey.MAINTENANCE, "recovery_permitted": True}
    walk.tick(**key)
    held = {**key, "dead_man_pressed": True}
    for loss in ({"recovery_permitted": False}, {"plugged": True}, {"mode": ModeKey.NOT_AVAILABLE}):
        walk.tick(**key)
        walk.tick(**held)
        assert walk.may(**held).propulsion
        walk.tick(**{**held, **loss})
        walk.tick(5, **held)
        assert not walk.may(**held).propulsion
    assert walk.config.state is S.MAINTENANCE


def test_the_estop_wins_over_a_recovery(walk: Walk) -> None:
    walk.to_ready()
    key: dict[str, Any] = {"mode": ModeKey.MAINTENANCE, "recovery_permitted": True}
    walk.tick(**key)
    assert walk.tick(dead_man_pressed=True, estop_pressed=True, standing=False, **key) is S.ESTOP
    assert walk.tick(100, **key) is S.ESTOP, "nothing passes an e-stop but release and acknowledge"
    assert walk.press(acknowledge_pressed=True, **key) is S.STANDBY
    assert walk.tick(**key) is S.MAINTENANCE


def test_off_is_off_until_the_power_comes_again(walk: Walk) -> None:
    walk.to_ready()
    assert walk.tick(shutdown_requested=True) is S.SHUTDOWN
    assert walk.tick(estop_pressed=True) is S.SHUTDOWN
    assert walk.press(run_pressed=True) is S.SHUTDOWN
    again = Walk(walk.machine, SafetyConfig.restore(walk.config.snapshot()))
    assert again.tick() is S.ESTOP, "pressed while it was off: remembered"


@pytest.mark.requirement("SR-04", "SR-06")
def test_latches_survive_power_loss_and_lead_where_they_belong(walk: Walk) -> None:
    walk.to_auto()
    walk.tick(severity=Severity.MINIMAL_RISK, standing=False)
    again = Walk(walk.machine, SafetyConfig.restore(walk.config.snapshot()))
    assert again.tick(run_pressed=True) is S.SELF_TEST
    assert again.tick(run_pressed=True) is S.SAFE_STOP
    assert again.press(acknowledge_pressed=True) is S.STANDBY


def test_a_driver_is_never_stopped_by_lost_power_only_left_without_torque(tractor: Walk) -> None:
    tractor.to_ready()
    tractor.tick(mode=ModeKey.MANUAL)
    lost: dict[str, Any] = {"mode": ModeKey.MANUAL, "high_voltage_ready": False, "standing": False}
    assert tractor.tick(100, **lost) is S.MANUAL
    may = tractor.may(**lost)
    assert (may.propulsion, may.brake_release, may.steering) == (False, True, True)


def test_a_snapshot_with_a_latch_that_is_no_yes_or_no_is_refused_by_what_it_holds() -> None:
    snapshot = SafetyConfig().snapshot() | {"immediate": "perhaps"}
    told = "expected true or false for latch immediate of a safety snapshot, got 'perhaps'"
    with pytest.raises(ValueError, match=f"^{told}$"):
        SafetyConfig.restore(snapshot)
