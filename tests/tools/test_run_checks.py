"""tools/test runs each check in turn, stops at the first that fails and says which."""

from pathlib import Path

import pytest

import run_checks
from run_checks import Check

PYTEST = ("bin/pytest", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")


def ending(name: str, status: int) -> Check:
    return Check(name, ("sh", "-c", f"exit {status}"))


def only(monkeypatch: pytest.MonkeyPatch, *statuses: int, safety: int = 0) -> None:
    """Checks in place of the real ones that end with these statuses; the last stands for pytest."""
    checks = [ending(f"check {n}", status) for n, status in enumerate(statuses)]
    monkeypatch.setattr(run_checks, "safety_coverage_check", lambda tools: ending("safety", safety))
    monkeypatch.setattr(run_checks, "mutants_check", lambda full: ending(f"mutants {full}", 0))
    monkeypatch.setattr(run_checks, "static_checks", lambda tools: checks[:-1])
    monkeypatch.setattr(run_checks, "pytest_check", lambda tools, full, arguments: checks[-1])


def test_all_well_exits_0_and_names_each_check(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    only(monkeypatch, 0, 0, 0)
    assert run_checks.main([]) == 0
    named = "all well: check 0 0 s, check 1 0 s, check 2 0 s, safety 0 s, mutants False 0 s"
    assert named in capfd.readouterr().out


def test_the_first_failure_stops_it_and_is_named(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    only(monkeypatch, 0, 5, 0)
    assert run_checks.main([]) == 1
    out = capfd.readouterr().out
    assert "check 1 FAILED (status 5)" in out
    assert "== check 2" not in out
    assert "again alone: sh -c exit 5" in out


def test_a_line_of_the_safety_part_that_never_ran_fails(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    only(monkeypatch, 0, 0, safety=2)
    assert run_checks.main([]) == 1
    assert "safety FAILED (status 2)" in capfd.readouterr().out
    assert run_checks.main(["tests/can"]) == 0, "chosen tests are not judged by coverage"


def test_the_full_run_judges_every_mutant_of_a_function_and_ci_a_sample(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    command = ("-m", "tests.safety.mutants.functions")
    assert run_checks.mutants_check(full=True).command[1:] == command
    assert run_checks.mutants_check(full=False).command[1:] == (*command, "--sample")
    only(monkeypatch, 0, 0)
    assert run_checks.main(["--full"]) == 0
    assert "safety 0 s, mutants True 0 s" in capfd.readouterr().out
    assert run_checks.main(["tests/can"]) == 0
    assert "mutants" not in capfd.readouterr().out


def test_of_the_safety_part_every_line_and_branch_is_asked_of_its_own_tests() -> None:
    command = run_checks.safety_coverage_check(Path("bin")).command
    assert {"--cov=firmware_runtime/safety", "--cov-branch", "--cov-fail-under=100"} <= set(command)
    assert [part for part in command if part.startswith("tests/")] == ["tests/safety"]


def test_each_test_of_the_safety_part_runs_once() -> None:
    ignored = [
        part.removeprefix("--ignore=")
        for part in run_checks.safety_coverage_check(Path("bin")).command
        if part.startswith("--ignore=")
    ]
    files = [f"tests/safety/{file.name}" for file in Path(__file__).parents[1].glob("safety/test_*.py")]
    assert len(files) > 50
    assert {file for file in files if not run_checks.is_measured(file)} == set(ignored)
    assert not run_checks.is_measured("tests/can/test_sender.py")
    assert not run_checks.is_measured("tests/safety/mutants/test_x.py")


def test_the_checks_are_the_seven_in_order() -> None:
    names = [check.name for check in run_checks.static_checks(Path("bin"))]
    assert names == ["ruff check", "ruff format", "pyright", "import contract"]
    assert run_checks.pytest_check(Path("bin"), False, []).name == "pytest"
    assert run_checks.safety_coverage_check(Path("bin")).name == "coverage of safety"
    assert run_checks.mutants_check(full=False).name == "mutants of functions"


def test_the_full_run_is_gated_at_90_percent_and_the_short_one_leaves_out_the_long_tests() -> None:
    command = run_checks.pytest_check(Path("bin"), full=False, arguments=[]).command
    assert command == (*PYTEST, "-m", "not full", "--without-measured-safety-tests")
    full = run_checks.pytest_check(Path("bin"), full=True, arguments=[]).command
    assert full == (*PYTEST, "--cov", "--cov-fail-under=90")


def test_chosen_tests_are_not_judged_by_coverage_and_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    command = run_checks.pytest_check(Path("bin"), True, ["tests/can", "-x"]).command
    assert command[-2:] == ("tests/can", "-x")
    assert "--cov" not in command
    only(monkeypatch, 0)
    assert run_checks.main(["tests/can"]) == 0
    assert "coverage not judged" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("name", "has_node", "in_ci", "skipped"),
    [
        ("pyright", False, False, True),
        ("pyright", False, True, False),
        ("pyright", True, False, False),
        ("pytest", False, False, False),
    ],
)
def test_only_pyright_is_left_out_and_never_in_ci(
    name: str, has_node: bool, in_ci: bool, skipped: bool
) -> None:
    reason = run_checks.reason_to_skip(Check(name, ()), has_node, in_ci)
    assert (reason is not None) == skipped
