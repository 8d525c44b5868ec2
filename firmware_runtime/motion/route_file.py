"""Reads a route file into points in the plane of the route; start-up only.

Four formats, told apart by their first lines (`route_formats` has them as tables). Latitudes and
longitudes become metres east and north of the datum (WGS-84, exact). Every problem of a file is gathered
before it is refused.
"""

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from firmware_runtime.motion.geodesy import LocalFrame
from firmware_runtime.motion.route_error import ProblemList, RouteError
from firmware_runtime.motion.route_formats import (
    COMMENTS,
    DEFAULT_DATUM,
    FORMATS,
    JUMP_MAX_M,
    STOP_SPACING_MIN_M,
    Row,
    detect,
)
from firmware_runtime.motion.route_points import PointStop, RoutePoints, cut
from firmware_runtime.motion.route_table import Table, read_number, read_table
from firmware_runtime.vehicle.problems import did_you_mean, quoted

__all__ = ["RouteError", "RoutePoints", "read_route_file"]

FloatArray = npt.NDArray[np.float64]


class _Datum(NamedTuple):
    latitude_deg: float
    longitude_deg: float
    height_m: float


class _Line(NamedTuple):
    """Points with their lines of the file."""

    x_m: FloatArray
    y_m: FloatArray
    line: npt.NDArray[np.int64]
    closed: bool


def read_route_file(path: Path, *, distance_max_m: float | None = None) -> RoutePoints:
    """Points of the route file, cut after `distance_max_m` (see `route_points.cut`).

    Raises:
        RouteError: the file is unreadable, of no known format, or has wrong, missing or impossible values.
    """
    problems = ProblemList(str(path))
    rows = _read(path, problems)
    header, form = detect(rows)
    if form is None:
        expected = "a route: " + "; ".join(known.shown for known in FORMATS)
        problems.add(header[0] or None, "", expected, quoted(header[1]) if header[1] else "no points")
        problems.refuse()
    datum, name = _comments(rows, problems)
    body = [row for row in rows if not row[1].startswith("#") and not (form.header and row == header)]
    table = read_table(form, header, body, problems)
    line, datum = _line(table, datum, form.closed)
    _check_line(line, problems)
    stops = _stops(table, line, problems)
    problems.stop_here()
    count = len(line.x_m)
    speed = table.numbers.get("speed_mps", np.full(count, np.nan))[:count]
    points = RoutePoints(
        source=str(path),
        name=name or path.stem,
        x_m=line.x_m,
        y_m=line.y_m,
        line=line.line,
        speed_limit_mps=np.where(np.isnan(speed), np.inf, speed),
        stops=stops,
        closed=line.closed,
        datum_latitude_deg=datum.latitude_deg,
        datum_longitude_deg=datum.longitude_deg,
        datum_height_m=datum.height_m,
    )
    return points if distance_max_m is None else cut(points, distance_max_m)


def _read(path: Path, problems: ProblemList) -> list[Row]:
    """Lines that are not blank."""
    text = ""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        problems.add(None, "", "a file that can be read", error.strerror or str(error))
    except UnicodeDecodeError as error:
        got = f"byte 0x{error.object[error.start]:02x} at offset {error.start}"
        problems.add(None, "", "text in UTF-8", got)
    problems.stop_here()
    return [(i, line.strip()) for i, line in enumerate(text.splitlines(), 1) if line.strip()]


def _comments(rows: list[Row], problems: ProblemList) -> tuple[_Datum | None, str]:
    """Datum, None where the file sets none, and name, from the `# key: value` lines."""
    found: dict[str, float] = {}
    name, place = "", 0
    for line, text in rows:
        key, colon, value = (part.strip() for part in text.lstrip("# ").partition(":"))
        if not text.startswith("#") or not colon:
            continue
        if key == "name":
            name = value
        elif key in COMMENTS:
            found[key], place = read_number(line, COMMENTS[key], value, problems), line
        elif key.startswith("datum"):
            problems.add(line, "", " or ".join(COMMENTS), quoted(key) + did_you_mean(key, COMMENTS))
    if not found:
        return None, name
    latitude, longitude, height = COMMENTS
    for key in (latitude, longitude):
        if key not in found:
            problems.add(place, "", f"{latitude} and {longitude} together", f"no {key}")
    datum = _Datum(found.get(latitude, 0.0), found.get(longitude, 0.0), found.get(height, 0.0))
    return datum, name


