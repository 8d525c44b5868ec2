"""The map: the route's line, the path that was driven coloured by error or speed, stops and worst place."""

from html import escape
from math import hypot
from typing import Any

import numpy as np

from vehicle_hil.metrics import DriveMetrics, StopFigure
from vehicle_hil.report.figure import Figure, LegendEntry, packed
from vehicle_hil.report.plots import BAD, Columns
from vehicle_hil.result import DriveSetup, FloatArray

MARKS_MAX = 1600
LINE_POINTS_MAX = 2500
SAME_PLACE_M = 2.0
ERROR_SCALE = [[0.0, "--scale-0"], [0.34, "--scale-1"], [0.67, "--scale-2"], [1.0, "--scale-3"]]
"""From well on the line to the worst place."""
SPEED_SCALE = [[0.0, "--speed-0"], [0.5, "--speed-1"], [1.0, "--speed-2"]]


def driven_map(
    truth: Columns, setup: DriveSetup, stops: tuple[StopFigure, ...], metrics: DriveMetrics
) -> Figure:
    """Plan view in metres with one scale on both axes."""
    route = setup.route
    stride = max(1, len(route.x_m) // LINE_POINTS_MAX)
    line_x, line_y = _with_end(route.x_m, stride), _with_end(route.y_m, stride)
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "route",
            "x": packed(line_x),
            "y": packed(line_y),
            "line": {"color": "--route", "width": 9, "simplify": False},
            "hoverinfo": "skip",
        },
        _driven(truth),
        _places(stops, float(route.x_m[0]), float(route.y_m[0])),
    ]
    legend = [
        LegendEntry("route", "--route", "band"),
        LegendEntry("driven path", "--scale-0", "line"),
        LegendEntry("start (S) and stops, by number", "--ink", "disc"),
    ]
    if metrics.worst is not None:
        data.append(_worst(metrics))
        legend.append(LegendEntry("largest error", BAD, "mark"))
    all_x, all_y = np.concatenate((line_x, truth["x_m"])), np.concatenate((line_y, truth["y_m"]))
    x_range, y_range = _padded(all_x), _padded(all_y)
    layout = {
        "margin": {"l": 62, "r": 14, "t": 10, "b": 44},
        "showlegend": False,
        "hovermode": "closest",
        "xaxis": {"title": {"text": "x (m)"}, "range": x_range, "zeroline": False, "constrain": "domain"},
        "yaxis": {
            "title": {"text": "y (m)", "standoff": 6},
            "range": y_range,
            "zeroline": False,
            "scaleanchor": "x",
            "scaleratio": 1,
        },
    }
    aspect = (y_range[1] - y_range[0]) / (x_range[1] - x_range[0])
    hint = "Seen from above. The pale band is the route; on it the path of the vehicle's reference point."
    return Figure("map", "Route and driven path", hint, data, layout, tuple(legend), aspect=aspect)


def _driven(truth: Columns) -> dict[str, Any]:
    """Marks at equal distances along the path, both colourings ready for the switch in the page."""
    index = _equally_spaced(truth["distance_m"])
    error_cm = np.abs(truth["cross_track_m"][index]) * 100
    speed = truth["speed_mps"][index]
    details = np.column_stack(
        (truth["progress_m"][index], truth["time_s"][index], speed, truth["cross_track_m"][index] * 100)
    )
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "driven",
        "x": packed(truth["x_m"][index]),
        "y": packed(truth["y_m"][index]),
        "customdata": packed(details),
        "marker": {
            "size": 5,
            "color": packed(error_cm),
            "cmin": 0,
            "cmax": max(float(error_cm.max(initial=0.0)), 1.0),
            "colorscale": ERROR_SCALE,
        },
        "meta": {
            "error": {"color": packed(error_cm), "colorscale": ERROR_SCALE, "unit": "cm"},
            "speed": {"color": packed(speed), "colorscale": SPEED_SCALE, "unit": "m/s"},
            "error_max": max(float(error_cm.max(initial=0.0)), 1.0),
            "speed_max": max(float(speed.max(initial=0.0)), 0.1),
        },
        "hovertemplate": "%{customdata[0]:,.1f} m along the route<br>after %{customdata[1]:.1f} s<br>"
        "%{customdata[2]:.2f} m/s<br>error %{customdata[3]:+.1f} cm<extra></extra>",
    }


def _places(stops: tuple[StopFigure, ...], start_x_m: float, start_y_m: float) -> dict[str, Any]:
    """Start and stops, numbered as in the table of stops; on a lap the start is where a stop is."""
    places = [(stop.x_m, stop.y_m, str(number), stop.name or "stop") for number, stop in enumerate(stops, 1)]
    if all(hypot(x - start_x_m, y - start_y_m) > SAME_PLACE_M for x, y, _, _ in places):
        places.insert(0, (start_x_m, start_y_m, "S", "start"))
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": "stops",
        "x": [x for x, _, _, _ in places],
        "y": [y for _, y, _, _ in places],
        "text": [mark for _, _, mark, _ in places],
        "textfont": {"color": "--card", "size": 11},
        "marker": {"size": 19, "color": "--ink", "line": {"color": "--card", "width": 2}},
        "customdata": [escape(name) for _, _, _, name in places],
        "hovertemplate": "%{customdata}<extra></extra>",
        "cliponaxis": False,
    }


def _worst(metrics: DriveMetrics) -> dict[str, Any]:
    worst = metrics.worst
    assert worst is not None  # the caller looked
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "largest error",
        "x": [worst.x_m],
        "y": [worst.y_m],
        "marker": {"symbol": "circle-open", "size": 15, "color": BAD, "line": {"width": 2.5}},
        "hovertemplate": f"largest error {worst.cross_track_m * 100:+.1f} cm<br>"
        f"{worst.progress_m:,.0f} m along the route, {worst.time_s:.1f} s<extra></extra>",
    }


def _equally_spaced(distance_m: FloatArray) -> np.ndarray:
    if len(distance_m) == 0:
        return np.array([], dtype=int)
    wanted = np.linspace(distance_m[0], distance_m[-1], min(MARKS_MAX, len(distance_m)))
    return np.unique(np.clip(np.searchsorted(distance_m, wanted), 0, len(distance_m) - 1))


def _with_end(values: FloatArray, stride: int) -> FloatArray:
    return np.append(values[::stride], values[-1])


def _padded(values: FloatArray) -> list[float]:
    low, high = float(values.min()), float(values.max())
    pad = max(0.05 * (high - low), 4.0)
    return [low - pad, high + pad]
