"""What a `control` that lies, or errs where nobody looks yet, may not do: the supervisor listens itself."""

import msgspec
import pytest

from firmware_runtime.vehicle.enums import SafetyState
from firmware_runtime.vehicle.load import Profile
from tests.bus_vehicle import TICK_NS
from tests.safety.rig import Rig
from tests.safety.support import profile


@pytest.fixture(scope="module")
def truck() -> Profile:
    return profile()


@pytest.fixture
def rig(truck: Profile) -> Rig:
    return Rig(truck)


@pytest.mark.parametrize("word", ["PLUGGED", "ERROR", "NOT_AVAILABLE"])
@pytest.mark.requirement("SR-21")
def test_it_hears_the_plug_itself_and_nothing_drives_on_with_one(rig: Rig, word: str) -> None:
    """Heard in the same tick, borne for 100 ms."""
    rig.drive_at(3.0)
    rig.vehicle.set("OperatorInputs", ChargePlug=word)
    rig.tick(10)
    assert rig.supervisor.report.took_over == ""
    rig.tick()
    assert rig.supervisor.report.took_over.startswith("charging plug: 110 ms")


@pytest.mark.requirement("SR-21")
def test_a_plug_that_is_out_again_in_time_stops_nothing(rig: Rig) -> None:
    rig.drive_at(3.0)
    for _ in range(5):
        rig.vehicle.set("OperatorInputs", ChargePlug="PLUGGED")
        rig.tick(10)
        rig.vehicle.set("OperatorInputs", ChargePlug="UNPLUGGED")
        rig.tick()
    assert rig.supervisor.report.took_over == ""


@pytest.mark.requirement("SR-21")
def test_a_plug_that_is_not_heard_any_more_counts_as_one(rig: Rig) -> None:
    rig.drive_at(3.0)
    rig.vehicle.silent.add("OperatorInputs")
    rig.tick(10)
    assert rig.supervisor.report.took_over == "", "it may come late"
    rig.tick(60)
    assert rig.supervisor.report.took_over.startswith("charging plug: ")


@pytest.mark.requirement("SR-15")
def test_who_says_degraded_and_drives_on_is_stopped(rig: Rig) -> None:
    """From 6 m/s: 0.8 s and 0.7 m/s² over 0.8 m/s³, then 0.49 m/s² down from 0.825 m/s above: 3.36 s."""
    rig.drive_at(6.0, 500)
    rig.state = SafetyState.DEGRADED
    rig.tick(330)
    assert rig.supervisor.report.took_over == ""
    rig.tick(10)
    assert rig.supervisor.report.took_over.startswith("speed: 5.99")


def test_the_way_down_begins_where_the_state_was_entered(rig: Rig) -> None:
    rig.drive_at(2.0)
    rig.state = SafetyState.DEGRADED
    rig.tick(100)
    rig.vehicle.roll(2.9)
    rig.tick(2)
    assert rig.supervisor.report.took_over.startswith("speed: 2.8964 m/s, limit 2.82")


@pytest.mark.requirement("SR-10", "SR-27")
def test_a_plan_that_leads_elsewhere_is_not_what_it_stops_by(rig: Rig) -> None:
    """A bend of 0.15 1/m 8 m ahead, beside commands that are sane: 0.02 1/m are atan(0.08) = 4.57 degrees."""
    rig.drive_at(8.0, 100)
    good = rig.proposal().stop_plan
    assert good is not None
    rig.plan = type(good)(
        anchor_odometer_m=0.0,
        expires_ns=10**15,
        direction=good.direction,
        step_m=1.0,
        curvature_1pm=(0.02,) * 8 + (0.15,) * 32,
        crab_rad=(0.0,) * 40,
        deceleration_mps2=1.8,
        hold_park_brake=True,
    )
    rig.tick()
    assert rig.supervisor.report.took_over.startswith("bends of the stop plan: ")
    rig.tick(150)
    assert rig.said["SteeringCommand"]["FrontAngle"] == pytest.approx(4.574, abs=0.01)


@pytest.mark.requirement("SR-10")
def test_a_plan_that_nobody_judged_is_not_what_it_stops_by(rig: Rig) -> None:
    """In FAULT the wheels hold their angle, whatever the route does."""
    rig.drive_at(5.0)
    rig.state, rig.curvature_1pm, rig.commands = SafetyState.FAULT, -0.02, {"traction_torque_nm": 0.0}
    rig.tick(2)
    assert rig.supervisor.report.took_over == ""
    rig.proposing = False
    rig.tick(40)
    assert rig.supervisor.report.took_over == "no proposal from control"
    assert rig.said["SteeringCommand"]["FrontAngle"] == pytest.approx(4.574, abs=0.01)


@pytest.mark.requirement("SR-10")
def test_where_nobody_counts_what_came_a_proposal_counts_as_one(rig: Rig) -> None:
    """Five in 50 ms are right; each of them twice is a `control` that runs at double rate."""
    rig.drive_at(3.0)
    for _ in range(20):
        rig.now_ns += TICK_NS
        rig.step(rig.proposal(), arrived=None)
    assert rig.supervisor.report.took_over == ""
    for _ in range(40):
        rig.now_ns += TICK_NS // 2
        rig.step(rig.proposal(), arrived=None)
        if rig.supervisor.report.took_over:
            break
    assert rig.supervisor.report.took_over.startswith("control: 10 proposals in 50 ms")


@pytest.mark.requirement("SR-10")
def test_each_proposal_of_a_control_that_is_not_well_is_refused_and_counted(rig: Rig) -> None:
    rig.drive_at(3.0)
    for refused in (1, 2, 3):
        rig.tick(proposal=msgspec.structs.replace(rig.proposal(), time_ns=rig.now_ns + TICK_NS, flow=0))
        assert rig.supervisor.report.rejected == refused
    assert rig.supervisor.report.took_over.startswith("flow of control: 0x00000000")
