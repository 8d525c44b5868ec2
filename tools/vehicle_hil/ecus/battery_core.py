"""What every battery ECU does, whatever bus it speaks on: contactors, faults, limits, state of charge."""

from typing import NamedTuple

from vehicle_hil.ecus.battery_limits import power_shares
from vehicle_hil.ecus.contactors import (
    CELL_VOLTAGE_FAULT,
    INTERLOCK_FAULT,
    NO_FAULT,
    TEMPERATURE_FAULT,
    Contactors,
)
from vehicle_hil.ecus.parameters import BatteryControlParameters

UNDERVOLTAGE_NS = 1_000_000_000


class PackMeasurement(NamedTuple):
    """True values of the pack and the link, from the plant."""

    voltage_v: float
    current_a: float
    """Positive discharges."""
    link_voltage_v: float
    cell_voltage_v: float
    """Mean of the cells."""
    temperature_degc: float


class BatteryCore:
    """State and decisions; who inherits it hears requests and reports."""

    def __init__(self, parameters: BatteryControlParameters, capacity_ah: float, soc: float) -> None:
        self._p = parameters
        self._capacity_as = capacity_ah * 3600.0
        self.contactors = Contactors()
        self.soc = min(max(soc + parameters.soc_error, 0.0), 1.0)
        """As the ECU believes it: a coulomb count."""
        self._undervoltage_since_ns: int | None = None
        self.interlock_closed = True
        """Fault hook: False opens the high-voltage interlock loop."""
        self.isolation_ohm = parameters.isolation_ohm
        """Fault hook."""

    def advance(self, now_ns: int, dt_s: float, pack: PackMeasurement, close: bool, fault: int) -> None:
        """One tick. close: asked for by a live request. fault: what the bus side found, 0 for none."""
        self.contactors.step(
            now_ns,
            close,
            self._fault(now_ns, pack) or fault,
            pack.link_voltage_v,
            pack.voltage_v,
            pack.current_a,
        )
        counted = pack.current_a * self._p.current_gain * dt_s / self._capacity_as
        self.soc = min(max(self.soc - counted, 0.0), 1.0)

    def _fault(self, now_ns: int, pack: PackMeasurement) -> int:
        p = self._p
        if pack.cell_voltage_v - p.voltage_spread_v >= p.cell_voltage_min_v:
            self._undervoltage_since_ns = None
        elif self._undervoltage_since_ns is None:
            self._undervoltage_since_ns = now_ns
        if not self.interlock_closed:
            return INTERLOCK_FAULT
        if pack.temperature_degc + p.temperature_spread_k > p.cell_temperature_cut_degc:
            return TEMPERATURE_FAULT
        since_ns = self._undervoltage_since_ns
        if since_ns is not None and now_ns - since_ns >= UNDERVOLTAGE_NS:
            return CELL_VOLTAGE_FAULT
        return NO_FAULT

    def limits_w(self, temperature_degc: float) -> tuple[float, float]:
        """Discharge and charge power permitted now; 0 before the contactors open, and in FAULT."""
        if self.contactors.state in ("INIT", "OPENING", "FAULT"):
            return 0.0, 0.0
        spread = self._p.temperature_spread_k
        discharge, charge = power_shares(self.soc, temperature_degc - spread, temperature_degc + spread)
        return discharge * self._p.discharge_power_max_w, charge * self._p.charge_power_max_w
