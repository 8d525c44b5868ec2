"""`--cache DIR`: where compiled databases are kept between starts; and a word where they cannot be."""

import argparse
import sys

from firmware_runtime.can.cache import DatabaseCache
from firmware_runtime.executive import command_options
from firmware_runtime.vehicle.load import Profile, load_profile


def add(parser: argparse.ArgumentParser) -> None:
    """Declares it."""
    command_options.add_cache(parser)


def load(args: argparse.Namespace) -> Profile:
    """Loads the profile; ConfigurationError with every problem of it."""
    cache = DatabaseCache(args.cache)
    profile = load_profile(args.profile, cache)
    if cache.note:
        print(f"note: {cache.note}", file=sys.stderr)
    return profile
