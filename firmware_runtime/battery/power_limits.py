"""Power the pack permits now, eased as it falls, so that torque is on its way to zero before contactors open.

A limit that is not usable counts as zero. Limits rise slowly (see below) and
fall at once; a share is kept back for the auxiliaries and for measurement error.
"""

import msgspec

from firmware_runtime.vehicle.profile import Traction
from firmware_runtime.vehicle.signals import VehicleState

MARGIN = 0.95
"""Share of the pack's limit that traction may use (assumption)."""
AUXILIARY_RESERVE_W = 6_000.0
"""Kept back from discharge for steering, brakes' compressor and cooling (assumption)."""


class PowerLimits(msgspec.Struct, frozen=True):
    discharge_w: float
    charge_w: float


class PowerLimiter:
    def __init__(self, traction: Traction, tick_s: float) -> None:
        """tick_s: between two steps."""
        self._rise_w = traction.power_max_w * tick_s / 2.0
        """From nothing to full power in 2 s (assumption)."""
        self._discharge_w = 0.0
        self._charge_w = 0.0

    def step(self, high_voltage_ready: bool, state: VehicleState) -> PowerLimits:
        discharge_w = charge_w = 0.0
        if high_voltage_ready and state.usable("battery_discharge_power_max_w", "battery_charge_power_max_w"):
            discharge_w = max(MARGIN * state.battery_discharge_power_max_w - AUXILIARY_RESERVE_W, 0.0)
            charge_w = MARGIN * state.battery_charge_power_max_w
        self._discharge_w = min(discharge_w, self._discharge_w + self._rise_w)
        self._charge_w = min(charge_w, self._charge_w + self._rise_w)
        return PowerLimits(self._discharge_w, self._charge_w)
