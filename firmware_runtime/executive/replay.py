"""`firmware-runtime replay FILE PROFILE`: a black box into a fresh runtime; are its outputs the same?"""

import argparse
import sys
from pathlib import Path

from firmware_runtime.executive import route_arguments
from firmware_runtime.executive.onboard import Onboard
from firmware_runtime.executive.subcommand import Subparsers
from firmware_runtime.recorder.blackbox import BlackBoxError, BlackBoxReader
from firmware_runtime.recorder.replay import replay
from firmware_runtime.vehicle.problems import ConfigurationError, Problem

SAME, DIFFERENT = 0, 1

EPILOG = """\
examples:
  firmware-runtime replay out/drive/blackbox.bin configs/q_truck.toml --route configs/routes/yard.csv

Profile and route must be those of the drive, with the same --distance. Where the harness smoothed the
route, it is route.csv beside the black box.

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
    recorded = reader.header.identity
    if recorded != profile.identity:
        print(
            f"note: recorded by {recorded}, replayed by {profile.identity}, and the heartbeat carries it",
            file=sys.stderr,
        )
    try:
        result = replay(reader.ticks(), Onboard(profile, route))
    except BlackBoxError as error:
        raise ConfigurationError([_problem(args.file, str(error))]) from error
    if reader.unread_bytes:
        print(f"note: {reader.unread_bytes} bytes at the end are no whole record", file=sys.stderr)
    difference = result.difference
    if difference is None:
        print(f"{result.ticks} ticks, every byte the same")
        return SAME
    print(f"differs at tick {difference.tick} ({difference.time_ns} ns) in {difference.where}:")
    print(f"  recorded {difference.recorded}")
    print(f"  replayed {difference.replayed}")
    return DIFFERENT


def _open(path: Path) -> BlackBoxReader:
    try:
        return BlackBoxReader(path)
    except BlackBoxError as error:
        raise ConfigurationError([_problem(path, str(error).removeprefix(f"{path}: "))]) from error
    except OSError as error:
        raise ConfigurationError([_problem(path, error.strerror or str(error))]) from error


def _problem(path: Path, got: str) -> Problem:
    return Problem(str(path), None, "", "a black box that can be read", got)
