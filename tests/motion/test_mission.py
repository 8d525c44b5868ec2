"""From stop to stop: reached only when held there, left only after the dwell, over at the last."""

from pathlib import Path

import numpy as np
import pytest

from firmware_runtime.motion.mission import Mission, MissionPhase
from firmware_runtime.vehicle.enums import Direction
from firmware_runtime.vehicle.route import Route, RouteStop

ROOT = Path(__file__).parents[2]
SECOND_NS = 1_000_000_000


@pytest.fixture
def mission() -> Mission:
    line = np.arange(0.0, 100.25, 0.25)
    zero = np.zeros_like(line)
    route = Route(
        name="line",
        step_m=0.25,
        distance_m=line,
        x_m=line,
        y_m=zero,
        heading_rad=zero,
        curvature_1pm=zero,
        crab_rad=zero,
        speed_limit_mps=zero + 5.0,
        direction=Direction.FORWARD,
        closed=False,
        stops=(RouteStop(40.0, "pick-up", 8.0), RouteStop(100.0, "end", 0.0)),
        datum_latitude_deg=0.0,
        datum_longitude_deg=0.0,
        datum_height_m=0.0,
        deviation_max_m=0.0,
    )
    return Mission(route)


def test_standing_short_of_a_stop_is_not_reaching_it(mission: Mission) -> None:
    assert mission.step(0, 39.0, held=True) is MissionPhase.DRIVING
    assert mission.step(0, 39.9, held=False) is MissionPhase.DRIVING
    assert mission.step(0, 39.9, held=True) is MissionPhase.DWELLING


def test_the_dwell_is_kept_to_the_nanosecond(mission: Mission) -> None:
    mission.step(5 * SECOND_NS, 40.0, held=True)
    assert mission.step(13 * SECOND_NS - 1, 40.0, held=True) is MissionPhase.DWELLING
    assert mission.next_stop.name == "pick-up"
    assert mission.step(13 * SECOND_NS, 40.0, held=True) is MissionPhase.DRIVING
    assert mission.next_stop.name == "end"


def test_the_last_stop_ends_the_mission_for_good(mission: Mission) -> None:
    mission.step(0, 40.0, held=True)
    mission.step(8 * SECOND_NS, 40.0, held=True)
    assert mission.step(9 * SECOND_NS, 99.95, held=True) is MissionPhase.ARRIVED
    assert mission.step(99 * SECOND_NS, 50.0, held=False) is MissionPhase.ARRIVED


@pytest.mark.parametrize(("distance_m", "goes_to"), [(0.0, 0), (39.0, 0), (41.0, 1), (500.0, 1)])
def test_after_a_person_has_driven_it_goes_on_to_the_first_stop_ahead(
    mission: Mission, distance_m: float, goes_to: int
) -> None:
    mission.resume(distance_m)
    assert mission.phase is MissionPhase.DRIVING
    assert mission.leg == goes_to
