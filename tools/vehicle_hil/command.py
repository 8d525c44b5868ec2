"""The console script `vehicle-hil`: drives a route with the real runtime and a simulated vehicle.

`drive` is what `tools/drive` calls. Exit status: 0 arrived (or drove for the seconds asked for) without a
fault, 1 did not, 2 the input is wrong; then each problem is one line on stderr.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from rich.console import Console

from firmware_runtime.vehicle.problems import ConfigurationError
from vehicle_hil import summary as summaries
from vehicle_hil.display import DriveDisplay
from vehicle_hil.recording import Recording
from vehicle_hil.report.page import REPORT_FILE, Drive, write_report
from vehicle_hil.result import LOCKSTEP, REALTIME, DriveJob, DriveResult, Ending, Observer
from vehicle_hil.vehicle_file import VehicleFileError

ARRIVED, FAILED, WRONG_INPUT = 0, 1, 2

Runner = Callable[[DriveJob, Observer], DriveResult]

_EXAMPLES = """examples:
  vehicle-hil drive                                  the Q-Truck around the yard, as fast as it computes
  vehicle-hil drive --seed 7 --out out/seven         the same noise each time, results in out/seven
  vehicle-hil drive --vehicle configs/yard_tractor.toml --route lap.csv --allow-infeasible
  vehicle-hil drive --route recorded.txt --distance 2000
  vehicle-hil drive --realtime --seconds 30          by the wall clock, runtime in a process of its own
  vehicle-hil drive --realtime --seconds 40 --kill-runtime-at 20
  vehicle-hil drive --json --no-report | jq .stop_error_m

exit status: 0 arrived, or drove for --seconds, without a fault; 1 did not; 2 wrong input
"""


def main(argv: Sequence[str] | None = None, runners: Mapping[str, Runner] | None = None) -> int:
    """Run the command; `runners` (by mode) replaces the real ones. Returns the exit status."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.kill_runtime_at is not None and options.mode != REALTIME:
        parser.error("--kill-runtime-at needs --realtime: in lockstep there is no process to kill")
    job = _job(options)
    console = Console(stderr=options.json, highlight=False)
    try:
        job.out_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        print(f"{job.out_dir}: expected a folder to write to, got {error.strerror}", file=sys.stderr)
        return WRONG_INPUT
    runner = (runners or {}).get(options.mode) or _runner(options.mode)
    return _drive(job, runner, console, report=not options.no_report, as_json=options.json)


def _drive(job: DriveJob, runner: Runner, console: Console, report: bool, as_json: bool) -> int:
    with Recording(job, DriveDisplay(console)) as recording:
        try:
            result = runner(job, recording)
        except KeyboardInterrupt:
            wall_s = time.perf_counter() - recording.begin_s
            driven_s = recording.metrics.duration_s if recording.metrics is not None else 0.0
            result = DriveResult(Ending.INTERRUPTED, "", wall_s=wall_s, virtual_s=driven_s)
        except (ConfigurationError, VehicleFileError) as error:
            _remove_if_empty(job.out_dir)
            print(error, file=sys.stderr)
            return WRONG_INPUT
        if recording.setup is None or recording.metrics is None or recording.metrics.last is None:
            _remove_if_empty(job.out_dir)
            print("interrupted before the drive began", file=sys.stderr)
            return FAILED
        recording.finish(result)
    summary, stops = summaries.summarise(job, recording.setup, result, recording)
    summaries.write(summary, job.out_dir)
    shown = job.out_dir
    if report:
        shown = job.out_dir / REPORT_FILE
        write_report(shown, Drive(recording.setup, result, recording, summary, stops))
    console.print(summaries.closing_table(summary, result.ending, shown))
    if as_json:
        sys.stdout.write(summaries.encode(summary).decode())
    return summaries.exit_status(summary, result.ending)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vehicle-hil",
        description="Drives the onboard runtime against a simulated vehicle over virtual CAN.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    drive = commands.add_parser(
        "drive",
        help="drive a route and report on it",
        description="Drives a route: the real runtime controls a simulated vehicle over CAN frames.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_what(drive, project_root())
    _add_how(drive)
    _add_out(drive)
    return parser


def _add_what(drive: argparse.ArgumentParser, root: Path) -> None:
    what = drive.add_argument_group("what is driven")
    what.add_argument(
        "--vehicle",
        metavar="PROFILE",
        type=Path,
        default=root / "configs/q_truck.toml",
        help="vehicle profile (default: configs/q_truck.toml)",
    )
    what.add_argument(
        "--route",
        metavar="FILE",
        type=Path,
        default=root / "configs/routes/yard.csv",
        help="CSV in metres or in degrees, race-track centre line or RTK drive"
        " (default: configs/routes/yard.csv)",
    )
    what.add_argument("--distance", metavar="M", type=_positive, help="drive only the first M metres of it")
    what.add_argument(
        "--allow-infeasible",
        action="store_true",
        help="smooth a route that the vehicle cannot follow, instead of refusing it",
    )


def _add_how(drive: argparse.ArgumentParser) -> None:
    how = drive.add_argument_group("how")
    mode = how.add_mutually_exclusive_group()
    mode.add_argument(
        "--lockstep",
        dest="mode",
        action="store_const",
        const=LOCKSTEP,
        help="virtual time in one process; the same seed gives the same bytes (default)",
    )
    mode.add_argument(
        "--realtime",
        dest="mode",
        action="store_const",
        const=REALTIME,
        help="by the wall clock, runtime and vehicle in processes of their own",
    )
    drive.set_defaults(mode=LOCKSTEP)
    how.add_argument("--seed", metavar="N", type=int, default=1, help="of all noise (default: 1)")
    how.add_argument(
        "--seconds", metavar="S", type=_positive, help="end after S seconds of vehicle time, arrived or not"
    )
    how.add_argument(
        "--kill-runtime-at",
        metavar="S",
        type=_positive,
        help="with --realtime: SIGKILL to the runtime after S seconds; the vehicle must stop by itself",
    )


def _add_out(drive: argparse.ArgumentParser) -> None:
    out = drive.add_argument_group("what comes out")
    out.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        help="folder for report.html, summary.json and bus.log (default: out/<time>-<vehicle>)",
    )
    out.add_argument("--json", action="store_true", help="print the summary as JSON, all else to stderr")
    out.add_argument("--no-report", action="store_true", help="write no report.html")


def _job(options: argparse.Namespace) -> DriveJob:
    return DriveJob(
        profile_path=options.vehicle,
        route_path=options.route,
        distance_m=options.distance,
        allow_infeasible=options.allow_infeasible,
        seed=options.seed,
        seconds=options.seconds,
        kill_runtime_at_s=options.kill_runtime_at,
        out_dir=options.out or _default_out_dir(options.vehicle.stem),
    )


def project_root() -> Path:
    """The folder of the project when it runs from its own tree, else the working directory."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "pyproject.toml").is_file() else Path.cwd()


def _default_out_dir(vehicle: str) -> Path:
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    wanted = project_root() / "out" / f"{stamp}-{vehicle}"
    number = 2
    folder = wanted
    while folder.exists():
        folder = wanted.with_name(f"{wanted.name}-{number}")
        number += 1
    return folder


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0.0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return value


def _runner(mode: str) -> Runner:
    # Imported only here: one mode does not wait for the other's modules.
    if mode == REALTIME:
        from vehicle_hil.realtime import run_realtime

        return run_realtime
    from vehicle_hil.lockstep import run_lockstep

    return run_lockstep


def _remove_if_empty(folder: Path) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()
