"""WGS-84 to the local plane and back: round trips, known figures, and both forms alike."""

from math import dist, radians

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.motion.geodesy import LocalFrame

ROUND_TRIP_M = 1e-6
SEMI_MAJOR_M, SEMI_MINOR_M = 6378137.0, 6356752.314245

latitudes, longitudes = st.floats(-89.9, 89.9), st.floats(-180, 180)
heights = st.floats(-400, 5000)
offsets = st.floats(-50_000, 50_000)


@given(latitudes, longitudes, heights, offsets, offsets, st.floats(-500, 3000))
def test_local_to_geodetic_and_back_is_the_same_point(
    latitude: float, longitude: float, height: float, east: float, north: float, up: float
) -> None:
    frame = LocalFrame(latitude, longitude, height)
    back = frame.to_local(*frame.to_geodetic(east, north, up))
    assert dist(back, (east, north, up)) < ROUND_TRIP_M


@given(latitudes, longitudes, heights)
def test_the_datum_is_the_origin(latitude: float, longitude: float, height: float) -> None:
    frame = LocalFrame(latitude, longitude, height)
    assert frame.to_local(latitude, longitude, height) == (0.0, 0.0, 0.0)
    assert dist(frame.to_local(latitude, longitude, height + 10), (0, 0, 10)) < ROUND_TRIP_M


def test_a_second_of_arc_has_the_length_that_the_ellipsoids_radii_give() -> None:
    """At the equator: meridian radius b²/a northwards, a eastwards (textbook, e.g. Torge, Geodesy)."""
    frame = LocalFrame(0.0, 30.0, 0.0)
    second = 1 / 3600
    _, north, _ = frame.to_local(second, 30.0, 0.0)
    east, _, _ = frame.to_local(0.0, 30.0 + second, 0.0)
    assert north == pytest.approx(SEMI_MINOR_M**2 / SEMI_MAJOR_M * radians(second), abs=1e-6)
    assert east == pytest.approx(SEMI_MAJOR_M * radians(second), abs=1e-6)


def test_east_is_where_longitude_grows_and_north_where_latitude_does() -> None:
    frame = LocalFrame(53.5, 9.9, 45.0)
    east, north, up = frame.to_local(53.5001, 9.9001, 46.0)
    assert east == pytest.approx(6.64, abs=0.02)
    assert north == pytest.approx(11.13, abs=0.02)
    assert up == pytest.approx(1.0, abs=0.001)


@given(st.lists(st.tuples(offsets, offsets), min_size=1, max_size=5))
def test_arrays_give_what_single_points_give(places: list[tuple[float, float]]) -> None:
    frame = LocalFrame(30.44, 114.47, 21.0)
    east, north = np.array(places).T
    geodetic = frame.to_geodetic_arrays(east, north, np.zeros(len(places)))
    single = np.array([frame.to_geodetic(x, y, 0.0) for x, y in places]).T
    assert np.allclose(geodetic[:2], single[:2], rtol=0, atol=1e-12)
    assert np.allclose(geodetic[2], single[2], rtol=0, atol=1e-7)
    local = frame.to_local_arrays(*geodetic)
    assert np.allclose(local, [east, north, np.zeros(len(places))], rtol=0, atol=ROUND_TRIP_M)
