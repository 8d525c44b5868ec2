"""An actuator that does not do what it was told is found by the supervisor, in the design's time."""

from typing import Any

import pytest

from firmware_runtime.safety.actuator_response import STEERING_CONFIRM_NS, Actuator, ActuatorResponse
from firmware_runtime.vehicle.enums import ActuatorStatus, OnOffState
from firmware_runtime.vehicle.load import load_profile
from firmware_runtime.vehicle.profile import ProfileData
from firmware_runtime.vehicle.signals import Commands
from tests.bus_vehicle import ROOT, TICK_NS
from tests.safety.rig import Rig
from tests.safety.support import profile
from tests.vehicle_state import rolling

FORCE_MAX_N = 420_000
STEERING_BUDGET_NS, FORCE_BUDGET_NS = 100_000_000, 200_000_000
TRUCK = profile()


@pytest.fixture
def rig() -> Rig:
    return Rig(TRUCK)


def ticks_to_takeover(rig: Rig, most: int = 200) -> int:
    for tick in range(1, most):
        rig.tick()
        if rig.supervisor.report.took_over:
            return tick
    raise AssertionError("never")


@pytest.mark.parametrize("axle", ["front", "rear"])
@pytest.mark.requirement("SR-20")
def test_steering_that_sticks_is_an_emergency_stop(rig: Rig, axle: str) -> None:
    rig.drive_at(4.0, 60)
    rig.stuck.add(axle)
    sign = 1.0 if axle == "front" else -1.0
    rig.commands = {f"steering_{axle}_angle_rad": sign * 0.057}
    rig.tick(40)
    assert rig.supervisor.report.took_over == "", "0.4 degrees are play"
    for step in range(20):
        rig.commands = {f"steering_{axle}_angle_rad": sign * (0.057 + 0.005 * step)}
        rig.tick()
    taken = ticks_to_takeover(rig, 40)
    assert taken < 30
    assert rig.supervisor.report.took_over.startswith(f"{axle} steering does not follow: told ")
    rig.tick()
    assert rig.said["BrakeCommand"]["ForceRequest"] == FORCE_MAX_N
    assert rig.said["TractionCommand"]["TorqueRequest"] == 0


@pytest.mark.requirement("SR-20")
def test_brakes_that_do_not_come_are_an_emergency_stop(rig: Rig) -> None:
    rig.drive_at(4.0, 60)
    rig.stuck.add("brake")
    rig.commands = {"brake_force_n": 60_000.0, "traction_torque_nm": 0.0}
    # Slowest healthy: 50 ms and a lag of 0.24 s until 0.03 * 420 kN * 2 are missing, then the debounce.
    assert ticks_to_takeover(rig) * TICK_NS <= 200_000_000 + FORCE_BUDGET_NS
    assert rig.supervisor.report.took_over.startswith("brake does not follow: told ")
    assert rig.said["BrakeCommand"]["ForceRequest"] == FORCE_MAX_N


@pytest.mark.parametrize("torque_nm", [1000.0, -600.0])
@pytest.mark.requirement("SR-20")
def test_torque_that_nobody_asked_for_is_a_stop_along_the_path(rig: Rig, torque_nm: float) -> None:
    rig.drive_at(4.0, 60)
    rig.stuck.add("torque")
    rig.answers["torque"] = torque_nm
    taken = ticks_to_takeover(rig)
    assert taken * TICK_NS <= FORCE_BUDGET_NS
    assert rig.supervisor.report.took_over.startswith("traction does not follow: told ")
    assert 0 < rig.said["BrakeCommand"]["ForceRequest"] < FORCE_MAX_N


def test_less_torque_than_asked_is_explained_by_the_inverters_limit(rig: Rig) -> None:
    rig.vehicle.set("TractionLimits", TorqueMaxDrive=200.0)
    rig.drive_at(4.0, 60)
    rig.stuck.add("torque")
    rig.answers["torque"] = 200.0
    for step in range(60):
        rig.commands = {"traction_torque_nm": 50.0 + 20.0 * step}
        rig.tick()
    rig.tick(60)
    assert rig.supervisor.report.took_over == ""
    rig.vehicle.set("TractionLimits", TorqueMaxDrive=5600.0)
    # 50 ms of transport and 60 ms of slew, until the slowest healthy inverter would be out of here.
    assert ticks_to_takeover(rig) * TICK_NS <= 110_000_000 + FORCE_BUDGET_NS


