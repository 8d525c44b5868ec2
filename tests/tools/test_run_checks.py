"""tools/test runs each check in turn, stops at the first that fails and says which."""

from pathlib import Path

import pytest

import run_checks
from run_checks import Check

PYTEST = ("bin/pytest", "-n", "2", "--dist", "loadfile")


def only(monkeypatch: pytest.MonkeyPatch, *statuses: int) -> None:
    """Puts checks in place of the real ones that end with these statuses; the last stands for pytest."""
    checks = [Check(f"check {n}", ("sh", "-c", f"exit {status}")) for n, status in enumerate(statuses)]
    monkeypatch.setattr(run_checks, "static_checks", lambda tools: checks[:-1])
    monkeypatch.setattr(run_checks, "pytest_check", lambda tools, full, arguments: checks[-1])


def test_all_well_exits_0_and_names_each_check(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    only(monkeypatch, 0, 0, 0)
    assert run_checks.main([]) == 0
    assert "all well: check 0 0 s, check 1 0 s, check 2 0 s" in capfd.readouterr().out


def test_the_first_failure_stops_it_and_is_named(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    only(monkeypatch, 0, 5, 0)
    assert run_checks.main([]) == 1
    out = capfd.readouterr().out
    assert "check 1 FAILED (status 5)" in out
    assert "== check 2" not in out
    assert "again alone: sh -c exit 5" in out


def test_the_checks_are_the_five_in_order() -> None:
    names = [check.name for check in run_checks.static_checks(Path("bin"))]
    assert names == ["ruff check", "ruff format", "pyright", "import contract"]
    assert run_checks.pytest_check(Path("bin"), False, []).name == "pytest"


def test_pytest_is_gated_at_90_percent_and_leaves_out_the_long_tests() -> None:
    command = run_checks.pytest_check(Path("bin"), full=False, arguments=[]).command
    assert command == (*PYTEST, "-m", "not full", "--cov", "--cov-fail-under=90")
    full = run_checks.pytest_check(Path("bin"), full=True, arguments=[]).command
    assert full == (*PYTEST, "--cov", "--cov-fail-under=90")


def test_chosen_tests_are_not_judged_by_coverage_and_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    command = run_checks.pytest_check(Path("bin"), False, ["tests/can", "-x"]).command
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
