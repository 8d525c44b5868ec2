"""High voltage: ask for the contactors where it is permitted, watch precharge, tell when it is ready.

The battery's own ECU does the switching (minus, precharge, plus); this asks and judges the answer by state,
both contactor feedbacks and the link voltage. Torque comes only after high voltage is ready. Where they are
not permitted any more they open when the vehicle stands and the current is low, and never newly close.
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
HOLDING = HighVoltage(ContactorRequest.CLOSE, False, False)
"""Closed still, but not for torque: a stop takes the torque first, and the brakes' air and the steering's oil
come from high voltage."""


class Contactors:
    def __init__(self, battery: Battery) -> None:
        self._battery = battery
        self._opening_wait_ns = round(battery.opening_time_max_s * 1e9)
        self._asked_ns: int | None = None
        self._was_ready = False
        self._flowing_since_ns: int | None = None

    def step(self, now_ns: int, permitted: bool, standing: bool, state: VehicleState) -> HighVoltage:
        if not permitted:
            return self._open(now_ns, standing, state)
        self._flowing_since_ns = None
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

    def _open(self, now_ns: int, standing: bool, state: VehicleState) -> HighVoltage:
        """What is closed opens at standstill and with little current, or where that does not fall in time."""
        low = (
            state.usable("battery_current_a")
            and abs(state.battery_current_a) <= self._battery.opening_current_max_a
        )
        if low:
            self._flowing_since_ns = None
        elif self._flowing_since_ns is None:
            self._flowing_since_ns = now_ns
        too_long = (
            self._flowing_since_ns is not None and now_ns - self._flowing_since_ns >= self._opening_wait_ns
        )
        if self._asked_ns is None or too_long or (low and standing):
            self._asked_ns = None
            self._was_ready = False
            return OFF
        return HOLDING
