"""From points to a route: what a route promises, and what a refusal tells."""

from math import hypot, tan
from pathlib import Path

import numpy as np
import pytest

from firmware_runtime.motion.route_build import RouteError, build_route, steerability
from firmware_runtime.motion.route_file import read_route_file
from firmware_runtime.motion.route_points import PointStop, RoutePoints, shaping_points
from firmware_runtime.motion.spline import FloatArray
from firmware_runtime.vehicle.enums import Direction
from firmware_runtime.vehicle.load import load_profile
from firmware_runtime.vehicle.route import Route
from tests.motion import composed_line

DATA = Path("../shared/data")
TRUCK = load_profile(Path("configs/q_truck.toml")).data
TRACTOR = load_profile(Path("configs/yard_tractor.toml")).data
TRUCK_CURVATURE_MAX, TRACTOR_CURVATURE_MAX = 2 * tan(0.50) / 8.0, tan(0.60) / 4.5
TRUCK_SPEED_MAX = 8.33
TOLERANCE_M = 0.10


def points_of(
    place: FloatArray,
    *,
    closed: bool = False,
    stops: tuple[PointStop, ...] = (),
    limits: FloatArray | None = None,
) -> RoutePoints:
    count = len(place)
    return RoutePoints(
        source="some.csv",
        name="some",
        x_m=place[:, 0],
        y_m=place[:, 1],
        line=np.arange(2, count + 2, dtype=np.int64),
        speed_limit_mps=np.full(count, np.inf) if limits is None else limits,
        stops=stops,
        closed=closed,
        datum_latitude_deg=53.5,
        datum_longitude_deg=9.9,
        datum_height_m=40.0,
    )


def straight(length_m: float, spacing_m: float = 5.0) -> FloatArray:
    along = np.arange(0, length_m + 1e-9, spacing_m)
    return np.column_stack([along, np.zeros(len(along))])


def corner(at_m: float = 40.0) -> FloatArray:
    """A right angle, points every metre."""
    return np.concatenate([straight(at_m - 1, 1.0), np.column_stack([np.full(41, at_m), np.arange(41.0)])])


def shifted(place: FloatArray, x_m: float, y_m: float) -> FloatArray:
    return place + np.array([x_m, y_m])


def check_promises(route: Route, curvature_max: float) -> None:
    for array in (route.x_m, route.y_m, route.heading_rad, route.curvature_1pm, route.speed_limit_mps):
        assert len(array) == len(route.distance_m)
        assert np.all(np.isfinite(array))
    assert route.step_m == pytest.approx(0.25, rel=0.07)
    assert np.allclose(np.diff(route.distance_m), route.step_m)
    assert np.allclose(np.hypot(np.diff(route.x_m), np.diff(route.y_m)), route.step_m, atol=2e-5)
    assert np.max(np.abs(route.curvature_1pm)) <= curvature_max
    turned = (route.curvature_1pm[1:] + route.curvature_1pm[:-1]) / 2 * route.step_m
    assert np.allclose(np.diff(route.heading_rad), turned, atol=1e-3)
    assert np.all(route.crab_rad == 0)
    assert route.direction is Direction.FORWARD
    assert route.stops[-1].distance_m == route.length_m
    assert route.stops[-1].dwell_s == 0


def test_an_open_route_runs_from_the_first_point_to_the_last() -> None:
    route = build_route(points_of(straight(50.0)), TRUCK)
    check_promises(route, TRUCK_CURVATURE_MAX)
    assert (route.x_m[0], route.y_m[0]) == pytest.approx((0, 0), abs=1e-6)
    assert (route.x_m[-1], route.y_m[-1]) == pytest.approx((50, 0), abs=1e-6)
    assert route.length_m == pytest.approx(50)
    assert [(stop.name, stop.dwell_s) for stop in route.stops] == [("end", 0.0)]
    assert (route.datum_latitude_deg, route.datum_longitude_deg, route.datum_height_m) == (53.5, 9.9, 40.0)
    assert (route.name, route.closed) == ("some", False)
    assert route.deviation_max_m < 1e-6


