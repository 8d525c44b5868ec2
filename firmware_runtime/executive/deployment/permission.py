"""Whether the runtime may start: signed configuration and real-time rights, or development that says so.

A deployment profile takes no exception: without the rights, unsigned, or asked to run in development it does
not start. A development profile runs without them only where its command says so (`--development`). Whatever
is not deployment is told on the bus. None of it reaches the safety part: nothing there is switched.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from firmware_runtime.executive.deployment.signing import SignatureRefused, read, read_public_key, signed_text
from firmware_runtime.executive.scheduling import Rights
from firmware_runtime.vehicle.configuration_files import profile_files, route_files
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.manifest import Manifest, differences, read_text
from firmware_runtime.vehicle.problems import ConfigurationError, Problem
from firmware_runtime.vehicle.profile import DEVELOPMENT


class Start(NamedTuple):
    problems: tuple[Problem, ...]
    """Why it may not start; empty where it may."""
    development: bool
    """To be told on the bus: this is no deployment."""


def require_signed(
    profile: Profile, routes: Sequence[Path], manifest: Path, public_key: Path
) -> tuple[Problem, ...]:
    """Empty where the key's holder signed just this profile, calibration, DBCs, routes and code.

    Otherwise every difference, each with its file. routes: those that this process drives; none for the
    supervisor.
    """
    try:
        _, problems = judge(profile, routes, manifest, public_key)
    except ConfigurationError as error:
        return error.problems
    return problems


def judge(
    profile: Profile, routes: Sequence[Path], manifest: Path, public_key: Path
) -> tuple[Manifest | None, tuple[Problem, ...]]:
    """The manifest where its signature holds, and all that differs from it.

    ConfigurationError where a file cannot be read, or the key is none.
    """
    key, content = read_public_key(public_key), read(manifest)
    files, driven = profile_files(profile), route_files(routes)
    try:
        signed = read_text(signed_text(content, key))
    except SignatureRefused as error:
        expected, _, got = str(error).removeprefix("expected ").partition(", got ")
        return None, (Problem(str(manifest), None, "", expected, got),)
    except ValueError as error:
        return None, (Problem(str(manifest), None, "", "a manifest that can be read", str(error)),)
    found = differences(signed, profile, files, driven)
    return signed, tuple(difference.problem(str(manifest)) for difference in found)


def permit(
    profile: Profile, asked_for_development: bool, rights: Rights, unsigned: Sequence[Problem]
) -> Start:
    """Whether it may start. unsigned: what `require_signed` found, or that no manifest was named."""
    file, purpose = str(profile.path), profile.data.purpose
    lacking = list(unsigned)
    if not rights.realtime:
        expected = "the right to real-time priority (firmware-runtime doctor tells how)"
        lacking.append(Problem(file, None, "purpose", expected, "none"))
    if not rights.memory_locked:
        expected = "the right to lock memory (firmware-runtime doctor tells how)"
        lacking.append(Problem(file, None, "purpose", expected, "none"))
    if purpose != DEVELOPMENT and asked_for_development:
        expected = f'purpose = "{DEVELOPMENT}" in the profile for --development'
        return Start((Problem(file, None, "purpose", expected, f'"{purpose}"'), *lacking), True)
    if asked_for_development:
        return Start((), True)
    return Start(tuple(lacking), purpose == DEVELOPMENT)


def no_watchdog(profile: Profile) -> tuple[Problem, ...]:
    """What is missing where a supervisor was told of no hardware watchdog."""
    return (Problem("--watchdog", None, profile.data.vehicle.name, "a hardware watchdog", "none"),)


def part_of_route(distance_m: float) -> tuple[Problem, ...]:
    """What is missing where `control` is told to drive a part of what was signed."""
    return (Problem("--distance", None, "", "the whole of the signed route", f"its first {distance_m:g} m"),)


def no_manifest(profile: Profile) -> tuple[Problem, ...]:
    """What stands for `require_signed` where no manifest was named."""
    return (Problem("--manifest", None, profile.data.vehicle.name, "a signed manifest", "none"),)
