"""The requirements of the safety concept: well-formed, and the README tells of each."""

import re
from pathlib import Path

from firmware_runtime.assessment.requirements import HAZARDS, IDENTIFIERS, REQUIREMENTS

README = Path(__file__).parents[2] / "README.md"


def test_identifiers_count_up_without_a_gap() -> None:
    assert [row.identifier for row in REQUIREMENTS] == [f"SR-{n:02}" for n in range(1, len(REQUIREMENTS) + 1)]
    assert len(IDENTIFIERS) == len(REQUIREMENTS)


def test_each_requirement_is_a_sentence_against_a_hazard_and_no_hazard_is_without_one() -> None:
    for row in REQUIREMENTS:
        assert re.fullmatch(r"[A-Z].{20,220}\.", row.text), row.identifier
    assert {row.hazard for row in REQUIREMENTS} == set(HAZARDS)


def test_the_concept_in_the_readme_names_each_requirement_and_no_other() -> None:
    concept = README.read_text(encoding="utf-8").split("\n## Safety concept\n")[1].split("\n## ")[0]
    assert set(re.findall(r"SR-\d+", concept)) == IDENTIFIERS
    assert set(re.findall(r"\bH\d\b", concept)) == set(HAZARDS)
