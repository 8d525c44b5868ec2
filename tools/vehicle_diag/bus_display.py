"""How a terminal shows what is on the buses."""

from collections.abc import Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from vehicle_diag.bus_monitor import BusReport, IdentifierReport


def describe_buses(reports: Sequence[BusReport]) -> Group:
    """Bus after bus: load, errors, then a line an identifier."""
    return Group(*(part for report in reports for part in (_head(report), _identifiers(report), Text())))


def _head(report: BusReport) -> Text:
    text = Text(report.bus, style="bold")
    text.append(
        f"  load {report.load:.1%} (at worst {report.load_worst:.1%}) of {report.bit_rate} bit/s", "not bold"
    )
    text.append(f", {report.rate_hz:.0f} frames/s, {report.frames} in {report.duration_s:.1f} s", "not bold")
    if report.frames_not_kept:
        text.append(f", {report.frames_not_kept} of further identifiers", "yellow")
    for name, count in report.port.items():
        if name not in ("received", "sent"):
            text.append(f"\n  {name.replace('_', ' ')}: {count}", "yellow")
    return text


def _identifiers(report: BusReport) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("identifier", min_width=10, no_wrap=True)
    table.add_column("message", overflow="fold")
    for name in ("frames", "Hz", "ms least", "ms most", "age ms", "errors"):
        table.add_column(name, justify="right")
    table.add_column("data", no_wrap=True)
    for row in report.identifiers:
        table.add_row(
            row.identifier,
            row.name,
            str(row.frames),
            f"{row.rate_hz:.1f}",
            _number(row.period_min_ms),
            _number(row.period_max_ms),
            _number(row.age_ms),
            _errors(row),
            row.data,
        )
    return table


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _errors(row: IdentifierReport) -> Text:
    words = [f"{count} {what}" for count, what in ((row.late, "late"), (row.too_short, "short")) if count]
    return Text(", ".join(words), style="yellow")
