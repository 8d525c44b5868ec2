"""What lies where on a vehicle's computer, as bytes; writes nothing.

A release is a folder that never changes, named by its content; `current` points at one. So a new
configuration comes into force in one step, and the one before is still there. Units stand beside it, where
systemd looks.
"""

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from firmware_runtime.executive import awake_cores
from firmware_runtime.executive.deployment.units import NAME, STATE
from firmware_runtime.vehicle.configuration_files import ConfigurationFile

ETC = f"etc/{NAME}"
RELEASES = f"{ETC}/releases"
CURRENT = f"{ETC}/current"
MANIFEST = "manifest"
"""In a release."""
PUBLIC_KEY = f"{ETC}/public_key.pem"
"""Beside the releases: what is trusted does not come with what is to be trusted."""
UNITS = "etc/systemd/system"
_MARK = "# Written by `firmware-runtime install`; change nothing below, sha256 "
_MARK_LINE = re.compile(re.escape(_MARK) + r"([0-9a-f]{64})\n")


class Placed(NamedTuple):
    """A file to write."""

    path: str
    """Relative: of a release's files to the release, of the system's to the root."""
    content: bytes


class Release(NamedTuple):
    """All files of one configuration."""

    name: str
    """The vehicle's name and a digest of every path and content."""
    files: tuple[Placed, ...]
    profile: str
    """Where the profile lies on the vehicle, from the root."""
    routes: tuple[str, ...]


def release(
    vehicle: str,
    files: Sequence[ConfigurationFile],
    routes: Sequence[ConfigurationFile],
    manifest: bytes | None = None,
) -> Release:
    """files: of the profile, itself first; they keep their places relative to each other."""
    absolute = [os.path.abspath(file.path) for file in files]
    top = os.path.commonpath([os.path.dirname(path) for path in absolute])
    inside = [f"profile/{os.path.relpath(path, top)}" for path in absolute]
    placed = [Placed(path, file.content) for path, file in zip(inside, files, strict=True)]
    placed += [Placed(f"routes/{file.path.name}", file.content) for file in routes]
    placed += [] if manifest is None else [Placed(MANIFEST, manifest)]
    # Two buses may share one DBC.
    unique = tuple(dict.fromkeys(placed))
    digest = hashlib.sha256()
    for path, content in unique:
        digest.update(f"{len(path)}:{path}:{len(content)}:".encode() + content)
    return Release(
        name=f"{vehicle}-{digest.hexdigest()[:16]}",
        files=unique,
        profile=f"/{CURRENT}/{inside[0]}",
        routes=tuple(f"/{CURRENT}/routes/{file.path.name}" for file in routes),
    )


def system_files(units: dict[str, str], watchdog: str) -> tuple[Placed, ...]:
    """Units, the user that they run as, and its devices; each with our mark."""
    user = f'u {NAME} - "Firmware runtime" {STATE}\n'
    device = Path(watchdog).name
    rule = "".join(
        f'KERNEL=="{kernel}", SUBSYSTEM=="{subsystem}", GROUP="{NAME}", MODE="0660"\n'
        for kernel, subsystem in (
            (f"{device}*", "watchdog|misc"),
            (Path(awake_cores.DEVICE).name, "misc"),
        )
    )
    files = [Placed(f"{UNITS}/{name}", marked(text)) for name, text in units.items()]
    files.append(Placed(f"etc/sysusers.d/{NAME}.conf", marked(user)))
    files.append(Placed(f"etc/udev/rules.d/90-{NAME}.rules", marked(rule)))
    return tuple(files)


def marked(text: str) -> bytes:
    """The text below a line that says who wrote it, and its digest."""
    return f"{_MARK}{hashlib.sha256(text.encode()).hexdigest()}\n{text}".encode()


def is_ours(content: bytes) -> bool:
    """Whether `marked` wrote it and nobody changed it since."""
    text = content.decode(errors="replace")
    match = _MARK_LINE.match(text)
    return match is not None and hashlib.sha256(text[match.end() :].encode()).hexdigest() == match[1]
