"""Precharge and contactors before torque, and never silently."""

import pytest

from firmware_runtime.battery.contactors import Contactors
from firmware_runtime.battery.power_limits import PowerLimiter
from firmware_runtime.vehicle.enums import BatteryState, ContactorRequest, SwitchState
from firmware_runtime.vehicle.signals import VehicleState
from tests.safety.support import TICK_NS, profile
from tests.vehicle_state import vehicle_state

DATA = profile().data
PRECHARGE_MAX_S = 3.0


@pytest.fixture
def contactors() -> Contactors:
    return Contactors(DATA.battery)


def precharging(link_v: float) -> VehicleState:
    return vehicle_state(
        battery_state=BatteryState.PRECHARGE,
        battery_contactor_plus=SwitchState.OPEN,
        battery_contactor_minus=SwitchState.CLOSED,
        battery_link_voltage_v=link_v,
        battery_voltage_v=620.0,
    )


def test_contactors_are_asked_only_where_the_state_permits(contactors: Contactors) -> None:
    assert contactors.step(0, False, False, True, vehicle_state()).request is ContactorRequest.OPEN
    assert contactors.step(TICK_NS, True, True, True, vehicle_state()).request is ContactorRequest.CLOSE


@pytest.mark.parametrize(
    "wrong",
    [
        {"battery_state": BatteryState.PRECHARGE},
        {"battery_contactor_plus": SwitchState.OPEN},
        {"battery_contactor_minus": SwitchState.ERROR},
        {"battery_link_voltage_v": 0.92 * 620.0},
        {"battery_voltage_v": 0.0, "battery_link_voltage_v": 0.0},
        {"unusable": frozenset({"battery_link_voltage_v"})},
    ],
)
@pytest.mark.requirement("SR-21")
def test_high_voltage_is_ready_only_when_everything_says_so(
    contactors: Contactors, wrong: dict[str, object]
) -> None:
    assert not contactors.step(0, True, True, True, vehicle_state(**wrong)).ready
    assert contactors.step(TICK_NS, True, True, True, vehicle_state()).ready


def test_a_precharge_that_takes_too_long_is_told(contactors: Contactors) -> None:
    now_ns = 0
    while now_ns <= PRECHARGE_MAX_S * 1e9:
        assert not contactors.step(now_ns, True, True, True, precharging(300.0)).precharge_overdue
        now_ns += TICK_NS
    assert contactors.step(now_ns, True, True, True, precharging(300.0)).precharge_overdue
    assert not contactors.step(now_ns, False, False, True, precharging(300.0)).precharge_overdue, (
        "no longer asked"
    )


def test_contactors_that_open_later_are_not_a_slow_precharge(contactors: Contactors) -> None:
    contactors.step(0, True, True, True, vehicle_state())
    later = contactors.step(
        10_000_000_000, True, True, True, vehicle_state(battery_state=BatteryState.STANDBY)
    )
    assert not later.ready
    assert not later.precharge_overdue


def test_power_rises_over_two_seconds_and_falls_at_once() -> None:
    limiter = PowerLimiter(DATA.traction, 0.01)
    state = vehicle_state(battery_discharge_power_max_w=400e3, battery_charge_power_max_w=100e3)
    first = limiter.step(True, state)
    assert 0 < first.discharge_w <= 350e3 * 0.01 / 2
    for _ in range(300):
        full = limiter.step(True, state)
    assert full.discharge_w == pytest.approx(0.95 * 400e3 - 6000)
    assert full.charge_w == pytest.approx(0.95 * 100e3)
    assert limiter.step(False, state).discharge_w == 0.0
    assert limiter.step(False, state).charge_w == 0.0


def test_a_limit_that_cannot_be_trusted_counts_as_none() -> None:
    limiter = PowerLimiter(DATA.traction, 0.01)
    state = vehicle_state(unusable=frozenset({"battery_discharge_power_max_w"}))
    for _ in range(300):
        assert limiter.step(True, state).discharge_w == 0.0


OPENING_A, OPENING_S = 30.0, 2.0