@pytest.mark.parametrize(
    ("message", "hard"), [("SteeringFeedback", True), ("BrakeFeedback", True), ("TractionFeedback", False)]
)
@pytest.mark.parametrize("status", ["FAULT", "LATCHED_STOP"])
@pytest.mark.requirement("SR-20")
def test_an_actuator_that_reports_itself_failed_is_a_stop_within_100_ms(
    rig: Rig, message: str, hard: bool, status: str
) -> None:
    rig.drive_at(5.0)
    rig.vehicle.set(message, Status=status)
    assert ticks_to_takeover(rig) * TICK_NS <= 100_000_000
    assert rig.supervisor.report.took_over.endswith(status)
    assert (rig.said["BrakeCommand"]["ForceRequest"] == FORCE_MAX_N) is hard


def test_at_standstill_no_actuator_is_judged(rig: Rig) -> None:
    rig.vehicle.roll(0.0)
    rig.commands = {"brake_force_n": 180_000.0, "traction_torque_nm": 0.0}
    rig.stuck |= {"front", "rear", "brake", "torque"}
    rig.tick(100)
    assert rig.supervisor.report.took_over == ""


def watched(
    sent: Commands, ticks: int = 60, of: ProfileData = TRUCK.data, **measured: object
) -> dict[Actuator, str]:
    response = ActuatorResponse(of)
    found: dict[Actuator, str] = {}
    for tick in range(1, ticks):
        state = rolling(4.0, **measured)
        found = response.step(tick * TICK_NS, sent, True, state, 4.0)
    return found


DRIVING = Commands(steering_enable=OnOffState.ON, steering_front_angle_rad=0.2, steering_rear_angle_rad=-0.2)


def test_both_axles_are_named() -> None:
    found = watched(DRIVING)
    assert set(found) == {Actuator.STEERING_FRONT, Actuator.STEERING_REAR}
    assert "told 0.2 rad, is at 0 rad" in found[Actuator.STEERING_FRONT]


def test_a_rear_axle_that_does_not_steer_is_not_judged() -> None:
    tractor = load_profile(ROOT / "configs" / "yard_tractor.toml").data
    assert set(watched(DRIVING, of=tractor)) == {Actuator.STEERING_FRONT}


@pytest.mark.parametrize(
    "excuse",
    [
        {"steering_status": ActuatorStatus.LATCHED_STOP},
        {"unusable": frozenset({"steering_front_angle_rad", "steering_rear_angle_rad"})},
        {"unusable": frozenset({"steering_status"})},
    ],
)
def test_what_is_lost_or_latched_is_judged_elsewhere(excuse: dict[str, Any]) -> None:
    assert watched(DRIVING, **excuse) == {}


def test_disabled_steering_need_not_follow() -> None:
    assert watched(Commands(steering_front_angle_rad=0.2, steering_rear_angle_rad=-0.2)) == {}


@pytest.mark.requirement("SR-20")
def test_the_debounce_is_exact() -> None:
    response = ActuatorResponse(TRUCK.data)
    asked, held = Commands(steering_enable=OnOffState.ON), rolling(4.0)
    moved = rolling(4.0, steering_front_angle_rad=0.1)
    for tick in range(1, 30):
        assert response.step(tick * TICK_NS, asked, True, held, 4.0) == {}
    outside_ns = 30 * TICK_NS
    for now_ns in range(outside_ns, outside_ns + STEERING_CONFIRM_NS, TICK_NS):
        assert response.step(now_ns, asked, True, moved, 4.0) == {}
    assert STEERING_CONFIRM_NS + 2 * TICK_NS <= STEERING_BUDGET_NS
    assert Actuator.STEERING_FRONT in response.step(outside_ns + STEERING_CONFIRM_NS, asked, True, moved, 4.0)


@pytest.mark.requirement("SR-20")
def test_a_drive_that_gives_no_torque_while_it_drives_is_a_gentle_stop(rig: Rig) -> None:
    rig.commands = {"traction_torque_nm": 600.0}
    rig.drive_at(3.0)
    rig.answers["torque"] = 0.0
    rig.stuck.add("torque")
    rig.tick(20)
    assert rig.supervisor.report.took_over.startswith("traction does not follow: told ")
    assert 0 < rig.said["BrakeCommand"]["ForceRequest"] < 50_000