def test_a_lap_starts_and_ends_at_its_first_point_and_names_its_end_after_a_stop_there() -> None:
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    oval = np.column_stack([50 * np.cos(angle), 30 * np.sin(angle)])
    stops = (PointStop(0, "gate", 5.0), PointStop(30, "half", 4.0))
    route = build_route(points_of(oval, closed=True, stops=stops), TRUCK)
    check_promises(route, TRUCK_CURVATURE_MAX)
    assert route.closed
    for end in (0, -1):
        assert (route.x_m[end], route.y_m[end]) == pytest.approx((50, 0), abs=1e-3)
    assert [(stop.name, stop.dwell_s) for stop in route.stops] == [("half", 4.0), ("gate", 0.0)]
    assert route.stops[0].distance_m == pytest.approx(route.length_m / 2, abs=0.01)


def test_stops_lie_at_their_points_and_the_ends_name_is_kept() -> None:
    stops = (PointStop(3, "pick-up", 8.0), PointStop(10, "bay", 9.0))
    route = build_route(points_of(straight(50.0), stops=stops), TRUCK)
    assert [(stop.name, stop.dwell_s) for stop in route.stops] == [("pick-up", 8.0), ("bay", 0.0)]
    assert route.stops[0].distance_m == pytest.approx(15.0)


def test_between_two_points_the_lower_limit_holds_and_never_more_than_the_vehicles() -> None:
    limits = np.array([np.inf, np.inf, 3.0, 3.0, np.inf, 20.0])
    route = build_route(points_of(straight(50.0, 10.0), limits=limits), TRUCK)
    low = (route.distance_m >= 10) & (route.distance_m <= 40)
    assert np.all(route.speed_limit_mps[low] == 3.0)
    high = (route.distance_m < 9.5) | (route.distance_m > 40.5)
    assert np.all(route.speed_limit_mps[high] == TRUCK_SPEED_MAX)


def test_points_that_hardly_differ_do_not_shape_the_line() -> None:
    standing = np.random.default_rng(1).normal(0, 0.01, (60, 2))
    drive = np.concatenate([standing, straight(30.0)[1:], shifted(standing, 30.0, 0.0)])
    points = points_of(drive)
    kept = shaping_points(points, 0.4)
    steps = np.hypot(*np.diff(drive[kept], axis=0).T)
    assert kept[0] == 0
    assert kept[-1] == len(drive) - 1
    assert steps.min() >= 0.4
    route = build_route(points, TRUCK)
    check_promises(route, TRUCK_CURVATURE_MAX)
    assert np.max(np.abs(route.curvature_1pm)) < 0.02
    assert route.deviation_max_m < 0.06


def test_stops_are_kept_among_points_that_hardly_differ() -> None:
    close = straight(10.0, 0.1)
    points = points_of(close, stops=(PointStop(53, "gate", 1.0),))
    assert 53 in shaping_points(points, 0.5)
    assert build_route(points, TRUCK).stops[0].distance_m == pytest.approx(5.3, abs=1e-3)


def test_a_lap_whose_last_points_reach_its_first_again() -> None:
    angle = np.linspace(0, 2 * np.pi, 100)
    ring = np.column_stack([30 * np.cos(angle), 30 * np.sin(angle)])
    ring[-1] += (0.0, -0.02)
    route = build_route(points_of(ring, closed=True), TRUCK)
    check_promises(route, TRUCK_CURVATURE_MAX)
    assert np.max(np.abs(route.curvature_1pm)) < 0.05


def refused(place: FloatArray, *, allow_infeasible: bool = False) -> list[str]:
    with pytest.raises(RouteError) as caught:
        build_route(points_of(place), TRUCK, allow_infeasible=allow_infeasible)
    return [str(problem) for problem in caught.value.problems]


def test_a_refusal_names_place_radius_and_distance() -> None:
    (line,) = refused(corner())
    assert line.startswith("some.csv:42: x 40.00 m, y 0.00 m, ")
    assert "expected a line within 0.10 m of the points that this vehicle can steer along" in line
    assert "(least radius 7.32 m)" in line
    assert "the nearest such line passes" in line


def test_each_place_is_told() -> None:
    stairs = np.concatenate(
        [corner()[:-1], shifted(corner()[:-1], 40.0, 40.0), shifted(straight(50.0), 80, 80)]
    )
    lines = refused(stairs)
    assert [line.split(": ")[1].split(" m")[0] for line in lines] == [
        "x 40.00",
        "x 40.00",
        "x 80.00",
        "x 80.00",
    ]


def test_where_it_is_allowed_the_route_is_smoothed_until_it_can_be_steered() -> None:
    route = build_route(points_of(corner()), TRUCK, allow_infeasible=True)
    check_promises(route, TRUCK_CURVATURE_MAX)
    apart = np.hypot(route.x_m - 40.0, route.y_m).min()
    assert route.deviation_max_m > TOLERANCE_M
    assert route.deviation_max_m == pytest.approx(apart, abs=0.05)


