"""Battery-management ECU: contactors and precharge on request, limits, measurements, state of charge.

Contract: the body DBC's comments on BatteryCommand and BatteryStatus. Not in it yet: charging by plug.
"""

import random

from vehicle_hil.codec.network import Network
from vehicle_hil.codec.protection import Outbox
from vehicle_hil.ecus.battery_core import BatteryCore, PackMeasurement
from vehicle_hil.ecus.contactors import NO_FAULT
from vehicle_hil.ecus.contract import NEVER_NS
from vehicle_hil.ecus.parameters import BatteryControlParameters

COMMAND_MISSING_NS = 500_000_000
STATES = ("INIT", "STANDBY", "PRECHARGE", "CLOSED", "OPENING", "FAULT")
VOLTAGE_NOISE_V = 0.05
CURRENT_NOISE_A = 0.1
"""Standard deviations of pack measurements. Assumption: half the resolution of the frame to one of it."""


class Battery(BatteryCore):
    """Input: BatteryCommand. Outputs: BatteryStatus, BatteryPack, BatteryLimits, BatteryTemperatures."""

    def __init__(
        self,
        parameters: BatteryControlParameters,
        capacity_ah: float,
        soc: float,
        network: Network,
        rng: random.Random,
    ) -> None:
        super().__init__(parameters, capacity_ah, soc)
        self._rng = rng
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
        self._command_ns = NEVER_NS
        self._close_requested = False

    def _on_command(self, now_ns: int, data: bytes) -> None:
        values = self._command.take(data)
        if values is None:
            return
        self._command_ns = now_ns
        self._close_requested = int(values[0]) == self._close

    def step(self, now_ns: int, dt_s: float, pack: PackMeasurement) -> None:
        """One tick with the pack as it was at the end of the last one."""
        alive = now_ns - self._command_ns < COMMAND_MISSING_NS
        self.advance(now_ns, dt_s, pack, alive and self._close_requested, NO_FAULT)

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
