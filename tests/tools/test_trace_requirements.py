"""tools/requirements: each safety requirement has a test, and a requirement that has none is found."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import trace_requirements
from firmware_runtime.assessment.requirements import REQUIREMENTS
from trace_requirements import Trace, as_text

ROOT = Path(__file__).parents[2]
FIRST, SECOND = REQUIREMENTS[0].identifier, REQUIREMENTS[1].identifier


def collecting(monkeypatch: pytest.MonkeyPatch, trace: Trace, status: int = 0) -> None:
    monkeypatch.setattr(trace_requirements, "collect", lambda root: (status, trace, "no module named x\n"))


def whole() -> Trace:
    return Trace({row.identifier: {"tests/a.py::test_it": 3} for row in REQUIREMENTS})


def test_no_requirement_of_this_project_is_without_a_test() -> None:
    command = [sys.executable, "tools/trace_requirements.py", "--json"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    told = json.loads(answer.stdout)
    assert told["empty"] == []
    assert [row["identifier"] for row in told["requirements"]] == [row.identifier for row in REQUIREMENTS]
    names = {test["name"] for row in told["requirements"] for test in row["tests"]}
    for name in names:
        assert (ROOT / name.split("::")[0]).is_file()
    assert len(names) > 100


def test_whole_is_status_0_and_tells_tests_with_their_cases(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    collecting(monkeypatch, whole())
    assert trace_requirements.main([]) == 0
    out = capsys.readouterr().out
    assert out.count("tests/a.py::test_it (3 cases)") == len(REQUIREMENTS)
    assert out.endswith(f"{len(REQUIREMENTS)} requirements, 1 tests, without a test: none\n")


def test_a_requirement_without_a_test_is_status_1_and_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = whole()
    trace.tests[SECOND].clear()
    collecting(monkeypatch, trace)
    assert trace_requirements.main([]) == 1
    assert capsys.readouterr().out.endswith(f"without a test: {SECOND}\n")
    assert trace_requirements.main(["--json"]) == 1
    assert json.loads(capsys.readouterr().out)["empty"] == [SECOND]


def test_a_test_that_only_the_full_run_has_is_told_and_is_not_enough() -> None:
    trace = whole()
    trace.tests[FIRST] = {"tests/b.py::test_long": 1}
    trace.long.add("tests/b.py::test_long")
    assert trace.empty == [FIRST]
    assert "       tests/b.py::test_long (tools/test --full only)" in as_text(trace)


def test_tests_that_cannot_be_collected_are_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    collecting(monkeypatch, whole(), status=2)
    assert trace_requirements.main([]) == 2
    assert "no module named x" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("mark", "told"),
    [("('SR-99')", "got SR-99"), ("()", "got none"), ("('SR-01', 'SR-1')", "got SR-1"), ("('SR-01')", "")],
)
def test_a_requirement_that_does_not_exist_stops_the_tests(tmp_path: Path, mark: str, told: str) -> None:
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = requirement\n")
    (tmp_path / "test_it.py").write_text(
        f"import pytest\n\n\n@pytest.mark.requirement{mark}\ndef test_it():\n    pass\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode == (4 if told else 0), answer.stdout + answer.stderr
    assert told in answer.stderr
