"""The committed documents say what the tables say; each fits what a reader looks for."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from firmware_runtime.assessment import markdown
from firmware_runtime.assessment.markdown import FAULTS_COMMAND, STATES_COMMAND
from firmware_runtime.executive.command import main
from firmware_runtime.safety.fault_catalogue import FAULTS
from firmware_runtime.safety.state_table import TRANSITIONS
from firmware_runtime.vehicle.enums import SafetyState, Severity

SAFETY = Path(__file__).parents[2] / "firmware_runtime" / "safety"


@pytest.mark.parametrize(
    ("table", "name", "command"),
    [("table", "STATES.md", STATES_COMMAND), ("faults", "FAULTS.md", FAULTS_COMMAND)],
)
def test_the_committed_document_is_what_the_command_prints(
    capsys: pytest.CaptureFixture[str], table: str, name: str, command: str
) -> None:
    assert main(["safety", table]) == 0
    printed = capsys.readouterr().out
    assert (SAFETY / name).read_text() == printed, f"the table has changed; make {name} anew: {command}"


def test_every_state_row_and_fault_is_in_its_document() -> None:
    states, faults = markdown.states_document(), markdown.faults_document()
    for state in set(SafetyState) - {SafetyState.NOT_AVAILABLE}:
        assert f"\n| {state.name} |" in states
    for row in TRANSITIONS:
        assert f"| `{row.identifier}` |" in states
        assert states.count(row.identifier) >= 2, "in the table and in the diagram"
    for fault in FAULTS:
        assert f"\n| {fault.identifier} |" in faults


@dataclass(frozen=True)
class _Clear:
    held_ns: int
    by: str


@dataclass(frozen=True)
class _FutureRow:
    """Columns of every kind that a catalogue may grow."""

    identifier: str
    severities: dict[SafetyState, Severity]
    clear: _Clear
    recovery: bool
    number: int
    codes: tuple[int, ...]
    tags: frozenset[str]
    nothing: None


def test_a_column_of_any_kind_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    row = _FutureRow(
        identifier="a|b",
        severities={SafetyState.AUTO: Severity.MINIMAL_RISK, SafetyState.MANUAL: Severity.WARN},
        clear=_Clear(1_500_000_000, "acknowledge"),
        recovery=True,
        number=0x4711,
        codes=(1, 2),
        tags=frozenset({"y", "x"}),
        nothing=None,
    )
    monkeypatch.setattr(markdown, "FAULTS", (row,))
    lines = markdown.faults_document().splitlines()
    assert lines[4] == "| identifier | severities | clear | recovery | number | codes | tags | nothing |"
    assert lines[6] == (
        "| a\\|b | 3 MINIMAL_RISK: AUTO; 1 WARN: MANUAL | held in ms 1500, by acknowledge | yes | 18193 "
        "| 1, 2 | x, y |  |"
    )
