"""From stop to stop along the route: which stop is next, whether it is reached, how long to dwell there."""

from enum import IntEnum

from firmware_runtime.vehicle.route import Route, RouteStop

REACHED_M = 0.10
"""So near to a stop, and standing, it counts as reached: what a stop may miss by, since a scanner may have
held the vehicle just short of it (assumption)."""


class MissionPhase(IntEnum):
    DRIVING = 0
    DWELLING = 1
    ARRIVED = 2


class Mission:
    """Pure: told distance along the route and standstill, tells the phase and the next stop."""

    def __init__(self, route: Route) -> None:
        self._stops = route.stops
        self._index = 0
        self._dwell_until_ns = 0
        self.phase = MissionPhase.DRIVING

    @property
    def leg(self) -> int:
        """Number of the leg that ends at the next stop, from 0."""
        return self._index

    @property
    def next_stop(self) -> RouteStop:
        return self._stops[self._index]

    def step(self, now_ns: int, distance_m: float, held: bool) -> MissionPhase:
        """`held`: the vehicle stands with its park brake applied."""
        stop = self._stops[self._index]
        if self.phase is MissionPhase.DRIVING:
            if held and distance_m >= stop.distance_m - REACHED_M:
                if self._index == len(self._stops) - 1:
                    self.phase = MissionPhase.ARRIVED
                else:
                    self.phase = MissionPhase.DWELLING
                    self._dwell_until_ns = now_ns + round(stop.dwell_s * 1e9)
        elif self.phase is MissionPhase.DWELLING and now_ns >= self._dwell_until_ns:
            self._index += 1
            self.phase = MissionPhase.DRIVING
        return self.phase

    def resume(self, distance_m: float) -> None:
        """Go on from here, wherever a person has driven the vehicle: to the first stop that lies ahead."""
        ahead = (i for i, stop in enumerate(self._stops) if stop.distance_m > distance_m - REACHED_M)
        self._index = next(ahead, len(self._stops) - 1)
        self.phase = MissionPhase.DRIVING
