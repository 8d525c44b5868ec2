"""`summary.json` and the closing table: the answer of a drive in figures.

Flat keys, units in the names, null where there is nothing to measure (a stop that was never reached has no
stop error).
"""

from math import isfinite
from pathlib import Path

import msgspec
from rich.console import Group
from rich.table import Table
from rich.text import Text

from vehicle_hil.metrics import DriveMetrics, Stand, StopFigure, stop_figures
from vehicle_hil.recording import NO_RUNTIME, Recording
from vehicle_hil.result import DriveJob, DriveResult, DriveSetup, Ending

SUMMARY_FILE = "summary.json"


class Summary(msgspec.Struct, frozen=True):
    """The rows of `summary.json`, in this order."""

    arrived: bool
    """The vehicle truly stands within 0.5 m of the end of the route, and the runtime says arrived."""
    reason: str
    """Why it did not arrive; empty where it did."""
    stop_error_m: float | None
    """Largest distance of the standing reference point from its stop, over all stops and the end."""
    cross_track_mean_m: float | None
    """Mean of the absolute distance to the line through the file's points, over the distance driven."""
    cross_track_max_m: float | None
    distance_m: float
    duration_s: float
    """Vehicle time."""
    realtime_factor: float
    """Vehicle time over wall time of the ticks."""
    energy_kwh: float
    """Drawn from the pack."""
    regenerated_kwh: float
    kwh_per_km: float | None
    """Net: drawn less regenerated."""
    faults: list[str]
    """Every fault that was ever active, in order of appearance."""
    final_state: str
    seed: int
    identity: str
    vehicle: str
    route: str
    mode: str
    gnss: str
    route_deviation_max_m: float
    """Largest distance from the line that is driven to the file's points; 0 where it is exact."""
    stops_made: int
    stops_total: int
    standing: bool
    """At the end of the drive."""
    speed_max_mps: float
    lateral_acceleration_max_mps2: float
    deceleration_max_mps2: float
    bus_frames: int
    runtime_lost_s: float | None
    """When the runtime's process died or was killed."""
    standstill_after_s: float | None
    """From then to standstill, by the ECUs' own time-outs."""
    standstill_after_m: float | None


def summarise(
    job: DriveJob, setup: DriveSetup, result: DriveResult, recording: Recording
) -> tuple[Summary, tuple[StopFigure, ...]]:
    """Figures of a finished recording, and how each stop was met. Raises nothing for a drive cut short."""
    metrics, line = recording.metrics, recording.line
    if metrics is None or line is None:
        raise ValueError("there is nothing to summarise before the drive has started")
    stands = metrics.all_stands()
    stops = stop_figures(setup.route, line, stands)
    said = recording.last_telemetry is not None and recording.last_telemetry.arrived
    arrived = said and metrics.at_end(setup.route)
    lost_ns = result.runtime_killed_ns
    after_s, after_m = (None, None) if lost_ns is None else _after_loss(lost_ns / 1e9, recording, stands)
    summary = Summary(
        arrived=arrived,
        reason="" if arrived else _reason(result, metrics, setup, said, after_s, after_m),
        stop_error_m=_rounded(max((s.error_m for s in stops if s.error_m is not None), default=None)),
        cross_track_mean_m=_rounded(metrics.cross_track_mean_m),
        cross_track_max_m=_rounded(metrics.cross_track_max_m),
        distance_m=round(metrics.distance_m, 3),
        duration_s=round(metrics.duration_s, 3),
        realtime_factor=round(result.virtual_s / result.wall_s, 2) if result.wall_s > 0 else 0.0,
        energy_kwh=round(metrics.energy_kwh, 5),
        regenerated_kwh=round(metrics.regenerated_kwh, 5),
        kwh_per_km=_rounded(metrics.kwh_per_km),
        faults=list(recording.events.faults_ever),
        final_state=NO_RUNTIME if lost_ns is not None else recording.state,
        seed=job.seed,
        identity=setup.identity,
        vehicle=setup.profile.vehicle.name,
        route=job.route_path.name,
        mode=setup.mode,
        gnss=setup.gnss,
        route_deviation_max_m=round(setup.route.deviation_max_m, 4),
        stops_made=sum(stop.error_m is not None for stop in stops),
        stops_total=len(stops),
        standing=metrics.standing,
        speed_max_mps=round(metrics.speed_max_mps, 3),
        lateral_acceleration_max_mps2=round(metrics.lateral_acceleration_max_mps2, 3),
        deceleration_max_mps2=round(metrics.deceleration_max_mps2, 3),
        bus_frames=recording.frames,
        runtime_lost_s=None if lost_ns is None else round(lost_ns / 1e9, 3),
        standstill_after_s=_rounded(after_s),
        standstill_after_m=_rounded(after_m),
    )
    return summary, stops


def encode(summary: Summary) -> bytes:
    return msgspec.json.format(msgspec.json.encode(summary), indent=2) + b"\n"


def write(summary: Summary, out_dir: Path) -> Path:
    path = out_dir / SUMMARY_FILE
    path.write_bytes(encode(summary))
    return path


def exit_status(summary: Summary, ending: Ending) -> int:
    """0: arrived at every stop, or drove for the seconds asked for, without any fault; 1 otherwise."""
    if summary.faults or summary.runtime_lost_s is not None:
        return 1
    if summary.arrived:
        return 0 if summary.stops_made == summary.stops_total else 1
    return 0 if ending is Ending.SECONDS else 1