def _line(table: Table, datum: _Datum | None, closed: bool) -> tuple[_Line, _Datum]:
    """Points in the plane; wrong ones are NaN. Without a datum the first good fix is it."""
    numbers, line = table.numbers, table.line
    if "x_m" in numbers:
        x, y = numbers["x_m"], numbers["y_m"]
        if closed and len(x) > 1 and x[0] == x[-1] and y[0] == y[-1]:
            x, y, line = x[:-1], y[:-1], line[:-1]
        return _Line(x, y, line, closed), datum or _Datum(*DEFAULT_DATUM)
    latitude, longitude = numbers["latitude_deg"], numbers["longitude_deg"]
    height = numbers.get("height_m")
    if height is None:
        height = np.full(len(latitude), datum.height_m if datum else 0.0)
    if datum is None:
        good = np.flatnonzero(np.isfinite(latitude + longitude + height))
        first = int(good[0]) if len(good) else None
        datum = (
            _Datum(0.0, 0.0, 0.0)
            if first is None
            else _Datum(float(latitude[first]), float(longitude[first]), float(height[first]))
        )
    frame = LocalFrame(*datum)
    east, north, _ = frame.to_local_arrays(latitude, longitude, height)
    return _Line(east, north, line, closed), datum


def _check_line(line: _Line, problems: ProblemList) -> None:
    """Enough points, and none far from the one before."""
    least = 3 if line.closed else 2
    if len(line.x_m) < least:
        where = int(line.line[-1]) if len(line.line) else None
        problems.add(where, "", f"at least {least} points", f"{len(line.x_m)}")
        return
    x, y, at = line.x_m, line.y_m, line.line
    if line.closed:
        x, y, at = np.append(x, x[0]), np.append(y, y[0]), np.append(at, at[0])
    jump = np.hypot(np.diff(x), np.diff(y))
    for i in np.flatnonzero(jump > JUMP_MAX_M).tolist():
        expected = f"a point within {JUMP_MAX_M:g} m of the one of line {at[i]}"
        problems.add(int(at[i + 1]), "", expected, f"a jump of {jump[i]:.1f} m")


def _stops(table: Table, line: _Line, problems: ProblemList) -> tuple[PointStop, ...]:
    """Stops of the points, each far enough from the next, from the start and from the end."""
    count = len(line.x_m)
    names = table.texts.get("stop", [""] * count)[:count]
    dwell = table.numbers.get("dwell_s", np.full(count, np.nan))[:count]
    for i in np.flatnonzero(np.isfinite(dwell)).tolist():
        if not names[i]:
            problems.add(int(line.line[i]), "dwell_s", "nothing where there is no stop", f"{dwell[i]:g}")
    stops = [
        PointStop(i, name, 0.0 if np.isnan(dwell[i]) else float(dwell[i]))
        for i, name in enumerate(names)
        if name
    ]
    if not count:
        return ()
    x, y = line.x_m, line.y_m
    if line.closed:
        x, y = np.append(x, x[0]), np.append(y, y[0])
    steps = np.nan_to_num(np.hypot(np.diff(x), np.diff(y)), nan=STOP_SPACING_MIN_M)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    for before, after in pairwise(sorted({0, len(x) - 1, *(stop.index for stop in stops)})):
        apart = float(along[after] - along[before])
        if apart < STOP_SPACING_MIN_M and stops:
            expected = f"{STOP_SPACING_MIN_M:g} m between stops, and from the ends of the route"
            at = int(line.line[after % count])
            problems.add(at, "stop", expected, f"{apart:.2f} m to line {line.line[before]}")
    if stops and stops[0].index == 0 and not line.closed:
        problems.add(
            int(line.line[0]), "stop", "stops behind the first point, where the drive begins", "one at it"
        )
    return tuple(stops)
