"""UTC of a GNSS fix -> monotonic time of its measurement; control uses this, not the arrival.

The receiver's latency varies; the least of (arrival - UTC) over the last minutes is the clock offset plus
the least latency, which the profile states. Two windows that take turns forget old minima, so that the two
clocks may drift apart slowly (assumption: below 100 ppm).
"""

DAY_NS = 86_400 * 1_000_000_000
DELAY_MAX_NS = 400_000_000
"""No receiver of the class is later than this (assumption)..."""
DELAYED_MAX = 10
"""... so after so many in a row it was UTC that stepped (leap seconds come late after a cold start)."""
WINDOW_NS = 60 * 1_000_000_000
"""A minimum is kept for one to two windows."""


class UtcClock:
    def __init__(self, latency_min_s: float) -> None:
        self._latency_min_ns = round(latency_min_s * 1e9)
        self._minimum_ns: int | None = None
        self._older_ns: int | None = None
        self._window_start_ns = 0
        self._delayed = 0

    def measured_ns(self, utc_ns: int, arrival_ns: int) -> int:
        """Monotonic time of a measurement at `utc_ns` (time of day) that arrived at `arrival_ns`."""
        offset_ns = (arrival_ns - utc_ns) % DAY_NS
        if self._minimum_ns is None:
            self._minimum_ns, self._window_start_ns = offset_ns, arrival_ns
        elif arrival_ns - self._window_start_ns > WINDOW_NS:
            self._older_ns, self._minimum_ns, self._window_start_ns = self._minimum_ns, offset_ns, arrival_ns
        elif _before(offset_ns, self._minimum_ns):
            self._minimum_ns = offset_ns
        least_ns = self._minimum_ns
        if self._older_ns is not None and _before(self._older_ns, least_ns):
            least_ns = self._older_ns
        delay_ns = (offset_ns - least_ns) % DAY_NS
        self._delayed = self._delayed + 1 if delay_ns > DELAY_MAX_NS else 0
        if self._delayed >= DELAYED_MAX:
            self._minimum_ns, self._older_ns, self._window_start_ns = offset_ns, None, arrival_ns
            self._delayed = delay_ns = 0
        return arrival_ns - delay_ns - self._latency_min_ns


def _before(a_ns: int, b_ns: int) -> bool:
    """a before b on the circle of a day."""
    return (a_ns - b_ns) % DAY_NS > DAY_NS // 2
