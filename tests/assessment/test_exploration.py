"""The shipped machine keeps every invariant; a machine that does not is found out by the shortest path."""

from fractions import Fraction
from typing import Any

import msgspec
import pytest

from firmware_runtime.assessment.exploration import Exploration, Result, beginnings
from firmware_runtime.assessment.figures import LIMITS, SAFETY, times_to_try
from firmware_runtime.assessment.forking import DOMAINS, runs
from firmware_runtime.assessment.invariants import INVARIANTS
from firmware_runtime.assessment.reachability import REACHABILITY
from firmware_runtime.assessment.report import TEXTS, as_plain, as_text
from firmware_runtime.safety.facts import SafetyConfig, SafetyInputs
from firmware_runtime.safety.state_machine import SafetyMachine
from firmware_runtime.vehicle.enums import SafetyState

S = SafetyState


@pytest.fixture(scope="module", params=[False, True], ids=["without a cab", "with a cab"])
def explored(request: pytest.FixtureRequest) -> tuple[Exploration, Result]:
    exploration = Exploration(request.param)
    return exploration, exploration.explore()


@pytest.mark.requirement("SR-05", "SR-09")
def test_every_reachable_configuration_keeps_every_invariant(explored: tuple[Exploration, Result]) -> None:
    _, result = explored
    lines = as_text(result)
    print("\n".join(lines))
    assert result.violations == (), "\n".join(lines)
    assert set(result.states) == set(S) - {S.NOT_AVAILABLE} - (set() if result.cab else {S.MANUAL})
    assert result.configurations > 200
    assert result.transitions > 200_000


@pytest.mark.requirement("SR-09")
def test_there_is_an_invariant_for_each_sentence_of_the_requirement() -> None:
    assert len(TEXTS) == len(INVARIANTS) + len(REACHABILITY)
    for sentence in (
        "e-stop always wins",
        "no propulsive torque outside drive states",
        "severity 3 never drives by itself",
        "drive only from READY on a rising edge",
        "acknowledge edge, standstill and cause gone",
        "pressing e-stop clears nothing",
        "MRM is bounded",
        "MRM returns only by cab override",
        "no drive while plugged in or without high voltage",
        "mode changes only through READY (cab override excepted)",
        "a latch blocks READY",
        "no upgrade while moving",
        "MAINTENANCE is reachable from every standing state",
        "SHUTDOWN is reachable from every standing state",
        "from every state a stop is reachable",
        "every state is reachable",
    ):
        assert any(sentence in text for text in TEXTS.values()), sentence


@pytest.mark.requirement("SR-09")
def test_every_input_of_a_configuration_is_covered_exactly_once(
    explored: tuple[Exploration, Result],
) -> None:
    exploration, result = explored
    machine = SafetyMachine(SAFETY, LIMITS, result.cab)
    for config in list(exploration.graph)[::20]:
        share = Fraction(0)
        for run in runs(times_to_try()):
            machine.permissions(machine.step(run.now_ns, config, run.inputs), run.inputs)
            share += Fraction(1, run.forks.choices_made)
        assert share == 1


def test_lazy_inputs_do_what_plain_inputs_do(explored: tuple[Exploration, Result]) -> None:
    """A run's result is that of the machine with the same values given plainly, the unread ones at will."""
    exploration, result = explored
    machine = SafetyMachine(SAFETY, LIMITS, result.cab)
    for number, config in enumerate(list(exploration.graph)[::10]):
        for count, run in enumerate(runs(times_to_try())):
            after = machine.step(run.now_ns, config, run.inputs)
            told = run.read()
            plain: dict[str, Any] = {
                name: told.get(name, domain[(number + count) % len(domain)])
                for name, domain in DOMAINS.items()
            }
            now_ns = run.now_ns.elapsed_ns or times_to_try()[(number + count) % 3]
            again = machine.step(now_ns, config, SafetyInputs(**plain))
            assert msgspec.structs.replace(again, entered_ns=0) == msgspec.structs.replace(
                after, entered_ns=0
            )


def test_power_comes_with_every_combination_of_latches() -> None:
    assert len(set(beginnings())) == 8
    assert {config.state for config in beginnings()} == {S.INIT}


class ForgetfulMachine(SafetyMachine):
    """Lets SAFE_STOP go by itself: a mistake that only a chain of events shows."""

    def step(self, now_ns: int, config: SafetyConfig, inputs: SafetyInputs) -> SafetyConfig:
        after = super().step(now_ns, config, inputs)
        if config.state is S.SAFE_STOP and after.state is S.SAFE_STOP and inputs.run_pressed:
            return msgspec.structs.replace(after, state=S.STANDBY, minimal_risk_latch=False)
        return after


@pytest.fixture(scope="module")
def violated() -> Result:
    return Exploration(True, ForgetfulMachine(SAFETY, LIMITS, cab=True)).explore()


@pytest.mark.requirement("SR-09")
def test_a_violation_is_told_with_the_shortest_path_to_it(violated: Result) -> None:
    found = {violation.identifier: violation for violation in violated.violations}
    assert {"latch-cleared", "latched-left"} <= set(found)
    path = found["latch-cleared"].path
    assert [move.before for move in path] == [S.INIT, S.SELF_TEST, S.SAFE_STOP]
    assert path[-1].after is S.STANDBY
    assert path[-1].told["run_pressed"] is True
    lines = "\n".join(as_text(violated))
    assert "VIOLATED  latch-cleared" in lines
    assert "0. the power comes, with latches minimal_risk" in lines
    assert "3. SAFE_STOP" in lines
    plain = as_plain([violated])
    assert plain["holds"] is False
    told = {i["identifier"]: i for i in plain["explorations"][0]["invariants"]}
    assert told["latch-cleared"]["path"][-1]["after"] == "STANDBY"
    assert told["estop-wins"] == {
        "identifier": "estop-wins",
        "text": "e-stop always wins",
        "holds": True,
    }


class LockedMachine(SafetyMachine):
    """Never lets MAINTENANCE begin."""

    def step(self, now_ns: int, config: SafetyConfig, inputs: SafetyInputs) -> SafetyConfig:
        after = super().step(now_ns, config, inputs)
        return config if after.state is S.MAINTENANCE else after


def test_what_cannot_be_reached_is_told_too() -> None:
    result = Exploration(False, LockedMachine(SAFETY, LIMITS), invariants=()).explore()
    assert {violation.identifier for violation in result.violations} == {"every-state", "maintenance"}
    assert "of the whole graph" in "\n".join(as_text(result))


def test_an_exploration_tells_how_far_it_is() -> None:
    told: list[tuple[int, int, int]] = []
    Exploration(False, LockedMachine(SAFETY, LIMITS), invariants=(), reachability=()).explore(
        lambda *numbers: told.append(numbers)
    )
    assert [numbers[0] for numbers in told] == list(range(1, len(told) + 1))
    assert told[-1][1] == 0
    assert told[-1][2] > len(told)
