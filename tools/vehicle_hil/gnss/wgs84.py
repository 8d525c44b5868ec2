"""WGS-84: the route's plane (ENU at a datum) to latitude, longitude and height and back; once an epoch.

Exact, by way of Earth-centred coordinates. Constants: NGA.STND.0036, WGS 84. Cartesian to geodetic by
Bowring's formula, iterated on the parametric latitude (B. R. Bowring, Survey Review 23, 1976), to the
limits of float64 for heights within 10 km.
"""

from math import atan2, cos, degrees, hypot, radians, sin, sqrt, tan

from vehicle_hil.gnss.parameters import Datum

SEMI_MAJOR_M = 6_378_137.0
FLATTENING = 1.0 / 298.257223563
SEMI_MINOR_M = SEMI_MAJOR_M * (1.0 - FLATTENING)
ECCENTRICITY2 = FLATTENING * (2.0 - FLATTENING)
SECOND_ECCENTRICITY2 = ECCENTRICITY2 / (1.0 - ECCENTRICITY2)
ITERATIONS = 3


def geodetic_to_ecef(
    latitude_deg: float, longitude_deg: float, height_m: float
) -> tuple[float, float, float]:
    """Earth-centred, Earth-fixed x, y, z in m."""
    latitude, longitude = radians(latitude_deg), radians(longitude_deg)
    prime_vertical = SEMI_MAJOR_M / sqrt(1.0 - ECCENTRICITY2 * sin(latitude) ** 2)
    radius = (prime_vertical + height_m) * cos(latitude)
    return (
        radius * cos(longitude),
        radius * sin(longitude),
        (prime_vertical * (1.0 - ECCENTRICITY2) + height_m) * sin(latitude),
    )


def ecef_to_geodetic(x: float, y: float, z: float) -> tuple[float, float, float]:
    """Latitude and longitude in degrees, ellipsoidal height in m; not for places near the Earth's centre."""
    radius = hypot(x, y)
    parametric = atan2(z * SEMI_MAJOR_M, radius * SEMI_MINOR_M)
    latitude = 0.0
    for _ in range(ITERATIONS):
        latitude = atan2(
            z + SECOND_ECCENTRICITY2 * SEMI_MINOR_M * sin(parametric) ** 3,
            radius - ECCENTRICITY2 * SEMI_MAJOR_M * cos(parametric) ** 3,
        )
        parametric = atan2((1.0 - FLATTENING) * sin(latitude), cos(latitude))
    prime_vertical = SEMI_MAJOR_M / sqrt(1.0 - ECCENTRICITY2 * sin(latitude) ** 2)
    height = radius * cos(latitude) + z * sin(latitude) - SEMI_MAJOR_M**2 / prime_vertical
    return degrees(latitude), degrees(atan2(y, x)), height


class LocalPlane:
    """East, north, up at a datum."""

    def __init__(self, datum: Datum) -> None:
        self.datum = datum
        latitude, longitude = radians(datum.latitude_deg), radians(datum.longitude_deg)
        self._origin = geodetic_to_ecef(*datum)
        self._sin_latitude, self._cos_latitude = sin(latitude), cos(latitude)
        self._sin_longitude, self._cos_longitude = sin(longitude), cos(longitude)
        self._longitude = longitude

    def to_geodetic(self, east_m: float, north_m: float, up_m: float) -> tuple[float, float, float]:
        """Latitude and longitude in degrees, ellipsoidal height in m."""
        sa, ca, so, co = self._sin_latitude, self._cos_latitude, self._sin_longitude, self._cos_longitude
        x0, y0, z0 = self._origin
        outward = ca * up_m - sa * north_m
        return ecef_to_geodetic(
            x0 - so * east_m + co * outward,
            y0 + co * east_m + so * outward,
            z0 + ca * north_m + sa * up_m,
        )

    def from_geodetic(
        self, latitude_deg: float, longitude_deg: float, height_m: float
    ) -> tuple[float, float, float]:
        """East, north, up in m."""
        sa, ca, so, co = self._sin_latitude, self._cos_latitude, self._sin_longitude, self._cos_longitude
        x, y, z = geodetic_to_ecef(latitude_deg, longitude_deg, height_m)
        dx, dy, dz = x - self._origin[0], y - self._origin[1], z - self._origin[2]
        outward = co * dx + so * dy
        return co * dy - so * dx, ca * dz - sa * outward, ca * outward + sa * dz

    def convergence_rad(self, latitude_deg: float, longitude_deg: float) -> float:
        """Angle from the plane's north to true north at a place, anticlockwise positive.

        tan(angle) = tan(longitude difference) * sin(latitude): spherical meridian convergence, good to
        1e-6 rad within 100 km.
        """
        difference = radians(longitude_deg) - self._longitude
        return atan2(tan(difference) * sin(radians(latitude_deg)), 1.0)
