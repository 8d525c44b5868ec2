"""May contactors that are closed stay closed in a stop? Never a reason to close any.

A stop takes the torque first; contactors that open under load wear or weld, and brakes and steering draw
their air and oil from high voltage. So they stay closed while the vehicle moves and until the pack's current
is low, but not for long under a current that does not fall: then torque was not taken, and opening is the
last means.
"""

from firmware_runtime.vehicle.profile import Battery
from firmware_runtime.vehicle.signals import VehicleState

SLACK_NS = 100_000_000
"""The supervisor waits so much longer than `control`, which may see the stop some ticks later (assumed)."""


class ContactorHold:
    def __init__(self, battery: Battery) -> None:
        self._current_max_a = battery.opening_current_max_a
        self._wait_max_ns = round(battery.opening_time_max_s * 1e9) + SLACK_NS
        self._flowing_since_ns: int | None = None

    def step(self, now_ns: int, stopping: bool, standing: bool, state: VehicleState) -> bool:
        """True while they may stay. `stopping`: a state or a stop that wants them open in the end."""
        low = state.usable("battery_current_a") and abs(state.battery_current_a) <= self._current_max_a
        if not stopping or low:
            self._flowing_since_ns = None
            return not (stopping and standing)
        if self._flowing_since_ns is None:
            self._flowing_since_ns = now_ns
        return now_ns - self._flowing_since_ns < self._wait_max_ns
