"""How fast a core is, by how long a little work takes on it that is always the same."""

from array import array
from bisect import bisect_left
from statistics import median

SPAN_NS = 10_000_000
"""Each sample stands for so long before its moment."""
SLOW = 2.0
"""Where the work takes so many times as long as usual nobody is judged by the clock. Traced on a core that
its host gave in fine slices: 2.3 to 4 times, for seconds, and ticks of the runtime took 4 times as long."""
SAMPLES_MIN = 50
"""With fewer nobody knows what is usual."""


class CorePace:
    """Of one core. Samples come in the order of time."""

    def __init__(self) -> None:
        self._moments_ns = array("q")
        self._took_ns = array("q")

    def note(self, moment_ns: int, took_ns: int) -> None:
        """took_ns: of the work, in the time up to this moment."""
        self._moments_ns.append(moment_ns)
        self._took_ns.append(took_ns)

    def slowness(self, from_ns: int, to_ns: int) -> float:
        """How many times as long as usual the work took in this window; 1.0 where nobody knows.

        Usual is the median of all samples up to now, of which the window has to be a small part.
        """
        first = bisect_left(self._moments_ns, from_ns)
        took_ns = self._took_ns[first : bisect_left(self._moments_ns, to_ns + SPAN_NS)]
        if not took_ns or len(self._took_ns) < SAMPLES_MIN:
            return 1.0
        return sum(took_ns) / len(took_ns) / median(self._took_ns)
