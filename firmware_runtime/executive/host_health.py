"""How this computer fares: temperature and disk, looked at by a slow thread beside the ticks.

The kernel's files may block for long, so the tick only reads what was last found.
"""

import os
import threading
from pathlib import Path
from typing import NamedTuple

THERMAL = Path("/sys/class/thermal")
"""Linux: thermal_zone*/temp in thousandths of a degree Celsius."""
INTERVAL_S = 2.0
"""Temperatures and disks are slow (assumption)."""


class Health(NamedTuple):
    temperature_degc: float | None
    """Of the warmest thermal zone; None where there is none that can be read."""
    disk_free_share: float | None
    """Of the file system that was named; None without one, or where it cannot be asked."""


UNKNOWN = Health(None, None)


class HostHealth:
    """`latest` is always there at once; `close` ends the thread."""

    def __init__(self, disk: Path | None, thermal: Path = THERMAL, interval_s: float = INTERVAL_S) -> None:
        """disk: a file or folder on the file system to watch, or None."""
        self._disk, self._thermal, self._interval_s = disk, thermal, interval_s
        self._stop = threading.Event()
        self.latest = look(disk, thermal)
        self._thread = threading.Thread(target=self._run, name="host health", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._interval_s):
            self.latest = look(self._disk, self._thermal)


def look(disk: Path | None, thermal: Path = THERMAL) -> Health:
    """What the kernel says now; what it does not say is None."""
    return Health(_warmest_degc(thermal), _free_share(disk))


def _warmest_degc(thermal: Path) -> float | None:
    found: list[float] = []
    for zone in thermal.glob("thermal_zone*/temp"):
        # A zone may be switched off, or speak of a sensor that is not there.
        try:
            found.append(int(zone.read_text(encoding="ascii")) / 1000.0)
        except (OSError, ValueError):
            continue
    return max(found, default=None)


def _free_share(disk: Path | None) -> float | None:
    if disk is None:
        return None
    try:
        figures = os.statvfs(disk)
    except OSError:
        return None
    return figures.f_bavail / figures.f_blocks if figures.f_blocks else None
