"""Profile and route on the command line, as every subcommand that drives takes them."""

import argparse
from pathlib import Path

from firmware_runtime.executive import compiled_databases
from firmware_runtime.motion.route_build import build_route
from firmware_runtime.motion.route_file import read_route_file
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.route import Route


def add(parser: argparse.ArgumentParser) -> None:
    """Declares them."""
    parser.add_argument("profile", metavar="PROFILE", type=Path, help="vehicle profile (TOML)")
    parser.add_argument("--route", metavar="FILE", type=Path, required=True, help="the route to drive")
    parser.add_argument("--distance", metavar="M", type=_positive, help="only the first M metres of it")
    compiled_databases.add(parser)


def load(args: argparse.Namespace) -> tuple[Profile, Route]:
    """Loads both; ConfigurationError or RouteError with every problem of a file."""
    profile = compiled_databases.load(args)
    points = read_route_file(args.route, distance_max_m=args.distance)
    return profile, build_route(points, profile.data)


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"expected a length above 0 in metres, got {text!r}")
    return value
