"""The parts of the page that are words and numbers: figure cards, stops, events, conditions."""

from collections.abc import Iterable
from html import escape

from vehicle_hil.events import Event
from vehicle_hil.metrics import StopFigure
from vehicle_hil.result import DriveSetup
from vehicle_hil.summary import Summary, clock

ENDS_SHOWN = 12
"""So many of the first and of the last events; those between are folded away."""
FOLDED_MAX = 400


def cards(summary: Summary) -> str:
    """The big figures. A figure that was not measured is a dash."""
    net = summary.kwh_per_km
    faults = len(summary.faults)
    rows = [
        ("Stop error", *_length(summary.stop_error_m), _stops_made(summary), ""),
        ("Cross-track error, mean", *_length(summary.cross_track_mean_m), "over the distance", ""),
        ("Cross-track error, largest", *_length(summary.cross_track_max_m), "from the file's line", ""),
        ("Time", *_time(summary.duration_s), f"at up to {summary.speed_max_mps:.1f} m/s", ""),
        ("Distance", f"{summary.distance_m:,.0f}", "m", "of the reference point", ""),
        ("Energy drawn", f"{summary.energy_kwh:.2f}", "kWh", "from the pack", ""),
        ("Regenerated", f"{summary.regenerated_kwh:.2f}", "kWh", _share(summary), ""),
        (
            "Net use",
            "–" if net is None else f"{net:.2f}",
            "" if net is None else "kWh/km",
            "drawn − back",
            "",
        ),
        ("Faults", str(faults), "", "ever active", "bad" if faults else ""),
        ("Final state", summary.final_state, "", "of the runtime", "word"),
    ]
    items = "".join(
        f'<li class="{rank}"><span>{escape(label)}</span><b>{escape(value)}<small>{escape(unit)}</small></b>'
        f"<em>{escape(note)}</em></li>"
        for label, value, unit, note, rank in rows
    )
    listed = ""
    if summary.faults:
        listed = '<ul class="faults">' + "".join(f"<li>{escape(f)}</li>" for f in summary.faults) + "</ul>"
    return f'<ul class="cards">{items}</ul>{listed}'


def stops_table(stops: tuple[StopFigure, ...]) -> str:
    rows = "".join(_stop_row(number, stop) for number, stop in enumerate(stops, start=1))
    return (
        '<section id="stops"><h2>Stops</h2><p class="hint">Where the vehicle truly stood, against where it'
        " should. Along is positive too far, across is positive to the left.</p>"
        "<table><thead><tr><th>Stop</th><th>Reached</th><th>Stood</th><th>Error</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></section>"
    )


def events_table(events: list[Event]) -> str:
    """First and last events in sight: what mattered tends to stand at an end."""
    if len(events) <= 2 * ENDS_SHOWN + 2:
        body = _events(events) if events else "<p>None.</p>"
        return f'<section id="events"><h2>Events</h2>{body}</section>'
    middle = events[ENDS_SHOWN:-ENDS_SHOWN]
    left_out = max(0, len(middle) - FOLDED_MAX)
    more = f", the first {FOLDED_MAX} of them here" if left_out else ""
    told = f"{len(middle)} events between{more}"
    folded = f"<details><summary>{told}</summary>{_events(middle[:FOLDED_MAX])}</details>"
    ends = _events(events[:ENDS_SHOWN]), _events(events[-ENDS_SHOWN:])
    return f'<section id="events"><h2>Events</h2>{ends[0]}{folded}{ends[1]}</section>'


def conditions_list(setup: DriveSetup, summary: Summary) -> str:
    """What the drive was like: for whoever wants to repeat it."""
    rows: list[tuple[str, str]] = [
        ("Vehicle", f"{setup.profile.vehicle.title} ({summary.vehicle})"),
        (
            "Route",
            f"{summary.route}, {setup.route.length_m:,.1f} m" + (", a lap" if setup.route.closed else ""),
        ),
        ("Mode", f"{summary.mode}, {summary.realtime_factor:.1f} times real time"),
        ("GNSS", summary.gnss),
        *setup.conditions,
        ("Seed", str(summary.seed)),
        ("Configuration", summary.identity),
        ("Bus frames", f"{summary.bus_frames:,}"),
    ]
    if summary.route_deviation_max_m > 0:
        fit = f"within {summary.route_deviation_max_m:.3f} m of the file's points, as the vehicle can steer"
        rows.insert(2, ("Line driven", fit))
    items = "".join(f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>" for label, text in rows)
    return f'<section id="conditions"><h2>Conditions</h2><dl>{items}</dl></section>'


def _stop_row(number: int, stop: StopFigure) -> str:
    name = escape(stop.name or "stop")
    place = f'<td><i class="number">{number}</i>{name}<small>at {stop.distance_m:,.1f} m</small></td>'
    if stop.error_m is None or stop.arrival_s is None or stop.stood_s is None:
        return f'<tr class="missed">{place}<td colspan="3">not made</td></tr>'
    along, across = (stop.along_m or 0.0) * 100, (stop.lateral_m or 0.0) * 100
    return (
        f"<tr>{place}<td>{escape(clock(stop.arrival_s))}</td><td>{escape(clock(stop.stood_s))}</td>"
        f"<td>{stop.error_m * 100:.1f} cm<small>along {_signed(along)}, across {_signed(across)}</small></td>"
        "</tr>"
    )


def _events(events: Iterable[Event]) -> str:
    rows = "".join(
        f'<tr><td>{event.time_s:.2f} s</td><td><span class="kind {escape(event.kind)}">'
        f"{escape(event.kind)}</span></td><td>{escape(event.text)}</td></tr>"
        for event in events
    )
    return f'<table class="events"><tbody>{rows}</tbody></table>'


def _length(value: float | None) -> tuple[str, str]:
    if value is None:
        return "–", ""
    return (f"{value * 100:.1f}", "cm") if value < 1.0 else (f"{value:.2f}", "m")


def _time(seconds: float) -> tuple[str, str]:
    if seconds < 60:
        return f"{seconds:.1f}", "s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}", "min"


def _signed(value: float) -> str:
    text = f"{value:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")


def _stops_made(summary: Summary) -> str:
    if summary.stops_made == summary.stops_total:
        return "largest of all stops" if summary.stops_total > 1 else "at the end"
    return f"{summary.stops_made} of {summary.stops_total} stops made"


def _share(summary: Summary) -> str:
    if summary.energy_kwh <= 0:
        return "of nothing drawn"
    return f"{summary.regenerated_kwh / summary.energy_kwh:.0%} of what was drawn"
