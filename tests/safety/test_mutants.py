"""Every mistake that one edit of the state table can be is found, or is shown to be none."""

from collections import Counter

import pytest

from firmware_runtime.assessment.figures import LIMITS, SAFETY
from tests.safety.mutants.judge import Judge, found_by_case, found_by_invariant
from tests.safety.mutants.mistakes import Mistake, all_mistakes, built
from tests.safety.mutants.no_mistakes import NO_MISTAKES

NAMES_OF_NONE = [name for names in NO_MISTAKES.values() for name in names]
SAMPLE_OF_NONE = NAMES_OF_NONE[12::50]
BY_INVARIANTS_ALONE = (
    "row dropped: estop",
    pytest.param("row dropped: stopped", marks=pytest.mark.full),
    pytest.param("row retargeted: stop_taken_over to AUTO", marks=pytest.mark.full),
    "guard negated: run",
    "priority swapped: estop, shut_down",
    "latch-clear column: estop_to_fault clears immediate",
    pytest.param("stop column: degraded_overdue commands NONE", marks=pytest.mark.full),
    "permission flipped: CHARGING propulsion always",
    "permission flipped: MAINTENANCE propulsion powered",
)
"""A sample that the exploration finds without any case."""


@pytest.fixture(scope="module")
def mistakes() -> dict[str, Mistake]:
    return {mistake.name: mistake for mistake in all_mistakes()}


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge()


def test_mistakes_of_every_kind_are_made(mistakes: dict[str, Mistake]) -> None:
    kinds = Counter(mistake.kind for mistake in mistakes.values())
    rows = kinds["row dropped"]
    assert rows > 40
    assert kinds["guard negated"] == rows
    assert kinds["row retargeted"] == 14 * rows, "to every other state"
    assert kinds["priority swapped"] > 150
    assert {
        "source left out",
        "latch-clear column",
        "stop column",
        "permission flipped",
        "state column",
    } < set(kinds)


@pytest.mark.requirement("SR-09")
def test_every_mistake_is_found_by_a_case_or_stands_among_those_that_are_none(
    mistakes: dict[str, Mistake],
) -> None:
    unfound = [name for name, mistake in mistakes.items() if not found_by_case(mistake)]
    assert sorted(unfound) == sorted(NAMES_OF_NONE)


@pytest.mark.parametrize("name", SAMPLE_OF_NONE)
def test_what_is_no_mistake_behaves_the_same_with_every_input(
    mistakes: dict[str, Mistake], judge: Judge, name: str
) -> None:
    assert judge.judge(mistakes[name]).by == "same"


@pytest.mark.full
@pytest.mark.parametrize("name", [name for name in NAMES_OF_NONE if name not in SAMPLE_OF_NONE])
def test_all_that_is_no_mistake_behaves_the_same_with_every_input(
    mistakes: dict[str, Mistake], judge: Judge, name: str
) -> None:
    assert judge.judge(mistakes[name]).by == "same"


@pytest.mark.parametrize("name", BY_INVARIANTS_ALONE)
@pytest.mark.requirement("SR-09")
def test_the_exploration_alone_finds_it(mistakes: dict[str, Mistake], name: str) -> None:
    machines = {cab: built(mistakes[name], SAFETY, LIMITS, cab) for cab in (False, True)}
    assert found_by_invariant(machines) != ""
