"""Ages of messages against their deadlines; asked once a tick, almost always with one comparison.

Between receptions only time moves, so the earliest instant at which any message can be late is known in
advance. It is recomputed only once it has passed.
"""

from collections.abc import Sequence
from operator import add

NEVER_NS = -(1 << 62)
"""Reception time of a message that was never received: older than any deadline."""
_NO_DEADLINE_NS = 1 << 63


class Freshness:
    """Last accepted reception of each message, by index."""

    __slots__ = (
        "_deadlines_ns",
        "_none_late_until_ns",
        "all_fresh_until_ns",
        "last_ns",
        "never_received",
        "start_ns",
    )

    def __init__(self, deadlines_ns: Sequence[int | None]) -> None:
        self._deadlines_ns = [_NO_DEADLINE_NS if limit is None else limit for limit in deadlines_ns]
        self.last_ns = [NEVER_NS] * len(deadlines_ns)
        """Written by the receiver on each accepted frame, never backwards."""
        self.never_received = len(deadlines_ns)
        """How many messages were never received."""
        self.start_ns = NEVER_NS
        """Start of the first-arrival grace; NEVER_NS before `start`."""
        self._none_late_until_ns = NEVER_NS
        """Up to this instant no message is late, whatever comes but a first frame."""
        self.all_fresh_until_ns = NEVER_NS
        """Up to this instant every message is there and none late."""

    def start(self, now_ns: int) -> None:
        """Begin the grace in which a message that was never received is not yet late."""
        self.start_ns = now_ns
        self._none_late_until_ns = self.all_fresh_until_ns = NEVER_NS

    def arrived(self) -> None:
        """One message came for the first time. Its stamp may be older than the start (it waited in a queue),
        and then it is late before the grace would have ended."""
        self.never_received -= 1
        self._none_late_until_ns = self.all_fresh_until_ns = NEVER_NS

    def all_fresh(self, now_ns: int) -> bool:
        """True where every message was received and none is past its deadline; the first call starts the
        grace."""
        if self.start_ns == NEVER_NS:
            self.start(now_ns)
        if self.any_late(now_ns) or self.never_received:
            return False
        self.all_fresh_until_ns = self._none_late_until_ns
        return True

    def any_late(self, now_ns: int) -> bool:
        """True where some message is past its deadline (never received: past the grace)."""
        if now_ns <= self._none_late_until_ns or self.start_ns == NEVER_NS:
            return False
        last_ns = self.last_ns
        if max(last_ns) > now_ns:
            # A stamp from the future (a clock that was set) must not keep a dead message fresh.
            last_ns[:] = [min(time_ns, now_ns) for time_ns in last_ns]
        since_ns = map(self._since, range(len(last_ns))) if self.never_received else last_ns
        self._none_late_until_ns = min(map(add, since_ns, self._deadlines_ns))
        return now_ns > self._none_late_until_ns

    def is_late(self, index: int, now_ns: int) -> bool:
        """True where this message is past its deadline."""
        return now_ns - self._since(index) > self._deadlines_ns[index]

    def _since(self, index: int) -> int:
        last_ns = self.last_ns[index]
        return self.start_ns if last_ns == NEVER_NS else last_ns

    def restore(self, last_ns: list[int], start_ns: int) -> None:
        """Take over a snapshot's times."""
        self.last_ns[:] = last_ns
        self.never_received = last_ns.count(NEVER_NS)
        self.start(start_ns)
