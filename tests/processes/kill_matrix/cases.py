"""What is done to which process, and where the truck is then."""

from typing import NamedTuple

PROCESSES = ("control", "supervisor", "services")
HOWS = ("SIGKILL", "SIGSTOP", "busy", "slow", "exception", "memory")
"""Signals, and misbehaviours of `tests.processes.misbehaving`."""


class Place(NamedTuple):
    name: str
    speed_mps: float


AT_REST = Place("at rest", 0.0)
AT_SPEED = Place("at 8 m/s", 8.0)
AT_WALKING_PACE = Place("at 2 m/s", 2.0)
"""For the sample: 8 m/s take 20 s more of each case."""


class Case(NamedTuple):
    process: str
    how: str
    place: Place

    def __str__(self) -> str:
        return f"{self.process} {self.how} {self.place.name}"


def every_case() -> list[Case]:
    return [Case(name, how, place) for place in (AT_REST, AT_SPEED) for name in PROCESSES for how in HOWS]


SAMPLE = (
    Case("control", "SIGKILL", AT_WALKING_PACE),
    Case("control", "busy", AT_WALKING_PACE),
    Case("supervisor", "SIGSTOP", AT_WALKING_PACE),
    Case("control", "SIGKILL", AT_REST),
    Case("services", "SIGKILL", AT_WALKING_PACE),
)
