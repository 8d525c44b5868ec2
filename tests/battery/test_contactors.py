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
    assert contactors.step(0, False, True, vehicle_state()).request is ContactorRequest.OPEN
    assert contactors.step(TICK_NS, True, True, vehicle_state()).request is ContactorRequest.CLOSE


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
    assert contactors.step(0, True, True, vehicle_state()).ready
    assert not contactors.step(0, True, True, vehicle_state(**wrong)).ready


def test_a_precharge_that_takes_too_long_is_told(contactors: Contactors) -> None:
    now_ns = 0
    while now_ns <= PRECHARGE_MAX_S * 1e9:
        assert not contactors.step(now_ns, True, True, precharging(300.0)).precharge_overdue
        now_ns += TICK_NS
    assert contactors.step(now_ns, True, True, precharging(300.0)).precharge_overdue
    assert not contactors.step(now_ns, False, True, precharging(300.0)).precharge_overdue, "no longer asked"


def test_contactors_that_open_later_are_not_a_slow_precharge(contactors: Contactors) -> None:
    contactors.step(0, True, True, vehicle_state())
    later = contactors.step(10_000_000_000, True, True, vehicle_state(battery_state=BatteryState.STANDBY))
    assert not later.ready
    assert not later.precharge_overdue


def test_power_rises_over_two_seconds_and_falls_at_once() -> None:
    limiter = PowerLimiter(DATA.traction)
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
    limiter = PowerLimiter(DATA.traction)
    state = vehicle_state(unusable=frozenset({"battery_discharge_power_max_w"}))
    for _ in range(300):
        assert limiter.step(True, state).discharge_w == 0.0


OPENING_A, OPENING_S = 30.0, 2.0


@pytest.mark.requirement("SR-22")
def test_closed_contactors_stay_until_the_vehicle_stands_and_the_current_is_low(
    contactors: Contactors,
) -> None:
    assert contactors.step(0, True, False, vehicle_state()).ready
    rolling = contactors.step(TICK_NS, False, False, vehicle_state(battery_current_a=5.0))
    assert (rolling.request, rolling.ready) == (ContactorRequest.CLOSE, False), "no torque any more"
    braking = vehicle_state(battery_current_a=-OPENING_A - 0.1)
    assert contactors.step(2 * TICK_NS, False, True, braking).request is ContactorRequest.CLOSE
    rested = vehicle_state(battery_current_a=-OPENING_A)
    assert contactors.step(3 * TICK_NS, False, True, rested).request is ContactorRequest.OPEN
    assert contactors.step(4 * TICK_NS, False, False, rested).request is ContactorRequest.OPEN, "not again"


@pytest.mark.parametrize(
    "unknown", [{"battery_current_a": 31.0}, {"unusable": frozenset({"battery_current_a"})}]
)
@pytest.mark.requirement("SR-22")
def test_a_current_that_does_not_fall_is_cut_in_time(
    contactors: Contactors, unknown: dict[str, object]
) -> None:
    contactors.step(0, True, False, vehicle_state())
    begin_ns, flowing = TICK_NS, vehicle_state(**unknown)
    last_ns = begin_ns + round(OPENING_S * 1e9)
    for now_ns in range(begin_ns, last_ns, TICK_NS):
        assert contactors.step(now_ns, False, False, flowing).request is ContactorRequest.CLOSE
    assert contactors.step(last_ns, False, False, flowing).request is ContactorRequest.OPEN


def test_a_new_stop_has_its_whole_time(contactors: Contactors) -> None:
    flowing = vehicle_state(battery_current_a=100.0)
    contactors.step(0, True, False, flowing)
    contactors.step(1_000_000_000, False, False, flowing)
    contactors.step(2_000_000_000, True, False, flowing)
    contactors.step(3_000_000_000, False, False, flowing)
    assert contactors.step(4_900_000_000, False, False, flowing).request is ContactorRequest.CLOSE
