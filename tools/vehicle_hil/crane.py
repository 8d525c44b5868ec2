"""Loads and unloads the vehicle at its stops: a crane that waits for standstill before it lifts."""

from collections.abc import Callable
from math import hypot

from firmware_runtime.vehicle.route import Route
from vehicle_hil.result import Truth

PICK_UP, SET_DOWN = "pick-up", "set-down"
"""A stop whose name begins so is served by the crane."""
CONTAINER_KG = 26_000.0
"""A laden 40 ft container (assumption: mean of a port's boxes; 30.5 t is the most that ISO 668 permits)."""
SHARE_OF_PAYLOAD = 0.5
"""A vehicle for less is loaded with this share of its payload."""
NEAR_M = 1.0
WAIT_NS = 2_000_000_000
"""From the park brake to the load: spreader down, locked, checked (assumption)."""


class Crane:
    """Sets the load once at each served stop, when the vehicle has stood there, parked, for a while."""

    def __init__(self, route: Route, payload_max_kg: float, set_load: Callable[[float], None]) -> None:
        self._set_load = set_load
        self._container_kg = min(CONTAINER_KG, SHARE_OF_PAYLOAD * payload_max_kg)
        self._waiting: list[tuple[str, float, float]] = []
        for stop in route.stops:
            if stop.name.startswith((PICK_UP, SET_DOWN)):
                place = min(round(stop.distance_m / route.step_m), len(route.x_m) - 1)
                self._waiting.append((stop.name, float(route.x_m[place]), float(route.y_m[place])))
        self._parked_since_ns: int | None = None

    def step(self, truth: Truth) -> str:
        """Once a tick; tells in one line what it did, else is empty."""
        if not self._waiting:
            return ""
        if not truth.park_brake_applied or truth.speed_mps != 0.0:
            self._parked_since_ns = None
            return ""
        if self._parked_since_ns is None:
            self._parked_since_ns = truth.time_ns
        name, x_m, y_m = self._waiting[0]
        away_m = hypot(truth.x_m - x_m, truth.y_m - y_m)
        if truth.time_ns - self._parked_since_ns < WAIT_NS or away_m > NEAR_M:
            return ""
        self._waiting.pop(0)
        load_kg = self._container_kg if name.startswith(PICK_UP) else 0.0
        self._set_load(load_kg)
        return f"{name}: load is {load_kg / 1000:.1f} t now"
