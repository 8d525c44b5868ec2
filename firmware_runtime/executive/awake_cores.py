"""Keeps the cores from sleeping so deeply that a tick wakes late: the kernel's word for it is PM QoS.

A core without work is put to sleep, and takes longer to wake up the deeper it sleeps: 0.1 ms and more. Who
holds the device open says how long may be at most; the kernel goes by the lowest figure of all who do, and
forgets it as the file is closed, also by the death of its process (<kernel>/Documentation/power/
pm_qos_interface). cyclictest holds 0 while it measures.

What it costs: idle cores spin, which is some watts of a computer (assumption: little beside the drive, and
the computer's temperature is watched).
"""

import os
import struct
from typing import Final

DEVICE: Final = "/dev/cpu_dma_latency"
LATENCY_US = 0
"""At most so long may a core take to wake up."""


class AwakeCores:
    """`hold` once; what it holds it holds as long as the process lives."""

    def __init__(self, device: str = DEVICE) -> None:
        self._device = device
        self._held: int | None = None

    def hold(self) -> bool:
        """False where there is no such device, or no right to it."""
        if self._held is not None:
            return True
        try:
            held = os.open(self._device, os.O_WRONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            os.write(held, struct.pack("=i", LATENCY_US))
        except OSError:
            os.close(held)
            return False
        self._held = held
        return True


AWAKE_CORES = AwakeCores()
"""Of this process."""
