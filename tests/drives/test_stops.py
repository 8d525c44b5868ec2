"""The three stops, whole, on the simulated truck: what goes off when, and how hard it is."""

from dataclasses import replace
from typing import Any

import cantools
import msgspec
import pytest
from cantools.database.can import Database

from firmware_runtime.executive.onboard import Onboard
from firmware_runtime.vehicle.enums import SafetyState, StopKind
from tests.bus_vehicle import ROOT
from tests.drives.rig import Rig, standing
from tests.drives.test_attacks import climb_from, hill
from vehicle_hil.truth import Truth

S = SafetyState
STOP_CORRIDOR_M, MINIMAL_RISK_MAX_MPS2 = 0.5, 4.0
LADEN_KG = 60_000.0


@pytest.fixture(scope="module")
def databases() -> dict[str, Database]:
    found: dict[str, Database] = {}
    for bus, name in (("drive", "q_truck_drive"), ("body", "yard_body")):
        database = cantools.database.load_file(ROOT / "dbc" / f"{name}.dbc")
        assert isinstance(database, Database)
        found[bus] = database
    return found


class Watched:
    """What the truck truly did and what it was told, tick by tick, from now until after it stands."""

    def __init__(self, rig: Rig, databases: dict[str, Database]) -> None:
        self.told: list[dict[str, Any]] = []
        self.truths: list[Truth] = []
        at_rest = 0
        while at_rest < 200:
            rig.tick()
            at_rest += standing(rig)
            told = dict(self.told[-1]) if self.told else {}
            for _, bus, can_id, data in rig.said:
                message = databases[bus].get_message_by_frame_id(can_id & 0x1FFF_FFFF)
                values: Any = message.decode(data, decode_choices=True)
                told |= {f"{message.name}.{name}": value for name, value in values.items()}
            self.told.append({name: str(value) for name, value in told.items()})
            self.truths.append(rig.truth)

    def first(self, signal: str, value: str) -> int:
        """First tick in which this was said."""
        return next(tick for tick, told in enumerate(self.told) if told[signal] == value)

    @property
    def stood(self) -> int:
        return next(tick for tick, truth in enumerate(self.truths) if truth.speed_mps == 0.0)

    @property
    def hardest_mps2(self) -> float:
        return -min(truth.acceleration_mps2 for truth in self.truths)


@pytest.mark.parametrize("cause", ["bumper", "estop", "estop, control dead"])
@pytest.mark.requirement("SR-02", "SR-22", "SR-25")
def test_an_emergency_stop_takes_torque_first_contactors_late_and_steering_last(
    cause: str, databases: dict[str, Database]
) -> None:
    rig = Rig()
    rig.drive_to(20.0)
    assert rig.telemetry.torque_request_nm > 100.0
    if cause == "bumper":
        rig.vehicle.body.set_bumper(True)
    else:
        rig.vehicle.body.estop()
        rig.control_alive = cause == "estop"
    watched = Watched(rig, databases)
    assert watched.first("TractionCommand.TorqueRequest", "0.0") <= 4
    assert watched.first("BrakeCommand.ForceRequest", "420000") <= 4, "the whole service brake"
    springs = watched.first("BrakeCommand.ParkBrakeRequest", "APPLY")
    opened = watched.first("BatteryCommand.ContactorRequest", "OPEN")
    assert watched.stood <= springs
    assert watched.stood <= opened
    assert abs(watched.truths[opened].pack_current_a) < 30.0, "without load"
    released = [tick for tick, told in enumerate(watched.told) if told["SteeringCommand.Enable"] == "OFF"]
    if cause == "bumper":
        assert min(released) > max(opened, springs), "the steering is held to the last"
    else:
        assert released == [], "the supervisor's own stop keeps it until people have cleared it"
    assert all(told["TractionCommand.TorqueRequest"] in ("0", "0.0") for told in watched.told[5:])
    assert rig.cross_track_max_m <= STOP_CORRIDOR_M


@pytest.mark.parametrize(
    ("control", "grade", "load_kg"),
    [
        pytest.param(
            control, grade, load_kg, marks=() if (grade > 0.0) == (load_kg == 0.0) else pytest.mark.full
        )
        for control in ("alive", "dead")
        for grade in (-0.10, 0.0, 0.15)
        for load_kg in (0.0, LADEN_KG)
    ],
)
@pytest.mark.requirement("SR-25")
def test_a_minimal_risk_stop_is_never_harder_than_4_mps2(
    control: str, grade: float, load_kg: float, databases: dict[str, Database]
) -> None:
    rig = hill(climb_from(15.0, grade), load_kg)
    rig.drive_to(40.0)
    if control == "alive":
        rig.vehicle.body.set_link(False)
    else:
        rig.control_alive = False
    watched = Watched(rig, databases)
    assert 1.0 < watched.hardest_mps2 <= MINIMAL_RISK_MAX_MPS2
    moving = watched.told[10 : watched.stood]
    assert {told["BatteryCommand.ContactorRequest"] for told in moving} == {"CLOSE"}
    assert {told["SteeringCommand.Enable"] for told in moving} == {"ON"}
    assert rig.cross_track_max_m <= STOP_CORRIDOR_M


@pytest.mark.parametrize("place_m", [62.0, 70.0, 95.0])
@pytest.mark.requirement("SR-20")
def test_steering_that_seizes_is_an_emergency_stop_on_the_path(place_m: float) -> None:
    rig = Rig()
    rig.drive_to(place_m)
    rig.vehicle.steering.stuck = True
    rig.run(standing, 10)
    assert "steering does not follow" in rig.onboard.supervisor.report.took_over
    assert rig.cross_track_max_m <= STOP_CORRIDOR_M
    rig.pause(2.0)
    assert rig.state in (S.SAFE_STOP, S.FAULT)
    assert rig.truth.park_brake_applied


@pytest.mark.requirement("SR-25")
def test_a_comfortable_stop_that_will_not_end_in_time_is_told_as_a_minimal_risk_stop() -> None:
    rig = Rig()
    # From 2 m/s with 0.7 m/s² and its jerk a comfortable stop takes more than 3 s.
    data = rig.profile.data
    short = msgspec.structs.replace(data.safety, degraded_time_max_s=8.0, comfortable_time_max_s=3.0)
    profile = replace(rig.profile, data=msgspec.structs.replace(data, safety=short))
    rig.onboard = Onboard(profile, rig.route)
    rig.run(lambda r: r.now_ns > 0 and r.state is S.READY, 20)
    rig.vehicle.sender("BatteryPack").override["StateOfCharge"] = 0.09
    rig.pause(2.0)
    rig.vehicle.body.press_run()
    rig.run(lambda r: r.state is S.MRM, 20)
    assert rig.telemetry.stop is StopKind.COMFORTABLE
    begun_ns = rig.now_ns
    rig.run(lambda r: r.telemetry.stop is StopKind.MINIMAL_RISK, 3.0)
    assert rig.state is S.MRM
    assert rig.now_ns - begun_ns < 2.9e9, "before the budget is spent"
    rig.run(standing, 3.0)
    assert S.ESTOP not in rig.states
