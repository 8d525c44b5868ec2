"""Fitted routes kept between starts: fitting a line takes longer than anything else that `control` reads.

An entry is named by the file's name and bytes, the configuration's identity (profile, DBCs, code) and the
version of numpy: none is met again after a change of any of them. Start-up only.
"""

import hashlib
from pathlib import Path

import msgspec
import numpy as np

from firmware_runtime.can.entry_store import EntryStore
from firmware_runtime.vehicle.enums import Direction
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.route import Route, RouteStop

FORMAT_VERSION = 1
"""Of an entry as it is stored; raised with each change."""
MAGIC = b"firmware-runtime route"
ARRAYS = ("distance_m", "x_m", "y_m", "heading_rad", "curvature_1pm", "crab_rad", "speed_limit_mps")
_NUMBER = np.dtype("<f8")


class _Kept(msgspec.Struct, array_like=True):
    """A `Route` as it is stored; every float64 bit by bit."""

    name: str
    step_m: float
    arrays: list[bytes]
    """In the order of ARRAYS."""
    direction: int
    closed: bool
    stops: list[tuple[float, str, float]]
    datum: tuple[float, float, float]
    deviation_max_m: float


_DECODER = msgspec.msgpack.Decoder(_Kept)


class RouteCache(EntryStore):
    """Loads route files, from a directory of fitted ones where they are there."""

    def __init__(self, directory: Path | None = None) -> None:
        super().__init__(directory, MAGIC, ".route", "fitted routes")

    def load(self, path: Path, profile: Profile, *, distance_max_m: float | None = None) -> Route:
        """The route of a file, ready to drive by this profile's vehicle; see `build_route`.

        Raises:
            RouteError: as `read_route_file` and `build_route`.
        """
        content = _content(path)
        identity = b"" if content is None else identity_of(content, path.stem, profile, distance_max_m)
        if identity:
            kept = self._kept(identity)
            if kept is not None:
                self.hits += 1
                return kept
        route = self._fitted(path, profile, distance_max_m)
        # Who changes the file right now is not to find his change under its old name.
        if identity and _content(path) == content:
            self.write(identity, packed(route))
        return route

    def _fitted(self, path: Path, profile: Profile, distance_max_m: float | None) -> Route:
        self.misses += 1
        # What fits a line must not cost a start that has one.
        from firmware_runtime.motion.route_build import build_route
        from firmware_runtime.motion.route_file import read_route_file

        return build_route(read_route_file(path, distance_max_m=distance_max_m), profile.data)

    def _kept(self, identity: bytes) -> Route | None:
        body = self.read(identity)
        if body is None:
            return None
        route = unpacked(body)
        self.broken += route is None
        return route


def identity_of(content: bytes, name: str, profile: Profile, distance_max_m: float | None) -> bytes:
    """What an entry is of. name: of the file, which a route without a name of its own goes by."""
    parts = (str(FORMAT_VERSION), np.__version__, profile.identity, repr(distance_max_m), name)
    return hashlib.sha256(msgspec.msgpack.encode(parts) + content).digest()


def packed(route: Route) -> bytes:
    """The body of an entry."""
    return msgspec.msgpack.encode(
        _Kept(
            name=route.name,
            step_m=route.step_m,
            arrays=[getattr(route, name).astype(_NUMBER).tobytes() for name in ARRAYS],
            direction=int(route.direction),
            closed=route.closed,
            stops=[(stop.distance_m, stop.name, stop.dwell_s) for stop in route.stops],
            datum=(route.datum_latitude_deg, route.datum_longitude_deg, route.datum_height_m),
            deviation_max_m=route.deviation_max_m,
        )
    )


def unpacked(body: bytes) -> Route | None:
    """The route of a body; None where it is none."""
    try:
        kept = _DECODER.decode(body)
        # A copy: what is decoded is read-only, and one that is packed nowhere begins on no boundary.
        arrays = [np.frombuffer(one, _NUMBER).astype(np.float64) for one in kept.arrays]
        direction = Direction(kept.direction)
    except (msgspec.DecodeError, ValueError):
        return None
    if len(arrays) != len(ARRAYS) or len({len(one) for one in arrays}) != 1:
        return None
    latitude_deg, longitude_deg, height_m = kept.datum
    return Route(
        name=kept.name,
        step_m=kept.step_m,
        direction=direction,
        closed=kept.closed,
        stops=tuple(RouteStop(*stop) for stop in kept.stops),
        datum_latitude_deg=latitude_deg,
        datum_longitude_deg=longitude_deg,
        datum_height_m=height_m,
        deviation_max_m=kept.deviation_max_m,
        **dict(zip(ARRAYS, arrays, strict=True)),
    )


def _content(path: Path) -> bytes | None:
    """None where it cannot be read: whoever reads it properly says why."""
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError:
        return None
