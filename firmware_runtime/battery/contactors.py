"""High voltage: ask for the contactors where it is permitted, watch precharge, tell when it is ready.

The battery's own ECU does the switching (minus, precharge, plus); this asks and judges the answer by state,
both contactor feedbacks and the link voltage. Torque comes only after high voltage is ready. Where they may
not stay any more they open when the vehicle stands and the current is low, and never newly close.

A battery that reports FAULT is asked to open as well: none leaves its FAULT while it is asked to close
(foxBMS 2: ERROR ends by a Standby request). Closing anew is the state table's word, so that a person has
acknowledged before what somebody repairs is under voltage again.
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
LINK_LOW_NS = 250_000_000
"""The pack's voltage comes every 100 ms: two wrong readings are bridged, the third ends the drive
(assumption). Contactors that open are seen by their feedback, at once; the inverter guards its own link."""


class HighVoltage(msgspec.Struct, frozen=True):
    request: ContactorRequest
    ready: bool
    """Contactors closed, link charged: torque may flow."""
    precharge_overdue: bool
    """Asked for longer than the profile allows, and still not ready."""
    lost: str = ""
    """It was ready, and what is wrong now; empty while it is ready, and where nobody asks for it any more."""


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
        self._link_low_ns: int | None = None
        self._flowing_since_ns: int | None = None

    def step(
        self, now_ns: int, may_close: bool, may_stay: bool, standing: bool, state: VehicleState
    ) -> HighVoltage:
        """may_close: open ones. may_stay: closed ones."""
        failed = state.battery_state is BatteryState.FAULT
        if self._asked_ns is None:
            if failed or not may_close:
                return OFF
            self._asked_ns = now_ns
        elif not may_stay:
            return self._open(now_ns, standing, state)
        wrong = self._wrong(now_ns, state)
        self._was_ready = self._was_ready or not wrong
        lost = wrong if self._was_ready else ""
        if failed or (lost and standing and not may_close and _opened(state)):
            opening = self._open(now_ns, standing, state)
            return opening if opening is OFF else msgspec.structs.replace(opening, lost=lost)
        self._flowing_since_ns = None
        overdue = not self._was_ready and now_ns - self._asked_ns > self._battery.precharge_time_max_s * 1e9
        return HighVoltage(ContactorRequest.CLOSE, not wrong, overdue, lost)

    def _wrong(self, now_ns: int, state: VehicleState) -> str:
        """Why torque may not flow, or empty."""
        link_v, pack_v = state.battery_link_voltage_v, state.battery_voltage_v
        if link_v >= self._battery.link_voltage_share_min * pack_v and pack_v > 0.0:
            self._link_low_ns = None
        elif self._link_low_ns is None:
            self._link_low_ns = now_ns
        if not state.usable(*SIGNALS):
            return "not known: " + ", ".join(sorted(state.unusable.intersection(SIGNALS)))
        plus, minus = state.battery_contactor_plus, state.battery_contactor_minus
        if plus is not SwitchState.CLOSED or minus is not SwitchState.CLOSED:
            return f"contactors: plus {plus.name}, minus {minus.name}"
        if state.battery_state is not BatteryState.CLOSED:
            return f"battery {state.battery_state.name}"
        bridged_ns = LINK_LOW_NS if self._was_ready else 0
        if self._link_low_ns is not None and now_ns - self._link_low_ns >= bridged_ns:
            return f"link {link_v:.0f} V of {pack_v:.0f} V"
        return ""

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
        if too_long or (low and standing):
            self._asked_ns = None
            self._was_ready = False
            return OFF
        return HOLDING


def _opened(state: VehicleState) -> bool:
    """By the battery or the supervisor: both feedbacks and the battery's state say so."""
    return (
        state.battery_state is BatteryState.STANDBY
        and state.battery_contactor_plus is SwitchState.OPEN
        and state.battery_contactor_minus is SwitchState.OPEN
        and state.usable(*SIGNALS)
    )
