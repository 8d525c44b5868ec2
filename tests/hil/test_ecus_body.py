"""Body ECU and the operator's hands: e-stop, buttons, key, link, scanner, lights, load."""

import pytest

from tests.hil.bus_peer import Rig
from tests.hil.vehicles import parameters


@pytest.fixture
def rig() -> Rig:
    rig = Rig(parameters("q_truck"))
    rig.run(0.2)
    return rig


def test_at_rest(rig: Rig) -> None:
    assert rig.seen["EStopStatus"]["ChannelA"] == rig.seen["EStopStatus"]["ChannelB"] == "CLOSED"
    inputs = rig.seen["OperatorInputs"]
    assert inputs["RunButton"] == inputs["AcknowledgeButton"] == inputs["DeadMan"] == "RELEASED"
    assert inputs["ModeKey"] == "OFF"
    assert inputs["LinkAlive"] == "ON"
    assert inputs["ChargePlug"] == "UNPLUGGED"
    limits = rig.seen["MotionLimits"]
    assert (limits["ScannerStop"], limits["Bumper"], limits["ZoneSpeedLimit"]) == ("CLEAR", "RELEASED", 60)
    assert rig.seen["BodyStatus"]["LoadLocked"] == "UNLOCKED"


@pytest.mark.parametrize(("a", "b"), [(True, True), (True, False), (False, True)])
def test_each_estop_channel_is_its_own(rig: Rig, a: bool, b: bool) -> None:
    rig.vehicle.body.estop(a, b)
    rig.tick()
    assert rig.seen["EStopStatus"]["ChannelA"] == ("OPEN" if a else "CLOSED")
    assert rig.seen["EStopStatus"]["ChannelB"] == ("OPEN" if b else "CLOSED")
    rig.vehicle.body.release_estop()
    rig.tick()
    assert rig.seen["EStopStatus"]["ChannelA"] == rig.seen["EStopStatus"]["ChannelB"] == "CLOSED"


@pytest.mark.parametrize(
    ("press", "signal"),
    [("press_run", "RunButton"), ("press_acknowledge", "AcknowledgeButton"), ("press_off", "OffButton")],
)
def test_a_press_holds_for_its_time(rig: Rig, press: str, signal: str) -> None:
    getattr(rig.vehicle.body, press)(0.3)
    pressed = 0
    for _ in range(100):
        rig.tick()
        pressed += rig.seen["OperatorInputs"][signal] == "PRESSED"
    assert pressed == pytest.approx(30, abs=2)


def test_keys_and_switches(rig: Rig) -> None:
    body = rig.vehicle.body
    body.turn_mode_key("AUTO")
    body.set_link(False)
    body.set_charge_plug(True)
    body.hold_dead_man()
    body.set_scanner(True)
    body.set_bumper(True)
    body.set_zone(1.5)
    rig.run(0.03)
    inputs, limits = rig.seen["OperatorInputs"], rig.seen["MotionLimits"]
    assert inputs["ModeKey"] == "AUTO"
    assert inputs["LinkAlive"] == "OFF"
    assert inputs["ChargePlug"] == "PLUGGED"
    assert inputs["DeadMan"] == "PRESSED"
    assert (limits["ScannerStop"], limits["Bumper"], limits["ZoneSpeedLimit"]) == ("STOP", "PRESSED", 1.5)
    body.set_zone(None)
    rig.run(0.03)
    assert rig.seen["MotionLimits"]["ZoneSpeedLimit"] == 60


@pytest.mark.parametrize("name", ["q_truck", "e_truck"])
def test_nobody_asks_for_anything_at_first(name: str) -> None:
    rig = Rig(parameters(name))
    rig.run(0.2)
    assert rig.seen["OperatorInputs"]["OffButton"] == "RELEASED"
    demand = rig.seen["RemoteDemand"]
    assert (demand["Speed"], demand["SteeringAngle"]) == (0, 0)


def test_a_remote_driver_asks_for_speed_and_angle(rig: Rig) -> None:
    rig.vehicle.body.remote.ask(-1.25, 0.2)
    rig.run(0.06)
    demand = rig.seen["RemoteDemand"]
    assert demand["Speed"] == pytest.approx(-1.25)
    assert demand["SteeringAngle"] == pytest.approx(11.459, abs=0.0025)


