"""High voltage: pack, contactors, link capacitor, loads, and the energy they exchanged; once a tick."""

from math import exp, sqrt

from vehicle_hil.plant.battery_pack import BatteryPack
from vehicle_hil.plant.parameters import LinkParameters, PackParameters


class Electrics:
    """Energy figures count at the pack's terminals: all that left it and all that came back."""

    __slots__ = (
        "_auxiliary_w",
        "_p",
        "auxiliary_energy_j",
        "energy_drawn_j",
        "energy_regenerated_j",
        "link_voltage_v",
        "pack",
        "precharge_resistance_ohm",
    )

    def __init__(self, link: LinkParameters, pack_parameters: PackParameters, pack: BatteryPack) -> None:
        self._p = link
        self._auxiliary_w = pack_parameters.auxiliary_power_w
        self.pack = pack
        self.link_voltage_v = 0.0
        self.precharge_resistance_ohm = link.precharge_resistance_ohm
        """Fault hook: a burnt precharge resistor is a large one."""
        self.energy_drawn_j = 0.0
        self.energy_regenerated_j = 0.0
        """Magnitude."""
        self.auxiliary_energy_j = 0.0
        """Part of what was drawn (or of what regeneration covered) that the auxiliaries used."""

    def step(self, dt_s: float, motor_w: float, minus: bool, precharge: bool, plus: bool) -> None:
        """One step. motor_w: electrical power of the inverter, regeneration negative."""
        if minus and plus:
            power_w = motor_w + self._auxiliary_w
            self.pack.step(dt_s, power_w)
            self.link_voltage_v = self.pack.voltage_v
            self.auxiliary_energy_j += self._auxiliary_w * dt_s
        else:
            power_w = self._charge_link(dt_s) if minus and precharge else 0.0
            self.pack.step(dt_s, power_w)
            if not precharge:
                self._discharge_link(dt_s, motor_w)
        # What truly flowed, also where the pack could not give all that was asked.
        flowed_j = self.pack.voltage_v * self.pack.current_a * dt_s
        if flowed_j > 0.0:
            self.energy_drawn_j += flowed_j
        else:
            self.energy_regenerated_j -= flowed_j

    def _charge_link(self, dt_s: float) -> float:
        """Precharge through the resistor over the step; returns the mean power taken from the pack."""
        pack_v = self.pack.voltage_v
        decay = exp(-dt_s / (self.precharge_resistance_ohm * self._p.capacitance_f))
        before_v = self.link_voltage_v
        self.link_voltage_v = pack_v + (before_v - pack_v) * decay
        if dt_s <= 0.0:
            return 0.0
        return pack_v * self._p.capacitance_f * (self.link_voltage_v - before_v) / dt_s

    def _discharge_link(self, dt_s: float, motor_w: float) -> None:
        """The capacitor alone: bleeds, feeds the inverter, takes regeneration up to the chopper's voltage."""
        c = self._p.capacitance_f
        energy_j = (
            0.5 * c * self.link_voltage_v * self.link_voltage_v * exp(-2.0 * dt_s / self._p.bleed_time_s)
        )
        energy_j = max(0.0, energy_j - motor_w * dt_s)
        self.link_voltage_v = min(sqrt(2.0 * energy_j / c), self._p.voltage_max_v)
