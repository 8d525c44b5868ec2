"""The console script `vehicle-diag`: for a technician with a laptop.

It reads black boxes and CAN logs, and listens to buses. Asking a vehicle by UDS is to come.
Exit status: 0 done, 1 nothing found, 2 wrong input (a line on stderr).
"""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from firmware_runtime.recorder.blackbox import BlackBoxError
from vehicle_diag import bus_command, decode_command
from vehicle_diag.record import RecordReport, read_record
from vehicle_diag.status import DONE, WRONG_INPUT

_EXAMPLES = """examples:
  vehicle-diag record black_box                what it holds: time, states, trouble codes
  vehicle-diag record black_box --json | jq .trouble_codes

exit status: 0 done; 2 wrong input
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    options = _parser().parse_args(argv)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of a pipe (`head`) has seen enough.
        _drop_output()
        return DONE
    except OSError as error:
        _drop_output()
        print(f"{error.filename or 'stdout'}: {error.strerror or error}", file=sys.stderr)
        return WRONG_INPUT
    return status


def _drop_output() -> None:
    """What is still in the buffer would fail once more at the interpreter's end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="vehicle-diag", description="What a vehicle says, and remembers.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    record = commands.add_parser(
        "record",
        help="sum up a black box",
        description="Sums up a black box: how long, in which states, with which trouble codes.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    record.add_argument("file", metavar="FILE", type=Path, help="black box, also one being written")
    record.add_argument("--json", action="store_true", help="for a program")
    record.set_defaults(run=run_record)
    decode_command.add_parser(commands)
    bus_command.add_parser(commands)
    return parser


def run_record(options: argparse.Namespace) -> int:
    """The subcommand `record`."""
    try:
        report = read_record(options.file)
    except BlackBoxError as error:
        print(error, file=sys.stderr)
        return WRONG_INPUT
    except OSError as error:
        print(f"{options.file}: expected a readable black box, got: {error.strerror}", file=sys.stderr)
        return WRONG_INPUT
    if options.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(report)).decode() + "\n")
    else:
        Console(highlight=False).print(describe(report))
    return DONE


def describe(report: RecordReport) -> Group:
    """The report for a terminal: what it is, the states, who acknowledged, then the trouble codes."""
    return Group(_head(report), Text(), _states(report), _acknowledgements(report), Text(), _codes(report))


def _head(report: RecordReport) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row("vehicle", Text(report.vehicle, style="bold"))
    table.add_row("route", f"{report.route}, {report.route_share:.0%} driven{', arrived' * report.arrived}")
    table.add_row("identity", report.identity)
    if report.started_unix_ns:
        begin = datetime.fromtimestamp(report.started_unix_ns // 1_000_000_000, UTC)
        table.add_row("begun", f"{begin:%Y-%m-%d %H:%M:%S} UTC")
    table.add_row("duration", f"{report.duration_s:.2f} s in {report.ticks} ticks")
    table.add_row("top speed", f"{report.speed_max_mps:.2f} m/s")
    if report.missing_ticks:
        table.add_row("missing", Text(f"{report.missing_ticks} ticks were not recorded", style="yellow"))
    if report.unread_bytes:
        text = f"{report.unread_bytes} bytes of no whole record: the writer was killed, or damage"
        table.add_row("end of file", Text(text, style="yellow"))
    return table


def _states(report: RecordReport) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("state")
    table.add_column("from (s)", justify="right")
    table.add_column("to (s)", justify="right")
    for span in report.states:
        table.add_row(span.state, f"{span.from_s:.2f}", f"{span.to_s:.2f}")
    return table


def _acknowledgements(report: RecordReport) -> Text:
    """One line each; nothing where nobody acknowledged."""
    lines = [f"\nacknowledged at {one.at_s:.2f} s: {one.text}" for one in report.acknowledgements]
    return Text("".join(lines))


def _codes(report: RecordReport) -> Text:
    """One paragraph a code: it must be readable on 80 columns."""
    if not report.trouble_codes:
        return Text("no trouble codes", style="green")
    text = Text()
    for code in report.trouble_codes:
        frame = code.freeze_frame
        text.append(f"{code.identifier}: {code.detail}\n", style="bold red" if code.active else "bold")
        times = "once" if code.occurrences == 1 else f"{code.occurrences} times"
        end = "still active" if code.active else "gone"
        text.append(f"    {code.severity}, {times}, {code.first_s:.2f} s to {code.last_s:.2f} s, {end}\n")
        text.append(f"    at first {frame['state']}, {frame['speed_mps']:.2f} m/s,")
        text.append(f" {frame['route_distance_m']:.1f} m along the route\n")
        if code.look_at:
            text.append(f"    look at {code.look_at}\n")
    if report.codes_not_kept:
        text.append(f"{report.codes_not_kept} more found no place\n", style="yellow")
    text.rstrip()
    return text
