"""Parameters of the simulated GNSS receiver, as the vehicle file gives them (`[gnss]`)."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple


class Datum(NamedTuple):
    """Origin of the route's plane: WGS-84 latitude and longitude in degrees, ellipsoidal height in m."""

    latitude_deg: float
    longitude_deg: float
    height_m: float


@dataclass(frozen=True, slots=True)
class ReceiverParameters:
    rate_hz: Annotated[int, (1, 20)]
    """1, 2, 4, 5, 10 or 20: epochs fall on whole hundredths of a UTC second, which NMEA can write."""
    baud: Annotated[int, (4800, 921_600)]
    """Eight data bits, one start, one stop: baud / 10 bytes a second."""
    antenna_x_m: Annotated[float, (-30.0, 30.0)]
    """True place of the primary antenna, ahead of the reference point."""
    antenna_y_m: Annotated[float, (-6.0, 6.0)]
    antenna_height_m: Annotated[float, (0.0, 10.0)]
    heading_offset_rad: Annotated[float, (-3.2, 3.2)]
    """True heading of the antenna pair less that of the body."""
    position_white_m: Annotated[float, (0.0, 10.0)]
    """Standard deviation of the white part, east and north each."""
    position_drift_m: Annotated[float, (0.0, 10.0)]
    """Standard deviation of the first-order Gauss-Markov part, east and north each."""
    position_drift_time_s: Annotated[float, (0.1, 10_000.0)]
    height_factor: Annotated[float, (1.0, 5.0)]
    """Height errors over horizontal ones."""
    heading_noise_deg: Annotated[float, (0.0, 10.0)]
    speed_noise_mps: Annotated[float, (0.0, 1.0)]
    latency_min_s: Annotated[float, (0.0, 1.0)]
    """From an epoch's instant to the last byte of its first sentence (GGA), at least."""
    latency_max_s: Annotated[float, (0.0, 1.0)]
    """The same, at most; uniform between."""
    outage_interval_s: Annotated[float, (1.0, 1e9)]
    """Mean time between drop-outs (exponentially distributed)."""
    outage_min_s: Annotated[float, (0.0, 600.0)]
    outage_max_s: Annotated[float, (0.0, 600.0)]
    """Half of the drop-outs lose the fix, the other half fall silent."""
    geoid_separation_m: Annotated[float, (-120.0, 120.0)]
    """Geoid above the ellipsoid; GGA gives the height above the geoid and this."""
    utc_start: str
    """UTC of the first tick, e.g. `2026-03-02T06:30:00Z`."""
