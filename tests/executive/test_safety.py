"""`firmware-runtime safety`: exit status, progress, and what a program reads."""

import json

import pytest

from firmware_runtime.assessment.exploration import Exploration
from firmware_runtime.executive import safety
from firmware_runtime.executive.command import main
from firmware_runtime.safety.state_table import TRANSITIONS


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without invariants, which tests/assessment explores with."""
    monkeypatch.setattr(safety, "PROGRESS_S", 0.0)
    monkeypatch.setattr(safety, "Exploration", lambda cab: Exploration(cab, invariants=(), reachability=()))


def test_every_invariant_is_told_and_the_status_is_0(quick: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["safety", "explore", "--json"]) == 0
    told = capsys.readouterr()
    answer = json.loads(told.out)
    assert answer["holds"] is True
    assert [exploration["cab"] for exploration in answer["explorations"]] == [False, True]
    for exploration in answer["explorations"]:
        assert exploration["configurations"] > 200
        assert exploration["transitions"] > exploration["configurations"]
        assert all(invariant["holds"] for invariant in exploration["invariants"])
    assert "with a cab: " in told.err, "progress"


def test_a_violation_is_status_1_with_the_path(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the row of priority 1: e-stop is pressed in INIT, and nothing happens."""
    monkeypatch.setattr(
        "firmware_runtime.safety.state_table.TRANSITIONS",
        tuple(row for row in TRANSITIONS if row.identifier != "estop"),
    )
    explore = Exploration.explore
    monkeypatch.setattr(
        Exploration, "explore", lambda self, progress: explore(self, progress, stop_at_first=True)
    )
    assert main(["safety", "explore"]) == 1
    lines = capsys.readouterr().out
    assert "VIOLATED  estop-wins" in lines
    assert "1. INIT  estop_pressed yes" in lines
    assert "invariants violated" in lines


@pytest.mark.parametrize("arguments", [["safety"], ["safety", "fly"], ["safety", "table", "--json"]])
def test_a_wrong_command_line_is_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: firmware-runtime" in capsys.readouterr().err
