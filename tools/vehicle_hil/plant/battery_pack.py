"""Traction battery: LFP equivalent circuit with heat; once a tick.

Open-circuit voltage over state of charge, a series resistance R0 and one RC pair, both against
temperature, one lumped thermal mass. Power at the terminals is the input; the current follows from
P = (E - R0 I) I with E = open-circuit voltage - voltage of the RC pair.

Sources. Open-circuit voltage: LFP electrode of Afshar et al. 2017 (arXiv:1709.03970) less graphite of
Chen et al. 2020 (J. Electrochem. Soc. 167, 080534), the pair behind PyBaMM's Prada2013 set; the
stoichiometry windows are assumptions. Resistance: 10 s resistance of that set at half charge, 65 / 31 /
18 mOhm at -10 / 25 / 45 degC for a 2.3 Ah cell, scaled by capacity; its split (60 % at once, 40 % within
10 s) is an assumption, as is leaving out its change with state of charge.
"""

from math import exp, log, sqrt, tanh

from vehicle_hil.plant.parameters import PackParameters

KELVIN = 273.15
REFERENCE_CAPACITY_AH = 2.3
RESISTANCE_10S_OHM = ((-10.0, 0.065), (25.0, 0.031), (45.0, 0.018))
INSTANT_SHARE = 0.6
REFRESH_K = 0.1
"""Resistances are worked out anew when the temperature has moved so far."""
GRID = 200


def cell_open_circuit_v(soc: float) -> float:
    """Open-circuit voltage of one cell from the two electrodes. soc: 0..1."""
    x = 0.045 + 0.755 * soc
    y = 0.93 - 0.92 * soc
    positive = 3.4077 - 0.020269 * y + 0.5 * exp(-150.0 * y) - 0.9 * exp(-30.0 * (1.0 - y))
    negative = (
        1.9793 * exp(-39.3631 * x)
        + 0.2482
        - 0.0909 * tanh(29.8538 * (x - 0.1234))
        - 0.04478 * tanh(14.9159 * (x - 0.2769))
        - 0.0205 * tanh(30.4444 * (x - 0.6103))
    )
    return positive - negative


OPEN_CIRCUIT_V = tuple(cell_open_circuit_v(index / GRID) for index in range(GRID + 1))


def resistance_10s_ohm(temperature_degc: float) -> float:
    """10 s resistance of the 2.3 Ah cell; its logarithm is linear in 1/T (Arrhenius) between and beyond."""
    rows = RESISTANCE_10S_OHM
    lower, upper = (rows[0], rows[1]) if temperature_degc < rows[1][0] else (rows[1], rows[2])
    a, b = 1.0 / (lower[0] + KELVIN), 1.0 / (upper[0] + KELVIN)
    part = (1.0 / (temperature_degc + KELVIN) - a) / (b - a)
    return exp(log(lower[1]) + part * (log(upper[1]) - log(lower[1])))


class BatteryPack:
    """Series string of equal cells; current and power are positive in discharge."""

    __slots__ = (
        "_ambient_degc",
        "_decay",
        "_decay_dt_s",
        "_p",
        "_pair_ohm",
        "_refreshed_degc",
        "_series_ohm",
        "current_a",
        "pair_v",
        "soc",
        "temperature_degc",
        "voltage_v",
    )

    def __init__(
        self, parameters: PackParameters, soc: float, temperature_degc: float, ambient_degc: float
    ) -> None:
        self._p = parameters
        self._ambient_degc = ambient_degc
        self.soc = soc
        self.temperature_degc = temperature_degc
        self.pair_v = 0.0
        """Voltage across the RC pair."""
        self.current_a = 0.0
        self._decay_dt_s = -1.0
        self._decay = 1.0
        self._refresh()
        self.voltage_v = self.open_circuit_v()

    def _refresh(self) -> None:
        p = self._p
        cell_ohm = resistance_10s_ohm(self.temperature_degc) * REFERENCE_CAPACITY_AH / p.capacity_ah
        pack_ohm = cell_ohm * p.cells_in_series * p.resistance_scale
        self._series_ohm = INSTANT_SHARE * pack_ohm
        self._pair_ohm = (1.0 - INSTANT_SHARE) * pack_ohm / (1.0 - exp(-10.0 / p.relaxation_time_s))
        self._refreshed_degc = self.temperature_degc

    @property
    def series_resistance_ohm(self) -> float:
        return self._series_ohm

    @property
    def pair_resistance_ohm(self) -> float:
        return self._pair_ohm

    @property
    def cell_voltage_v(self) -> float:
        """Mean cell voltage."""
        return self.voltage_v / self._p.cells_in_series

    def open_circuit_v(self) -> float:
        at = min(max(self.soc, 0.0), 1.0) * GRID
        index = min(int(at), GRID - 1)
        low = OPEN_CIRCUIT_V[index]
        return self._p.cells_in_series * (low + (OPEN_CIRCUIT_V[index + 1] - low) * (at - index))

    def step(self, dt_s: float, power_w: float) -> None:
        """One step at constant power at the terminals; more than it can give is cut to its maximum."""
        p = self._p
        if dt_s != self._decay_dt_s:
            self._decay_dt_s = dt_s
            self._decay = exp(-dt_s / p.relaxation_time_s)
        if abs(self.temperature_degc - self._refreshed_degc) > REFRESH_K:
            self._refresh()
        r0, r1 = self._series_ohm, self._pair_ohm
        source_v = self.open_circuit_v() - self.pair_v
        square = source_v * source_v - 4.0 * r0 * power_w
        current = (source_v - sqrt(square if square > 0.0 else 0.0)) / (2.0 * r0)
        heat_w = current * current * r0 + self.pair_v * self.pair_v / r1
        self.current_a = current
        self.voltage_v = source_v - r0 * current
        self.pair_v = self.pair_v * self._decay + r1 * current * (1.0 - self._decay)
        self.soc -= current * dt_s / (3600.0 * p.capacity_ah)
        loss_w = p.heat_conductance_wpk * (self.temperature_degc - self._ambient_degc)
        self.temperature_degc += (heat_w - loss_w) * dt_s / p.heat_capacity_jpk
