"""What a subcommand of `firmware-runtime` is, and how every one of them tells problems."""

import argparse
import sys
from typing import Protocol, TypeAlias

from firmware_runtime.executive.terminal import Style
from firmware_runtime.vehicle.problems import ConfigurationError

EXIT_PROBLEMS = 2
"""Bad input: of the command line (argparse's own status) or in a file. Nothing but a person mends it."""
EXIT_UNAVAILABLE = 75
"""EX_TEMPFAIL of <sysexits.h>: what was named cannot be had now; the same command may do later."""

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # pyright: ignore[reportPrivateUsage]
"""What `add_parser` gets; argparse has no public name for it."""


class Subcommand(Protocol):
    """What a subcommand's module offers."""

    def add_parser(self, subparsers: Subparsers) -> None:
        """Declare name, help and arguments."""
        ...

    def run(self, args: argparse.Namespace) -> int:
        """Do it; the result is the exit status. `command.main` tells a ConfigurationError (2, 75)."""
        ...


def print_problems(error: ConfigurationError) -> None:
    """Tell each problem on one line of stderr, then their count."""
    for problem in error.problems:
        print(problem, file=sys.stderr)
    count = len(error.problems)
    print(Style(sys.stderr).red(f"{count} problem{'s' if count != 1 else ''}"), file=sys.stderr)
