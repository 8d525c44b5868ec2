"""What must be reachable: properties of the whole explored graph, as data."""

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from typing import TypeAlias

from firmware_runtime.safety.facts import SafetyConfig
from firmware_runtime.vehicle.enums import SafetyState

S = SafetyState
Graph: TypeAlias = "Mapping[SafetyConfig, Set[SafetyConfig]]"

STANDING = frozenset({S.STANDBY, S.READY, S.CHARGING, S.SAFE_STOP, S.FAULT, S.ESTOP, S.MAINTENANCE})
"""Written again, as all of this folder: the table is what is judged."""
STOPPED = frozenset({S.SAFE_STOP, S.ESTOP, S.FAULT})
ALL_STATES = frozenset(S) - {S.NOT_AVAILABLE}


@dataclass(frozen=True, slots=True)
class Reachability:
    identifier: str
    text: str
    offenders: Callable[[Graph, bool], Iterable[SafetyConfig | None]]
    """Configurations that violate it, of a graph of a vehicle with or without a cab; None for a state that no
    configuration has."""


def _leading_to(graph: Graph, targets: frozenset[S]) -> set[SafetyConfig]:
    """Configurations from which one of these states can be reached, those in them included."""
    sources: dict[SafetyConfig, list[SafetyConfig]] = {}
    for config, successors in graph.items():
        for successor in successors:
            sources.setdefault(successor, []).append(config)
    found = {config for config in graph if config.state in targets}
    edge = list(found)
    while edge:
        for source in sources.get(edge.pop(), ()):
            if source not in found:
                found.add(source)
                edge.append(source)
    return found


def _every_state(graph: Graph, cab: bool) -> Iterable[SafetyConfig | None]:
    reached = frozenset(config.state for config in graph)
    return [None] if reached != (ALL_STATES if cab else ALL_STATES - {S.MANUAL}) else []


def _from_standing(target: S) -> Callable[[Graph, bool], Iterable[SafetyConfig | None]]:
    def offenders(graph: Graph, cab: bool) -> Iterable[SafetyConfig | None]:
        leading = _leading_to(graph, frozenset({target}))
        return [config for config in graph if config.state in STANDING and config not in leading]

    return offenders


def _no_stop_in_a_step(graph: Graph, cab: bool) -> Iterable[SafetyConfig | None]:
    """Bounded, as it is one step: what is neither stopped nor off can stop in the very next tick."""
    return [
        config
        for config, successors in graph.items()
        if config.state is not S.SHUTDOWN
        and config.state not in STOPPED
        and not any(successor.state in STOPPED for successor in successors)
    ]


def _no_way_back(graph: Graph, cab: bool) -> Iterable[SafetyConfig | None]:
    leading = _leading_to(graph, frozenset({S.READY}))
    return [config for config in graph if config.state is not S.SHUTDOWN and config not in leading]


REACHABILITY: tuple[Reachability, ...] = (
    Reachability("every-state", "every state is reachable, MANUAL exactly with a cab", _every_state),
    Reachability(
        "maintenance", "MAINTENANCE is reachable from every standing state", _from_standing(S.MAINTENANCE)
    ),
    Reachability("shutdown", "SHUTDOWN is reachable from every standing state", _from_standing(S.SHUTDOWN)),
    Reachability("stop", "from every state a stop is reachable in one tick", _no_stop_in_a_step),
    Reachability("no-dead-end", "READY is reachable from every state but SHUTDOWN", _no_way_back),
)
