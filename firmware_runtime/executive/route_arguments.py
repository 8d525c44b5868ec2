"""Profile and route on the command line, as every subcommand that drives takes them."""

import argparse
import sys

from firmware_runtime.executive import command_options, compiled_databases
from firmware_runtime.motion.route_cache import RouteCache
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.route import Route


def add(parser: argparse.ArgumentParser) -> None:
    """Declares them."""
    command_options.add_route(parser)


def load(args: argparse.Namespace) -> tuple[Profile, Route]:
    """Loads both; ConfigurationError or RouteError with every problem of a file."""
    profile = compiled_databases.load(args)
    cache = RouteCache(args.cache)
    route = cache.load(args.route, profile, distance_max_m=args.distance)
    if cache.note:
        print(f"note: {cache.note}", file=sys.stderr)
    return profile, route
