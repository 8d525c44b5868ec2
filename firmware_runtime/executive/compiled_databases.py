"""`--cache DIR`: where compiled databases are kept between starts; and a word where they cannot be."""

import argparse
import sys
from pathlib import Path

from firmware_runtime.can.cache import DatabaseCache
from firmware_runtime.vehicle.load import Profile, load_profile


def add(parser: argparse.ArgumentParser) -> None:
    """Declares it."""
    parser.add_argument(
        "--cache",
        metavar="DIR",
        type=Path,
        help="where compiled DBCs are kept (default: firmware-runtime/dbc in the user's cache)",
    )


def load(args: argparse.Namespace) -> Profile:
    """Loads the profile; ConfigurationError with every problem of it."""
    cache = DatabaseCache(args.cache)
    profile = load_profile(args.profile, cache)
    if cache.note:
        print(f"note: {cache.note}", file=sys.stderr)
    return profile
