"""tools/mutants: what it asks for, how a mutant is judged, and how it tells what was found."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.safety.mutants import functions
from tests.safety.mutants.function_survivors import REASONS
from tests.safety.mutants.functions import (
    COPIED,
    LEFT_OUT,
    NOT_FOR_SAMPLE,
    ROOT,
    SAFETY,
    SAMPLE,
    SETTINGS,
)
from tests.safety.mutants.judging import NEVER_ENDS, NO_TESTS, SURVIVED, changed_line

PRODUCT = """
def larger(a, b):
    return a if a > b else b


def count_down(number):
    while number > 0:
        number -= 1
    return number


def nobody_calls():
    return 3


def nobody_looks_at(number):
    return number * 2


class Doubler:
    def doubled(self, number):
        return number + number
"""
TESTS = """
import product


def test_the_larger_number_is_found():
    assert product.larger(2, 1) == 2
    assert product.larger(1, 3) == 3


def test_it_ends():
    assert product.count_down(3) == 0


def test_nothing():
    product.nobody_looks_at(3)


def test_of_a_class():
    assert product.Doubler().doubled(4) == 8
"""


def test_what_is_named_is_there() -> None:
    for name in {file for file, _ in REASONS}:
        assert (ROOT / SAFETY / name).is_file()
    for name in SAMPLE:
        assert (ROOT / SAFETY / name).is_file()
    for name in (*LEFT_OUT, *NOT_FOR_SAMPLE):
        assert (ROOT / "tests" / "safety" / name).is_file()
    assert set(COPIED) >= {"firmware_runtime", "tests"}


def test_its_settings_stand_beside_the_projects() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    tool = tomllib.loads(project + SETTINGS)["tool"]
    assert tool["mutmut"]["source_paths"] == ["firmware_runtime/"]
    assert "requirement(" in " ".join(tool["pytest"]["ini_options"]["markers"])


def judged(folder: Path, tests: str = TESTS, each: int = 1) -> "subprocess.CompletedProcess[str]":
    """The judging of a product of its own."""
    (folder / "product.py").write_text(PRODUCT, encoding="utf-8")
    (folder / "test_product.py").write_text(tests, encoding="utf-8")
    (folder / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    job = {"modules": {"product.py": each}, "tests": ["test_product.py"], "verdicts": "verdicts.json"}
    (folder / "job.json").write_text(json.dumps({**job, "cpu_min_s": 1}), encoding="utf-8")
    command = [sys.executable, "-m", "tests.safety.mutants.judging", "job.json"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def verdicts(folder: Path) -> Mapping[str, Mapping[str, str]]:
    return json.loads((folder / "verdicts.json").read_text(encoding="utf-8"))["product.py"]


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, str]]:
    """Verdict on each mutant of the product."""
    folder = tmp_path_factory.mktemp("every")
    done = judged(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return verdicts(folder)


def test_each_mutant_is_put_to_the_tests_that_call_its_function(
    every: Mapping[str, Mapping[str, str]],
) -> None:
    by_line = {one["line"]: one["outcome"] for one in every.values()}
    assert (
        by_line["return a if (a > b) and False else b"] == "test_product.py::test_the_larger_number_is_found"
    )
    assert by_line["return a if a >= b else b"] == SURVIVED, "it is the same"
    assert by_line["number += 1"] == NEVER_ENDS
    assert by_line["return 4"] == NO_TESTS
    assert by_line["return number / 2"] == SURVIVED
    assert by_line["return number - number"] == "test_product.py::test_of_a_class"
    assert all(name.startswith("product.x") for name in every)


def test_a_sample_is_the_same_each_time(every: Mapping[str, Mapping[str, str]], tmp_path: Path) -> None:
    judged(tmp_path, each=5)
    assert list(verdicts(tmp_path)) == list(every)[2::5]


def test_nothing_is_judged_by_tests_that_fail_by_themselves(tmp_path: Path) -> None:
    done = judged(tmp_path, TESTS + "\n\ndef test_wrong():\n    assert product.larger(1, 2) == 1\n")
    assert done.returncode == 1
    assert "FAILED test_product.py::test_wrong" in done.stdout
    assert not (tmp_path / "verdicts.json").exists()


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("def f():\n    a = 1\n    b = 2", "def f():\n    a = 1\n    b = None", "b = None"),
        ("f(\n    a,\n    b,\n)", "f(\n    a,\n)", "without b,"),
        ("f(\n    a,\n)", "f(\n    None,\n)", "None,"),
    ],
)
def test_a_mutant_is_known_by_the_line_that_it_changes(before: str, after: str, line: str) -> None:
    assert changed_line(before, after) == line


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, dict[str, str]]:
    """Verdicts on 20 mutants of estop.py, the last of which lived."""
    told = {f"x_{n}": {"line": "self.heard = None", "outcome": "test"} for n in range(19)}
    told["x_19"] = {"line": "self.heard = None", "outcome": SURVIVED}
    monkeypatch.setattr(functions, "prepare", lambda work, files, sample: tmp_path)
    monkeypatch.setattr(functions, "run", lambda job: {str(SAFETY / "estop.py"): told})
    return told


def test_a_good_score_and_a_reason_for_each_survivor_is_status_0(
    ran: dict[str, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert functions.main(["estop.py"]) == 0
    out = capsys.readouterr().out
    assert "estop.py                    20 mutants    95.0%" in out
    assert f"self.heard = None\n        {REASONS['estop.py', 'self.heard = None']}" in out


def test_a_survivor_without_a_reason_is_status_1(
    ran: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(functions, "REASONS", {})
    assert functions.main(["estop.py"]) == 1
    assert "survivors without a reason: 1" in capsys.readouterr().out


def test_a_reason_that_no_survivor_needs_is_named_where_all_are_judged(
    ran: dict[str, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    needless = "no survivor needs the reason of estop.py: self._defect = None"
    assert functions.main(["estop.py"]) == 0
    out = capsys.readouterr().out
    assert needless in out
    assert "reason of estop.py: self.heard = None" not in out, "that one lived"
    assert "reason of permits.py" not in out, "not judged"
    functions.main(["--sample", "estop.py"])
    assert "no survivor needs" not in capsys.readouterr().out


@pytest.mark.parametrize("outcome", [SURVIVED, NO_TESTS])
def test_a_score_below_95_percent_is_status_1(ran: dict[str, dict[str, str]], outcome: str) -> None:
    ran["x_0"]["outcome"] = outcome
    assert functions.main(["estop.py"]) == 1


def test_a_mutant_that_never_ends_is_found(ran: dict[str, dict[str, str]]) -> None:
    for one in ran.values():
        one["outcome"] = NEVER_ENDS
    assert functions.main(["estop.py"]) == 0


def test_tests_that_did_not_run_to_their_end_are_status_2(
    ran: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert functions.main(["permits.py"]) == 2, "no mutant at all"
    monkeypatch.setattr(functions, "run", lambda job: None)
    assert functions.main(["estop.py"]) == 2


def test_a_file_that_is_not_there_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        functions.main(["brakes.py"])
    assert ended.value.code == 2
    assert "got brakes.py" in capsys.readouterr().err
