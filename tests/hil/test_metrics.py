"""The figures of a drive whose answers are known beforehand."""

from math import cos, pi, sin
from typing import Any

import numpy as np
import pytest

from vehicle_hil.metrics import DriveMetrics, Stand, stop_figures
from vehicle_hil.reference_line import ReferenceLine
from vehicle_hil.truth import Truth

from .synthetic_drive import make_route, make_setup, make_truth, ring_points, ticks, yard_points


def measured(**changes: Any) -> tuple[DriveMetrics, ReferenceLine]:
    """All ticks of a made-up drive taken in."""
    setup = make_setup()
    line = ReferenceLine(setup.points.x_m, setup.points.y_m, setup.points.closed)
    metrics = DriveMetrics(line)
    for truth, _ in ticks(setup, **changes):
        metrics.add(truth)
    return metrics, line


def straight_ticks(speeds: list[float], y_m: float = 0.0) -> list[Truth]:
    """One second each at a constant speed along the x axis."""
    out, x, time_ns = [], 0.0, 0
    for speed in speeds:
        for _ in range(100):
            time_ns += 10_000_000
            x += speed * 0.01
            out.append(make_truth(time_ns, x, y_m, 0.0, speed_mps=speed, distance_m=x))
    return out


def straight_metrics(truths: list[Truth]) -> DriveMetrics:
    line = ReferenceLine(np.linspace(0, 100, 21), np.zeros(21), closed=False)
    metrics = DriveMetrics(line)
    for truth in truths:
        metrics.add(truth)
    return metrics


def test_a_constant_offset_is_mean_and_maximum() -> None:
    metrics, _ = measured(lateral=lambda s: -0.07)
    assert metrics.cross_track_mean_m == pytest.approx(0.07, abs=2e-4)
    assert metrics.cross_track_max_m == pytest.approx(0.07, abs=1e-3)  # chords of the made-up drive
    assert metrics.cross_track_m < 0  # right of the line


def test_the_worst_place_is_named() -> None:
    metrics, _ = measured(lateral=lambda s: 0.2 if 50 < s < 51 else 0.01)
    worst = metrics.worst
    assert worst is not None
    assert 50 < worst.progress_m < 51
    assert worst.cross_track_m == pytest.approx(0.2, abs=1e-3)
    assert metrics.cross_track_mean_m == pytest.approx(0.01 + 0.19 / 263, abs=5e-4)


def test_standing_still_weighs_nothing_in_the_mean() -> None:
    moving = straight_ticks([5.0, 5.0], y_m=0.1)
    last = moving[-1]
    standing = [
        last._replace(time_ns=last.time_ns + 10_000_000 * n, speed_mps=0.0, y_m=0.5) for n in range(1, 500)
    ]
    metrics = straight_metrics(moving + standing)
    assert metrics.cross_track_mean_m == pytest.approx(0.1, abs=1e-9)
    assert metrics.cross_track_max_m == pytest.approx(0.5)


def test_before_it_has_moved_there_is_no_mean_and_no_consumption() -> None:
    metrics = straight_metrics(straight_ticks([0.0]))
    assert metrics.cross_track_mean_m is None
    assert metrics.kwh_per_km is None
    assert metrics.standing


def test_distance_duration_and_energy_count_from_the_first_tick() -> None:
    truths = [
        truth._replace(energy_drawn_j=3.6e6 + 1e4 * i, energy_regenerated_j=2e3 * i)
        for i, truth in enumerate(straight_ticks([4.0] * 5))
    ]
    metrics = straight_metrics(truths)
    assert metrics.distance_m == pytest.approx(4.0 * 4.99)
    assert metrics.duration_s == pytest.approx(4.99)
    assert metrics.energy_kwh == pytest.approx(499e4 / 3.6e6)
    assert metrics.regenerated_kwh == pytest.approx(499 * 2e3 / 3.6e6)
    net = metrics.energy_kwh - metrics.regenerated_kwh
    assert metrics.kwh_per_km == pytest.approx(net / (metrics.distance_m / 1000))


