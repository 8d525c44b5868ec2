"""Inverter ECU: when it gives torque, how much, and what it says of it."""

import pytest

from tests.hil.bus_peer import Rig
from tests.hil.vehicles import parameters


@pytest.fixture
def rig() -> Rig:
    rig = Rig(parameters("yard_tractor"))
    rig.ready_to_drive()
    return rig


def test_gives_the_torque_that_is_asked_for(rig: Rig) -> None:
    rig.set("TractionCommand", TorqueRequest=200)
    rig.run(0.3)
    assert rig.truth.motor_torque_nm == pytest.approx(200, abs=1)
    assert rig.seen["TractionFeedback"]["MotorTorque"] == pytest.approx(200, abs=8)
    assert rig.seen["TractionFeedback"]["Status"] == "ACTIVE"


def test_torque_rises_no_faster_than_its_slew(rig: Rig) -> None:
    rig.set("TractionCommand", TorqueRequest=1400)
    slopes = []
    for _ in range(20):
        before = rig.truth.motor_torque_nm
        rig.tick()
        slopes.append((rig.truth.motor_torque_nm - before) / 0.01)
    assert max(slopes) <= 6000 * 1.0001
    assert max(slopes) > 4000


def test_power_limits_torque_at_speed(rig: Rig) -> None:
    rig.reach_speed(8.0, 1400)
    rig.set("TractionCommand", TorqueRequest=1450)
    rig.run(0.3)
    omega = rig.vehicle.plant.motor_speed_radps
    assert rig.truth.motor_torque_nm == pytest.approx(138_000 / omega, rel=0.02)
    assert rig.truth.motor_torque_nm < 450
    rig.run(0.1)
    limit = rig.seen["TractionLimits"]["TorqueMaxDrive"]
    assert limit == pytest.approx(138_000 / rig.vehicle.plant.motor_speed_radps, rel=0.05)


def test_regenerates_up_to_its_limit(rig: Rig) -> None:
    rig.reach_speed(4.0, 1000)
    rig.set("TractionCommand", TorqueRequest=-1450)
    rig.run(0.4)
    assert rig.truth.motor_torque_nm == pytest.approx(-700, abs=1)
    assert rig.truth.pack_current_a < 0


def test_disabled_it_gives_none(rig: Rig) -> None:
    rig.set("TractionCommand", TorqueRequest=500)
    rig.run(0.3)
    rig.set("TractionCommand", Enable="OFF")
    rig.run(0.2)
    assert abs(rig.truth.motor_torque_nm) < 1
    assert rig.seen["TractionFeedback"]["Status"] == "READY"


@pytest.mark.parametrize("motion", ["STOPPING", "STANDING"])
def test_refuses_to_accelerate_unless_driving(rig: Rig, motion: str) -> None:
    rig.set("RuntimeHeartbeat", MotionState=motion)
    rig.set("TractionCommand", TorqueRequest=1000)
    rig.run(0.5)
    assert rig.truth.motor_torque_nm == 0.0
    rig.set("TractionCommand", TorqueRequest=-1000)
    rig.run(0.5)
    assert rig.truth.motor_torque_nm == 0.0
    assert rig.truth.speed_mps == 0.0


def test_while_stopping_it_still_brakes_but_does_not_reverse(rig: Rig) -> None:
    rig.reach_speed(3.0, 1000)
    rig.set("RuntimeHeartbeat", MotionState="STOPPING")
    rig.set("TractionCommand", TorqueRequest=1000)
    rig.run(0.4)
    assert rig.truth.motor_torque_nm == pytest.approx(0, abs=1)
    rig.set("TractionCommand", TorqueRequest=-500)
    rig.run(0.3)
    assert rig.truth.motor_torque_nm == pytest.approx(-500, abs=1)
    rig.run(6.0)
    assert rig.truth.speed_mps == 0.0
    assert rig.truth.motor_torque_nm == 0.0


def test_while_stopping_backwards_it_brakes_by_positive_torque(rig: Rig) -> None:
    rig.reach_speed(2.0, -1000)
    rig.set("RuntimeHeartbeat", MotionState="STOPPING")
    rig.set("TractionCommand", TorqueRequest=-1000)
    rig.run(0.4)
    assert rig.truth.motor_torque_nm == pytest.approx(0, abs=1)
    rig.set("TractionCommand", TorqueRequest=500)
    rig.run(0.3)
    assert rig.truth.motor_torque_nm == pytest.approx(500, abs=1)


@pytest.mark.requirement("SR-11")
def test_latched_its_torque_is_gone_within_100_ms(rig: Rig) -> None:
    rig.set("TractionCommand", TorqueRequest=1400)
    rig.run(1.0)
    rig.silent = {"RuntimeHeartbeat"}
    rig.run(0.05)
    assert rig.truth.inverter_latched
    rig.run(0.10)
    assert abs(rig.truth.motor_torque_nm) < 10


def test_the_estop_chain_cuts_torque_by_hardware(rig: Rig) -> None:
    rig.set("TractionCommand", TorqueRequest=1400)
    rig.run(1.0)
    rig.vehicle.body.estop(a_pressed=True, b_pressed=False)
    rig.run(0.12)
    assert abs(rig.truth.motor_torque_nm) < 5
    assert rig.seen["EStopStatus"]["ChannelA"] == "OPEN"
    assert rig.seen["EStopStatus"]["ChannelB"] == "CLOSED"
    rig.run(0.1)
    assert rig.seen["TractionLimits"]["TorqueMaxDrive"] == 0


def test_without_link_voltage_it_gives_none() -> None:
    rig = Rig(parameters("yard_tractor"))
    rig.run(0.3)
    rig.unlatch()
    rig.set("RuntimeHeartbeat", MotionState="DRIVING")
    rig.set("TractionCommand", Enable="ON", TorqueRequest=1000)
    rig.set("BrakeCommand", ParkBrakeRequest="RELEASE")
    rig.run(1.5)
    assert rig.truth.motor_torque_nm == 0.0
    assert rig.seen["TractionFeedback"]["Status"] == "READY"
    assert rig.seen["TractionLimits"]["TorqueMaxDrive"] == 0


def test_it_warms_under_load_and_derates(rig: Rig) -> None:
    inverter = rig.vehicle.inverter
    cold = inverter.motor_degc
    for _ in range(1000):
        inverter.heat(1.0, 12_000.0)
    assert inverter.motor_degc > cold + 50
    inverter.inverter_degc = 40.0
    inverter.motor_degc = 152.5
    rig.run(0.2)
    limit = rig.seen["TractionLimits"]["TorqueMaxDrive"]
    assert limit == pytest.approx(1450 * 0.5, rel=0.02)
    assert rig.seen["TractionLimits"]["MotorTemperature"] == pytest.approx(152, abs=1)


def test_heat_settles_where_loss_and_cooling_meet() -> None:
    rig = Rig(parameters("yard_tractor"))
    inverter = rig.vehicle.inverter
    for _ in range(20_000):
        inverter.heat(1.0, 5000.0)
    assert inverter.motor_degc == pytest.approx(15 + 5000 * 0.7 * 0.012, abs=0.1)
    assert inverter.inverter_degc == pytest.approx(15 + 5000 * 0.3 * 0.010, abs=0.1)


def test_a_failed_inverter_says_so_and_gives_no_torque(rig: Rig) -> None:
    rig.set("TractionCommand", TorqueRequest=800)
    rig.run(0.5)
    rig.vehicle.inverter.failed = True
    rig.run(0.2)
    assert rig.seen["TractionFeedback"]["Status"] == "FAULT"
    assert abs(rig.truth.motor_torque_nm) < 1
