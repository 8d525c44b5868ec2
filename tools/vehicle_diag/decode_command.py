"""The subcommand `vehicle-diag decode`: its arguments, and what goes where."""

import argparse
import sys
from pathlib import Path

import msgspec
from rich.console import Console

from firmware_runtime.can.columns import DecodedColumns
from firmware_runtime.can.database import DatabaseError
from vehicle_diag.decode import decode_log, open_databases, select, summarise
from vehicle_diag.decode_output import MissingPackageError, require_parquet, write_csv, write_parquet
from vehicle_diag.decode_report import describe
from vehicle_diag.log_columns import Log, LogError
from vehicle_diag.log_reader import read_log
from vehicle_diag.progress import ProgressBar
from vehicle_diag.status import DONE, NOTHING_FOUND, WRONG_INPUT

_EPILOG = """examples:
  vehicle-diag decode drive.log.gz --dbc vehicle.dbc
  vehicle-diag decode bus.log --dbc drive=dbc/q_truck_drive.dbc --dbc body=dbc/yard_body.dbc
  vehicle-diag decode drive.blf --dbc a.dbc b.dbc --signal EEC1.EngineSpeed --format csv > speed.csv
  vehicle-diag decode drive.mf4 --dbc a.dbc --format parquet --output drive.parquet

LOG is candump (.log, .log.gz), ASC, BLF, TRC or MF4. CSV and Parquet hold one value a row in the order of
the log, in the DBC's unit. J1939 messages match by parameter group, from any source.

exit status: 0 done; 1 nothing of the log was asked for or known; 2 wrong input
"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "decode",
        help="decode a log by databases",
        description="Decodes a CAN log by DBC files: a summary, or all values as CSV or Parquet.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("log", metavar="LOG", type=Path, help="the log")
    parser.add_argument(
        "--dbc",
        metavar="FILE",
        action="extend",
        nargs="+",
        required=True,
        help="database for all buses; BUS=FILE for one bus of the log",
    )
    parser.add_argument(
        "--signal",
        metavar="NAME",
        action="extend",
        nargs="+",
        default=[],
        help="only these: Signal or Message.Signal",
    )
    parser.add_argument("--format", choices=("table", "csv", "parquet"), default="table")
    parser.add_argument(
        "--output", metavar="FILE", type=Path, help="where CSV or Parquet goes; CSV: stdout without it"
    )
    parser.add_argument("--raw", action="store_true", help="CSV: one column more with raw numbers")
    parser.add_argument(
        "--j1939",
        action="store_true",
        help="match all 29-bit messages by parameter group, whatever the DBC says",
    )
    parser.add_argument("--json", action="store_true", help="the summary for a program")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Returns the exit status; one line on stderr for each wrong input."""
    problem = _contradiction(options)
    if problem is not None:
        print(problem, file=sys.stderr)
        return WRONG_INPUT
    try:
        log, decoded = _decoded(options)
        return _show(options, log, decoded)
    except (LogError, DatabaseError, MissingPackageError, ValueError) as error:
        print(error, file=sys.stderr)
    return WRONG_INPUT


def _contradiction(options: argparse.Namespace) -> str | None:
    if options.format == "parquet" and options.output is None:
        return "--format parquet: expected --output FILE, got none"
    if options.format == "table" and options.output is not None:
        return "--output: expected --format csv or parquet with it, got table"
    if options.raw and options.format != "csv":
        return f"--raw: expected --format csv with it, got {options.format}"
    if options.json and options.format == "csv" and options.output is None:
        return "--json: expected --output FILE for the CSV, as both would go to stdout"
    return None


def _decoded(options: argparse.Namespace) -> tuple[Log, DecodedColumns]:
    if options.format == "parquet":
        require_parquet()
    match = open_databases(options.dbc, options.j1939)
    selected = select(match, options.signal)
    try:
        with ProgressBar("reading") as bar:
            log = read_log(options.log, bar.update)
    except OSError as error:
        raise LogError(f"{options.log}: {error.strerror or error}") from error
    with ProgressBar("decoding") as bar:
        return log, decode_log(log, match, selected, options.raw, bar.update)


def _show(options: argparse.Namespace, log: Log, decoded: DecodedColumns) -> int:
    report = summarise(str(options.log), log, decoded)
    rows = _write(options, log, decoded)
    if options.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(report)).decode() + "\n")
    elif options.format == "csv" and options.output is None:
        unknown = f"{report.unknown_frames} frames of {report.unknown_identifiers} identifiers not known"
        cut = "; its last line is cut off" if report.cut_lines else ""
        print(f"{rows} values of {report.decoded_frames} frames; {unknown}{cut}", file=sys.stderr)
    else:
        Console(highlight=False).print(describe(report))
    if not report.signals:
        print(f"{options.log}: none of its {report.frames} frames holds what was asked for", file=sys.stderr)
        return NOTHING_FOUND
    return DONE


def _write(options: argparse.Namespace, log: Log, decoded: DecodedColumns) -> int:
    if options.format == "table":
        return 0
    with ProgressBar("writing") as bar:
        if options.output is None:
            return write_csv(sys.stdout, log.frames, decoded, bar.update, options.raw)
        try:
            if options.format == "parquet":
                return write_parquet(options.output, log.frames, decoded, bar.update)
            with options.output.open("w", encoding="utf-8", newline="\n") as file:
                return write_csv(file, log.frames, decoded, bar.update, options.raw)
        except OSError as error:
            raise ValueError(f"{options.output}: {error.strerror or error}") from error