def test_extremes_of_the_motion_are_kept() -> None:
    slow, fast = straight_ticks([3.0, 6.0])[::100]
    slow = slow._replace(lateral_acceleration_mps2=-0.8, acceleration_mps2=-0.9)
    metrics = straight_metrics([slow, fast])
    assert metrics.lateral_acceleration_max_mps2 == pytest.approx(0.8)
    assert metrics.deceleration_max_mps2 == pytest.approx(0.9)
    assert metrics.speed_max_mps == 6.0


def test_each_stop_is_measured_along_and_across() -> None:
    metrics, line = measured(lateral=lambda s: 0.03, stop_short_m=0.04)
    stops = stop_figures(make_setup().route, line, metrics.all_stands())
    assert [stop.name for stop in stops] == ["pick-up", "end"]
    for stop in stops:
        assert stop.along_m == pytest.approx(-0.04, abs=1e-3)
        assert stop.lateral_m == pytest.approx(0.03, abs=1e-3)
        assert stop.error_m == pytest.approx(0.05, abs=1e-3)
    assert stops[0].stood_s == pytest.approx(4.0, abs=0.05)


def test_a_stop_that_was_passed_has_no_error() -> None:
    setup = make_setup()
    metrics, line = measured()
    stands = [stand for stand in metrics.all_stands() if not 80 < stand.progress_m < 100]
    stops = stop_figures(setup.route, line, stands)
    assert stops[0].error_m is None
    assert stops[0].arrival_s is None
    assert stops[1].error_m is not None


def test_standing_near_the_end_and_driving_on_is_no_arrival_there() -> None:
    setup = make_setup()
    line = ReferenceLine(setup.points.x_m, setup.points.y_m, closed=False)
    end = setup.route
    stands = [
        Stand(50.0, 52.0, float(end.x_m[-1]), float(end.y_m[-1]), line.length_m),
        Stand(60.0, 61.0, float(end.x_m[-1]) + 9, float(end.y_m[-1]), line.length_m + 9),
    ]
    assert stop_figures(setup.route, line, stands)[-1].error_m is None


def test_the_start_of_a_lap_is_not_its_end() -> None:
    points = ring_points()
    route = make_route(points)
    line = ReferenceLine(points.x_m, points.y_m, closed=True)
    metrics = DriveMetrics(line)
    metrics.add(make_truth(10_000_000, 0.0, 0.0, 0.0))
    assert metrics.end_error_m(route) == pytest.approx(0.0, abs=1e-6)
    assert not metrics.at_end(route)
    for step in range(1, 1001):
        angle = 2 * pi * step / 1000
        x, y = 40 * sin(angle), 40 * (1 - cos(angle))
        metrics.add(make_truth(step * 10**8, x, y, angle, speed_mps=2.5, distance_m=40 * angle))
    assert not metrics.at_end(route)  # it still moves
    metrics.add(make_truth(101 * 10**9, 0.0, 0.0, 0.0, distance_m=2 * pi * 40))
    assert metrics.at_end(route)
    (stop,) = stop_figures(route, line, metrics.all_stands())
    assert stop.error_m == pytest.approx(0.0, abs=1e-3)


def test_arrival_is_within_half_a_metre_of_the_end() -> None:
    for short_m, there in ((0.45, True), (0.55, False)):
        metrics, _ = measured(stop_short_m=short_m)
        assert metrics.at_end(make_setup().route) is there
        assert metrics.end_error_m(make_setup().route) == pytest.approx(short_m, abs=2e-3)


def test_the_made_up_drive_itself_ends_at_the_end_of_its_points() -> None:
    points = yard_points()
    last = list(ticks(make_setup()))[-1][0]
    assert (last.x_m, last.y_m) == pytest.approx((points.x_m[-1], points.y_m[-1]), abs=1e-3)
