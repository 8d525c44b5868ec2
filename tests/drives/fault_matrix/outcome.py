"""What is known of one case of the matrix when it is over."""

from typing import NamedTuple


class Outcome(NamedTuple):
    """What happened; seconds from the beginning of the cause, None where it never did."""

    identifier: str
    state: str
    """Of the runtime, when the cause began; `AUTO, setting off` where it was not under way."""
    cause: str
    speed_mps: float
    """Then."""
    fault_s: float | None
    detail: str
    frame_s: float | None
    """To the safe frame on the bus. Of a stop: the first heartbeat that does not say DRIVING, with which the
    inverter refuses to propel. Else: the first that tells the severity, or DEGRADED."""
    braking_s: float | None
    """Of a stop: to the first frame that brakes, by friction or motor, after which nothing propels more."""
    states: tuple[str, ...]
    """Of the runtime since then, the one in which it began first, up to `end_state`."""
    stop_m: float | None
    """Way to standstill; None where it drove on."""
    hardest_mps2: float
    """Largest deceleration up to then; magnitude."""
    speed_after_mps: float
    """Where it drove on: at the end of the watching."""
    end_state: str
    """Before people do anything."""
    latch: str
    """`held`, or what made it end without an acknowledge; empty where there was nothing to hold."""
    after: str
    """State after people have acknowledged, the cause gone; where it drove on, after the cause has gone."""
    presses: int
    """Of acknowledge."""
    named_after: bool
    """The fault is still active then."""
    further: tuple[str, ...]
    """Other faults that the cause raised."""
    took_over: str
    """Reason of a stop by the supervisor itself."""
    arc_left_rad: float = 0.0
    """Of a stop that nobody steers any more: the most that the front axle turned in it."""
    torque_after_nm: float = 0.0
    """Where it drove on: asked of the motor at the end of the watching, the foot still on the accelerator."""
    not_obeyed: str = ""
    """What a driver in the cab then could not do: steer, or brake to standstill."""

    @property
    def began_in(self) -> str:
        """The state alone."""
        return self.state.partition(",")[0]
