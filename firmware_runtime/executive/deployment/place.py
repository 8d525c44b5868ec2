"""Puts a release and the system's files in place, each whole or not at all; replaces only what is its own.

Order: the release, the system's files, `current` last. Killed in between, the computer runs what it ran, or
units that name a bus or route the older profile lacks, which refuses to start; installing again completes it.
"""

import fcntl
import os
import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from firmware_runtime.executive.deployment.layout import CURRENT, ETC, RELEASES, Placed, Release, is_ours
from firmware_runtime.vehicle.problems import ConfigurationError, Problem

_PART = ".part"


class Change(Enum):
    NEW = "new"
    SAME = "same"
    REPLACED = "replaced"


class Step(NamedTuple):
    """What happens to one path."""

    path: Path
    change: Change


def plan(root: Path, release: Release, system: Sequence[Placed]) -> tuple[Step, ...]:
    """What `carry_out` would do; ConfigurationError with everything that is in its way."""
    problems: list[Problem] = []
    steps = [_release_step(root / RELEASES / release.name, release, problems)]
    steps += [_file_step(root / file.path, file.content, problems) for file in system]
    steps.append(_current_step(root / CURRENT, release.name, problems))
    if problems:
        raise ConfigurationError(problems)
    return tuple(steps)


def carry_out(root: Path, release: Release, system: Sequence[Placed]) -> tuple[Step, ...]:
    """Plans and does it; ConfigurationError where something is in its way or cannot be written."""
    try:
        with _alone(root / ETC):
            steps = plan(root, release, system)
            for ours in (ETC, RELEASES):
                # Made by an installation that was killed, or under the umask of somebody who hides files.
                _make_folder(root / ours)
                (root / ours).chmod(0o755)
            _write_release(root / RELEASES / release.name, release)
            for file in system:
                _write_file(root / file.path, file.content)
            _point(root / CURRENT, f"{Path(RELEASES).name}/{release.name}")
    except OSError as error:
        where = str(error.filename or root)
        problem = Problem(where, None, "", "a place that can be written", error.strerror or "an error")
        raise ConfigurationError([problem]) from error
    return steps


def _release_step(folder: Path, release: Release, problems: list[Problem]) -> Step:
    if not os.path.lexists(folder):
        return Step(folder, Change.NEW)
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    wanted = {file.path: file.content for file in release.files}
    if found != set(wanted) or any((folder / path).read_bytes() != wanted[path] for path in found):
        expected = "the release of this name as it was installed, or nothing"
        problems.append(Problem(str(folder), None, "", expected, "changed files; move them away"))
    return Step(folder, Change.SAME)


def _file_step(path: Path, content: bytes, problems: list[Problem]) -> Step:
    if not os.path.lexists(path):
        return Step(path, Change.NEW)
    found = path.read_bytes() if path.is_file() else b""
    if found == content:
        return Step(path, Change.SAME)
    if path.is_symlink() or not is_ours(found):
        expected = "nothing, or what `firmware-runtime install` wrote"
        got = "something else; move it away (what you want to change of a unit: systemctl edit)"
        problems.append(Problem(str(path), None, "", expected, got))
    return Step(path, Change.REPLACED)


def _current_step(path: Path, name: str, problems: list[Problem]) -> Step:
    if not os.path.lexists(path):
        return Step(path, Change.NEW)
    if not path.is_symlink():
        expected = "nothing, or a link to a release"
        problems.append(Problem(str(path), None, "", expected, "something else; move it away"))
    elif Path(os.readlink(path)).name == name:
        return Step(path, Change.SAME)
    return Step(path, Change.REPLACED)


def _write_release(folder: Path, release: Release) -> None:
    if folder.exists():
        return
    part = folder.with_name(folder.name + _PART)
    # Left by one that was killed: nobody but us makes this name, and nobody else is here now.
    shutil.rmtree(part, ignore_errors=True)
    for file in release.files:
        _make_folder((part / file.path).parent)
        _write(part / file.path, file.content)
    for place, _, _ in os.walk(part):
        _sync(Path(place))
    os.rename(part, folder)
    _sync(folder.parent)


def _write_file(path: Path, content: bytes) -> None:
    if path.is_file() and path.read_bytes() == content:
        return
    _make_folder(path.parent)
    part = path.with_name(path.name + _PART)
    _write(part, content)
    os.replace(part, path)
    _sync(path.parent)


def _point(path: Path, destination: str) -> None:
    part = path.with_name(path.name + _PART)
    part.unlink(missing_ok=True)
    os.symlink(destination, part)
    os.replace(part, path)
    _sync(path.parent)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        os.fchmod(file.fileno(), 0o644)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _make_folder(path: Path) -> None:
    """With those above it that lack: for all to read, whatever umask the one who installs has."""
    if path.is_dir():
        return
    _make_folder(path.parent)
    path.mkdir(exist_ok=True)
    path.chmod(0o755)


def _sync(folder: Path) -> None:
    """Names of files are kept by their folder, which has to be on the disk too."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def _alone(folder: Path) -> Generator[None, None, None]:
    """A second installation waits here until the first is done."""
    _make_folder(folder)
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)
