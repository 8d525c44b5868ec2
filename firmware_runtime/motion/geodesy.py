"""WGS-84 latitude, longitude and height to and from a local plane (ENU at a datum).

Localisation uses the scalar functions in the tick; route files are read with the array functions. Exact via
earth-centred coordinates (no flat-earth shortcut), so that runtime and receiver agree far from the datum.
Sources: NIMA TR8350.2 (WGS-84), Bowring 1976 "Transformation from spatial to geographical coordinates".
"""

from math import atan2, cos, degrees, hypot, radians, sin, sqrt

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

SEMI_MAJOR_AXIS_M = 6378137.0
FLATTENING = 1 / 298.257223563
_ECCENTRICITY_2 = FLATTENING * (2 - FLATTENING)
_SEMI_MINOR_AXIS_M = SEMI_MAJOR_AXIS_M * (1 - FLATTENING)
_SECOND_ECCENTRICITY_2 = _ECCENTRICITY_2 / (1 - _ECCENTRICITY_2)
_BOWRING_STEPS = 2
"""One is good to 1e-7 m at heights of roads; two reach rounding up to 10 km (measured)."""


class LocalFrame:
    """East, north, up in metres around a datum in degrees and metres above the ellipsoid."""

    def __init__(self, latitude_deg: float, longitude_deg: float, height_m: float) -> None:
        self.latitude_deg = latitude_deg
        self.longitude_deg = longitude_deg
        self.height_m = height_m
        self._origin_m = _to_ecef(latitude_deg, longitude_deg, height_m)
        latitude, longitude = radians(latitude_deg), radians(longitude_deg)
        self._sin_lat, self._cos_lat = sin(latitude), cos(latitude)
        self._sin_lon, self._cos_lon = sin(longitude), cos(longitude)

    def to_local(
        self, latitude_deg: float, longitude_deg: float, height_m: float
    ) -> tuple[float, float, float]:
        """East, north, up in metres of one geodetic point."""
        x, y, z = _to_ecef(latitude_deg, longitude_deg, height_m)
        dx, dy, dz = x - self._origin_m[0], y - self._origin_m[1], z - self._origin_m[2]
        outward = self._cos_lon * dx + self._sin_lon * dy
        east = self._cos_lon * dy - self._sin_lon * dx
        north = self._cos_lat * dz - self._sin_lat * outward
        return east, north, self._cos_lat * outward + self._sin_lat * dz

    def to_geodetic(self, east_m: float, north_m: float, up_m: float) -> tuple[float, float, float]:
        """Latitude and longitude in degrees, height in metres, of one local point."""
        outward = self._cos_lat * up_m - self._sin_lat * north_m
        x = self._origin_m[0] + self._cos_lon * outward - self._sin_lon * east_m
        y = self._origin_m[1] + self._sin_lon * outward + self._cos_lon * east_m
        z = self._origin_m[2] + self._cos_lat * north_m + self._sin_lat * up_m
        distance = hypot(x, y)
        reduced = atan2(z * SEMI_MAJOR_AXIS_M, distance * _SEMI_MINOR_AXIS_M)
        latitude = 0.0
        for _ in range(_BOWRING_STEPS):
            latitude = atan2(
                z + _SECOND_ECCENTRICITY_2 * _SEMI_MINOR_AXIS_M * sin(reduced) ** 3,
                distance - _ECCENTRICITY_2 * SEMI_MAJOR_AXIS_M * cos(reduced) ** 3,
            )
            reduced = atan2((1 - FLATTENING) * sin(latitude), cos(latitude))
        sine = sin(latitude)
        surface = SEMI_MAJOR_AXIS_M * sqrt(1 - _ECCENTRICITY_2 * sine * sine)
        height = distance * cos(latitude) + z * sine - surface
        return degrees(latitude), degrees(atan2(y, x)), height

    def to_local_arrays(
        self, latitude_deg: FloatArray, longitude_deg: FloatArray, height_m: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """As `to_local`, for arrays of one shape."""
        latitude, longitude = np.radians(latitude_deg), np.radians(longitude_deg)
        sine = np.sin(latitude)
        normal = SEMI_MAJOR_AXIS_M / np.sqrt(1 - _ECCENTRICITY_2 * sine**2)
        across = (normal + height_m) * np.cos(latitude)
        dx = across * np.cos(longitude) - self._origin_m[0]
        dy = across * np.sin(longitude) - self._origin_m[1]
        dz = (normal * (1 - _ECCENTRICITY_2) + height_m) * sine - self._origin_m[2]
        outward = self._cos_lon * dx + self._sin_lon * dy
        east = self._cos_lon * dy - self._sin_lon * dx
        north = self._cos_lat * dz - self._sin_lat * outward
        return east, north, self._cos_lat * outward + self._sin_lat * dz

    def to_geodetic_arrays(
        self, east_m: FloatArray, north_m: FloatArray, up_m: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """As `to_geodetic`, for arrays of one shape."""
        outward = self._cos_lat * up_m - self._sin_lat * north_m
        x = self._origin_m[0] + self._cos_lon * outward - self._sin_lon * east_m
        y = self._origin_m[1] + self._sin_lon * outward + self._cos_lon * east_m
        z = self._origin_m[2] + self._cos_lat * north_m + self._sin_lat * up_m
        distance = np.hypot(x, y)
        reduced = np.arctan2(z * SEMI_MAJOR_AXIS_M, distance * _SEMI_MINOR_AXIS_M)
        latitude = np.zeros_like(reduced)
        for _ in range(_BOWRING_STEPS):
            latitude = np.arctan2(
                z + _SECOND_ECCENTRICITY_2 * _SEMI_MINOR_AXIS_M * np.sin(reduced) ** 3,
                distance - _ECCENTRICITY_2 * SEMI_MAJOR_AXIS_M * np.cos(reduced) ** 3,
            )
            reduced = np.arctan2((1 - FLATTENING) * np.sin(latitude), np.cos(latitude))
        surface = SEMI_MAJOR_AXIS_M * np.sqrt(1 - _ECCENTRICITY_2 * np.sin(latitude) ** 2)
        height = distance * np.cos(latitude) + z * np.sin(latitude) - surface
        return np.degrees(latitude), np.degrees(np.arctan2(y, x)), height


def _to_ecef(latitude_deg: float, longitude_deg: float, height_m: float) -> tuple[float, float, float]:
    """Earth-centred, earth-fixed metres of one geodetic point."""
    latitude, longitude = radians(latitude_deg), radians(longitude_deg)
    sine = sin(latitude)
    normal = SEMI_MAJOR_AXIS_M / sqrt(1 - _ECCENTRICITY_2 * sine * sine)
    across = (normal + height_m) * cos(latitude)
    up = (normal * (1 - _ECCENTRICITY_2) + height_m) * sine
    return across * cos(longitude), across * sin(longitude), up
