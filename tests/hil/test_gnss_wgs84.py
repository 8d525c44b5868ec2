"""WGS-84 conversions: known points, round trips, directions."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vehicle_hil.gnss.parameters import Datum
from vehicle_hil.gnss.wgs84 import LocalPlane, ecef_to_geodetic, geodetic_to_ecef

PLACES = [
    (53.5, 9.9, 40.0),
    (-33.9, 18.4, 5.0),
    (1.26, 103.8, 10.0),
    (30.44, 114.47, 21.0),
    (64.1, -21.9, 0.0),
]
latitudes, longitudes = st.floats(-80, 80), st.floats(-179, 179)


def test_known_points_of_the_ellipsoid() -> None:
    assert geodetic_to_ecef(0, 0, 0) == pytest.approx((6_378_137.0, 0, 0))
    assert geodetic_to_ecef(0, 90, 100) == pytest.approx((0, 6_378_237.0, 0), abs=1e-6)
    assert geodetic_to_ecef(90, 0, 0) == pytest.approx((0, 0, 6_356_752.314245), abs=1e-6)


@given(latitudes, longitudes, st.floats(-500, 9000))
def test_ecef_and_back(latitude: float, longitude: float, height: float) -> None:
    back = ecef_to_geodetic(*geodetic_to_ecef(latitude, longitude, height))
    assert back[0] == pytest.approx(latitude, abs=1e-12)
    assert back[1] == pytest.approx(longitude, abs=1e-12)
    assert back[2] == pytest.approx(height, abs=1e-7)


@given(latitudes, longitudes, st.floats(-30_000, 30_000), st.floats(-30_000, 30_000), st.floats(-50, 50))
def test_plane_and_back_within_a_micrometre(
    latitude: float, longitude: float, east: float, north: float, up: float
) -> None:
    plane = LocalPlane(Datum(latitude, longitude, 100.0))
    back = plane.from_geodetic(*plane.to_geodetic(east, north, up))
    assert back == pytest.approx((east, north, up), abs=1e-6)


@pytest.mark.parametrize("place", PLACES)
def test_the_datum_is_the_origin(place: tuple[float, float, float]) -> None:
    assert LocalPlane(Datum(*place)).to_geodetic(0, 0, 0) == pytest.approx(place, abs=1e-9)


@pytest.mark.parametrize("place", PLACES)
def test_small_steps_are_as_the_radii_of_curvature_say(place: tuple[float, float, float]) -> None:
    plane = LocalPlane(Datum(*place))
    a, e2 = 6_378_137.0, 0.00669437999014
    s = math.sin(math.radians(place[0]))
    meridian = a * (1 - e2) / (1 - e2 * s * s) ** 1.5 + place[2]
    prime = (a / math.sqrt(1 - e2 * s * s) + place[2]) * math.cos(math.radians(place[0]))
    latitude, longitude, _ = plane.to_geodetic(1.0, 1.0, 0.0)
    assert math.radians(latitude - place[0]) * meridian == pytest.approx(1.0, abs=1e-5)
    assert math.radians(longitude - place[1]) * prime == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("east", "north"), [(2000.0, 500.0), (-5000.0, 3000.0)])
def test_convergence_is_the_direction_of_true_north(
    place: tuple[float, float, float], east: float, north: float
) -> None:
    plane = LocalPlane(Datum(*place))
    latitude, longitude, height = plane.to_geodetic(east, north, 0.0)
    east1, north1, _ = plane.from_geodetic(latitude + 1e-5, longitude, height)
    true_north = math.atan2(north1 - north, east1 - east)
    got = plane.convergence_rad(latitude, longitude)
    assert got == pytest.approx(true_north - math.pi / 2, abs=2e-6)
