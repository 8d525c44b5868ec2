"""What happened in one case. Times are ms from the begin of the misbehaviour, None for never."""

from typing import NamedTuple


class Outcome(NamedTuple):
    process: str
    how: str
    place: str
    speed_mps: float
    """When it began."""
    safe_ms: float | None
    """To the first heartbeat that says neither DRIVING nor `control` well, followed by none that does."""
    braking_ms: float | None
    """To the first frame that brakes, followed by none that propels; at rest None."""
    last_frame_ms: float | None
    """To the last frame of the runtime on the drive bus; None where they go on."""
    latched_ms: float | None
    """Until all actuators have latched, by their own truth."""
    gap_before_ms: float
    """Longest time between two frames of one message of the drive bus, in the half second before."""
    gap_after_ms: float
    """The same since then; where the frames end, up to there."""
    stop_m: float | None
    """Way to standstill; None where it drives on."""
    lateral_m: float
    """Largest distance from the route since then."""
    speed_after_mps: float
    """At the end of the watching."""
    ended: str
    """How the process ended; `still running`."""
    ended_ms: float | None
    complaint: str
    """Last line of its standard error."""
    misbehaved: bool
    """It was really killed, stopped or misled, as the case asks."""
    others_ended: str
    """Processes that ended though nobody touched them."""
    stall_ms: float
    """Longest time around the reaction in which this machine gave no processor."""
    states_before: tuple[tuple[int, int, int], ...] = ()
    states_after: tuple[tuple[int, int, int], ...] = ()
    """SafetyState, MotionState, ControlWell of the heartbeats: in the half second before, and since."""
    repeats: int = 0
    """Runs before this one that did not count: the machine stalled in them, or the truck never came there."""
    unreached: tuple[str, ...] = ()
    """Of those in which it never came there: what the processes said of themselves."""
