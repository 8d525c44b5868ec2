"""What is supervised, and by which figures: `control` and the supervisor itself, as rows.

`control` is hung, late or gone within the 50 ms of the failure budget by the age of its proposals, which the
envelope limits; what stands here finds what is wrong with proposals that do come. An actuator's ECU latches
when it misses heartbeat or command for 50 ms (drive DBC): that bounds what may be borne of the supervisor.
"""

from enum import IntEnum

from firmware_runtime.safety.supervision import AliveRow, DeadlineRow
from firmware_runtime.vehicle.control_flow import ControlStage as Stage

MS = 1_000_000

ALIVE_NS = 50 * MS
"""A reference cycle: five ticks at 100 Hz, fifty at 1 kHz."""


def control_alive(tick_ns: int) -> AliveRow:
    """`control` proposes once a tick, which lasts so long."""
    expected = ALIVE_NS // tick_ns
    return AliveRow(
        what="proposals",
        reference_ns=ALIVE_NS,
        expected=expected,
        # 10 ms that a busy computer left out, and 20 ms of ticks that it made late: assumptions. Half and
        # double the rate are beyond them.
        below=expected // 5,
        above=2 * expected // 5,
        # The first 30 ms without a proposal are a stop already, so that this finds the wrong rate alone, in
        # three cycles (assumption).
        failed_cycles_borne=2,
        # A step without a proposal comes 15 ms after the last at the latest, and 5 ms for its own lateness
        # (assumption).
        late_max_ns=20 * MS,
    )


CONTROL_PATH: tuple[Stage, ...] = (
    Stage.HEARD,
    Stage.WATCHED,
    Stage.DECIDED,
    Stage.LOCALISED,
    Stage.GUIDED,
    Stage.POWERED,
    Stage.BRAKED,
    Stage.COMMANDED,
)
"""The graph of a tick, which has one way, in every state of the vehicle: from each stage to the next."""


class OwnStage(IntEnum):
    """Checkpoints of one step of the supervisor."""

    BEGUN = 1
    HEARD = 2
    """Its own receiver sampled, its own state built."""
    JUDGED = 3
    """The proposal accepted or refused, or missed."""
    ENCODED = 4
    RELEASED = 5
    """Its frames may go."""


OWN_TRANSITIONS: tuple[tuple[OwnStage, OwnStage], ...] = (
    (OwnStage.BEGUN, OwnStage.HEARD),
    (OwnStage.HEARD, OwnStage.JUDGED),
    (OwnStage.JUDGED, OwnStage.ENCODED),
    (OwnStage.ENCODED, OwnStage.RELEASED),
    (OwnStage.RELEASED, OwnStage.BEGUN),
)
STEPS_LEAST = 2
"""In a reference cycle: without proposals a step every 10 ms after the first 15 ms, at every rate."""


def own_alive(tick_ns: int) -> AliveRow:
    """The supervisor steps once a proposal; tick_ns: between two of them."""
    expected = ALIVE_NS // tick_ns
    return AliveRow(
        what="steps",
        reference_ns=ALIVE_NS,
        expected=expected,
        below=expected - STEPS_LEAST,
        # A `control` at double the rate is what the row above finds, and no end of the supervisor. Beside it
        # two messages of an e-stop in each 10 ms ask for steps of their own (assumption).
        above=6 * expected // 5 + 9,
        # As with the deadlines below (assumption).
        failed_cycles_borne=5,
        # Late is what is looked for here: judged whenever it ends.
        late_max_ns=1 << 62,
    )


OWN_STEP = DeadlineRow(
    what="a step took",
    # A healthy one takes 1 ms; slow by 30 ms is found (assumption: a little below). Nothing of such a step is
    # sent, and the ECUs latch 50 ms after the frames before it, within the 100 ms of the failure budget.
    max_ns=28 * MS,
    forgiven_ns=1_000 * MS,
    # What is late is silent in any case: a busy computer without real time is borne, a supervisor that stays
    # slow is not (assumption).
    borne=10,
)
OWN_GAP = DeadlineRow(
    what="nothing was sent for",
    # 15 ms is the longest on time. At 50 ms the ECUs latch by themselves: what they bear is borne, less 5 ms
    # for their own tick (assumption).
    max_ns=45 * MS,
    forgiven_ns=1_000 * MS,
    # Beyond 50 ms the ECUs have latched in any case (assumption).
    borne=5,
)
