"""Building blocks of the plots: series, panels and the figure that `page.js` hands to plotly.

A figure is plain data in plotly's schema. Colours are names of CSS variables (`--truth`); `page.js` puts
in the colour of the light or dark scheme. Legends are HTML above the plot, never over the data.
"""

import math
from base64 import b64encode
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from vehicle_hil.result import FloatArray

BUCKETS = 500
"""Each keeps its least and its greatest value, so a plot on paper or screen loses no peak."""
PANEL_GAP_PX = 26
TOP_PX, BOTTOM_PX = 10, 44


@dataclass(frozen=True, slots=True)
class LegendEntry:
    text: str
    colour: str
    """CSS variable."""
    shape: str = "line"
    """`line`, `dash`, `dot`, `band`, `disc` or `mark`."""


@dataclass(slots=True)
class Panel:
    """One plot area with a y axis of its own."""

    y_title: str
    height_px: int
    span_min: float
    """The y axis shows at least so much, lest rounding errors of a value at rest fill the plot."""
    y_axis: dict[str, Any] = field(default_factory=dict)
    traces: list[dict[str, Any]] = field(default_factory=list)
    low: float = math.inf
    high: float = -math.inf

    def line(
        self,
        name: str,
        x: FloatArray,
        y: FloatArray,
        colour: str,
        hover: str,
        dash: str = "solid",
        width: float = 1.6,
    ) -> None:
        """Add a thinned line; `hover` is the value's format and unit, e.g. `%{y:.1f} m/s`.

        Values that are not finite (not known at that time) are left out.
        """
        known = np.isfinite(x) & np.isfinite(y)
        x, y = x[known], y[known]
        if len(y):
            self.low, self.high = min(self.low, float(y.min())), max(self.high, float(y.max()))
        x, y = thinned(x, y)
        self.traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": packed(x),
                "y": packed(y),
                "line": {"color": colour, "width": width, "dash": dash},
                "hovertemplate": f"{name} {hover}<extra></extra>",
            }
        )

    def axis(self, domain: list[float]) -> dict[str, Any]:
        axis = {
            "title": {"text": self.y_title, "standoff": 6},
            "domain": domain,
            "fixedrange": True,
            "zeroline": False,
            **self.y_axis,
        }
        if self.high - self.low < self.span_min:
            empty_or_from_zero = self.high < self.low or axis.get("rangemode") == "tozero"
            low = 0.0 if empty_or_from_zero else (self.low + self.high - self.span_min) / 2
            axis["range"] = [low, low + self.span_min]
        return axis


@dataclass(frozen=True, slots=True)
class Figure:
    """One card of the report: title, a sentence on how to read it, legend and plot."""

    key: str
    title: str
    hint: str
    data: list[dict[str, Any]]
    layout: dict[str, Any]
    legend: tuple[LegendEntry, ...] = ()
    group: str = ""
    """Figures of one group zoom together along x: `time` or `distance`."""
    aspect: float | None = None
    """Height over width of the plotted area where both axes must have one scale."""
    wide: bool = True


def packed(values: FloatArray) -> dict[str, Any]:
    """Plotly's typed array: 32-bit floats in base64, a third of the size of digits."""
    array = np.ascontiguousarray(values, dtype="<f4")
    spec: dict[str, Any] = {"dtype": "f4", "bdata": b64encode(array.tobytes()).decode()}
    if array.ndim > 1:
        spec["shape"] = ", ".join(str(size) for size in array.shape)
    return spec


def thinned(x: FloatArray, y: FloatArray, buckets: int = BUCKETS) -> tuple[FloatArray, FloatArray]:
    """At most two points a bucket of equal count: its least and its greatest y, in order."""
    count = len(x)
    if count <= 2 * buckets:
        return x, y
    edges = np.linspace(0, count, buckets + 1).astype(int)
    keep = {0, count - 1}
    for a, b in pairwise(edges):
        part = y[a:b]
        keep.update((a + int(part.argmin()), a + int(part.argmax())))
    index = np.array(sorted(keep))
    return x[index], y[index]


def stacked(
    panels: list[Panel],
    x_title: str,
    x_range: tuple[float, float],
    shapes: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Layout of panels one below the other over one x axis; sets each trace's y axis."""
    inner = sum(panel.height_px for panel in panels) + PANEL_GAP_PX * (len(panels) - 1)
    layout: dict[str, Any] = {
        "height": inner + TOP_PX + BOTTOM_PX,
        "margin": {"l": 62, "r": 14, "t": TOP_PX, "b": BOTTOM_PX},
        "showlegend": False,
        "hovermode": "x unified" if len(panels) == 1 else "x",
        "shapes": shapes or [],
        "xaxis": {
            "title": {"text": x_title},
            "range": list(x_range),
            "anchor": "free",
            "position": 0,
            "zeroline": False,
        },
    }
    top = inner
    for number, panel in enumerate(panels, start=1):
        name = "y" if number == 1 else f"y{number}"
        axis = "yaxis" if number == 1 else f"yaxis{number}"
        domain = [max(0.0, (top - panel.height_px) / inner), top / inner]
        top -= panel.height_px + PANEL_GAP_PX
        layout[axis] = panel.axis(domain)
        for trace in panel.traces:
            trace["yaxis"] = name
    return layout


def traces_of(panels: list[Panel]) -> list[dict[str, Any]]:
    return [trace for panel in panels for trace in panel.traces]
