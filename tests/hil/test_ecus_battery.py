"""Battery ECU: contactor sequence, precharge, time-outs, faults, limits, measurements."""

import pytest

from tests.hil.bus_peer import Rig
from tests.hil.vehicles import parameters, variant
from vehicle_hil.ecus.battery_limits import power_shares


@pytest.fixture
def rig() -> Rig:
    return Rig(parameters("q_truck"))


def status(rig: Rig) -> dict[str, object]:
    return rig.seen["BatteryStatus"]


def close(rig: Rig) -> None:
    rig.set("BatteryCommand", ContactorRequest="CLOSE")
    rig.ticks_until(lambda: rig.vehicle.battery.contactors.state == "CLOSED")
    rig.run(0.02)


def test_starts_open_in_standby(rig: Rig) -> None:
    rig.run(0.5)
    assert status(rig)["State"] == "STANDBY"
    assert status(rig)["ContactorPlus"] == status(rig)["ContactorMinus"] == "OPEN"
    assert status(rig)["LinkVoltage"] == 0
    assert rig.seen["BatteryPack"]["Voltage"] == pytest.approx(192 * 3.308, abs=1)
    assert rig.seen["BodyStatus"]["SupplyVoltage"] == pytest.approx(25.2, abs=0.2)


def test_closes_minus_then_precharge_then_plus(rig: Rig) -> None:
    rig.run(0.5)
    rig.set("BatteryCommand", ContactorRequest="CLOSE")
    seen: list[tuple[str, str, str, str]] = []
    for _ in range(200):
        rig.tick()
        values = status(rig)
        row = tuple(
            str(values[k]) for k in ("State", "ContactorMinus", "ContactorPrecharge", "ContactorPlus")
        )
        if not seen or seen[-1] != row:
            seen.append(row)  # type: ignore[arg-type]
    assert seen == [
        ("PRECHARGE", "CLOSED", "OPEN", "OPEN"),
        ("PRECHARGE", "CLOSED", "CLOSED", "OPEN"),
        ("PRECHARGE", "CLOSED", "CLOSED", "CLOSED"),
        ("CLOSED", "CLOSED", "OPEN", "CLOSED"),
    ]
    assert rig.seen["BodyStatus"]["SupplyVoltage"] == pytest.approx(27.6, abs=0.2)


def test_plus_closes_only_within_5_percent(rig: Rig) -> None:
    rig.run(0.5)
    rig.set("BatteryCommand", ContactorRequest="CLOSE")
    contactors, link = rig.vehicle.battery.contactors, 0.0
    while not contactors.plus:
        link = rig.vehicle.plant.electrics.link_voltage_v
        rig.tick()
        assert rig.now_ns < 3_000_000_000
    assert link >= 0.95 * rig.truth.pack_voltage_v
    assert link < 0.97 * rig.truth.pack_voltage_v


def test_link_charges_with_the_precharge_time_constant(rig: Rig) -> None:
    rig.run(0.5)
    rig.set("BatteryCommand", ContactorRequest="CLOSE")
    rig.ticks_until(lambda: rig.vehicle.battery.contactors.precharge)
    rig.run(0.01 * 23)
    # 24 ticks through 60 ohm into 4 mF: one time constant.
    share = rig.vehicle.plant.electrics.link_voltage_v / rig.truth.pack_voltage_v
    assert share == pytest.approx(1 - 0.36788, abs=0.005)


def test_a_precharge_that_does_not_come_to_its_end_fails_after_2_s(rig: Rig) -> None:
    rig.run(0.5)
    rig.vehicle.plant.electrics.precharge_resistance_ohm = 100_000.0
    rig.set("BatteryCommand", ContactorRequest="CLOSE")
    ticks = rig.ticks_until(lambda: status(rig)["State"] == "FAULT")
    assert ticks == pytest.approx(201, abs=4)
    assert status(rig)["FaultCode"] == 1
    rig.run(0.2)
    assert status(rig)["ContactorMinus"] == "OPEN"
    assert rig.truth.pack_current_a == 0.0


def test_fault_ends_only_with_an_open_request_and_the_cause_gone(rig: Rig) -> None:
    close(rig)
    rig.vehicle.battery.interlock_closed = False
    rig.run(0.2)
    assert status(rig)["State"] == "FAULT"
    assert status(rig)["FaultCode"] == 2
    assert status(rig)["Interlock"] == "OPEN"
    rig.run(2.0)
    rig.vehicle.battery.interlock_closed = True
    rig.run(2.0)
    assert status(rig)["State"] == "FAULT"
    rig.set("BatteryCommand", ContactorRequest="OPEN")
    rig.run(1.2)
    assert status(rig)["State"] == "STANDBY"
    assert status(rig)["FaultCode"] == 0


def test_an_open_interlock_opens_within_100_ms_and_limits_fall_before(rig: Rig) -> None:
    close(rig)
    rig.vehicle.battery.interlock_closed = False
    rig.tick()
    assert rig.vehicle.battery.limits_w(20.0) == (0.0, 0.0)
    assert rig.vehicle.battery.contactors.plus
    rig.run(0.11)
    assert not rig.vehicle.battery.contactors.plus


def test_a_command_missing_for_500_ms_opens(rig: Rig) -> None:
    close(rig)
    rig.run(0.1)
    rig.silent = {"BatteryCommand"}
    rig.run(0.45)
    assert status(rig)["State"] == "CLOSED"
    rig.run(0.10)
    assert status(rig)["State"] in ("OPENING", "STANDBY")
    rig.run(0.1)
    assert status(rig)["ContactorPlus"] == "OPEN"


