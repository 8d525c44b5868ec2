"""Traction battery and link: against hand-computed cases, balances of charge and energy."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hil.vehicles import parameters
from vehicle_hil.plant.battery_pack import (
    BatteryPack,
    cell_open_circuit_v,
    resistance_10s_ohm,
)
from vehicle_hil.plant.electrics import Electrics
from vehicle_hil.plant.parameters import LinkParameters, PackParameters

PACK = PackParameters(
    cells_in_series=100,
    capacity_ah=230.0,
    resistance_scale=1.0,
    relaxation_time_s=10.0,
    heat_capacity_jpk=1e6,
    heat_conductance_wpk=50.0,
    auxiliary_power_w=3000.0,
)
LINK = LinkParameters(
    capacitance_f=0.004, precharge_resistance_ohm=50.0, bleed_time_s=2.0, voltage_max_v=820.0
)


def pack(soc: float = 0.5, temperature: float = 25.0, ambient: float = 25.0) -> BatteryPack:
    return BatteryPack(PACK, soc, temperature, ambient)


@pytest.mark.parametrize(("temperature", "ohm"), [(-10, 0.065), (25, 0.031), (45, 0.018)])
def test_cell_resistance_at_its_three_points(temperature: float, ohm: float) -> None:
    assert resistance_10s_ohm(temperature) == pytest.approx(ohm)


@given(st.floats(-35, 59))
def test_cell_resistance_falls_with_temperature(temperature: float) -> None:
    assert resistance_10s_ohm(temperature) > resistance_10s_ohm(temperature + 1)


def test_pack_resistance_by_hand() -> None:
    # 31 mOhm of a 2.3 Ah cell is 0.31 mOhm of a 230 Ah cell; 100 in series make 31 mOhm.
    battery = pack()
    assert battery.series_resistance_ohm == pytest.approx(0.6 * 0.031)
    ten_seconds = battery.series_resistance_ohm + battery.pair_resistance_ohm * (1 - math.exp(-1))
    assert ten_seconds == pytest.approx(0.031)


@given(st.floats(0, 0.999))
def test_open_circuit_voltage_rises_with_charge(soc: float) -> None:
    assert cell_open_circuit_v(soc + 0.001) > cell_open_circuit_v(soc)


def test_open_circuit_voltage_is_flat_and_within_the_data_sheets_limits() -> None:
    assert cell_open_circuit_v(0.0) == pytest.approx(2.5, abs=0.1)
    assert 3.15 < cell_open_circuit_v(0.2) < cell_open_circuit_v(0.9) < 3.35
    assert cell_open_circuit_v(1.0) < 3.65


def test_at_rest_the_terminals_show_the_open_circuit_voltage() -> None:
    battery = pack(0.5)
    battery.step(0.01, 0.0)
    assert battery.voltage_v == pytest.approx(100 * cell_open_circuit_v(0.5), abs=1e-6)
    assert battery.current_a == 0.0


@given(st.floats(-200_000, 200_000))
def test_voltage_times_current_is_the_power(power_w: float) -> None:
    battery = pack()
    for _ in range(5):
        battery.step(0.01, power_w)
        assert battery.voltage_v * battery.current_a == pytest.approx(power_w, abs=1e-3)


def test_a_step_of_load_by_hand() -> None:
    """E = 326.4 V, P = 30 kW: I from the quadratic, then the RC pair builds up over one time constant."""
    battery = pack(0.5)
    e, r0, r1 = battery.open_circuit_v(), 0.0186, 0.0124 / (1 - math.exp(-1))
    current = (e - math.sqrt(e * e - 4 * r0 * 30_000)) / (2 * r0)
    battery.step(0.01, 30_000.0)
    assert battery.current_a == pytest.approx(current)
    assert battery.voltage_v == pytest.approx(e - r0 * current)
    for _ in range(999):
        battery.step(0.01, 30_000.0)
    assert battery.pair_v == pytest.approx(r1 * current * (1 - math.exp(-1)), rel=0.01)


def test_more_than_it_can_give_is_cut_to_its_maximum() -> None:
    battery = pack()
    e = battery.open_circuit_v()
    battery.step(0.01, 1e9)
    assert battery.voltage_v == pytest.approx(e / 2)


def test_charge_balance() -> None:
    battery = pack(0.6)
    charge = 0.0
    for step in range(3000):
        battery.step(0.01, 60_000.0 if step % 2 else -20_000.0)
        charge += battery.current_a * 0.01
    assert battery.soc == pytest.approx(0.6 - charge / 3600 / 230.0, abs=1e-9)


def test_heat_is_the_loss_and_leaves_to_the_surroundings() -> None:
    battery = pack(0.5, 25.0, 25.0)
    for _ in range(6000):
        battery.step(0.01, 100_000.0)
    loss = battery.current_a**2 * (battery.series_resistance_ohm + battery.pair_resistance_ohm)
    # 60 s, less what the RC pair had still to build up over its first time constants.
    assert battery.temperature_degc - 25 == pytest.approx(loss * 60 / 1e6, rel=0.15)
    cooling = pack(0.5, 45.0, 15.0)
    for _ in range(100):
        cooling.step(10.0, 0.0)
    assert cooling.temperature_degc == pytest.approx(15 + 30 * math.exp(-50 * 1000 / 1e6), abs=0.1)


def test_cold_costs_voltage() -> None:
    cold, warm = pack(0.5, -10.0), pack(0.5, 25.0)
    for _ in range(1000):
        cold.step(0.01, 80_000.0)
        warm.step(0.01, 80_000.0)
    assert cold.voltage_v < warm.voltage_v - 5


def electrics() -> Electrics:
    return Electrics(LINK, PACK, pack())


def test_energy_at_the_terminals() -> None:
    system = electrics()
    for step in range(2000):
        system.step(0.01, 50_000.0 if step < 1000 else -23_000.0, True, False, True)
    assert system.energy_drawn_j == pytest.approx((50_000 + 3000) * 10.0)
    assert system.energy_regenerated_j == pytest.approx((23_000 - 3000) * 10.0)
    assert system.auxiliary_energy_j == pytest.approx(3000 * 20.0)


def test_precharge_energy_comes_out_of_the_pack() -> None:
    system = electrics()
    for _ in range(200):
        system.step(0.01, 0.0, True, True, False)
    voltage = system.pack.voltage_v
    assert system.link_voltage_v == pytest.approx(voltage, rel=1e-3)
    # Charging a capacitor from a source takes C V², half of it into the resistor.
    assert system.energy_drawn_j == pytest.approx(0.004 * voltage**2, rel=0.01)


def test_with_open_contactors_the_pack_is_untouched() -> None:
    system = electrics()
    system.link_voltage_v = 300.0
    system.step(0.01, 5000.0, False, False, False)
    assert system.pack.current_a == 0.0
    energy = 0.5 * 0.004 * 300**2 * math.exp(-0.01) - 50.0
    assert system.link_voltage_v == pytest.approx(math.sqrt(2 * energy / 0.004))
    system.step(1.0, 5000.0, False, False, False)
    assert system.link_voltage_v == 0.0


def test_regeneration_into_an_open_link_stops_at_the_chopper() -> None:
    system = electrics()
    system.link_voltage_v = 300.0
    system.step(0.1, -100_000.0, False, False, False)
    assert system.link_voltage_v == 820.0
    assert system.energy_regenerated_j == 0.0


@pytest.mark.parametrize("name", ["q_truck", "yard_tractor"])
def test_the_vehicles_packs_can_give_their_power_when_warm(name: str) -> None:
    p = parameters(name)
    battery = BatteryPack(p.pack, 0.3, 20.0, 20.0)
    for _ in range(3000):
        battery.step(0.01, p.inverter.power_max_w / 0.94)
    assert battery.voltage_v > p.inverter.link_voltage_min_v
    assert battery.cell_voltage_v > p.battery.cell_voltage_min_v