def test_wheel_and_pedals_of_a_cab() -> None:
    rig = Rig(parameters("e_truck"))
    rig.run(0.2)
    cab = rig.seen["CabInputs"]
    assert (cab["Override"], cab["Accelerator"], cab["Brake"], cab["SteeringAngle"]) == ("OFF", 0, 0, 0)
    rig.vehicle.body.cab.hold(accelerator=0.4, brake=1.0, steering_rad=-0.3)
    rig.vehicle.body.cab.take_over()
    rig.run(0.03)
    cab = rig.seen["CabInputs"]
    assert (cab["Override"], cab["Accelerator"], cab["Brake"]) == ("ON", 40, 100)
    assert cab["SteeringAngle"] == pytest.approx(-17.189, abs=0.0025)
    rig.vehicle.body.cab.take_over(False)
    rig.vehicle.body.cab.hold()
    rig.run(0.03)
    cab = rig.seen["CabInputs"]
    assert (cab["Override"], cab["Accelerator"], cab["Brake"], cab["SteeringAngle"]) == ("OFF", 0, 0, 0)


def test_a_vehicle_without_a_cab_has_nobody_in_it(rig: Rig) -> None:
    assert "CabInputs" not in rig.seen
    with pytest.raises(ValueError, match="cab: expected a vehicle with"):
        rig.vehicle.body.cab.hold()


def test_a_silent_body_silences_who_drives_through_it_too(rig: Rig) -> None:
    rig.vehicle.mute("body")
    rig.seen.frames.clear()
    rig.run(0.3)
    assert not [m for m in ("RemoteDemand", "OperatorInputs", "BodyStatus") if m in rig.seen]
    assert "BatteryStatus" in rig.seen


def test_an_unknown_key_position_is_refused(rig: Rig) -> None:
    with pytest.raises(ValueError, match=r"mode key: expected one of .*'AUTO'.*, got 'SPORT'"):
        rig.vehicle.body.turn_mode_key("SPORT")


def test_lights_follow_the_command(rig: Rig) -> None:
    rig.set("BodyCommand", Beacon="ON", BrakeLights="ON", HeadLights="ON", ScannerFieldSet=3)
    rig.run(0.3)
    body = rig.vehicle.body
    assert (body.beacon, body.brake_lights, body.head_lights, body.scanner_field_set) == (True, True, True, 3)
    assert rig.seen["BodyStatus"]["HazardLights"] == "OFF"
    rig.set("BodyCommand", HazardLights="ON")
    rig.run(0.3)
    assert rig.seen["BodyStatus"]["HazardLights"] == "ON"


def test_hazard_lights_go_on_without_commands_for_500_ms(rig: Rig) -> None:
    rig.run(0.3)
    assert not rig.vehicle.body.hazard_lights
    while rig.now_ns % 100_000_000:
        rig.tick()
    rig.tick()
    rig.silent = {"BodyCommand"}
    assert rig.ticks_until(lambda: rig.vehicle.body.hazard_lights) == 50
    rig.silent = set()
    rig.run(0.2)
    assert not rig.vehicle.body.hazard_lights


def test_load_is_weighed_and_locked(rig: Rig) -> None:
    rig.vehicle.set_load(30_000.0)
    rig.run(0.15)
    assert rig.seen["BodyStatus"]["LoadMass"] == pytest.approx(30_150, abs=5)
    assert rig.seen["BodyStatus"]["LoadLocked"] == "LOCKED"
    assert rig.truth.load_mass_kg == 30_000.0
    rig.vehicle.set_load(0.0)
    rig.run(0.15)
    assert rig.seen["BodyStatus"]["LoadMass"] == 0
    assert rig.seen["BodyStatus"]["LoadLocked"] == "UNLOCKED"


@pytest.mark.parametrize("mass", [-1.0, 75_001.0])
def test_a_load_beyond_the_payload_is_refused(rig: Rig, mass: float) -> None:
    with pytest.raises(ValueError, match="load: expected 0 to 75000 kg"):
        rig.vehicle.set_load(mass)


def test_no_load_changes_hands_on_the_move(rig: Rig) -> None:
    rig.ready_to_drive()
    rig.reach_speed(0.5, 3000)
    with pytest.raises(ValueError, match="load: expected the vehicle at standstill"):
        rig.vehicle.set_load(1000.0)
