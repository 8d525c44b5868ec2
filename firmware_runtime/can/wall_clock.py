"""Kernel time stamps of frames (wall clock) to monotonic time; measured with each batch of frames."""

STEP_NS = 1_000_000
"""A change of offset beyond this is a step, not slewing: NTP slews at most 500 ppm, 5 us in 10 ms."""
PREEMPTED_NS = 200_000
"""A measurement that took longer says little about the offset (assumption: 100 times the usual), only of a
step that goes beyond its doubt."""


class WallClock:
    """The offset between both clocks, and the one before the last step."""

    __slots__ = ("_before_step_ns", "_doubt_ns", "offset_ns")

    def __init__(self, before_ns: int, wall_ns: int, after_ns: int) -> None:
        """The wall clock read between two readings of the monotonic one."""
        self.offset_ns = wall_ns - (before_ns + after_ns) // 2
        self._doubt_ns = (after_ns - before_ns) // 2
        """By so much the offset may be wrong."""
        self._before_step_ns = self.offset_ns

    def measure(self, before_ns: int, wall_ns: int, after_ns: int) -> int:
        """Measures the offset again. Returns the step of the wall clock in ns, 0 for none."""
        doubt_ns = (after_ns - before_ns) // 2
        offset_ns = wall_ns - (before_ns + after_ns) // 2
        change_ns = offset_ns - self.offset_ns
        stepped = abs(change_ns) > STEP_NS + doubt_ns + self._doubt_ns
        if stepped:
            self._before_step_ns = self.offset_ns
        elif after_ns - before_ns > PREEMPTED_NS and doubt_ns >= self._doubt_ns:
            return 0
        self.offset_ns, self._doubt_ns = offset_ns, doubt_ns
        return change_ns if stepped else 0

    def monotonic_ns(self, stamp_ns: int, floor_ns: int, ceiling_ns: int) -> int | None:
        """The monotonic time of a stamp, known to lie between floor and ceiling; None where it cannot.

        A frame may have been stamped before a step and read after it: then the earlier offset is right.
        """
        for offset_ns in (self.offset_ns, self._before_step_ns):
            time_ns = stamp_ns - offset_ns
            if floor_ns <= time_ns <= ceiling_ns:
                return time_ns
        return None
