"""Lines composed of straights, arcs and clothoids from a table in a README, and routes written from them.

The table is the source of the routes in `configs/routes`; after a change of it, from the project's folder:
`python -m tests.motion.composed_line`. A test holds the files to the table. Knows nothing of the runtime.
"""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

README = Path("configs/routes/README.md")
SPACING_M = 1.0
_FINE_M = 0.002


class Element(NamedTuple):
    length_m: float
    curvature_from_1pm: float
    curvature_to_1pm: float


class Stop(NamedTuple):
    distance_m: float
    name: str
    dwell_s: float


class Zone(NamedTuple):
    from_m: float
    to_m: float
    speed_mps: float


class Composition(NamedTuple):
    elements: list[Element]
    stops: list[Stop]
    zones: list[Zone]
    header: list[str]
    """Comment lines of the file."""


def compositions(readme: str) -> dict[str, Composition]:
    """Of each `## file.csv` section: tables of elements, stops and speed zones, and the comment lines."""
    found: dict[str, Composition] = {}
    for section in re.split(r"^## ", readme, flags=re.MULTILINE)[1:]:
        name = section.split("\n", 1)[0].strip("` ")
        rows = [
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in section.splitlines()
            if line[:1] == "|"
        ]
        elements = [Element(*map(float, row[2:5])) for row in rows if row[0] == "element"]
        stops = [Stop(float(row[2]), row[1], float(row[3])) for row in rows if row[0] == "stop"]
        zones = [Zone(*map(float, row[2:5])) for row in rows if row[0] == "speed"]
        header = [line for line in section.splitlines() if line.startswith("# ")]
        if elements:
            found[name] = Composition(elements, stops, zones, header)
    return found


def points(elements: list[Element], distance_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """x and y at distances along the line, which begins at the origin, heading along x.

    Heading is exact (curvature is linear along an element), position by Simpson's rule on a fine grid.
    """
    ends = np.concatenate([[0.0], np.cumsum([element.length_m for element in elements])])
    grid = np.unique(np.concatenate([np.arange(0.0, ends[-1], _FINE_M), ends, distance_m]))
    middle = 0.5 * (grid[1:] + grid[:-1])
    at, between = _heading(elements, ends, grid), _heading(elements, ends, middle)
    place = [np.zeros(1), np.zeros(1)]
    for axis, direction in enumerate((np.cos, np.sin)):
        steps = np.diff(grid) * (direction(at[:-1]) + 4 * direction(between) + direction(at[1:])) / 6
        place[axis] = np.concatenate([[0.0], np.cumsum(steps)])
    index = np.searchsorted(grid, distance_m)
    return place[0][index], place[1][index]


def _heading(elements: list[Element], ends: FloatArray, distance_m: FloatArray) -> FloatArray:
    length, begin, end = np.array(elements).T
    before = np.concatenate([[0.0], np.cumsum(length * (begin + end) / 2)])
    index = np.clip(np.searchsorted(ends, distance_m, side="right") - 1, 0, len(elements) - 1)
    within = distance_m - ends[index]
    return before[index] + within * (begin[index] + within * (end - begin)[index] / (2 * length[index]))


def table(composition: Composition) -> str:
    """The route file: points SPACING_M apart, the end among them, numbers in tenths of a millimetre."""
    length_m = sum(element.length_m for element in composition.elements)
    distance = np.append(np.arange(0.0, length_m - 0.5 * SPACING_M, SPACING_M), length_m)
    x, y = points(composition.elements, distance)
    lines = [*composition.header, "x_m,y_m,speed_mps,stop,dwell_s"]
    stops = {stop.distance_m: stop for stop in composition.stops}
    for i, along in enumerate(distance.tolist()):
        speed = [zone.speed_mps for zone in composition.zones if zone.from_m <= along <= zone.to_m]
        stop = stops.get(along if i < len(distance) - 1 else round(along, 3))
        cells = [f"{x[i]:.4f}", f"{y[i]:.4f}", f"{min(speed):g}" if speed else ""]
        cells += [stop.name, f"{stop.dwell_s:g}"] if stop else ["", ""]
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for name, composition in compositions(README.read_text(encoding="utf-8")).items():
        (README.parent / name).write_text(table(composition), encoding="utf-8")
