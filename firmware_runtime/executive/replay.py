"""`firmware-runtime replay FILE PROFILE`: a black box into a fresh runtime; are its outputs the same?"""

import argparse
import sys
from pathlib import Path

from firmware_runtime.controller import Controller
from firmware_runtime.executive import route_arguments
from firmware_runtime.executive.onboard import Onboard
from firmware_runtime.executive.subcommand import Subparsers
from firmware_runtime.recorder.blackbox import BlackBoxError, BlackBoxReader
from firmware_runtime.recorder.replay import ReplayResult, replay, replay_control, replay_supervisor
from firmware_runtime.recorder.tick_record import TickRecord
from firmware_runtime.safety.supervisor import Supervisor
from firmware_runtime.vehicle.configuration_files import with_routes
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.problems import ConfigurationError, Problem
from firmware_runtime.vehicle.route import Route

SAME, DIFFERENT = 0, 1

EPILOG = """\
examples:
  firmware-runtime replay out/drive/blackbox.bin configs/q_truck.toml --route configs/routes/yard.csv

Profile and route must be those of the drive, with the same --distance. Where the harness smoothed the
route, it is route.csv beside the black box. Of a vehicle's computer `control` and supervisor are replayed one
by one, each from its process's beginning, and anew where it began anew.

exit status: 0 every byte is the same, 1 it differs (the first difference is told), 2 bad input"""


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "replay",
        help="run a black box again and compare",
        description="Feeds a black box's inputs to a fresh runtime and compares its outputs byte for byte.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="black box")
    route_arguments.add(parser)


def run(args: argparse.Namespace) -> int:
    reader = _open(args.file)
    profile, route = route_arguments.load(args)
    driven = with_routes(profile, [args.route])
    recorded = reader.header.identity
    if recorded not in (profile.identity, driven.identity):
        print(
            f"note: recorded by {recorded}, replayed by {profile.identity}, and the heartbeat carries it",
            file=sys.stderr,
        )
    try:
        results = _replay(args.file, profile, driven, route)
        # Read to its end once more, as a replay may stop before: what is torn is told in any case.
        for _ in reader.records():
            continue
    except BlackBoxError as error:
        raise ConfigurationError([_problem(args.file, str(error))]) from error
    if reader.unread_bytes:
        print(f"note: {reader.unread_bytes} bytes at the end are no whole record", file=sys.stderr)
    for name, result in results.items():
        _tell(name, result)
    return SAME if all(result.difference is None for result in results.values()) else DIFFERENT


def _replay(path: Path, profile: Profile, driven: Profile, route: Route) -> dict[str, ReplayResult]:
    """By component; of a file from a vehicle's computer control and supervisor, each by itself.

    driven: the profile under the identity that processes go by, with the route in it.
    """
    first = next(BlackBoxReader(path).records(), None)
    if first is None or isinstance(first, TickRecord):
        ticks = (record for record in BlackBoxReader(path).records() if isinstance(record, TickRecord))
        return {"": replay(ticks, Onboard(profile, route))}
    return {
        "control": replay_control(BlackBoxReader(path).records(), lambda: Controller(driven, route)),
        "supervisor": replay_supervisor(
            BlackBoxReader(path).records(),
            lambda configuration: Supervisor(driven, configuration=configuration),
        ),
    }


def _tell(name: str, result: ReplayResult) -> None:
    of = f"{name}: " if name else ""
    difference = result.difference
    if difference is None:
        begins = f" in {result.begins} lives of its process" if result.begins > 1 else ""
        print(f"{of}{result.ticks} ticks, every byte the same{begins}")
        return
    print(f"{of}differs at tick {difference.tick} ({difference.time_ns} ns) in {difference.where}:")
    print(f"  recorded {difference.recorded}")
    print(f"  replayed {difference.replayed}")


def _open(path: Path) -> BlackBoxReader:
    try:
        return BlackBoxReader(path)
    except BlackBoxError as error:
        raise ConfigurationError([_problem(path, str(error).removeprefix(f"{path}: "))]) from error
    except OSError as error:
        raise ConfigurationError([_problem(path, error.strerror or str(error))]) from error


def _problem(path: Path, got: str) -> Problem:
    return Problem(str(path), None, "", "a black box that can be read", got)