@pytest.mark.parametrize(("torque_nm", "ticks"), [(0, 2), (2000, 100)])
def test_opens_below_20_a_or_after_1_s(torque_nm: int, ticks: int) -> None:
    rig = Rig(variant("q_truck", start={"load_mass_kg": 60_000.0}))
    rig.ready_to_drive()
    if torque_nm:
        rig.reach_speed(1.5, 5000)
        rig.set("TractionCommand", TorqueRequest=torque_nm)
        rig.run(0.3)
        assert rig.truth.pack_current_a > 100
    rig.set("BatteryCommand", ContactorRequest="OPEN")
    rig.ticks_until(lambda: rig.vehicle.battery.contactors.state == "OPENING")
    assert rig.vehicle.battery.limits_w(20.0) == (0.0, 0.0)
    opened = rig.ticks_until(lambda: not rig.vehicle.battery.contactors.plus)
    assert opened == pytest.approx(ticks, abs=2)
    rig.run(0.2)
    assert rig.truth.motor_torque_nm == pytest.approx(0, abs=5)


def test_open_contactors_let_the_link_bleed(rig: Rig) -> None:
    close(rig)
    rig.set("BatteryCommand", ContactorRequest="OPEN")
    rig.run(0.2)
    high = rig.vehicle.plant.electrics.link_voltage_v
    rig.run(2.0)
    assert rig.vehicle.plant.electrics.link_voltage_v == pytest.approx(high * 0.36788, rel=0.01)


def test_reopens_and_closes_again(rig: Rig) -> None:
    close(rig)
    rig.set("BatteryCommand", ContactorRequest="OPEN")
    rig.run(0.5)
    assert status(rig)["State"] == "STANDBY"
    close(rig)


def test_an_open_request_ends_a_precharge(rig: Rig) -> None:
    rig.run(0.5)
    rig.set("BatteryCommand", ContactorRequest="CLOSE")
    rig.run(0.3)
    assert status(rig)["State"] == "PRECHARGE"
    rig.set("BatteryCommand", ContactorRequest="OPEN")
    rig.run(0.1)
    assert status(rig)["State"] == "STANDBY"
    assert status(rig)["ContactorMinus"] == "OPEN"


def test_too_hot_a_pack_opens(rig: Rig) -> None:
    close(rig)
    rig.vehicle.plant.electrics.pack.temperature_degc = 61.0
    rig.run(0.2)
    assert status(rig)["FaultCode"] == 3


def test_an_empty_cell_opens_after_a_second() -> None:
    rig = Rig(variant("q_truck", battery={"cell_voltage_min_v": 2.8}))
    close(rig)
    rig.vehicle.plant.electrics.pack.soc = 0.0
    rig.run(0.9)
    assert status(rig)["State"] == "CLOSED"
    rig.run(0.3)
    assert status(rig)["FaultCode"] == 4


@pytest.mark.parametrize(
    ("soc", "temperature", "discharge", "charge"),
    [
        (0.5, 25.0, 1.0, 1.0),
        (0.03, 25.0, 0.0, 1.0),
        (0.09, 25.0, 0.5, 1.0),
        (0.94, 25.0, 1.0, 0.6),
        (1.0, 25.0, 1.0, 0.0),
        (0.5, 0.0, 0.7, 0.0),
        (0.5, -20.0, 0.35, 0.0),
        (0.5, -36.0, 0.0, 0.0),
        (0.5, 5.0, 0.85, 0.2),
        (0.5, 50.0, 0.75, 0.75),
        (0.5, 60.0, 0.0, 0.0),
        (0.5, 65.0, 0.0, 0.0),
    ],
)
def test_limits_by_charge_and_temperature(
    soc: float, temperature: float, discharge: float, charge: float
) -> None:
    assert power_shares(soc, temperature, temperature) == pytest.approx((discharge, charge))


def test_the_worse_end_of_the_cells_decides() -> None:
    assert power_shares(0.5, -1.0, 30.0) == pytest.approx((0.6825, 0.0))
    assert power_shares(0.5, 30.0, 58.0) == pytest.approx((0.2, 0.2))


def test_no_charging_below_0_degc() -> None:
    rig = Rig(variant("q_truck", start={"cell_temperature_degc": 0.0}))
    rig.run(1.0)
    assert rig.seen["BatteryLimits"]["ChargePowerMax"] == 0
    assert rig.seen["BatteryLimits"]["DischargePowerMax"] > 200
    assert rig.seen["BatteryTemperatures"]["CellMin"] == pytest.approx(-1.5, abs=0.6)


def test_counts_the_charge_with_its_own_errors(rig: Rig) -> None:
    rig.ready_to_drive()
    rig.set("TractionCommand", TorqueRequest=2000)
    rig.run(8.0)
    rig.set("TractionCommand", TorqueRequest=0)
    rig.run(0.5)
    used = 0.80 - rig.truth.soc
    assert used > 1e-3
    assert 0.804 - rig.vehicle.battery.soc == pytest.approx(1.002 * used, rel=1e-3)


def test_reports_current_charge_and_cells(rig: Rig) -> None:
    rig.ready_to_drive()
    rig.reach_speed(2.0, 4000)
    rig.set("TractionCommand", TorqueRequest=3000)
    rig.run(0.5)
    assert rig.seen["BatteryPack"]["Current"] == pytest.approx(rig.truth.pack_current_a, rel=0.2)
    assert rig.seen["BatteryPack"]["StateOfCharge"] == pytest.approx(80.4, abs=0.1)
    cells = rig.seen["BatteryTemperatures"]
    assert cells["CellVoltageMin"] < rig.truth.pack_voltage_v / 192 + 0.01
    assert cells["CellVoltageMax"] - cells["CellVoltageMin"] == pytest.approx(0.012, abs=0.003)
    assert cells["Isolation"] == 2000