def test_a_wide_loop_between_two_near_points_is_refused() -> None:
    there = straight(30.0, 1.0)
    (line,) = refused(np.concatenate([there, shifted(there[::-1], 0.0, 1.0)]))
    assert "between points the nearest such line swings out by" in line


def test_points_that_lead_nowhere_are_refused_even_where_smoothing_is_allowed() -> None:
    scribble = np.random.default_rng(3).uniform(0, 6, (80, 2))
    lines = refused(scribble, allow_infeasible=True)
    assert "no steerable line was found" in lines[0]


def test_too_few_places() -> None:
    assert refused(np.zeros((20, 2))) == [
        "some.csv: expected at least 2 points 0.35 m apart, got 1 of 20 points"
    ]


def test_a_route_of_a_step_or_two_is_none() -> None:
    assert refused(straight(1.5, 0.5)) == ["some.csv: expected a route of 2 m or more, got 1.50 m"]


def test_a_line_that_runs_back_upon_itself_has_no_curvature_and_still_cannot_be_driven() -> None:
    lines = refused(np.concatenate([straight(20.0), straight(15.0)[::-1]]))
    assert len(lines) == 1


def test_steerability_of_both_kinds_of_steering() -> None:
    assert steerability(TRUCK).curvature_max_1pm == pytest.approx(TRUCK_CURVATURE_MAX)
    assert steerability(TRACTOR).curvature_max_1pm == pytest.approx(TRACTOR_CURVATURE_MAX)


@pytest.mark.parametrize("track", ["Norisring", "Oschersleben", "Shanghai", "Spielberg", "YasMarina"])
def test_the_tractor_can_steer_along_every_real_centre_line(track: str) -> None:
    path = DATA / "tracks" / f"{track}.csv"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    route = build_route(read_route_file(path), TRACTOR)
    check_promises(route, TRACTOR_CURVATURE_MAX)
    assert route.deviation_max_m <= TOLERANCE_M
    assert abs(route.heading_rad[-1] - route.heading_rad[0]) == pytest.approx(2 * np.pi)


def test_the_truck_cannot_steer_along_shanghai_and_is_told_where() -> None:
    path = DATA / "tracks" / "Shanghai.csv"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    points = read_route_file(path)
    with pytest.raises(RouteError, match=r"Shanghai.csv:9\d\d: x 4\d\d"):
        build_route(points, TRUCK)
    route = build_route(points, TRUCK, allow_infeasible=True)
    check_promises(route, TRUCK_CURVATURE_MAX)
    assert TOLERANCE_M < route.deviation_max_m < 0.6


@pytest.mark.parametrize("data", [TRUCK, TRACTOR], ids=["truck", "tractor"])
def test_a_real_recorded_drive_becomes_a_smooth_route(data: object) -> None:
    path = DATA / "gnss" / "rtk_drive.txt"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    profile = TRUCK if data is TRUCK else TRACTOR
    route = build_route(read_route_file(path, distance_max_m=2000), profile)
    check_promises(route, steerability(profile).curvature_max_1pm)
    assert route.deviation_max_m <= 0.06
    assert 2000 <= route.length_m < 2020
    assert np.max(np.abs(np.diff(route.curvature_1pm))) / route.step_m < 0.02, "the recording's noise is gone"


README = composed_line.README.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["yard.csv", "yard_short.csv"])
def test_our_routes_are_what_their_readme_says(name: str) -> None:
    written = (composed_line.README.parent / name).read_text(encoding="utf-8")
    assert written == composed_line.table(composed_line.compositions(README)[name])


@pytest.mark.parametrize(
    ("name", "low_m", "high_m", "stops"),
    [("yard.csv", 700, 1000, ["pick-up", "set-down"]), ("yard_short.csv", 100, 140, ["pick-up"])],
)
def test_our_routes_suit_the_truck(name: str, low_m: float, high_m: float, stops: list[str]) -> None:
    points = read_route_file(composed_line.README.parent / name)
    assert hypot(*np.diff([points.x_m, points.y_m]).max(axis=1)) < 1.5
    route = build_route(points, TRUCK)
    check_promises(route, 0.11)
    assert low_m < route.length_m < high_m
    assert [stop.name for stop in route.stops[:-1]] == stops
    assert route.deviation_max_m < 0.02
