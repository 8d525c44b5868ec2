"""What the computer that this runs on says when it is asked; changes nothing on it."""

import ctypes
import importlib.metadata
import os
import platform
import re
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from firmware_runtime.executive.machine.facts import Device, Disk, Package

ANSWER_S = 5.0
"""`ip` answers in milliseconds; one that hangs must not hang this (assumption)."""
DISTRIBUTION = "firmware-runtime"
_TIMEX_BYTES = 512
"""More than struct timex has on any Linux (208 on 64 bits); all zero, it sets nothing. adjtimex(2)."""
_TIME_ERROR = 5
"""What adjtimex(2) returns while the clock is not synchronised."""
_PIN = re.compile(r"([A-Za-z0-9._-]+)\s*(?:==\s*([^\s;]+))?")


class LiveSystem:
    """See reader.System."""

    def links(self) -> str | None:
        command = ["ip", "-json", "-details", "link", "show"]
        # A login shell of a user has no /usr/sbin, where Debian puts it.
        places = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
        try:
            answer = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=ANSWER_S,
                check=True,
                env={**os.environ, "PATH": places},
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return answer.stdout

    def device(self, path: str) -> Device:
        try:
            mode = os.stat(path).st_mode
        except OSError:
            return Device(exists=False)
        readable, writable = os.access(path, os.R_OK), os.access(path, os.W_OK)
        return Device(True, readable, writable, stat.S_ISCHR(mode) and readable and _is_terminal(path))

    def disk(self, path: str) -> Disk:
        directory = Path(path)
        nearest = next(place for place in (directory, *directory.absolute().parents) if place.exists())
        figures = os.statvfs(nearest)
        block = figures.f_frsize
        return Disk(
            directory.is_dir(),
            os.access(directory, os.W_OK | os.X_OK),
            block * figures.f_blocks,
            block * figures.f_bavail,
        )

    def clock_synchronised(self) -> bool | None:
        library = ctypes.CDLL(None)
        if not hasattr(library, "adjtimex"):
            return None
        answer = library.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
        return None if answer < 0 else answer != _TIME_ERROR

    def architecture(self) -> str:
        return platform.machine()

    def python(self) -> tuple[int, int, int]:
        return sys.version_info[:3]

    def packages(self) -> tuple[Package, ...]:
        try:
            required = importlib.metadata.requires(DISTRIBUTION) or []
        except importlib.metadata.PackageNotFoundError:
            return (Package(DISTRIBUTION, "", ""),)
        pins = [_PIN.match(text) for text in required if "extra ==" not in text]
        return tuple(Package(pin[1], pin[2] or "", _version(pin[1])) for pin in pins if pin)

    def environment(self) -> Mapping[str, str]:
        return dict(os.environ)


def _is_terminal(path: str) -> bool:
    # Not waiting for a carrier, not becoming the controlling terminal, changing nothing of the line.
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return os.isatty(opened)
    finally:
        os.close(opened)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
