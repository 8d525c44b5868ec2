"""Runs the project's checks one after the other and stops at the first that fails; behind tools/test.

tools/test                  every check, without the tests marked `full`; a sample of the mutants of functions
tools/test --full           those tests too, with the coverage of the whole runtime, and every such mutant
tools/test PYTEST ARGUMENTS the same checks, but pytest gets these arguments and coverage is not judged
"""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

COVERAGE_MIN_PERCENT = 90
"""Line coverage of firmware_runtime below which a full run fails."""
WORKERS = 2
UNMEASURED_SAFETY = ("test_mutants.py", "test_state_machine_stateful.py")
"""Tests of the safety part that coverage would make many times as long."""
WITHOUT_MEASURED = "--without-measured-safety-tests"
"""Option of tests/conftest.py: leaves out the others of tests/safety, which the coverage check runs."""


@dataclass(frozen=True)
class Check:
    name: str
    command: tuple[str, ...]


def static_checks(tools: Path) -> list[Check]:
    return [
        Check("ruff check", (str(tools / "ruff"), "check", "--quiet", ".")),
        Check("ruff format", (str(tools / "ruff"), "format", "--check", "--quiet", ".")),
        Check("pyright", (str(tools / "pyright"),)),
        Check("import contract", (str(tools / "lint-imports"), "--no-cache")),
    ]


def pytest_check(tools: Path, full: bool, arguments: list[str]) -> Check:
    # A file stays with one worker: what its tests share (a whole drive) is made once. The order of the files
    # is that of tests/conftest.py, not that of their numbers of tests.
    command = [str(tools / "pytest"), "-n", str(WORKERS), "--dist", "loadfile", "--no-loadscope-reorder"]
    if not full:
        command += ["-m", "not full"]
        if not arguments:
            # The coverage of the safety part is measured by running them; once is enough.
            command.append(WITHOUT_MEASURED)
    elif not arguments:
        # Twice the time, and ticks of real processes that come late: not in each run.
        command += ["--cov", f"--cov-fail-under={COVERAGE_MIN_PERCENT}"]
    return Check("pytest", (*command, *arguments))


def is_measured(file: str) -> bool:
    """Whether `safety_coverage_check` runs this file of tests; by its path from the project's root."""
    folder, _, name = file.rpartition("/")
    return folder == "tests/safety" and name not in UNMEASURED_SAFETY


def safety_coverage_check(tools: Path) -> Check:
    """Every line and every branch of the safety part, by its own unit tests: no drive helps them."""
    left_out = [f"--ignore=tests/safety/{name}" for name in UNMEASURED_SAFETY]
    measured = ("--cov=firmware_runtime/safety", "--cov-branch", "--cov-fail-under=100")
    shared = ("-q", "-n", str(WORKERS), "--dist", "loadfile", "-m", "not full")
    command = (str(tools / "pytest"), *shared, *measured, "tests/safety", *left_out)
    return Check("coverage of safety", command)


def mutants_check(full: bool) -> Check:
    """Mutants of the safety part's functions: all, which takes many minutes, or a fixed sample."""
    command = (sys.executable, "-m", "tests.safety.mutants.functions", *(() if full else ("--sample",)))
    return Check("mutants of functions", command)


def reason_to_skip(check: Check, has_node: bool, in_ci: bool) -> str | None:
    """Only pyright can be left out: it needs Node.js, which a machine with Python alone does not have."""
    if check.name == "pyright" and not has_node and not in_ci:
        return "no `node` on this machine (Debian and Ubuntu: apt-get install nodejs); CI runs it"
    return None


def run(check: Check) -> tuple[int, float]:
    """Exit status and seconds; the check writes straight to the terminal."""
    print(f"== {check.name}", flush=True)
    began_s = time.monotonic()
    status = subprocess.run(check.command, check=False).returncode
    return status, time.monotonic() - began_s


def main(arguments: list[str]) -> int:
    full = "--full" in arguments
    arguments = [argument for argument in arguments if argument != "--full"]
    tools = Path(sys.executable).parent
    has_node, in_ci = shutil.which("node") is not None, os.environ.get("CI") == "true"
    outcomes: list[str] = []
    checks = [*static_checks(tools), pytest_check(tools, full, arguments)]
    if not arguments:
        checks += [safety_coverage_check(tools), mutants_check(full)]
    for check in checks:
        skipped = reason_to_skip(check, has_node, in_ci)
        if skipped is not None:
            print(f"== {check.name}: left out: {skipped}", flush=True)
            outcomes.append(f"{check.name} left out")
            continue
        status, took_s = run(check)
        if status != 0:
            print(f"tools/test: {check.name} FAILED (status {status}) after {took_s:.0f} s", flush=True)
            print(f"tools/test: before it: {', '.join(outcomes) or 'nothing'}; what follows it did not run")
            print(f"tools/test: again alone: {' '.join(check.command)}")
            return 1
        outcomes.append(f"{check.name} {took_s:.0f} s")
    judged = "" if not arguments else "; coverage not judged with pytest arguments"
    print(f"tools/test: all well: {', '.join(outcomes)}{judged}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("tools/test: interrupted")
        sys.exit(130)
