"""The state timeline: one row for each state, fault, latch and GNSS drop-out, bands where it was so."""

from html import escape
from typing import Any

from vehicle_hil.events import FAULT, GNSS, LATCH, STATE, Span
from vehicle_hil.recording import NO_RUNTIME
from vehicle_hil.report.figure import BOTTOM_PX, Figure, LegendEntry
from vehicle_hil.report.plots import TIME

ROWS_MAX = 18
ROW_PX = 36
NAME_MAX = 44
_IN_ORDER = ("READY", "AUTO", "REMOTE", "MANUAL", "CHARGING")
_STOPPED = ("MRM", "SAFE_STOP", "ESTOP", "FAULT", NO_RUNTIME)
_LEGEND = {
    "--state": "runtime in order",
    "--state-other": "starting or limited",
    "--bad": "stop or fault",
    "--latch": "actuator latched",
    "--gap": "no GNSS fix",
}
"""By colour, as CSS variables."""


def timeline(spans: list[Span], end_s: float) -> Figure:
    """Rows in the order of first appearance: states, then faults, latches, GNSS; at most ROWS_MAX."""
    rows: dict[tuple[str, str], list[Span]] = {}
    for kind in (STATE, FAULT, LATCH, GNSS):
        for span in spans:
            if span.kind == kind:
                rows.setdefault((kind, span.name), []).append(span)
    shown = dict(list(rows.items())[:ROWS_MAX])
    data = [_bars(kind, name, row, number) for number, ((kind, name), row) in enumerate(shown.items())]
    used = {_colour(kind, name) for kind, name in shown}
    hint = "What the runtime's safety state machine was in, and what was wrong, at each time."
    if len(rows) > len(shown):
        hint += f" {len(rows) - len(shown)} further rows are left out; the events below name them."
    layout = {
        "height": ROW_PX * max(len(shown), 1) + 10 + BOTTOM_PX,
        "margin": {"l": 40, "r": 14, "t": 10, "b": BOTTOM_PX},
        "showlegend": False,
        "hovermode": "closest",
        "barmode": "overlay",
        "xaxis": {"title": {"text": TIME}, "range": [0, end_s], "zeroline": False},
        "yaxis": {
            "title": {"text": "State or event"},
            "range": [len(shown) - 0.5, -0.5],
            "showticklabels": False,
            "showgrid": False,
            "fixedrange": True,
            "zeroline": False,
        },
        "annotations": [_label(name, number) for number, (_, name) in enumerate(shown)],
    }
    legend = tuple(LegendEntry(text, colour, "band") for colour, text in _LEGEND.items() if colour in used)
    return Figure("timeline", "State timeline", hint, data, layout, legend, "time")


def _bars(kind: str, name: str, row: list[Span], number: int) -> dict[str, Any]:
    colour = _colour(kind, name)
    return {
        "type": "bar",
        "orientation": "h",
        "name": escape(name),
        "base": [span.start_s for span in row],
        "x": [span.end_s - span.start_s for span in row],
        "y": [number + 0.2] * len(row),
        "width": 0.4,
        # The outline keeps a band of one tick visible on a drive of an hour.
        "marker": {"color": colour, "line": {"width": 1.5, "color": colour}},
        "customdata": [[span.start_s, span.end_s] for span in row],
        "hovertemplate": f"{escape(name)}<br>%{{customdata[0]:.2f}} s to %{{customdata[1]:.2f}} s"
        "<extra></extra>",
    }


def _colour(kind: str, name: str) -> str:
    if kind == STATE:
        return "--bad" if name in _STOPPED else "--state" if name in _IN_ORDER else "--state-other"
    return {LATCH: "--latch", FAULT: "--bad", GNSS: "--gap"}[kind]


def _label(name: str, number: int) -> dict[str, Any]:
    short = name if len(name) <= NAME_MAX else name[: NAME_MAX - 1] + "…"
    return {
        "text": escape(short),
        "xref": "paper",
        "x": 0,
        "xanchor": "left",
        "xshift": 2,
        "yref": "y",
        "y": number - 0.22,
        "yanchor": "middle",
        "showarrow": False,
        "font": {"size": 11},
    }
