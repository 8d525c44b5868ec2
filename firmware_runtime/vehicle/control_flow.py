"""The stages of `control`'s tick, and the word that says which of them a tick has passed, in which order.

A signature in the sense of control-flow checking (Oh, Shirvani, McCluskey: Control-flow checking by software
signatures, IEEE Transactions on Reliability 51, 2002): each stage changes the word as it ends its work, and
only the whole way in the right order gives the right one. `control` makes the word and does not know which
one is right; the supervisor knows by a table of its own (`safety/supervised`).
"""

import zlib
from enum import IntEnum


class ControlStage(IntEnum):
    """What a tick does, as it is done: each is passed after its work, not before."""

    HEARD = 1
    """Frames decoded, messages judged."""
    WATCHED = 2
    """All monitors of the fault catalogue."""
    DECIDED = 3
    """The state machine; what may move."""
    LOCALISED = 4
    GUIDED = 5
    """Route, pure pursuit, speed, stop plan."""
    POWERED = 6
    """Contactors and power limits."""
    BRAKED = 7
    """Park brake; torque, regeneration and friction shared out."""
    COMMANDED = 8


def begun(time_ns: int) -> int:
    """The word at the begin of a tick: no word of another tick fits."""
    return zlib.crc32(time_ns.to_bytes(8, "little"))


def passed(word: int, stage: ControlStage) -> int:
    """The word after this stage.

    CRC-32 (IEEE 802.3): up to four stages in a row that are left out, doubled or in another order are found
    for certain, more with a chance of 1 - 2^-32.
    """
    return zlib.crc32(bytes((stage,)), word)
