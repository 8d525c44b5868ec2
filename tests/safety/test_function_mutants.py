"""tools/mutants without mutmut's run: what it asks for, and how it judges what mutmut found."""

import json
import tomllib
from pathlib import Path

import pytest

from tests.safety.mutants import functions
from tests.safety.mutants.function_survivors import REASONS
from tests.safety.mutants.functions import COPIED, LEFT_OUT, ROOT, SAFETY, SAMPLE, settings


def test_what_is_named_is_there() -> None:
    for name in (*SAMPLE, *(file for file, _ in REASONS)):
        assert (ROOT / SAFETY / name).is_file()
    for name in LEFT_OUT:
        assert (ROOT / "tests" / "safety" / name).is_file()


def test_its_settings_stand_beside_the_projects() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    tool = tomllib.loads(project + settings(SAMPLE))["tool"]
    assert tool["mutmut"]["only_mutate"] == [f"firmware_runtime/safety/{name}" for name in SAMPLE]
    assert "requirement(" in " ".join(tool["pytest"]["ini_options"]["markers"])


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A mutmut that has run: 20 mutants of estop.py, the last of which lived."""

    class Answer:
        returncode = 0
        stdout = "--- a\n+++ b\n-    self._heard = False\n+    self._heard = None\n"
        stderr = ""

    monkeypatch.setattr(functions, "WORK", tmp_path)
    monkeypatch.setattr(functions, "prepare", lambda files: None)
    monkeypatch.setattr(functions, "mutmut", lambda *arguments: Answer())
    meta = tmp_path / "mutants" / SAFETY / "estop.py.meta"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"exit_code_by_key": {f"x__mutmut_{n}": int(n < 20) for n in range(1, 21)}}))
    return meta


def change(meta: Path, *statuses: int | None) -> None:
    exits = {f"x__mutmut_{number}": status for number, status in enumerate(statuses)}
    meta.write_text(json.dumps({"exit_code_by_key": exits}))


def test_a_good_score_and_a_reason_for_each_survivor_is_status_0(
    ran: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert functions.main(["estop.py"]) == 0
    out = capsys.readouterr().out
    assert "estop.py                    20 mutants    95.0%" in out
    assert f"self._heard = None\n        {REASONS['estop.py', 'self._heard = None']}" in out


def test_a_survivor_without_a_reason_is_status_1(
    ran: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(functions, "REASONS", {})
    assert functions.main(["estop.py"]) == 1
    assert "survivors without a reason: 1" in capsys.readouterr().out


@pytest.mark.parametrize("survived", [0, 33], ids=["survived", "no test"])
def test_a_score_below_95_percent_is_status_1(ran: Path, survived: int) -> None:
    change(ran, *[1] * 18, survived)
    assert functions.main(["estop.py"]) == 1


def test_a_mutant_that_never_ends_is_found(ran: Path) -> None:
    change(ran, *[36] * 20)
    assert functions.main(["estop.py"]) == 0


def test_a_run_that_did_not_come_to_its_end_is_status_2(ran: Path) -> None:
    change(ran, 1, None)
    assert functions.main(["estop.py"]) == 2
    assert functions.main(["permits.py"]) == 2, "no mutant at all"


def test_a_file_that_is_not_there_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        functions.main(["brakes.py"])
    assert ended.value.code == 2
    assert "got brakes.py" in capsys.readouterr().err
    assert set(COPIED) >= {"firmware_runtime", "tests"}
