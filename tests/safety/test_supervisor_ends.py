"""The supervisor is asked to end: it stops what moves, outlives `control`, and leaves the vehicle held."""

from typing import Any

import pytest

from firmware_runtime.vehicle.enums import ContactorRequest, OnOffState, ParkBrakeRequest, SafetyState
from firmware_runtime.vehicle.load import Profile
from tests.safety.rig import EMPTY_KG, Rig
from tests.safety.support import profile

PARKED: dict[str, Any] = {
    "traction_torque_nm": 0.0,
    "traction_enable": OnOffState.OFF,
    "park_brake_request": ParkBrakeRequest.APPLY,
    "brake_force_n": 180_000.0,
    "contactor_request": ContactorRequest.OPEN,
}
TICKS_PER_S = 100


@pytest.fixture(scope="module")
def truck() -> Profile:
    return profile()


@pytest.fixture
def rig(truck: Profile) -> Rig:
    return Rig(truck)


def park(rig: Rig, state: SafetyState = SafetyState.READY) -> None:
    """At rest, long enough for the supervisor to see it; control proposes what holds the vehicle."""
    rig.drive_at(3.0)
    rig.state, rig.commands = state, dict(PARKED)
    rig.vehicle.roll(0.0)
    rig.tick(30)
    assert rig.supervisor.report.took_over == ""


@pytest.mark.requirement("SR-04")
def test_under_way_it_takes_over_beside_a_healthy_control_and_stops_by_the_plan(rig: Rig) -> None:
    rig.drive_at(3.0)
    rig.supervisor.ask_end()
    rig.tick()
    assert rig.supervisor.report.took_over == "asked to end"
    assert rig.said["TractionCommand"]["TorqueRequest"] == 0.0
    assert rig.said["RuntimeHeartbeat"]["MotionState"] == "STOPPING"
    rig.tick(20)
    assert 10_000.0 < rig.said["BrakeCommand"]["ForceRequest"] < 100_000.0, (
        "minimal risk, not the whole brake"
    )
    assert not rig.supervisor.may_end


def test_asked_again_and_again_it_brakes_no_harder_and_ends_no_sooner(rig: Rig, truck: Profile) -> None:
    once = Rig(truck)
    for one in (rig, once):
        one.drive_at(3.0)
        one.supervisor.ask_end()
    for _ in range(300):
        rig.supervisor.ask_end()
        for one in (rig, once):
            one.tick()
        assert rig.said["BrakeCommand"] == once.said["BrakeCommand"]
        assert not rig.supervisor.may_end


def test_it_ends_at_standstill_once_control_is_gone_and_the_springs_hold(rig: Rig) -> None:
    rig.drive_at(3.0)
    rig.supervisor.ask_end()
    rig.brake_from(3.0, EMPTY_KG, 400)
    assert not rig.supervisor.may_end, "control goes on, and its frames are still sent"
    rig.vehicle.set("BrakeFeedback", ParkBrakeState="MOVING")
    rig.proposing = False
    rig.tick(5)
    assert not rig.supervisor.may_end
    rig.vehicle.set("BrakeFeedback", ParkBrakeState="APPLIED")
    rig.tick()
    assert rig.supervisor.may_end
    assert rig.said["BrakeCommand"]["ParkBrakeRequest"] == "APPLY"


def test_park_brake_that_is_not_heard_is_not_taken_for_applied(rig: Rig) -> None:
    park(rig)
    rig.supervisor.ask_end()
    rig.vehicle.silent.add("BrakeFeedback")
    rig.proposing = False
    rig.tick(20)
    assert not rig.supervisor.may_end


def test_at_rest_it_goes_on_sending_for_a_control_that_shuts_down(rig: Rig) -> None:
    park(rig)
    rig.supervisor.ask_end()
    rig.state = rig.commands["status_safety_state"] = SafetyState.SHUTDOWN
    rig.tick(50)
    assert rig.supervisor.report.took_over == "", "nobody needs to acknowledge an orderly end at rest"
    assert rig.said["RuntimeHeartbeat"]["SafetyState"] == "SHUTDOWN"
    assert not rig.supervisor.may_end
    rig.proposing = False
    rig.tick(3)
    assert not rig.supervisor.may_end, "a proposal may be 30 ms old"
    rig.tick()
    assert rig.supervisor.may_end


def test_a_control_that_stays_is_waited_for_8_s(rig: Rig) -> None:
    park(rig)
    rig.supervisor.ask_end()
    rig.tick(8 * TICKS_PER_S)
    assert not rig.supervisor.may_end
    rig.tick()
    assert rig.supervisor.may_end


@pytest.mark.parametrize("state", [SafetyState.AUTO, SafetyState.MANUAL])
def test_a_drive_that_begins_or_waits_after_it_was_asked_is_stopped(rig: Rig, state: SafetyState) -> None:
    park(rig)
    rig.supervisor.ask_end()
    rig.tick()
    assert rig.supervisor.report.took_over == ""
    rig.state = state
    rig.tick()
    assert rig.supervisor.report.took_over == "asked to end"


def test_without_any_control_it_ends_as_soon_as_the_vehicle_stands(truck: Profile) -> None:
    rig = Rig(truck)
    rig.proposing = False
    rig.tick(30)
    rig.supervisor.ask_end()
    rig.tick()
    assert rig.supervisor.may_end
    assert rig.supervisor.report.took_over == ""


def test_who_was_not_asked_stays(rig: Rig) -> None:
    assert not rig.supervisor.may_end
    park(rig)
    rig.proposing = False
    rig.tick(1000)
    assert not rig.supervisor.may_end


def test_it_is_parked_only_where_it_ends_at_a_standstill_that_the_springs_hold(rig: Rig) -> None:
    """The hardware watchdog is disarmed then, and only then."""
    rig.drive_at(3.0)
    rig.proposing = False
    rig.supervisor.ask_end()
    while not rig.supervisor.may_end:
        assert not rig.supervisor.parked
        rig.brake_from(0.0, EMPTY_KG, 1)
    assert rig.supervisor.parked


def test_a_standstill_that_nothing_is_known_to_hold_is_not_parked(rig: Rig) -> None:
    park(rig)
    rig.vehicle.set("BrakeFeedback", ParkBrakeState="MOVING")
    rig.proposing = False
    rig.supervisor.ask_end()
    rig.tick(9 * TICKS_PER_S)
    assert rig.supervisor.may_end
    assert not rig.supervisor.parked


def test_a_vehicle_that_is_not_heard_any_more_is_not_parked(rig: Rig) -> None:
    rig.drive_at(3.0)
    rig.proposing = False
    rig.supervisor.ask_end()
    rig.vehicle.silent |= {"WheelSpeedsFront", "WheelSpeedsRear", "TractionFeedback"}
    rig.vehicle.set("BrakeFeedback", ParkBrakeState="APPLIED")
    rig.tick(16 * TICKS_PER_S)
    assert rig.supervisor.may_end
    assert not rig.supervisor.parked


def test_who_was_not_asked_is_not_parked(rig: Rig) -> None:
    park(rig)
    rig.proposing = False
    rig.tick(TICKS_PER_S)
    assert not rig.supervisor.parked
