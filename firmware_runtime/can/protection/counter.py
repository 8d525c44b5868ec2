"""Order of frames by their alive counter, the same for every profile; asked once a protected frame.

Source: AUTOSAR PRS E2E Protocol (delta of counters against MaxDeltaCounter, repetition, wrong sequence and
its resynchronisation). Two choices are ours (assumptions): the first frame of all is accepted, and frames
within a resynchronisation are rejected until it has succeeded.
"""

from functools import cache

from firmware_runtime.can.protection.contract import Options, ProtectionContract
from firmware_runtime.can.verdict import Rejection

COUNTER_MODULUS = 15
"""The counter of profile 1 runs 0..14; 15 is invalid."""
MAX_DELTA = 3
"""Greatest accepted counter step: up to two lost frames in a row (assumption: a 30 ms deadline at 10 ms)."""
RESYNC_GOOD = 2
"""Consecutive steps of exactly 1 that end a wrong sequence; the last of them is accepted (assumption)."""
RESYNC_MOST = 255
LOST_MAX = 0xFFFF_FFFF
"""Counts of lost frames saturate here and never wrap."""
COUNTER_ATTRIBUTES = ("E2eMaxDeltaCounter", "E2eSyncCounter")
"""Attributes that `bind_counter` reads."""

_ACCEPTED = Rejection.ACCEPTED
_REPEATED = Rejection.REPEATED
_SEQUENCE = Rejection.SEQUENCE


@cache
def successors(modulus: int) -> tuple[int, ...]:
    """Successor of each counter value; invalid values have an entry only so that indexing cannot fail."""
    return (*range(1, modulus), *(0,) * (257 - modulus))


NEXT_COUNTER: tuple[int, ...] = successors(COUNTER_MODULUS)
"""Successors in profile 1."""


def greatest_delta(modulus: int) -> int:
    """Greatest counter step told from a step back by one, `modulus - 1`; at least 1."""
    return max(1, modulus - 2)


class CounterCheck:
    """Judges the alive counter of one message, frame by frame.

    A step of 1 is good. 0 is REPEATED. 2 to `max_delta` is accepted and the missing frames count as lost. A
    greater step is a wrong SEQUENCE: that frame and the following are rejected until `resync_good`
    consecutive steps of 1 were seen. The first frame of all is accepted as it is: there is nothing to
    compare it with, and its CRC is right.

    The receiver's hot path compares with `expected` by itself and calls `judge` only where it differs.
    """

    __slots__ = (
        "_candidate",
        "_good_left",
        "expected",
        "lost",
        "max_delta",
        "modulus",
        "resync_good",
        "successor",
    )

    def __init__(
        self, modulus: int = COUNTER_MODULUS, max_delta: int | None = None, resync_good: int = RESYNC_GOOD
    ) -> None:
        """`max_delta` is MAX_DELTA where it is not given, or what a short counter can tell forward from back.

        Raises:
            ValueError: a figure that the counter cannot have.
        """
        limit = greatest_delta(modulus)
        if not 2 <= modulus <= 256:
            raise ValueError(f"expected a counter modulus 2..256, got {modulus}")
        if max_delta is not None and not 1 <= max_delta <= limit:
            raise ValueError(f"expected a greatest counter step 1..{limit}, got {max_delta}")
        if not 1 <= resync_good <= RESYNC_MOST:
            raise ValueError(f"expected 1..{RESYNC_MOST} good steps to resynchronise, got {resync_good}")
        self.modulus = modulus
        self.max_delta = min(MAX_DELTA, limit) if max_delta is None else max_delta
        self.resync_good = resync_good
        self.successor = successors(modulus)
        """Next good counter after each."""
        self.expected = -1
        """Next good counter; -1 before the first frame and while out of sequence."""
        self.lost = 0
        """Frames missing between accepted ones, by counter steps of 2 to `max_delta`; saturates at LOST_MAX.

        A longer gap is not counted here: it makes the message late, and its length is unknown."""
        self._candidate = -1
        self._good_left = 0

    def judge(self, counter: int) -> Rejection:
        """ACCEPTED, REPEATED or SEQUENCE for a frame with this counter (0..255)."""
        if counter >= self.modulus:
            self._candidate = self.expected if self.expected >= 0 else self._candidate
            return self._out_of_sequence()
        if self.expected < 0:
            return self._resynchronise(counter)
        delta = (counter - self.expected + 1) % self.modulus
        if delta == 0:
            return _REPEATED
        if delta <= self.max_delta:
            self.lost = min(self.lost + delta - 1, LOST_MAX)
            self.expected = self.successor[counter]
            return _ACCEPTED
        self._candidate = self.successor[counter]
        return self._out_of_sequence()

    def _out_of_sequence(self) -> Rejection:
        self.expected = -1
        self._good_left = self.resync_good
        return _SEQUENCE

    def _resynchronise(self, counter: int) -> Rejection:
        following = self.successor[counter]
        good = counter == self._candidate
        repeated = following == self._candidate
        never = self._candidate < 0
        self._candidate = following
        if never:
            self._good_left = 0
        elif good:
            self._good_left -= 1
        else:
            self._good_left = self.resync_good
        if self._good_left > 0:
            return _REPEATED if repeated else _SEQUENCE
        self.expected = following
        return _ACCEPTED

    def state(self) -> list[int]:
        """All that `restore_state` needs."""
        return [self.expected, self.lost, self._candidate, self._good_left]

    def restore_state(self, state: list[int]) -> None:
        self.expected, self.lost, self._candidate, self._good_left = state


def bind_counter(contract: ProtectionContract, modulus: int) -> CounterCheck:
    """Counter check from `E2eMaxDeltaCounter` and `E2eSyncCounter`, each with its default where not given.

    Raises:
        ValueError: one line for each attribute that does not fit.
    """
    options = Options(contract)
    limit = greatest_delta(modulus)
    max_delta = options.integer("E2eMaxDeltaCounter", 1, limit, default=min(MAX_DELTA, limit))
    resync_good = options.integer("E2eSyncCounter", 1, RESYNC_MOST, default=RESYNC_GOOD)
    options.finish()
    return CounterCheck(modulus, max_delta, resync_good)
