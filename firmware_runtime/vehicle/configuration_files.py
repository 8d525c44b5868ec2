"""The files that make up a configuration, as bytes: what is installed, and what a manifest names."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from firmware_runtime.vehicle.identity import configuration_identity, identity_with_routes
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.problems import ConfigurationError, Problem


class ConfigurationFile(NamedTuple):
    """One file, read once."""

    role: str
    """`profile`, `calibration`, `bus drive`, `route yard.csv`: the same wherever the file lies."""
    path: Path
    content: bytes


def profile_files(profile: Profile) -> tuple[ConfigurationFile, ...]:
    """Profile, calibration and DBCs, in the order of the identity.

    Raises ConfigurationError where a file cannot be read, or is not what was loaded any more.
    """
    beside = profile.path.parent
    named = [("profile", profile.path), ("calibration", beside / profile.data.calibration)]
    named += [(f"bus {name}", beside / bus.dbc) for name, bus in profile.data.buses.items()]
    files = tuple(_read(role, path) for role, path in named)
    if configuration_identity((file.role, file.content) for file in files) != profile.identity:
        expected = "the files that were loaded a moment ago"
        raise ConfigurationError(
            [Problem(str(profile.path), None, "", expected, "others: somebody edits them")]
        )
    return files


def route_files(routes: Iterable[Path]) -> tuple[ConfigurationFile, ...]:
    """Routes by their file names.

    Raises ConfigurationError where one cannot be read, or two have one name.
    """
    files = tuple(_read(f"route {path.name}", path) for path in routes)
    problems = [
        Problem(str(file.path), None, "", "one route of this name", f"another, {other.path}")
        for place, file in enumerate(files)
        for other in files[:place]
        if other.role == file.role
    ]
    if problems:
        raise ConfigurationError(problems)
    return files


def with_routes(profile: Profile, routes: Iterable[Path]) -> Profile:
    """The profile under the identity that these routes make with it.

    A process that reads no route, as the supervisor, hashes the files alone. ConfigurationError as
    `route_files` has it.
    """
    digests = {file.path.name: hashlib.sha256(file.content).hexdigest() for file in route_files(routes)}
    return replace(profile, identity=identity_with_routes(profile.identity, digests))


def _read(role: str, path: Path) -> ConfigurationFile:
    try:
        return ConfigurationFile(role, path, path.read_bytes())
    except OSError as error:
        problem = Problem(str(path), None, "", "a file that can be read", error.strerror or "an error")
        raise ConfigurationError([problem]) from error
