"""The two simulated vehicles, read once, and variants of them, for the tests of the vehicle side."""

from dataclasses import replace
from functools import cache
from typing import Any

from vehicle_hil.vehicle_file import VehicleParameters, built_in_vehicle, load_vehicle_file

BOTH = ("q_truck", "yard_tractor")


@cache
def parameters(name: str) -> VehicleParameters:
    return load_vehicle_file(built_in_vehicle(name))


def variant(name: str, **sections: dict[str, Any]) -> VehicleParameters:
    """A vehicle with some values of some sections changed: `variant("q_truck", start={"soc": 0.5})`."""
    base = parameters(name)
    return replace(base, **{key: replace(getattr(base, key), **values) for key, values in sections.items()})
