"""What this computer told of itself once and tells no more: memory for the monitors.

A computer without a thermal zone, or without a black box, never tells; that is no fault. One that told has
the means, and its silence hides heat and a full disk.
"""

from firmware_runtime.safety.host_report import HostReport


class HostWatch:
    """`step(host) -> names of the readings that are missing`, once a tick."""

    def __init__(self) -> None:
        self._knew_temperature = False
        self._knew_disk = False

    def step(self, host: HostReport) -> tuple[str, ...]:
        temperature, disk = host.temperature_degc is not None, host.disk_free_share is not None
        self._knew_temperature = self._knew_temperature or temperature
        self._knew_disk = self._knew_disk or disk
        missing: tuple[str, ...] = ()
        if self._knew_temperature and not temperature:
            missing = ("temperature",)
        if self._knew_disk and not disk:
            missing = (*missing, "free disk")
        return missing
