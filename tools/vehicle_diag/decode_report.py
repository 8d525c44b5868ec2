"""What a decoded log tells in short, and how a terminal shows it."""

import msgspec
from rich.console import Group
from rich.table import Table
from rich.text import Text

from firmware_runtime.can.frame import EXTENDED_FLAG
from firmware_runtime.can.j1939 import format_id

UNKNOWN_SHOWN = 10


class SignalReport(msgspec.Struct, frozen=True):
    """One signal of a log; values in the DBC's unit, figures over its finite values."""

    message: str
    signal: str
    unit: str
    count: int
    identifiers: list[str]
    """It came with these; several where a J1939 group has several sources."""
    first: float
    last: float
    minimum: float | None
    maximum: float | None
    mean: float | None
    not_finite: int


class UnknownReport(msgspec.Struct, frozen=True):
    """An identifier that no database has."""

    bus: str
    identifier: str
    frames: int


class DecodeReport(msgspec.Struct, frozen=True):
    """A decoded log in short."""

    file: str
    frames: int
    """Data frames of the log."""
    decoded_frames: int
    too_short_frames: int
    """Refused: payload shorter than its message."""
    no_page_frames: int
    """Refused: a multiplexer value without a page in the database."""
    unknown_frames: int
    unknown_identifiers: int
    remote_frames: int
    error_frames: int
    cut_lines: int
    """1 where the log ends within a line, which is left out."""
    duration_s: float
    """From the earliest to the latest frame."""
    signals: list[SignalReport]
    unknown: list[UnknownReport]
    """The most frequent first."""


def identifier_text(can_id: int) -> str:
    """`0x123` for 11 bits, `0x0CF00400` for 29."""
    return f"0x{can_id & ~EXTENDED_FLAG:08X}" if can_id & EXTENDED_FLAG else f"0x{can_id:03X}"


def describe(report: DecodeReport) -> Group:
    """The report for a terminal: counts, then a line a signal, then what was not known."""
    parts = [_head(report)]
    if report.signals:
        parts += [Text(), _signals(report)]
    if report.unknown:
        parts += [Text(), _unknown(report)]
    return Group(*parts)


def _head(report: DecodeReport) -> Table:
    table = Table.grid(padding=(0, 2))
    rate = f", {report.frames / report.duration_s:.0f} a second" if report.duration_s > 0 else ""
    table.add_row("log", report.file)
    table.add_row("frames", f"{report.frames} in {report.duration_s:.2f} s{rate}")
    table.add_row("decoded", f"{report.decoded_frames}")
    unknown = f"{report.unknown_frames} of {report.unknown_identifiers} identifiers"
    table.add_row("not known", unknown if report.unknown_frames else "none")
    for label, count in (
        ("too short", report.too_short_frames),
        ("no page", report.no_page_frames),
        ("remote frames", report.remote_frames),
        ("error frames", report.error_frames),
        ("lines cut off", report.cut_lines),
    ):
        if count:
            table.add_row(label, Text(str(count), style="yellow"))
    return table


def _signals(report: DecodeReport) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("signal", overflow="fold")
    for name in ("unit", "values", "first", "last", "least", "greatest", "mean"):
        table.add_column(name, justify="left" if name == "unit" else "right")
    for row in report.signals:
        figures = (row.first, row.last, row.minimum, row.maximum, row.mean)
        shown = ["-" if value is None else f"{value:.6g}" for value in figures]
        count = f"{row.count}" + (f" ({row.not_finite} not finite)" if row.not_finite else "")
        table.add_row(f"{row.message}.{row.signal}", row.unit, count, *shown)
    return table


def _unknown(report: DecodeReport) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("not known")
    table.add_column("bus")
    table.add_column("frames", justify="right")
    for row in report.unknown[:UNKNOWN_SHOWN]:
        digits = row.identifier.removeprefix("0x")
        can_id = int(digits, 16) | (EXTENDED_FLAG if len(digits) == 8 else 0)
        table.add_row(format_id(can_id), row.bus, str(row.frames))
    rest = len(report.unknown) - UNKNOWN_SHOWN
    if rest > 0:
        table.add_row(f"and {rest} more", "", str(sum(row.frames for row in report.unknown[UNKNOWN_SHOWN:])))
    return table