@pytest.mark.requirement("SR-22")
def test_closed_contactors_stay_until_the_vehicle_stands_and_the_current_is_low(
    contactors: Contactors,
) -> None:
    assert contactors.step(0, True, True, False, vehicle_state()).ready
    rolling = contactors.step(TICK_NS, False, False, False, vehicle_state(battery_current_a=5.0))
    assert (rolling.request, rolling.ready) == (ContactorRequest.CLOSE, False), "no torque any more"
    braking = vehicle_state(battery_current_a=-OPENING_A - 0.1)
    assert contactors.step(2 * TICK_NS, False, False, True, braking).request is ContactorRequest.CLOSE
    rested = vehicle_state(battery_current_a=-OPENING_A)
    assert contactors.step(3 * TICK_NS, False, False, True, rested).request is ContactorRequest.OPEN
    assert contactors.step(4 * TICK_NS, False, False, False, rested).request is ContactorRequest.OPEN, (
        "not again"
    )


@pytest.mark.parametrize(
    "unknown", [{"battery_current_a": 31.0}, {"unusable": frozenset({"battery_current_a"})}]
)
@pytest.mark.requirement("SR-22")
def test_a_current_that_does_not_fall_is_cut_in_time(
    contactors: Contactors, unknown: dict[str, object]
) -> None:
    contactors.step(0, True, True, False, vehicle_state())
    begin_ns, flowing = TICK_NS, vehicle_state(**unknown)
    last_ns = begin_ns + round(OPENING_S * 1e9)
    for now_ns in range(begin_ns, last_ns, TICK_NS):
        assert contactors.step(now_ns, False, False, False, flowing).request is ContactorRequest.CLOSE
    assert contactors.step(last_ns, False, False, False, flowing).request is ContactorRequest.OPEN


def test_a_new_stop_has_its_whole_time(contactors: Contactors) -> None:
    flowing = vehicle_state(battery_current_a=100.0)
    contactors.step(0, True, True, False, flowing)
    contactors.step(1_000_000_000, False, False, False, flowing)
    contactors.step(2_000_000_000, True, True, False, flowing)
    contactors.step(3_000_000_000, False, False, False, flowing)
    assert contactors.step(4_900_000_000, False, False, False, flowing).request is ContactorRequest.CLOSE


FAILED = {"battery_state": BatteryState.FAULT, "battery_fault_code": 2.0}
OPENED: dict[str, object] = {
    "battery_state": BatteryState.STANDBY,
    "battery_contactor_plus": SwitchState.OPEN,
    "battery_contactor_minus": SwitchState.OPEN,
    "battery_link_voltage_v": 300.0,
}
MOVING, STANDING = False, True


@pytest.mark.requirement("SR-21", "SR-22")
def test_a_battery_that_reports_a_fault_is_asked_to_open_once_the_vehicle_stands(
    contactors: Contactors,
) -> None:
    """No battery leaves its FAULT while it is asked to close; torque goes first, air and oil stay longest."""
    assert contactors.step(0, False, True, MOVING, vehicle_state()).request is ContactorRequest.OPEN
    contactors.step(TICK_NS, True, True, MOVING, vehicle_state())
    rolling = contactors.step(2 * TICK_NS, False, True, MOVING, vehicle_state(**FAILED))
    assert (rolling.request, rolling.ready, rolling.lost) == (ContactorRequest.CLOSE, False, "battery FAULT")
    flowing = vehicle_state(**FAILED, battery_current_a=OPENING_A + 1.0)
    at_rest = contactors.step(3 * TICK_NS, False, True, STANDING, flowing)
    assert at_rest.request is ContactorRequest.CLOSE, "not under load"
    rested = contactors.step(4 * TICK_NS, False, True, STANDING, vehicle_state(**FAILED))
    assert (rested.request, rested.lost) == (ContactorRequest.OPEN, ""), "no more asked for, so not missed"


