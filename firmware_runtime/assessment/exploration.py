"""Every reachable configuration of the shipped safety machine, with every input, breadth first.

What is explored is `SafetyMachine.step` and `.permissions` themselves. Each step is held against the
invariants; the first way that breadth-first search finds to a violation is a shortest one. Losing the power
is a step too: it leaves what a snapshot keeps.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import msgspec

from firmware_runtime.assessment.figures import LIMITS, SAFETY, times_to_try
from firmware_runtime.assessment.forking import START_NS, inputs_in_all, runs
from firmware_runtime.assessment.invariants import INVARIANTS, Invariant
from firmware_runtime.assessment.predicates import Step
from firmware_runtime.assessment.reachability import REACHABILITY, Graph, Reachability
from firmware_runtime.safety.facts import Latch, SafetyConfig
from firmware_runtime.safety.state_machine import SafetyMachine
from firmware_runtime.vehicle.enums import SafetyState, StopKind


class Move(msgspec.Struct, frozen=True):
    """One step of a path; `told` are the inputs that mattered, the others may be anything."""

    before: SafetyState
    told: dict[str, Any]
    elapsed_ns: int | None
    """Since the state was entered; None where the time did not matter."""
    after: SafetyState
    stop: StopKind


class Violation(msgspec.Struct, frozen=True):
    identifier: str
    latches: tuple[str, ...]
    """Kept from before, when the power came."""
    path: tuple[Move, ...]
    """From there on; empty where no step but the whole graph is to blame."""


class Result(msgspec.Struct, frozen=True):
    cab: bool
    configurations: int
    transitions: int
    """Steps that differ in something that the machine or an invariant read."""
    inputs_covered: int
    """Combinations of all inputs and times that those steps stand for."""
    seconds: float
    states: tuple[SafetyState, ...]
    """That were reached."""
    violations: tuple[Violation, ...]
    """The first found of each invariant that is violated."""


Progress = Callable[[int, int, int], None]
"""Configurations explored, still to explore, transitions so far."""


def beginnings() -> tuple[SafetyConfig, ...]:
    """Power comes: INIT, with whatever latches were kept."""
    return tuple(
        SafetyConfig(estop_latch=estop, immediate_latch=immediate, minimal_risk_latch=minimal_risk)
        for estop, immediate, minimal_risk in product((False, True), repeat=3)
    )


class Exploration:
    def __init__(
        self,
        cab: bool,
        machine: SafetyMachine | None = None,
        invariants: Sequence[Invariant] = INVARIANTS,
        reachability: Sequence[Reachability] = REACHABILITY,
    ) -> None:
        self._cab = cab
        self._machine = machine or SafetyMachine(SAFETY, LIMITS, cab)
        self._invariants = invariants
        self._reachability = reachability
        self._times_ns = times_to_try()
        self._parents: dict[SafetyConfig, tuple[SafetyConfig, Move] | None] = {}
        self._successors: dict[SafetyConfig, set[SafetyConfig]] = {}
        self._queue: deque[SafetyConfig] = deque()
        self._violations: dict[str, Violation] = {}
        self._transitions = 0

    @property
    def graph(self) -> Graph:
        """Configuration -> those that a step leads to."""
        return self._successors

    def explore(self, progress: Progress | None = None, stop_at_first: bool = False) -> Result:
        began_s = time.monotonic()
        for config in beginnings():
            self._parents[config] = None
            self._queue.append(config)
        while self._queue and not (stop_at_first and self._violations):
            self._expand(self._queue.popleft())
            if progress is not None:
                progress(len(self._successors), len(self._queue), self._transitions)
        if not self._queue:
            self._judge_graph()
        return Result(
            cab=self._cab,
            configurations=len(self._successors),
            transitions=self._transitions,
            inputs_covered=len(self._successors) * inputs_in_all(self._times_ns),
            seconds=time.monotonic() - began_s,
            states=tuple(sorted({config.state for config in self._successors})),
            violations=tuple(self._violations.values()),
        )

    def _expand(self, config: SafetyConfig) -> None:
        machine, successors = self._machine, set[SafetyConfig]()
        self._successors[config] = successors
        for run in runs(self._times_ns):
            after = machine.step(run.now_ns, config, run.inputs)
            step = Step(
                config,
                run.inputs,
                run.now_ns,
                after,
                machine.permissions(after, run.inputs),
                self._cab,
                SAFETY,
            )
            broken = [invariant.identifier for invariant in self._invariants if not invariant.holds(step)]
            self._transitions += 1
            settled = msgspec.structs.replace(after, entered_ns=START_NS)
            known = settled in self._parents
            successors.add(settled)
            if known and not broken:
                continue
            move = Move(config.state, run.read(), run.now_ns.elapsed_ns, after.state, after.stop)
            for identifier in broken:
                if identifier not in self._violations:
                    self._violations[identifier] = self._violation(identifier, config, (move,))
            if not known:
                self._parents[settled] = (config, move)
                self._queue.append(settled)
        restored = SafetyConfig.restore(config.snapshot())
        if restored not in self._parents:
            lost = Move(config.state, {"power": "lost"}, None, restored.state, restored.stop)
            self._parents[restored] = (config, lost)
            self._queue.append(restored)

    def _judge_graph(self) -> None:
        for property_ in self._reachability:
            for offender in property_.offenders(self._successors, self._cab):
                self._violations.setdefault(
                    property_.identifier, self._violation(property_.identifier, offender, ())
                )

    def _violation(self, identifier: str, config: SafetyConfig | None, last: tuple[Move, ...]) -> Violation:
        """With the way from power-on to `config`, and what came then."""
        if config is None:
            return Violation(identifier, (), ())
        moves: list[Move] = []
        parent = self._parents[config]
        while parent is not None:
            config, move = parent
            moves.append(move)
            parent = self._parents[config]
        kept = config.snapshot()
        latches = tuple(latch.value for latch in Latch if kept[latch.value])
        return Violation(identifier, latches, (*reversed(moves), *last))
