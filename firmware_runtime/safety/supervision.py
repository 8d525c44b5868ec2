"""Alive, deadline and logical supervision of something that runs, each with the status that it comes to.

After AUTOSAR's Specification of the Watchdog Manager (document 080, SWS_WdgM), as pure functions of time.
Alive: how often it shows itself in a reference cycle. Deadline: how long it takes from one checkpoint to the
next. Logical: in which order it passes its checkpoints. Wrong order is EXPIRED at once (SWS_WdgM_00202); what
a busy computer may cause too is FAILED first as far as the row bears it, and right ones forgive it (00203,
00300, 00205), or it is EXPIRED (00206). EXPIRED is for good: only a new beginning ends it.

One deviation: there a missed deadline is EXPIRED at once; here a row may bear one for a while, for Linux
without the right to real time makes everybody late now and then.
"""

from collections import deque
from collections.abc import Collection
from enum import IntEnum
from typing import NamedTuple


class LocalStatus(IntEnum):
    """What a supervision has come to; the higher, the worse."""

    DEACTIVATED = 0
    """It has not begun yet."""
    OK = 1
    FAILED = 2
    """Something was wrong, no more often than is borne."""
    EXPIRED = 3


class AliveRow(NamedTuple):
    """How often something shows itself (SWS_WdgM_00098)."""

    what: str
    """Is counted."""
    reference_ns: int
    """Of one reference cycle."""
    expected: int
    below: int
    above: int
    """So many fewer, so many more are right too: too many are as wrong as too few."""
    failed_cycles_borne: int
    late_max_ns: int
    """A cycle that is looked at later than that after its end is not judged: who counts was late himself."""


class DeadlineRow(NamedTuple):
    """How long something may take (SWS_WdgM_00294)."""

    what: str
    max_ns: int
    forgiven_ns: int
    """One that was missed is forgotten after so long."""
    borne: int
    """So many that are not forgotten yet."""


class Alive:
    def __init__(self, row: AliveRow) -> None:
        self._row = row
        self._begun_ns: int | None = None
        self._count = 0
        self._failed = 0
        """Wrong cycles that no right one has forgiven."""
        self.status = LocalStatus.DEACTIVATED
        self.reason = ""
        """What was wrong last."""

    def step(self, now_ns: int, indications: int) -> None:
        """indications: since the last step. The first one begins the first cycle."""
        row = self._row
        if self._begun_ns is None:
            if indications:
                self.status, self._begun_ns = LocalStatus.OK, now_ns
            return
        self._count += indications
        took_ns = now_ns - self._begun_ns
        if took_ns < row.reference_ns:
            return
        if took_ns - row.reference_ns <= row.late_max_ns:
            self._judge(took_ns)
        self._begun_ns, self._count = now_ns, 0

    def _judge(self, took_ns: int) -> None:
        row = self._row
        low, high = row.expected - row.below, row.expected + row.above
        if low <= self._count <= high:
            self._failed = max(self._failed - 1, 0)
        else:
            self._failed += 1
            self.reason = f"{self._count} {row.what} in {took_ns * 1e-6:.0f} ms, expected {low} to {high}"
        if self.status is not LocalStatus.EXPIRED:
            self.status = _borne(self._failed, row.failed_cycles_borne)


def _borne(failed: int, most: int) -> LocalStatus:
    if failed > most:
        return LocalStatus.EXPIRED
    return LocalStatus.FAILED if failed else LocalStatus.OK


class Deadline:
    def __init__(self, row: DeadlineRow) -> None:
        self._row = row
        self._missed_ns: deque[int] = deque(maxlen=row.borne + 1)
        """The last ones."""
        self.status = LocalStatus.OK
        self.reason = ""

    def judge(self, now_ns: int, took_ns: int) -> None:
        """took_ns: from the one checkpoint to the other, which was passed now."""
        row = self._row
        missed_ns = self._missed_ns
        if took_ns > row.max_ns:
            missed_ns.append(now_ns)
            too_many = len(missed_ns) > row.borne and now_ns - missed_ns[0] < row.forgiven_ns
            self.reason = f"{row.what} {took_ns * 1e-6:.1f} ms, limit {row.max_ns * 1e-6:g} ms"
            worse = LocalStatus.EXPIRED if too_many else LocalStatus.FAILED
            self.status = max(self.status, worse)
        elif self.status is LocalStatus.FAILED and now_ns - missed_ns[-1] >= row.forgiven_ns:
            self.status = LocalStatus.OK


class Order:
    """The logical supervision: from each checkpoint only the transitions of the graph lead on."""

    def __init__(self, first: IntEnum, transitions: Collection[tuple[IntEnum, IntEnum]]) -> None:
        """first: the initial checkpoint. transitions: from, to; those that close the ring among them."""
        self._transitions = frozenset(transitions)
        self._first = first
        self._last: IntEnum | None = None
        self.status = LocalStatus.OK
        self.reason = ""

    def reach(self, checkpoint: IntEnum) -> None:
        """This checkpoint was passed."""
        last, self._last = self._last, checkpoint
        right = checkpoint is self._first if last is None else (last, checkpoint) in self._transitions
        if not right and self.status is LocalStatus.OK:
            self.status = LocalStatus.EXPIRED
            before = "the begin" if last is None else last.name
            self.reason = f"{checkpoint.name} after {before}"
