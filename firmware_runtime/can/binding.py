"""One canonical signal bound to one DBC signal; read once at start-up by `Receiver` and `Sender`."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SignalBinding:
    """SI value = DBC value * si_factor + si_offset. An enumeration's value is its raw number."""

    name: str
    """Canonical name, with its SI unit: `wheel_speed_front_left_mps`."""
    bus: str
    message: str
    signal: str
    si_factor: float = 1.0
    """SI unit per DBC unit; finite and not 0."""
    si_offset: float = 0.0
    low: float = -math.inf
    """Least plausible SI value of an input, itself included."""
    high: float = math.inf
    """Greatest plausible SI value of an input, itself included."""
    default: float = 0.0
    """SI value of an input before its first reception."""
    source: int | None = None
    """Address of the one J1939 sender that is heard, or sent as; -1 (`ANY_SOURCE`) hears any; None leaves it
    to the DBC (see `pgn.py`)."""

    @property
    def path(self) -> str:
        """`bus.message.signal`, as a profile writes it."""
        return f"{self.bus}.{self.message}.{self.signal}"
