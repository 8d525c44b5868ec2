"""Mutants of the functions of `firmware_runtime/safety`: mutmut makes them, that folder's tests judge them.

tools/mutants                the fixed sample (`SAMPLE`)
tools/mutants --full         every file: half an hour and more
tools/mutants estop.py ...   these files

Prints the score of each file and each survivor with its reason (`function_survivors.py`). Exit status 1 where
the score is below 95 % or a survivor has no reason, 2 where mutmut did not run to its end. mutmut cannot see
tables that are built at import: `python -m tests.safety.mutants` mutates their rows. It works on a copy in
`out/mutants`; `cd out/mutants && mutmut browse` shows it afterwards.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.safety.mutants.function_survivors import REASONS

ROOT = Path(__file__).parents[3]
SAFETY = Path("firmware_runtime", "safety")
WORK = ROOT / "out" / "mutants"
SAMPLE = (
    "estop.py",
    "permits.py",
    "guards.py",
    "standstill.py",
    "state_machine.py",
    "stop_driver.py",
    "fault_monitor.py",
)
SCORE_MIN = 0.95
WORKERS = 2
LEFT_OUT = (
    "test_mutants.py",
    "test_function_mutants.py",
    "test_state_machine_stateful.py",
    "test_no_switch.py",
    "test_monitor_needs.py",
)
"""Tests that are long, or that look at the source and not at what it does."""
COPIED = ("firmware_runtime", "tests", "tools", "configs", "dbc")
SURVIVED = 0
NO_TESTS = 33
UNFINISHED = (None, 34, 2)
"""mutmut: not run, skipped, interrupted."""


@dataclass(frozen=True)
class Survivor:
    name: str
    file: str
    line: str
    """The changed line, without what changes when code moves; of several the first."""

    @property
    def reason(self) -> str:
        return REASONS.get((self.file, self.line), "")


def settings(files: Sequence[str]) -> str:
    """mutmut's part of pyproject.toml."""
    selection = ["tests/safety", *(f"--ignore=tests/safety/{name}" for name in LEFT_OUT)]
    table = {
        "source_paths": ["firmware_runtime/"],
        "only_mutate": [str(SAFETY / name) for name in files],
        "also_copy": [name for name in COPIED if name != "tests"],
        "pytest_add_cli_args": ["-p", "no:cacheprovider"],
        "pytest_add_cli_args_test_selection": selection,
    }
    return "\n[tool.mutmut]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())


def prepare(files: Sequence[str]) -> None:
    """A copy of the project: mutmut leaves its own files beside what it mutates."""
    shutil.rmtree(WORK, ignore_errors=True)
    for name in COPIED:
        shutil.copytree(ROOT / name, WORK / name, ignore=shutil.ignore_patterns("__pycache__"))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (WORK / "pyproject.toml").write_text(project + settings(files), encoding="utf-8")


def mutmut(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "mutmut"), *arguments]
    # The same examples of Hypothesis for each mutant.
    environment = {**os.environ, "CI": "true"}
    return subprocess.run(command, cwd=WORK, env=environment, capture_output=True, text=True, check=False)


def verdicts(file: str) -> dict[str, int | None]:
    """mutmut's exit status of each mutant of a file; a file without functions has none."""
    meta = WORK / "mutants" / SAFETY / f"{file}.meta"
    if not meta.exists():
        return {}
    found: dict[str, int | None] = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
    return found


def survivor(name: str, file: str) -> Survivor:
    shown = mutmut("show", name).stdout.splitlines()
    new = [line[1:].strip() for line in shown if line.startswith("+") and not line.startswith("+++")]
    old = [line[1:].strip() for line in shown if line.startswith("-") and not line.startswith("---")]
    new = [line for line in new if line.strip("(),")]
    return Survivor(name, file, new[0] if new else f"without {old[0]}" if old else "")


def score(statuses: Iterable[int | None]) -> float:
    counted = Counter(status in (SURVIVED, NO_TESTS) for status in statuses)
    return counted[False] / max(counted.total(), 1)


def judge(files: Sequence[str]) -> int:
    prepare(files)
    ran = mutmut("run", "--max-children", str(WORKERS))
    found = {file: verdicts(file) for file in files}
    statuses = [status for file in files for status in found[file].values()]
    if ran.returncode != 0 or not statuses or any(status in UNFINISHED for status in statuses):
        print(ran.stdout[-3000:], ran.stderr[-3000:], sep="\n", file=sys.stderr)
        print(f"tools/mutants: mutmut did not run to its end (status {ran.returncode})", file=sys.stderr)
        return 2
    unexplained = 0
    for file in files:
        made = found[file]
        print(f"{file:24} {len(made):5} mutants  {score(made.values()):7.1%}")
        lived = [name for name, status in made.items() if status in (SURVIVED, NO_TESTS)]
        for one in [survivor(name, file) for name in lived]:
            unexplained += not one.reason
            print(f"    {one.name.rpartition('.')[2]}: {one.line}\n        {one.reason or 'NO REASON'}")
    total = score(statuses)
    wanted = f"at least {SCORE_MIN:.0%}"
    print(f"{len(statuses)} mutants, {total:.1%} found, {wanted}; survivors without a reason: {unexplained}")
    return 0 if total >= SCORE_MIN and not unexplained else 1


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tools/mutants", description="Mutants of the safety functions.")
    parser.add_argument("--full", action="store_true", help="every file of firmware_runtime/safety")
    known = sorted(path.name for path in (ROOT / SAFETY).glob("*.py") if path.name != "__init__.py")
    parser.add_argument("files", nargs="*", metavar="FILE.py", help=f"default: {' '.join(SAMPLE)}")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.files) - set(known))
    if unknown:
        parser.error(f"expected files of {SAFETY}, got {', '.join(unknown)}")
    return judge(known if options.full else options.files or SAMPLE)


if __name__ == "__main__":
    sys.exit(main())
