"""Options that several subcommands take, declared alone: what reads them is loaded by those that need it."""

import argparse
from pathlib import Path


def add_cache(parser: argparse.ArgumentParser) -> None:
    """`--cache DIR`; see compiled_databases.load."""
    parser.add_argument(
        "--cache",
        metavar="DIR",
        type=Path,
        help="where compiled DBCs and fitted routes are kept "
        "(default: firmware-runtime/dbc in the user's cache)",
    )


def add_route(parser: argparse.ArgumentParser) -> None:
    """Profile, route and `--cache`; see route_arguments.load."""
    parser.add_argument("profile", metavar="PROFILE", type=Path, help="vehicle profile (TOML)")
    parser.add_argument("--route", metavar="FILE", type=Path, required=True, help="the route to drive")
    parser.add_argument("--distance", metavar="M", type=_positive, help="only the first M metres of it")
    add_cache(parser)


def add_start(parser: argparse.ArgumentParser) -> None:
    """By what right a process starts; see start_permission."""
    parser.add_argument("--manifest", metavar="FILE", type=Path, help="signed: what is to run")
    parser.add_argument("--public-key", metavar="PEM", type=Path, help="whose signature counts")
    parser.add_argument(
        "--development",
        action="store_true",
        help="unsigned, or without rights; told on the bus, refused by a profile for deployment",
    )


def add_watchdog(parser: argparse.ArgumentParser) -> None:
    """Of the supervisor's process."""
    parser.add_argument(
        "--watchdog", metavar="DEVICE", type=Path, help="fed while it is well; deployment needs one"
    )


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"expected a length above 0 in metres, got {text!r}")
    return value