def verdict(summary: Summary, ending: Ending) -> tuple[str, str, str]:
    """The answer, what is to be said of it (may be empty), and its rank: `good`, `open` (as asked, but not
    at the end of the route) or `bad`."""
    if summary.arrived:
        missed = summary.stops_total - summary.stops_made
        if missed:
            return "Arrived, but not at every stop", f"missed {missed} of {summary.stops_total} stops", "bad"
        if summary.faults:
            return "Arrived, with faults", "; ".join(summary.faults), "bad"
        return "Arrived", "", "good"
    if exit_status(summary, ending) == 0:
        return "Drove as asked", summary.reason, "open"
    return "Did not arrive", summary.reason, "bad"


def closing_table(summary: Summary, ending: Ending, out_dir: Path) -> Group:
    """What the terminal shows at the end: the answer first, then the figures."""
    answer, remark, rank = verdict(summary, ending)
    style = {"good": "bold green", "open": "bold yellow", "bad": "bold red"}[rank]
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in figure_rows(summary):
        table.add_row(label, Text(text))
    table.add_row("Report", Text(str(out_dir)))
    headline = Text(answer, style=style)
    if remark:
        headline.append(f": {remark}", style="not bold")
    return Group(Text(""), headline, Text(""), table)


def figure_rows(summary: Summary) -> list[tuple[str, str]]:
    """Label and text with unit of each figure, for people."""
    net = f", {summary.kwh_per_km:.2f} kWh/km net" if summary.kwh_per_km is not None else ""
    rows = [
        ("Stop error", f"{metres(summary.stop_error_m)} ({summary.stops_made} of {_stops(summary)} made)"),
        (
            "Cross-track error",
            f"mean {metres(summary.cross_track_mean_m)}, max {metres(summary.cross_track_max_m)}",
        ),
        ("Distance", f"{summary.distance_m:,.1f} m at up to {summary.speed_max_mps:.2f} m/s"),
        ("Time", f"{clock(summary.duration_s)}, {summary.realtime_factor:.1f} times real time"),
        ("Energy", f"{summary.energy_kwh:.3f} kWh drawn, {summary.regenerated_kwh:.3f} kWh back{net}"),
        ("Faults", "; ".join(summary.faults) or "none"),
        ("Final state", summary.final_state),
    ]
    if summary.runtime_lost_s is not None:
        rows.append(("Runtime lost", f"at {summary.runtime_lost_s:.2f} s"))
    if summary.route_deviation_max_m > 0:
        rows.append(("Route driven", f"within {metres(summary.route_deviation_max_m)} of the file's points"))
    rows.append(("Conditions", f"{summary.mode}, seed {summary.seed}; GNSS {summary.gnss}"))
    rows.append(("Identity", summary.identity[:16]))
    return rows


def metres(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3f} m"


def clock(seconds: float) -> str:
    """`4 min 07 s`, or `31.2 s` below a minute."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def _stops(summary: Summary) -> str:
    return f"{summary.stops_total} stop{'s' if summary.stops_total != 1 else ''}"


def _reason(
    result: DriveResult,
    metrics: DriveMetrics,
    setup: DriveSetup,
    said: bool,
    after_s: float | None,
    after_m: float | None,
) -> str:
    if result.runtime_killed_ns is not None:
        if result.detail:
            return result.detail
        lost = f"the runtime was lost at {result.runtime_killed_ns / 1e9:.2f} s"
        if after_s is None or after_m is None:
            return f"{lost}, and the vehicle did not come to a standstill"
        return (
            f"{lost}; the vehicle's own time-outs brought it to a standstill in {after_s:.2f} s"
            f" over {after_m:.2f} m"
        )
    if said:
        error = metrics.end_error_m(setup.route)
        where = "still moves" if error is None else f"stands {error:.2f} m from the end"
        return f"the runtime says arrived, but the vehicle {where}"
    share = max(0.0, min(1.0, metrics.progress_m / setup.route.length_m))
    if result.ending is Ending.SECONDS:
        return f"{result.virtual_s:g} s are over at {share:.0%} of the route"
    if result.ending is Ending.INTERRUPTED:
        return f"interrupted at {share:.0%} of the route"
    return result.detail or f"the drive ended at {share:.0%} of the route ({result.ending.value})"


def _after_loss(
    lost_s: float, recording: Recording, stands: list[Stand]
) -> tuple[float | None, float | None]:
    """Time and distance from the runtime's end to the standstill after it; None where it did not stand."""
    stand = next((stand for stand in stands if stand.end_s >= lost_s), None)
    if stand is None:
        return None, None
    if stand.start_s <= lost_s:
        return 0.0, 0.0
    columns = recording.trace.truth()
    times, distances = columns["time_s"], columns["distance_m"]
    at_loss = float(distances[times.searchsorted(lost_s, side="right") - 1])
    at_stand = float(distances[min(int(times.searchsorted(stand.start_s)), len(distances) - 1)])
    return stand.start_s - lost_s, at_stand - at_loss


def _rounded(value: float | None) -> float | None:
    return round(value, 4) if value is not None and isfinite(value) else None
