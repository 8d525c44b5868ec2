"""A smoothed route as a file of its own: what the runtime is given in place of one that it would refuse.

The runtime itself smooths nothing beyond its tolerance. Where the harness may (`--allow-infeasible`), it
smooths, writes the line down, and runtime and replay drive that file like any other.
"""

from dataclasses import replace
from pathlib import Path

from firmware_runtime.motion.route_build import build_route
from firmware_runtime.motion.route_error import RouteError
from firmware_runtime.motion.route_file import read_route_file
from firmware_runtime.motion.route_points import RoutePoints
from firmware_runtime.vehicle.profile import ProfileData
from firmware_runtime.vehicle.route import Route

FILE = "route.csv"
POINT_SPACING_M = 0.5


def drivable(points: RoutePoints, data: ProfileData, folder: Path) -> tuple[Route, Path | None]:
    """The route as it is where the vehicle can follow it; else a smoothed one, and the file it now is in.

    Raises RouteError where no steerable line comes near.
    """
    try:
        return build_route(points, data), None
    except RouteError:
        smooth = build_route(points, data, allow_infeasible=True)
    path = folder / FILE
    write(smooth, path)
    driven = build_route(read_route_file(path), data)
    return replace(driven, name=smooth.name, deviation_max_m=smooth.deviation_max_m), path


def write(route: Route, path: Path) -> None:
    """As CSV in metres, with speed limits and stops, in the route's own datum."""
    stride = max(round(POINT_SPACING_M / route.step_m), 1)
    last = len(route.x_m) - 1
    stops = {round(stop.distance_m / route.step_m): stop for stop in route.stops[:-1]}
    rows = sorted({*range(0, last, stride), *stops, last})
    lines = [
        f"# name: {route.name}, smoothed",
        f"# datum_latitude_deg: {route.datum_latitude_deg!r}",
        f"# datum_longitude_deg: {route.datum_longitude_deg!r}",
        f"# datum_height_m: {route.datum_height_m!r}",
        "x_m,y_m,speed_mps,stop,dwell_s",
    ]
    for row in rows:
        stop = stops.get(row)
        named = f"{stop.name},{stop.dwell_s:g}" if stop is not None else ","
        lines.append(f"{route.x_m[row]:.5f},{route.y_m[row]:.5f},{route.speed_limit_mps[row]:.3f},{named}")
    path.write_text("\n".join(lines) + "\n")
