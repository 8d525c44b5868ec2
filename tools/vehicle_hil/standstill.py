"""After the runtime's death: watches the vehicle stop by its ECUs alone, and tells how."""

from vehicle_hil.result import Truth

PATIENCE_NS = 30_000_000_000
"""A vehicle that still moves so long after has not been stopped."""
SETTLE_NS = 500_000_000
"""At rest with the park brake applied for so long: it stands."""


class StandstillWatch:
    def __init__(self, lost_ns: int, truth: Truth, how: str) -> None:
        """
        lost_ns: time of the drive at which the runtime was gone.
        truth: of the last tick before.
        how: what ended it, e.g. `signal 9 (SIGKILL)`.
        """
        self.lost_ns = lost_ns
        self.detail = ""
        """One sentence, once `over` has said so."""
        self._how = how
        self._before = truth
        self._speed_mps = abs(truth.speed_mps)
        self._rest: Truth | None = None
        """First tick of the present rest."""

    def over(self, truth: Truth) -> bool:
        """Told each tick; True once the vehicle stands, or after PATIENCE_NS."""
        if truth.speed_mps != 0.0:
            self._rest = None
        elif self._rest is None:
            self._rest = truth
        rest = self._rest
        if rest is not None and truth.park_brake_applied and truth.time_ns - rest.time_ns >= SETTLE_NS:
            self.detail = self._head() + self._stop(rest)
            return True
        if truth.time_ns - self.lost_ns >= PATIENCE_NS:
            still = (
                f"was still not held at rest {PATIENCE_NS / 1e9:.0f} s later, at {truth.speed_mps:.2f} m/s"
            )
            self.detail = self._head() + still
            return True
        return False

    def _head(self) -> str:
        return f"the runtime died, {self._how}, at t={self.lost_ns / 1e9:.2f} s; the vehicle "

    def _stop(self, rest: Truth) -> str:
        if self._speed_mps == 0.0:
            return "stood already and stayed held by its brakes"
        after_s = (rest.time_ns - self.lost_ns) / 1e9
        distance_m = abs(rest.distance_m - self._before.distance_m)
        return (
            "was braked by its ECUs' own timeouts, "
            f"from {self._speed_mps:.2f} m/s to standstill in {after_s:.2f} s and {distance_m:.2f} m"
        )
