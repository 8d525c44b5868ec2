"""When the supervisor looks at the vehicle: just before the next proposal is due, and again if frames come.

What it has seen by then need not be seen once the proposal is there. A proposal that is there goes first; one
that comes during a look waits for its end, as an e-stop does. Where looks are slow they rest.
"""

AHEAD_NS = 1_000_000
"""Before the proposal: with its rehearsal a look takes some 0.2 ms, and `control`'s tick now and then half a
millisecond less than the one before (README of `tools/bench/loop`)."""
PATIENCE_NS = 2_000_000
"""So long after its time it is waited for (assumption)."""
TICK_MIN_NS = 5_000_000
"""Of faster loops a look would take a good part of each tick (assumption)."""
LOOKS_MAX = 8
"""For one proposal: the frames of a tick come one by one, and on a bus that is full all the time. With 3 a
proposal took 0.03 ms longer to the bus (README of `tools/bench/loop`)."""
TOGETHER_NS = 1_000_000
"""Looks for one proposal that have taken so long are enough (assumption: as long as they begin before it). On
a computer with two cores they take it from `control`, which makes the proposal: traced on a core at a quarter
of its speed, the supervisor had 6.5 ms of each tick of 10 ms."""
SLOW_NS = 2_000_000
"""A look that takes longer is no help (assumption): of a supervisor that is slow it would keep frames from
going in time."""
REST_NS = 1_000_000_000
"""So long there is no look after a slow one (assumption)."""


class LookAhead:
    def __init__(self, tick_ns: int) -> None:
        """tick_ns: between two proposals."""
        self._tick_ns = tick_ns
        self._begin_ns = self._end_ns = 0
        """Of the time in which a look is of use; 0 before the first proposal."""
        self._rests_until_ns = 0
        self._looks = self._took_ns = 0
        """For this proposal."""

    @property
    def first(self) -> bool:
        """Of the looks for this proposal."""
        return self._looks == 0

    def proposed(self, now_ns: int) -> None:
        """A proposal came; the next is due a tick later."""
        self._looks = self._took_ns = 0
        if self._tick_ns < TICK_MIN_NS or now_ns + self._tick_ns < self._rests_until_ns:
            self._begin_ns = self._end_ns = 0
            return
        self._begin_ns = now_ns + self._tick_ns - AHEAD_NS
        self._end_ns = now_ns + self._tick_ns + PATIENCE_NS

    def before(self, now_ns: int, until_ns: int) -> int:
        """Whoever waits until then wakes up earlier for a look."""
        if self._looks or self._begin_ns <= now_ns:
            return until_ns
        return min(until_ns, self._begin_ns)

    def due(self, now_ns: int, has_looked: bool) -> bool:
        """has_looked: and nothing was heard since."""
        enough = self._looks >= LOOKS_MAX or self._took_ns >= TOGETHER_NS
        return self._begin_ns <= now_ns < self._end_ns and not has_looked and not enough

    def looked(self, now_ns: int, took_ns: int) -> None:
        self._looks += 1
        self._took_ns += took_ns
        if took_ns > SLOW_NS:
            self._rests_until_ns = now_ns + REST_NS
            self._end_ns = now_ns
