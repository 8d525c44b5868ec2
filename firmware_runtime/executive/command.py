"""Entry of the `firmware-runtime` command: finds the subcommand, runs it, tells what went wrong.

A subcommand is a module of this package as `subcommand.Subcommand` describes it, listed in SUBCOMMANDS.
Only the one that was asked for is imported, so that a process loads nothing that it does not need.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import cast

from firmware_runtime.executive import lean, quick_begin
from firmware_runtime.executive.subcommand import EXIT_PROBLEMS, EXIT_UNAVAILABLE, Subcommand, print_problems
from firmware_runtime.vehicle.identity import code_digest
from firmware_runtime.vehicle.problems import ConfigurationError, UnavailableError

SUBCOMMANDS: tuple[str, ...] = (
    "check",
    "doctor",
    "install",
    "manifest",
    "run",
    "run-supervisor",
    "run-control",
    "run-services",
    "status",
    "replay",
    "safety",
    "state",
)
"""Modules of this package, `-` for `_`, in the order of `--help`."""
EXIT_INTERRUPTED = 130
"""128 and the number of SIGINT, as shells say it."""
PROCESS_COMMANDS = frozenset({"run-supervisor", "run-control", "run-services"})

EPILOG = """\
examples:
  firmware-runtime check configs/q_truck.toml          check a vehicle profile, print its bindings
  firmware-runtime check configs/q_truck.toml --json   the same for a program
  firmware-runtime COMMAND --help                      what a command takes

exit status: 0 done, 1 failed, 2 bad input (each problem on one line: file, line, expected, got); of a
process also 75: a device, bus, link or lock cannot be had now, the same command may do later"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the result is the exit status."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    named = next((argument for argument in arguments if not argument.startswith("-")), None)
    wanted = (named,) if named in SUBCOMMANDS else SUBCOMMANDS
    if named is not None and named in PROCESS_COMMANDS:
        lean.begin()
        quick_begin.ask(named)
    modules = {name: _load(name) for name in wanted}
    args = _parser(modules).parse_args(arguments)
    try:
        return modules[args.command].run(args)
    except ConfigurationError as error:
        print_problems(error)
        return EXIT_UNAVAILABLE if isinstance(error, UnavailableError) else EXIT_PROBLEMS
    except KeyboardInterrupt:
        # Processes of the vehicle hear it themselves (stop_request).
        print("firmware-runtime: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe (`head`) has seen enough; the interpreter must not complain when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _load(name: str) -> Subcommand:
    return cast(Subcommand, importlib.import_module(f"firmware_runtime.executive.{name.replace('-', '_')}"))


def _parser(modules: dict[str, Subcommand]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="firmware-runtime",
        description="Onboard runtime for driverless, battery-electric yard vehicles.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=_version())
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in modules.values():
        module.add_parser(subparsers)
    return parser


def _version() -> str:
    try:
        release = version("firmware-runtime")
    except PackageNotFoundError:
        release = "(not installed)"
    return f"firmware-runtime {release} (code {code_digest()[:12]})"
