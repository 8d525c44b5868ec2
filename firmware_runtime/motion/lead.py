"""Who leads the vehicle: the route, a person at a distance, or the driver in its cab.

Each state of driving has one leader. Other states have none: a stop goes on along whatever led before it, the
route's curve or the arc that the person steered.
"""

from enum import IntEnum

from firmware_runtime.vehicle.enums import SafetyState


class Lead(IntEnum):
    ROUTE = 0
    REMOTE = 1
    """Speed and steering angle by radio, or from the technician's pendant."""
    CAB = 2
    """Pedals and steering wheel."""


LEADS: dict[SafetyState, Lead] = {
    SafetyState.AUTO: Lead.ROUTE,
    SafetyState.DEGRADED: Lead.ROUTE,
    SafetyState.REMOTE: Lead.REMOTE,
    SafetyState.MAINTENANCE: Lead.REMOTE,
    SafetyState.MANUAL: Lead.CAB,
}


class Leader:
    """`step(safety_state) -> Lead`, once a tick; before the first drive it is the route."""

    def __init__(self) -> None:
        self._lead = Lead.ROUTE
        self._leading: Lead | None = None
        self.back_on_route = False
        """This tick the route leads again, after a person did: where on it has to be found anew."""
        self.begins = False
        """This tick somebody begins to lead: what was left from an earlier time does not count any more."""

    def step(self, safety_state: SafetyState) -> Lead:
        lead = LEADS.get(safety_state, self._lead)
        self.back_on_route = lead is Lead.ROUTE and self._lead is not Lead.ROUTE
        leading = LEADS.get(safety_state)
        self.begins = leading is not None and leading is not self._leading
        self._lead, self._leading = lead, leading
        return lead
