"""How this computer fares: temperature, and what is said of the disk, by a slow thread beside the ticks.

The kernel's files may block for long, so the tick only reads what was last found.
"""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

THERMAL = Path("/sys/class/thermal")
"""Linux: thermal_zone*/temp in thousandths of a degree Celsius."""
INTERVAL_S = 1.0
"""Temperatures and disks are slow (assumption)."""


class DiskWord(NamedTuple):
    """What `services` says; see services_word.ServicesWord."""

    free_share: float | None = None
    """Of the file system that it writes to; None where it writes nothing, cannot ask, or is not there."""
    recorder_error: str = ""
    """Why the black box ended early, or empty."""


class Health(NamedTuple):
    temperature_degc: float | None
    """Of the warmest thermal zone; None where there is none that can be read."""
    disk_free_share: float | None
    recorder_error: str


UNKNOWN = Health(None, None, "")


def no_disk() -> DiskWord:
    """Nobody writes anything."""
    return DiskWord()


class HostHealth:
    """`latest` is always there at once; `close` ends the thread."""

    def __init__(
        self,
        disk: Callable[[], DiskWord] = no_disk,
        thermal: Path = THERMAL,
        interval_s: float = INTERVAL_S,
    ) -> None:
        """disk: asked in the slow thread."""
        self._disk, self._interval_s = disk, interval_s
        # Once: a folder of many zones is walked holding the interpreter, and zones do not come and go.
        self._zones = zones(thermal)
        self._stop = threading.Event()
        self.latest = look(disk, self._zones)
        self._thread = threading.Thread(target=self._run, name="host health", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._interval_s):
            self.latest = look(self._disk, self._zones)


def zones(thermal: Path = THERMAL) -> tuple[Path, ...]:
    """Files of all thermal zones."""
    return tuple(thermal.glob("thermal_zone*/temp"))


def look(disk: Callable[[], DiskWord] = no_disk, zones: Sequence[Path] = ()) -> Health:
    """What is said now; what nobody says is None or empty."""
    return Health(_warmest_degc(zones), *disk())


def _warmest_degc(zones: Sequence[Path]) -> float | None:
    found: list[float] = []
    for zone in zones:
        # A zone may be switched off, or speak of a sensor that is not there.
        try:
            found.append(int(zone.read_text(encoding="ascii")) / 1000.0)
        except (OSError, ValueError):
            continue
    return max(found, default=None)
