"""Is a mistake found? By a case of the table, by an invariant, or shown to be none: it behaves the same."""

from typing import NamedTuple

import msgspec

from firmware_runtime.assessment.exploration import Exploration
from firmware_runtime.assessment.figures import LIMITS, SAFETY, times_to_try
from firmware_runtime.assessment.forking import START_NS, runs
from firmware_runtime.assessment.reachability import Graph
from firmware_runtime.safety.state_machine import SafetyMachine
from firmware_runtime.safety.state_table import MAY_MOVE, TRANSITIONS
from firmware_runtime.vehicle.enums import SafetyState
from tests.safety.cases import wrong
from tests.safety.mutants.mistakes import Mistake, built
from tests.safety.permission_cases import COLUMNS, wrong_permissions
from tests.safety.transition_cases import CASES


class Finding(NamedTuple):
    mistake: Mistake
    by: str
    """`case`, `invariant`, `same` (no mistake: identical in everything), or `nothing` (a survivor)."""
    evidence: str


class Judge:
    """Holds what the shipped machine does, to compare with."""

    def __init__(self) -> None:
        self._shipped = {cab: SafetyMachine(SAFETY, LIMITS, cab) for cab in (False, True)}
        self._graphs: dict[bool, Graph] = {}

    def judge(self, mistake: Mistake) -> Finding:
        evidence = found_by_case(mistake)
        if evidence:
            return Finding(mistake, "case", evidence)
        machines = {cab: built(mistake, SAFETY, LIMITS, cab) for cab in (False, True)}
        difference = self._difference(mistake, machines)
        if not difference:
            return Finding(mistake, "same", "same step and permissions, in every configuration, every input")
        evidence = found_by_invariant(machines)
        if evidence:
            return Finding(mistake, "invariant", evidence)
        return Finding(mistake, "nothing", difference)

    def _difference(self, mistake: Mistake, machines: dict[bool, SafetyMachine]) -> str:
        """Where it first differs from the shipped machine, over that one's whole explored space."""
        touched = touched_states(mistake)
        for cab, machine in machines.items():
            shipped = self._shipped[cab]
            for config in self._graph(cab):
                if config.state not in touched:
                    continue
                for run in runs(times_to_try()):
                    after = shipped.step(run.now_ns, config, run.inputs)
                    other = machine.step(run.now_ns, config, run.inputs)
                    may = shipped.permissions(after, run.inputs)
                    if after == other and may == machine.permissions(other, run.inputs):
                        continue
                    plain = msgspec.structs.replace(other, entered_ns=START_NS)
                    return f"{config} told {run.read()} -> {plain}"
        return ""

    def _graph(self, cab: bool) -> Graph:
        if cab not in self._graphs:
            exploration = Exploration(cab, invariants=(), reachability=())
            exploration.explore()
            self._graphs[cab] = exploration.graph
        return self._graphs[cab]


def touched_states(mistake: Mistake) -> frozenset[SafetyState]:
    """Those whose own rows are others than the shipped ones; all, where what may move is another."""
    if mistake.may_move is not MAY_MOVE:
        return frozenset(MAY_MOVE)
    return frozenset(
        state
        for state in MAY_MOVE
        if [row for row in mistake.rows if state in row.sources]
        != [row for row in TRANSITIONS if state in row.sources]
    )


def found_by_invariant(machines: dict[bool, SafetyMachine]) -> str:
    for cab, machine in machines.items():
        violations = Exploration(cab, machine).explore(stop_at_first=True).violations
        if violations:
            return violations[0].identifier
    return ""


def found_by_case(mistake: Mistake) -> str:
    """The first case that shows it; those of states that it does not touch cannot."""
    touched = touched_states(mistake)
    with_cab = built(mistake, SAFETY, LIMITS, cab=True)
    for column in COLUMNS:
        if column.state in touched:
            what = wrong_permissions(with_cab, column)
            if what:
                return f"{column.label}: {what}"
    for case in CASES:
        if case.state in touched:
            machine = with_cab if case.cab else built(mistake, SAFETY, LIMITS, cab=False)
            what = wrong(machine, case)
            if what:
                return f"{case.label}: {what}"
    return ""
