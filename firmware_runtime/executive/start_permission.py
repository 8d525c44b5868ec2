"""How a process is told that it may start: a signed manifest, or development that says so.

    --manifest FILE --public-key FILE    what runs is what the key's holder signed
    --development                        unsigned, or without rights; a profile for deployment refuses it

What is decided is told on the bus (`RuntimeStatus.Configuration`), and nothing else hangs on it.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from firmware_runtime.executive import command_options
from firmware_runtime.executive.deployment.permission import no_manifest, permit, require_signed
from firmware_runtime.executive.scheduling import Rights
from firmware_runtime.vehicle.enums import Configuration
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.problems import ConfigurationError, Problem


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    command_options.add_start(parser)


ALL_RIGHTS = Rights(True, True)


def lacking(
    args: argparse.Namespace, profile: Profile, routes: Sequence[Path], further: Sequence[Problem] = ()
) -> tuple[Problem, ...]:
    """What is missing for deployment before anybody asked for rights: `further`, and why this is not signed.

    Empty where it is. ConfigurationError where it may not start in any case: before a link, a bus or a device
    of a process that runs is touched. profile: as it was loaded, its identity without routes.
    """
    found = (*further, *_unsigned(args, profile, routes))
    configuration(args, profile, ALL_RIGHTS, found)
    return found


def _unsigned(args: argparse.Namespace, profile: Profile, routes: Sequence[Path]) -> tuple[Problem, ...]:
    manifest, key = args.manifest, args.public_key
    if manifest is None and key is None:
        return no_manifest(profile)
    if manifest is None or key is None:
        missing = "--manifest" if manifest is None else "--public-key"
        raise ConfigurationError([Problem(missing, None, "", "--manifest and --public-key together", "one")])
    return require_signed(profile, routes, manifest, key)


def configuration(
    args: argparse.Namespace, profile: Profile, rights: Rights, lacking: Sequence[Problem]
) -> Configuration:
    """What the bus is told; ConfigurationError, with every reason, where this may not start.

    lacking: what is missing for deployment beside the rights.
    """
    start = permit(profile, args.development, rights, lacking)
    if start.problems:
        raise ConfigurationError(start.problems)
    return Configuration.DEVELOPMENT if start.development else Configuration.DEPLOYMENT
