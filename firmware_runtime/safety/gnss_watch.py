"""What the GNSS receiver says beside the pose: its own speed, and positions that stand still.

A receiver that repeats its last position while the vehicle moves has frozen. Pure; times are the tick's.
"""

import msgspec

MOVING_MPS = 0.5
"""Faster than this, the position of each epoch differs from the last (assumption: 5 cm at 10 Hz)."""
EPOCHS = 3
"""So many repetitions in a row are no chance: positions carry noise of millimetres (assumption)."""
SPEED_AGE_MAX_NS = 500_000_000
"""An older speed says nothing of now (assumption)."""


class GnssHeard(msgspec.Struct, frozen=True, gc=False):
    """What came last, with the monotonic time of its arrival; 0 where nothing has come yet."""

    position: tuple[float, float] = (0.0, 0.0)
    """Latitude and longitude in degrees, as received."""
    position_ns: int = 0
    speed_mps: float = 0.0
    """Over ground, by the receiver's own measurement; at least 0."""
    speed_ns: int = 0


NOTHING_HEARD = GnssHeard()


class GnssFindings(msgspec.Struct, frozen=True, gc=False):
    speed_mps: float | None = None
    """Over ground; None while none is known that is young enough."""
    frozen: bool = False
    """Positions repeat themselves while the wheels turn."""


NO_GNSS = GnssFindings()


class GnssWatch:
    """`step(now_ns, heard, wheels_mps) -> GnssFindings`, once a tick."""

    def __init__(self) -> None:
        self._position_ns = 0
        self._position: tuple[float, float] = (0.0, 0.0)
        self._repeated = 0

    def step(self, now_ns: int, heard: GnssHeard, wheels_mps: float) -> GnssFindings:
        """wheels_mps: by the wheels, signed."""
        if heard.position_ns != self._position_ns:
            same = heard.position == self._position and abs(wheels_mps) > MOVING_MPS
            self._repeated = self._repeated + 1 if same else 0
            self._position, self._position_ns = heard.position, heard.position_ns
        young = heard.speed_ns > 0 and now_ns - heard.speed_ns <= SPEED_AGE_MAX_NS
        if not young and self._repeated < EPOCHS:
            return NO_GNSS
        return GnssFindings(heard.speed_mps if young else None, self._repeated >= EPOCHS)
