"""When the receiver loses its fix or falls silent: a random schedule; asked once an epoch."""

import random

from vehicle_hil.gnss.parameters import ReceiverParameters

WELL, FIX_LOST, SILENT = "well", "fix lost", "silent"


class Outages:
    """Drop-outs with exponential gaps and uniform lengths, half of each kind."""

    __slots__ = ("_ends_ns", "_kind", "_mean_s", "_range_s", "_rng", "_starts_ns")

    def __init__(self, parameters: ReceiverParameters, rng: random.Random, start_ns: int) -> None:
        self._rng = rng
        self._mean_s = parameters.outage_interval_s
        self._range_s = (parameters.outage_min_s, parameters.outage_max_s)
        self._draw(start_ns)

    def _draw(self, from_ns: int) -> None:
        self._starts_ns = from_ns + round(self._rng.expovariate(1.0 / self._mean_s) * 1e9)
        self._ends_ns = self._starts_ns + round(self._rng.uniform(*self._range_s) * 1e9)
        self._kind = FIX_LOST if self._rng.random() < 0.5 else SILENT

    def at(self, time_ns: int) -> str:
        """WELL, FIX_LOST or SILENT; times must not fall."""
        while time_ns >= self._ends_ns:
            self._draw(self._ends_ns)
        return self._kind if time_ns >= self._starts_ns else WELL
