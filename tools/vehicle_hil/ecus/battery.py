"""Battery-management ECU: contactors and precharge on request, limits, measurements, state of charge.

Contract: the body DBC's comments on BatteryCommand and BatteryStatus. Not in it yet: charging by plug.
"""

import random
from typing import NamedTuple

from vehicle_hil.codec.network import Network
from vehicle_hil.codec.protection import Outbox
from vehicle_hil.ecus.battery_limits import power_shares
from vehicle_hil.ecus.contactors import (
    CELL_VOLTAGE_FAULT,
    INTERLOCK_FAULT,
    NO_FAULT,
    TEMPERATURE_FAULT,
    Contactors,
)
from vehicle_hil.ecus.contract import NEVER_NS
from vehicle_hil.ecus.parameters import BatteryControlParameters

COMMAND_MISSING_NS = 500_000_000
UNDERVOLTAGE_NS = 1_000_000_000
STATES = ("INIT", "STANDBY", "PRECHARGE", "CLOSED", "OPENING", "FAULT")
VOLTAGE_NOISE_V = 0.05
CURRENT_NOISE_A = 0.1
"""Standard deviations of pack measurements. Assumption: half the resolution of the frame to one of it."""


class PackMeasurement(NamedTuple):
    """True values of the pack and the link, from the plant."""

    voltage_v: float
    current_a: float
    """Positive discharges."""
    link_voltage_v: float
    cell_voltage_v: float
    """Mean of the cells."""
    temperature_degc: float


class Battery:
    """Input: BatteryCommand. Outputs: BatteryStatus, BatteryPack, BatteryLimits, BatteryTemperatures."""

    def __init__(
        self,
        parameters: BatteryControlParameters,
        capacity_ah: float,
        soc: float,
        network: Network,
        rng: random.Random,
    ) -> None:
        self._p = parameters
        self._rng = rng
        self._capacity_as = capacity_ah * 3600.0
        self._command = network.receiver("BatteryCommand", ("ContactorRequest",))
        self._close = network.code("BatteryCommand", "ContactorRequest", "CLOSE")
        self._status = network.sender(
            "BatteryStatus",
            (
                "State",
                "ContactorPlus",
                "ContactorMinus",
                "ContactorPrecharge",
                "Interlock",
                "FaultCode",
                "LinkVoltage",
            ),
        )
        self._pack = network.sender("BatteryPack", ("Voltage", "Current", "StateOfCharge"))
        self._limits = network.sender("BatteryLimits", ("DischargePowerMax", "ChargePowerMax"))
        self._temperatures = network.sender(
            "BatteryTemperatures", ("CellMin", "CellMax", "CellVoltageMin", "CellVoltageMax", "Isolation")
        )
        self._state_codes = {label: network.code("BatteryStatus", "State", label) for label in STATES}
        self._switch_codes = tuple(
            network.code("BatteryStatus", "ContactorPlus", label) for label in ("OPEN", "CLOSED")
        )
        self.inputs = {"BatteryCommand": self._on_command}
        self.contactors = Contactors()
        self.soc = min(max(soc + parameters.soc_error, 0.0), 1.0)
        """As the ECU believes it: a coulomb count."""
        self._command_ns = NEVER_NS
        self._close_requested = False
        self._undervoltage_since_ns: int | None = None
        self._discharge_power_w = 0.0
        self._charge_power_w = 0.0
        self.interlock_closed = True
        """Fault hook: False opens the high-voltage interlock loop."""
        self.isolation_ohm = parameters.isolation_ohm
        """Fault hook."""

    def _on_command(self, now_ns: int, data: bytes) -> None:
        values = self._command.take(data)
        if values is None:
            return
        self._command_ns = now_ns
        self._close_requested = int(values[0]) == self._close

    def step(self, now_ns: int, dt_s: float, pack: PackMeasurement) -> None:
        """One tick with the pack as it was at the end of the last one."""
        alive = now_ns - self._command_ns < COMMAND_MISSING_NS
        self.contactors.step(
            now_ns,
            alive and self._close_requested,
            self._fault(now_ns, pack),
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

    def report(self, now_ns: int, pack: PackMeasurement, out: Outbox) -> None:
        """Queues what is due. pack: true values at the end of the tick."""
        gauss = self._rng.gauss
        if self._status.due(now_ns):
            contactors, switch = self.contactors, self._switch_codes
            self._status.send(
                (
                    self._state_codes[contactors.state],
                    switch[contactors.plus],
                    switch[contactors.minus],
                    switch[contactors.precharge],
                    switch[self.interlock_closed],
                    contactors.fault_code,
                    pack.link_voltage_v,
                ),
                out,
            )
        if self._pack.due(now_ns):
            voltage = pack.voltage_v + gauss(0.0, VOLTAGE_NOISE_V)
            current = pack.current_a * self._p.current_gain + gauss(0.0, CURRENT_NOISE_A)
            self._pack.send((voltage, current, self.soc), out)
        if self._limits.due(now_ns):
            self._limits.send(self.limits_w(pack.temperature_degc), out)
        if self._temperatures.due(now_ns):
            p, mean_degc, mean_v = self._p, pack.temperature_degc, pack.cell_voltage_v
            self._temperatures.send(
                (
                    mean_degc - p.temperature_spread_k,
                    mean_degc + p.temperature_spread_k,
                    mean_v - p.voltage_spread_v,
                    mean_v + p.voltage_spread_v,
                    self.isolation_ohm,
                ),
                out,
            )
