"""The snapshot of a computer, as `reader` takes it and the checks read it; and what the vehicle wants."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Link(NamedTuple):
    """A network interface, as `ip -json -details link` tells it; None where it says nothing."""

    name: str
    kind: str
    """`can` is a controller, `vcan` and `vxcan` are the kernel's own; others are no CAN."""
    up: bool
    queue_frames: int | None
    state: str | None
    """`ERROR-ACTIVE`, `BUS-OFF`, ... of a controller."""
    bitrate_bps: int | None
    data_bitrate_bps: int | None
    """None on a classic bus."""
    restart_ms: int | None


class Device(NamedTuple):
    """A file of /dev, as this user sees it."""

    exists: bool
    readable: bool = False
    writable: bool = False
    is_terminal: bool = False


class Disk(NamedTuple):
    """A directory and the file system under it; where the directory lacks, its nearest parent's."""

    is_directory: bool
    writable: bool
    total_bytes: int
    free_bytes: int
    """For those who are not root."""


class Package(NamedTuple):
    """A Python package that the runtime was tested with."""

    name: str
    wanted: str
    """Version; empty where any will do."""
    found: str
    """Empty where it is not installed."""


@dataclass(frozen=True, slots=True)
class Machine:
    """All that the checks go by. Nothing in it is asked for a second time."""

    files: Mapping[str, str]
    """Path from the root without its first `/` -> content, of those that could be read."""
    links: tuple[Link, ...] | None
    """None where there is no `ip` to ask."""
    devices: Mapping[str, Device]
    disk: Disk
    clock_synchronised: bool | None
    """As the kernel says (adjtimex); None where it cannot be asked."""
    architecture: str
    python: tuple[int, int, int]
    packages: tuple[Package, ...]
    environment: Mapping[str, str]

    def text(self, path: str) -> str:
        """Content of a file without the white space around it; empty where there is none."""
        return self.files.get(path, "").strip()

    def number(self, path: str) -> int | None:
        """A file that holds one whole number; None where there is none."""
        text = self.text(path)
        return int(text) if text.removeprefix("-").isdecimal() else None

    def matching(self, prefix: str, suffix: str) -> dict[str, str]:
        """Content by path of all files so named, without the white space around it."""
        return {
            path: content.strip()
            for path, content in sorted(self.files.items())
            if path.startswith(prefix) and path.endswith(suffix)
        }


class WantedBus(NamedTuple):
    """A bus of the profile, and where it is said to be."""

    name: str
    interface: str
    """python-can's name of it; empty where nobody said."""
    channel: str
    bitrate_bps: int
    data_bitrate_bps: int
    """0: a classic bus."""


class Wanted(NamedTuple):
    """What the vehicle asks of its computer."""

    buses: tuple[WantedBus, ...]
    serial_port: str
    watchdog: str
    state_directory: str
