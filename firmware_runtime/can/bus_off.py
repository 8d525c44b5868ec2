"""Recovery from bus-off: when to restart the controller, and when to stop trying; stepped once a tick.

A controller that goes bus-off has a cause: a short circuit, a wrong bit rate, a broken neighbour. Restarting
without limit (the kernel's `restart-ms`) disturbs the bus for ever and hides the cause, so attempts are
bounded here, and `restart-ms` is to be 0.
"""

from enum import IntEnum
from typing import NamedTuple

DELAYS_NS = (100_000_000, 200_000_000, 500_000_000, 1_000_000_000, 2_000_000_000)
"""Wait before each attempt (assumption): longer each time, some 4 s in all; after the last none follows.
ISO 11898-1 itself asks for 128 times 11 recessive bits, 2.8 ms at 500 kbit/s."""
ANSWER_NS = 500_000_000
"""Within this the controller must be back, else the attempt has failed (assumption)."""
FORGIVE_NS = 60_000_000_000
"""Well for so long, and earlier attempts no longer count (assumption)."""


class RecoveryState(IntEnum):
    """Where a recovery stands."""

    WELL = 0
    WAITING = 1
    RESTARTING = 2
    GIVEN_UP = 3
    """Latched: only `reset` leaves it."""


class Recovery(NamedTuple):
    """Configuration of the state machine."""

    state: RecoveryState = RecoveryState.WELL
    attempts: int = 0
    since_ns: int = 0
    """Entry into the state."""


NONE = Recovery(RecoveryState.GIVEN_UP)
"""Of a port that restarts nothing: another process's port does."""


def step(recovery: Recovery, now_ns: int, bus_off: bool) -> tuple[Recovery, bool]:
    """Returns the next configuration, and whether to ask for a restart now."""
    state, attempts, since_ns = recovery
    if state is RecoveryState.GIVEN_UP:
        return recovery, False
    if not bus_off:
        if state is not RecoveryState.WELL:
            return Recovery(RecoveryState.WELL, attempts, now_ns), False
        if attempts and now_ns - since_ns >= FORGIVE_NS:
            return Recovery(RecoveryState.WELL, 0, now_ns), False
        return recovery, False
    if state is RecoveryState.WAITING:
        if now_ns - since_ns >= DELAYS_NS[attempts]:
            return Recovery(RecoveryState.RESTARTING, attempts + 1, now_ns), True
        return recovery, False
    if state is RecoveryState.RESTARTING and now_ns - since_ns < ANSWER_NS:
        return recovery, False
    # Bus-off anew, or an attempt without an answer.
    if attempts == len(DELAYS_NS):
        return Recovery(RecoveryState.GIVEN_UP, attempts, now_ns), False
    return Recovery(RecoveryState.WAITING, attempts, now_ns), False


def reset(now_ns: int) -> Recovery:
    """A person has looked at the bus: attempts count from zero again."""
    return Recovery(since_ns=now_ns)