@pytest.mark.requirement("SR-21")
def test_after_a_fault_contactors_close_only_where_the_state_lets_them_and_without_the_fault(
    contactors: Contactors,
) -> None:
    contactors.step(0, True, True, STANDING, vehicle_state())
    contactors.step(TICK_NS, False, True, STANDING, vehicle_state(**FAILED))
    for now_ns in range(2 * TICK_NS, 400 * TICK_NS, TICK_NS):
        gone = contactors.step(now_ns, False, True, STANDING, vehicle_state(**OPENED))
        assert gone.request is ContactorRequest.OPEN, "nobody has acknowledged"
    still = contactors.step(400 * TICK_NS, True, True, STANDING, vehicle_state(**FAILED))
    assert still.request is ContactorRequest.OPEN
    anew = contactors.step(401 * TICK_NS, True, True, STANDING, vehicle_state(**OPENED))
    assert (anew.request, anew.ready, anew.precharge_overdue) == (ContactorRequest.CLOSE, False, False)


@pytest.mark.requirement("SR-22")
def test_what_somebody_else_opened_is_not_closed_again_where_none_may_close(contactors: Contactors) -> None:
    contactors.step(0, True, True, STANDING, vehicle_state())
    for word in ("battery_state", "battery_contactor_plus", "battery_contactor_minus"):
        doubtful = vehicle_state(**{**OPENED, word: getattr(vehicle_state(), word)})
        assert contactors.step(TICK_NS, False, True, STANDING, doubtful).request is ContactorRequest.CLOSE
    unknown = vehicle_state(**OPENED, unusable=frozenset({"battery_state"}))
    assert contactors.step(TICK_NS, False, True, STANDING, unknown).request is ContactorRequest.CLOSE
    opened = vehicle_state(**OPENED)
    assert contactors.step(TICK_NS, False, True, MOVING, opened).request is ContactorRequest.CLOSE
    assert contactors.step(TICK_NS, True, True, STANDING, opened).request is ContactorRequest.CLOSE
    assert contactors.step(TICK_NS, False, True, STANDING, opened).request is ContactorRequest.OPEN


LINK_LOW_S = 0.25
"""Two readings of the pack's voltage, 100 ms each, and half a third."""


@pytest.mark.parametrize(
    "low", [{"battery_voltage_v": 702.0}, {"battery_link_voltage_v": 400.0}, {"battery_voltage_v": 0.0}]
)
@pytest.mark.requirement("SR-21")
def test_a_wrong_voltage_is_bridged_for_two_readings_and_then_high_voltage_is_lost(
    contactors: Contactors, low: dict[str, object]
) -> None:
    contactors.step(0, True, True, MOVING, vehicle_state())
    wrong, last_ns = vehicle_state(**low), TICK_NS + round(LINK_LOW_S * 1e9)
    for now_ns in range(TICK_NS, last_ns, TICK_NS):
        assert contactors.step(now_ns, False, True, MOVING, wrong).ready
    lost = contactors.step(last_ns, False, True, MOVING, wrong)
    assert not lost.ready
    assert lost.lost.startswith("link ")
    back = contactors.step(last_ns + TICK_NS, False, True, MOVING, vehicle_state())
    assert (back.ready, back.lost) == (True, "")
    again = contactors.step(last_ns + 2 * TICK_NS, False, True, MOVING, wrong)
    assert again.ready, "a new reading counts anew"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"battery_contactor_plus": SwitchState.OPEN}, "contactors: plus OPEN, minus CLOSED"),
        ({"battery_contactor_minus": SwitchState.ERROR}, "contactors: plus CLOSED, minus ERROR"),
        ({"battery_state": BatteryState.OPENING}, "battery OPENING"),
        ({"unusable": frozenset({"battery_voltage_v"})}, "not known: battery_voltage_v"),
    ],
)
@pytest.mark.requirement("SR-21")
def test_high_voltage_that_is_really_lost_ends_torque_at_once_and_is_named(
    contactors: Contactors, wrong: dict[str, object], words: str
) -> None:
    contactors.step(0, True, True, MOVING, vehicle_state())
    lost = contactors.step(TICK_NS, False, True, MOVING, vehicle_state(**wrong))
    assert (lost.ready, lost.lost) == (False, words)


def test_a_high_voltage_that_was_never_ready_is_not_lost(contactors: Contactors) -> None:
    assert contactors.step(0, True, True, STANDING, precharging(300.0)).lost == ""
