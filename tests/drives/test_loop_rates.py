"""A loop at 200, 500 and 1000 Hz drives as one at 100 Hz, and stops within the same metres."""

from typing import NamedTuple

import pytest

from firmware_runtime.motion.route_build import build_route
from firmware_runtime.motion.route_file import read_route_file
from firmware_runtime.vehicle.enums import SafetyState
from firmware_runtime.vehicle.route import Route
from tests.bus_vehicle import ROOT
from tests.drives.rig import Rig, arrived, standing
from tests.motion.lines import route_of

RATES_HZ = (100, 200, 500, 1000)
CROSS_TRACK_MAX_M, STOP_ERROR_MAX_M = 0.05, 0.05
BEND = route_of([(14, 0, 0), (12, 0, 0.08), (4, 0.08, 0.08), (12, 0.08, 0), (20, 0, 0)])
"""62 m."""
STATES = [SafetyState.SELF_TEST, SafetyState.STANDBY, SafetyState.READY, SafetyState.AUTO]


def drives_well(route: Route, rate_hz: int) -> float:
    """The whole route; seconds from power-on to standstill at its end."""
    rig = Rig(route, rate_hz=rate_hz)
    rig.start()
    rig.run(arrived)
    report = rig.onboard.supervisor.report
    assert (report.took_over, report.rejected) == ("", 0), "no proposal was refused"
    assert rig.states[-4:] == STATES
    assert rig.telemetry.faults == ()
    assert rig.cross_track_max_m <= CROSS_TRACK_MAX_M
    assert rig.stop_error_m <= STOP_ERROR_MAX_M
    return rig.now_ns * 1e-9


def test_at_1_khz_it_drives_through_a_bend_to_its_stop_as_at_100_hz() -> None:
    assert drives_well(BEND, 1000) == pytest.approx(drives_well(BEND, 100), abs=1.0)


@pytest.mark.full
def test_at_every_rate_the_yard_takes_as_long() -> None:
    path = ROOT / "configs" / "routes" / "yard_short.csv"
    took_s = []
    for rate_hz in RATES_HZ:
        route = build_route(read_route_file(path), Rig(rate_hz=rate_hz).profile.data)
        took_s.append(drives_well(route, rate_hz))
    assert max(took_s) - min(took_s) < 1.0


class Stops(NamedTuple):
    """Metres from what was done to standstill, by the plant's truth."""

    control_dead_m: float
    estop_m: float
    hardest_mps2: float
    """Deceleration of the first."""


def stops_at(rate_hz: int) -> Stops:
    """Under way `control` dies; it comes back at standstill, drives on, and an e-stop is pressed."""
    rig = Rig(BEND, rate_hz=rate_hz)
    rig.drive_to(14.0)
    begin_m, hardest_mps2 = rig.truth.distance_m, 0.0
    rig.control_alive = False
    while not standing(rig):
        rig.tick()
        hardest_mps2 = max(hardest_mps2, -rig.truth.acceleration_mps2)
    assert rig.onboard.supervisor.report.took_over == "no proposal from control"
    assert rig.cross_track_max_m <= 0.5
    dead_m = rig.truth.distance_m - begin_m
    rig.control_alive = True
    rig.run(lambda r: r.onboard.supervisor.report.took_over == "", 20)
    rig.acknowledge()
    rig.start()
    rig.run(lambda r: r.truth.speed_mps > 3.0, 30)
    begin_m = rig.truth.distance_m
    rig.vehicle.body.estop()
    rig.run(standing, 20)
    assert rig.state is SafetyState.ESTOP
    assert rig.onboard.supervisor.report.estop
    return Stops(dead_m, rig.truth.distance_m - begin_m, hardest_mps2)


def test_at_1_khz_its_stops_are_those_at_100_hz() -> None:
    slow, fast = stops_at(100), stops_at(1000)
    print(slow, fast)
    assert fast.control_dead_m == pytest.approx(slow.control_dead_m, abs=0.3)
    assert fast.estop_m == pytest.approx(slow.estop_m, abs=0.3)
    assert fast.hardest_mps2 == pytest.approx(slow.hardest_mps2, abs=0.2)
