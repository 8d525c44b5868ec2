"""Battery ECU that speaks foxBMS 2 on a bus of its own: its frames, at its periods, by its maker's database.

Source: foxBMS 2 (BSD-3) and its DBC. Request 0x210 every 95 to 105 ms, judged every 10 ms; 100 events of bad
timing and 200 ms later the contactors open. Differs from the maker's: the contactor sequence is the common
one of the simulated batteries (`contactors`); one string; no balancing, no charging.
"""

import random
from pathlib import Path

from vehicle_hil.codec.dbc import load_plain_bus
from vehicle_hil.codec.packing import Unpacker
from vehicle_hil.codec.plain import PlainSender
from vehicle_hil.codec.protection import CyclicSender, Outbox
from vehicle_hil.ecus.battery_core import BatteryCore, PackMeasurement
from vehicle_hil.ecus.contactors import NO_FAULT
from vehicle_hil.ecus.parameters import BatteryControlParameters

BUS = "battery"
REQUEST = "f_BmsStateRequest"
SENT: dict[str, tuple[str, ...]] = {
    "f_BmsState": (
        "BmsState",
        "NumberOfConnectedStrings",
        "NumberOfDeactivatedStrings",
        "GeneralError",
        "InterlockState",
        "CanTimingError",
        "InsulationMonitoring",
        "InsulationResistance",
    ),
    "f_PackLimits": ("MaximumDischargePower", "MaximumChargePower"),
    "f_PackMinMaxCellTemperature": ("MinimumCellTemperature", "MaximumCellTemperature"),
    "f_PackMinMaxCellVoltage": ("MinimumCellVoltage", "MaximumCellVoltage"),
    "f_PackValuesP0": ("BatteryVoltage", "BusVoltage", "Current", "Power"),
    "f_PackValuesP1": ("InsulationResistance",),
    "f_PackStateEstimation": ("MinimumSoc", "MaximumSoc"),
}
"""Messages and signals that it fills; 100 ms each, the state estimation 1 s (GenMsgCycleTime)."""
STATE_LABELS = {
    "INIT": "INITIALIZATION",
    "STANDBY": "STANDBY",
    "PRECHARGE": "PRECHARGE",
    "CLOSED": "NORMAL",
    "OPENING": "OPEN_CONTACTORS",
    "FAULT": "ERROR",
}
"""State of `Contactors` -> label of BmsState."""
PERIOD_MIN_NS, PERIOD_MAX_NS = 95_000_000, 105_000_000
JUDGED_NS = 10_000_000
TIMING_EVENTS_MAX = 100
TIMING_DELAY_NS = 200_000_000
TIMING_FAULT = 5
"""DIAG_ID_CAN_TIMING in the DBC's table of fatal errors."""
VOLTAGE_NOISE_V = 0.05
CURRENT_NOISE_A = 0.1
"""Standard deviations. Assumption, as of the other battery."""


class FoxBms(BatteryCore):
    """Input: f_BmsStateRequest. Outputs: SENT."""

    def __init__(
        self,
        parameters: BatteryControlParameters,
        capacity_ah: float,
        soc: float,
        dbc: Path,
        rng: random.Random,
    ) -> None:
        super().__init__(parameters, capacity_ah, soc)
        self._rng = rng
        self.layouts = load_plain_bus(BUS, dbc, (REQUEST, *SENT))
        request = self.layouts[REQUEST]
        self._length = request.length
        self._unpacker = Unpacker(request, ("RequestBmsMode",))
        self._discharge = request.signals["RequestBmsMode"].labels["Discharge"]
        self._state_codes = self.layouts["f_BmsState"].signals["BmsState"].labels
        self.senders: dict[str, CyclicSender] = {
            name: PlainSender(self.layouts[name], names, index * JUDGED_NS)
            for index, (name, names) in enumerate(SENT.items())
        }
        self.inputs = {REQUEST: self._on_request}
        self._close_requested = False
        self._request_ns: int | None = None
        self._period_ns = 0
        self._judged_ns = 0
        self._timing_events = 0
        self._timing_since_ns: int | None = None

    def _on_request(self, now_ns: int, data: bytes) -> None:
        if len(data) != self._length:
            return
        if self._request_ns is not None:
            self._period_ns = now_ns - self._request_ns
        self._request_ns = now_ns
        self._close_requested = int(self._unpacker.unpack(data)[0]) == self._discharge

    def step(self, now_ns: int, dt_s: float, pack: PackMeasurement) -> None:
        """One tick with the pack as it was at the end of the last one."""
        fault = TIMING_FAULT if self._timing_is_fatal(now_ns) else NO_FAULT
        self.advance(now_ns, dt_s, pack, self._close_requested, fault)

    def _timing_is_fatal(self, now_ns: int) -> bool:
        """Before the first request nothing is judged (assumption)."""
        if self._request_ns is None:
            return False
        if now_ns - self._judged_ns >= JUDGED_NS:
            self._judged_ns = now_ns
            late = now_ns - self._request_ns > PERIOD_MAX_NS
            early = 0 < self._period_ns < PERIOD_MIN_NS
            change = 1 if late or early or self._period_ns > PERIOD_MAX_NS else -1
            self._timing_events = min(max(self._timing_events + change, 0), TIMING_EVENTS_MAX)
        if self._timing_events < TIMING_EVENTS_MAX:
            self._timing_since_ns = None
            return False
        if self._timing_since_ns is None:
            self._timing_since_ns = now_ns
        return now_ns - self._timing_since_ns >= TIMING_DELAY_NS

    def report(self, now_ns: int, pack: PackMeasurement, out: Outbox) -> None:
        """Queues what is due. pack: true values at the end of the tick."""
        for name, sender in self.senders.items():
            if sender.due(now_ns):
                sender.send(self._values(name, pack), out)

    def _values(self, name: str, pack: PackMeasurement) -> tuple[float, ...]:
        p, contactors = self._p, self.contactors
        if name == "f_BmsState":
            closed = contactors.plus and contactors.minus
            return (
                self._state_codes[STATE_LABELS[contactors.state]],
                closed,
                not closed,
                contactors.fault_code != NO_FAULT,
                not self.interlock_closed,
                contactors.fault_code == TIMING_FAULT,
                1,
                self.isolation_ohm,
            )
        if name == "f_PackValuesP0":
            voltage_v = pack.voltage_v + self._rng.gauss(0.0, VOLTAGE_NOISE_V)
            current_a = pack.current_a * p.current_gain + self._rng.gauss(0.0, CURRENT_NOISE_A)
            return voltage_v, pack.link_voltage_v, current_a, voltage_v * current_a
        if name == "f_PackLimits":
            return self.limits_w(pack.temperature_degc)
        if name == "f_PackMinMaxCellTemperature":
            mean = pack.temperature_degc
            return mean - p.temperature_spread_k, mean + p.temperature_spread_k
        if name == "f_PackMinMaxCellVoltage":
            return pack.cell_voltage_v - p.voltage_spread_v, pack.cell_voltage_v + p.voltage_spread_v
        return (self.isolation_ohm,) if name == "f_PackValuesP1" else (self.soc, self.soc)
