"""Puts `report.html` together: answer, figures, plots, tables, conditions; plotly and all data inlined.

The page asks nothing of any network: a content security policy in it forbids it. All text that came from
a file or a user is escaped.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from vehicle_hil.events import Event
from vehicle_hil.metrics import StopFigure
from vehicle_hil.recording import BUS_LOG, Recording
from vehicle_hil.report import plots
from vehicle_hil.report.figure import Figure
from vehicle_hil.report.map import driven_map
from vehicle_hil.report.tables import cards, conditions_list, events_table, stops_table
from vehicle_hil.report.timeline import timeline
from vehicle_hil.result import DriveResult, DriveSetup
from vehicle_hil.summary import SUMMARY_FILE, Summary, clock, verdict

REPORT_FILE = "report.html"

_BESIDE = {
    SUMMARY_FILE: "these figures for programs",
    BUS_LOG: "every CAN frame, in candump format, times from the start of the drive",
    "blackbox.bin": "the runtime's own record of every tick",
}
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:;"
    " base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Drive:
    """All that the page tells of."""

    setup: DriveSetup
    result: DriveResult
    recording: Recording
    summary: Summary
    stops: tuple[StopFigure, ...]


def write_report(path: Path, drive: Drive) -> None:
    beside = [name for name in _BESIDE if (path.parent / name).exists()]
    path.write_text(render(drive, beside), encoding="utf-8", newline="\n")


def render(drive: Drive, beside: Sequence[str] = ()) -> str:
    """The whole page as text, plotly included; `beside` are the files in the same folder to tell of."""
    from plotly.offline import get_plotlyjs

    title = f"{drive.setup.profile.vehicle.title} on {drive.setup.route.name}"
    figures = figures_of(drive)
    data = json.dumps([_data(figure) for figure in figures], separators=(",", ":"), allow_nan=False)
    # A name with "</script>" in it must not end the element.
    data = data.replace("<", "\\u003c")
    return "\n".join(
        (
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<link rel="icon" href="data:,">',
            f"<title>{escape(title)}</title>",
            f"<style>\n{_resource('page.css')}</style>",
            "</head>",
            "<body>",
            "<main>",
            *_answer(drive, title),
            *(_section(figure) for figure in figures),
            stops_table(drive.stops),
            events_table(drive.recording.events.events(_stop_events(drive.stops))),
            conditions_list(drive.setup, drive.summary),
            _footer(beside),
            "</main>",
            f'<script type="application/json" id="figures">{data}</script>',
            f"<script>{get_plotlyjs()}</script>",
            f"<script>\n{_resource('page.js')}</script>",
            "</body>",
            "</html>",
            "",
        )
    )


def figures_of(drive: Drive) -> list[Figure]:
    recording, setup = drive.recording, drive.setup
    metrics = recording.metrics
    if metrics is None:
        raise ValueError("there is nothing to plot before the drive has started")
    truth, telemetry = recording.trace.truth(), recording.trace.telemetry()
    spans = recording.events.spans()
    end_s = metrics.last.time_ns / 1e9 if metrics.last is not None else 0.0
    return [
        driven_map(truth, setup, drive.stops, metrics),
        plots.cross_track(truth, telemetry, setup, metrics, spans),
        plots.speed(truth, telemetry, setup),
        plots.steering(truth, telemetry, setup),
        plots.torque_and_brake(truth, telemetry),
        timeline(spans, end_s),
        plots.battery(truth),
    ]


def _answer(drive: Drive, title: str) -> Iterable[str]:
    summary = drive.summary
    answer, remark, rank = verdict(summary, drive.result.ending)
    yield f'<header class="{rank}">'
    yield f'<p class="over">{escape(title)}</p>'
    yield f"<h1>{escape(answer)}</h1>"
    if remark:
        yield f'<p class="remark">{escape(remark[0].upper() + remark[1:])}.</p>'
    yield (
        f'<p class="under">{summary.distance_m:,.0f} m in {clock(summary.duration_s)}'
        f" · {escape(summary.mode)}, {summary.realtime_factor:.1f} times real time"
        f" · seed {summary.seed}</p>"
    )
    yield "</header>"
    yield cards(summary)


def _section(figure: Figure) -> str:
    legend = "".join(
        f'<li><span class="swatch {entry.shape}" style="--colour:var({entry.colour})"></span>'
        f"{escape(entry.text)}</li>"
        for entry in figure.legend
    )
    switch = ""
    if figure.key == "map":
        switch = (
            '<div class="switch" role="group" aria-label="Colour of the driven path">'
            '<button type="button" data-colour="error" aria-pressed="true">error</button>'
            '<button type="button" data-colour="speed" aria-pressed="false">speed</button></div>'
            '<div class="scale" aria-hidden="true"><span class="low"></span><i></i>'
            '<span class="high"></span></div>'
        )
    return (
        f'<section id="{figure.key}"><h2>{escape(figure.title)}</h2><p class="hint">{escape(figure.hint)}</p>'
        f'<div class="keys"><ul class="legend">{legend}</ul>{switch}</div>'
        f'<div class="plot" id="plot-{figure.key}"></div></section>'
    )


def _data(figure: Figure) -> dict[str, Any]:
    return {
        "key": figure.key,
        "group": figure.group,
        "aspect": figure.aspect,
        "data": figure.data,
        "layout": figure.layout,
    }


def _stop_events(stops: Sequence[StopFigure]) -> list[Event]:
    return [
        Event(stop.arrival_s, "stop", f"stands at {stop.name or 'stop'}")
        for stop in stops
        if stop.arrival_s is not None
    ]


def _footer(beside: Sequence[str]) -> str:
    named = ", ".join(f"<code>{name}</code> ({_BESIDE[name]})" for name in beside)
    files_beside = f"<p>Beside this page: {named}.</p>" if named else ""
    return (
        '<footer><p class="pointer">Drag over a plot to zoom, double-click to see all of it, point at a line'
        " for its values. Plots over time zoom together, as do those over distance.</p>"
        f"{files_beside}</footer>"
    )


def _resource(name: str) -> str:
    return files("vehicle_hil.report").joinpath(name).read_text(encoding="utf-8")
