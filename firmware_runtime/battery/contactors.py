"""High voltage: ask for the contactors where it is permitted, watch precharge, tell when it is ready.

The battery's own ECU does the switching (minus, precharge, plus); this asks and judges the answer by state,
both contactor feedbacks and the link voltage. Torque comes only after high voltage is ready.
"""

import msgspec

from firmware_runtime.vehicle.enums import BatteryState, ContactorRequest, SwitchState
from firmware_runtime.vehicle.profile import Battery
from firmware_runtime.vehicle.signals import VehicleState

SIGNALS = (
    "battery_state",
    "battery_contactor_plus",
    "battery_contactor_minus",
    "battery_link_voltage_v",
    "battery_voltage_v",
)


class HighVoltage(msgspec.Struct, frozen=True):
    request: ContactorRequest
    ready: bool
    """Contactors closed, link charged: torque may flow."""
    precharge_overdue: bool
    """Asked for longer than the profile allows, and still not ready."""


OFF = HighVoltage(ContactorRequest.OPEN, False, False)


class Contactors:
    def __init__(self, battery: Battery) -> None:
        self._battery = battery
        self._asked_ns: int | None = None
        self._was_ready = False

    def step(self, now_ns: int, permitted: bool, state: VehicleState) -> HighVoltage:
        if not permitted:
            self._asked_ns = None
            self._was_ready = False
            return OFF
        if self._asked_ns is None:
            self._asked_ns = now_ns
        ready = (
            state.battery_state is BatteryState.CLOSED
            and state.battery_contactor_plus is SwitchState.CLOSED
            and state.battery_contactor_minus is SwitchState.CLOSED
            and state.battery_link_voltage_v >= self._battery.link_voltage_share_min * state.battery_voltage_v
            and state.battery_voltage_v > 0.0
            and state.usable(*SIGNALS)
        )
        self._was_ready = self._was_ready or ready
        overdue = not self._was_ready and now_ns - self._asked_ns > self._battery.precharge_time_max_s * 1e9
        return HighVoltage(ContactorRequest.CLOSE, ready, overdue)
