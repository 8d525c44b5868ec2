"""What the supervisor knows of the mass it may have to stop: load by the scales, trailer by the profile.

A load that was once weighed stays until it is weighed again: nothing is picked up on the way. Before that,
and for a trailer always, the mass is only known to lie between two figures; each check takes the worse one.
"""

from firmware_runtime.vehicle.profile import Mass
from firmware_runtime.vehicle.signals import VehicleState


class GrossMass:
    def __init__(self, mass: Mass) -> None:
        self._mass = mass
        self._load_kg: float | None = None

    def step(self, state: VehicleState) -> None:
        """Hear the scales."""
        if state.usable("load_mass_kg"):
            self._load_kg = state.load_mass_kg

    @property
    def lightest_kg(self) -> float:
        """Counts where force is to be bounded: acceleration, jerk, deceleration."""
        return self._mass.empty_kg + (self._load_kg or 0.0)

    @property
    def heaviest_kg(self) -> float:
        """Counts where the vehicle is to be stopped or held."""
        load_kg = self._mass.payload_max_kg if self._load_kg is None else self._load_kg
        return self._mass.empty_kg + load_kg + self._mass.trailer_max_kg
