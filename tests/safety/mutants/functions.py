"""Mutants of the functions of `firmware_runtime/safety`: mutmut makes them, that folder's tests judge them.

tools/mutants                every mutant of every file
tools/mutants --sample       some of some files, the same each time: what CI judges
tools/mutants estop.py ...   every mutant of these files

Prints the score of each file and each survivor with its reason (`function_survivors.py`), and each reason
that no survivor needs. Exit status 1 where the score is below 95 % or a survivor has no reason, 2 where the
tests did not run to their end. mutmut cannot see tables that are built at import: `python -m
tests.safety.mutants` mutates their rows. The work is done on a copy of the project, which goes afterwards.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.safety.mutants.function_survivors import REASONS
from tests.safety.mutants.judging import NO_TESTS, SURVIVED

ROOT = Path(__file__).parents[3]
SAFETY = Path("firmware_runtime", "safety")
SAMPLE = (
    "bus_watch.py",
    "clock_watch.py",
    "estop.py",
    "fault_monitor.py",
    "faults_motion.py",
    "guards.py",
    "limit_watch.py",
    "permits.py",
    "standstill.py",
)
SAMPLED_EACH = 12
SCORE_MIN = 0.95
LEFT_OUT = (
    "test_mutants.py",
    "test_function_mutants.py",
    "test_state_machine_stateful.py",
    "test_no_switch.py",
    "test_monitor_needs.py",
)
"""Tests that are long, or that look at the source and not at what it does."""
NOT_FOR_SAMPLE = (
    "test_actuator_response.py",
    "test_actuator_response_bands.py",
    "test_envelope.py",
    "test_envelope_lies.py",
    "test_machine_figures.py",
    "test_plan_checks.py",
    "test_response_band.py",
    "test_supervisor.py",
    "test_supervisor_begins.py",
    "test_supervisor_ends.py",
    "test_supervisor_judges.py",
    "test_supervisor_says.py",
    "test_supervisor_springs.py",
    "test_supervisor_stops.py",
    "test_supervisor_way.py",
)
"""Tests of other parts than `SAMPLE`, each of a tick of the whole supervisor."""
COPIED = ("firmware_runtime", "tests", "tools", "configs", "dbc")
SETTINGS = '\n[tool.mutmut]\nsource_paths = ["firmware_runtime/"]\n'


class Verdict(NamedTuple):
    """What came of one mutant."""

    name: str
    file: str
    line: str
    """The changed line, without what changes when code moves; of several the first."""
    outcome: str
    """The test that failed, or how it lived or ended."""

    @property
    def lives(self) -> bool:
        return self.outcome in (SURVIVED, NO_TESTS)

    @property
    def reason(self) -> str:
        return REASONS.get((self.file, self.line), "")


def prepare(work: Path, files: Collection[str], sample: bool) -> Path:
    """A copy of the project in that folder, whose sources are mutated; the job to do there."""
    for name in COPIED:
        shutil.copytree(ROOT / name, work / name, ignore=shutil.ignore_patterns("__pycache__"))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (work / "pyproject.toml").write_text(project + SETTINGS, encoding="utf-8")
    left_out = (*LEFT_OUT, *NOT_FOR_SAMPLE) if sample else LEFT_OUT
    job = {
        "modules": {str(SAFETY / name): SAMPLED_EACH if sample else 1 for name in files},
        "tests": ["tests/safety", *(f"--ignore=tests/safety/{name}" for name in left_out)],
        "verdicts": "verdicts.json",
        "known": [(str(SAFETY / file), line) for file, line in REASONS if file in files],
    }
    path = work / "job.json"
    path.write_text(json.dumps(job), encoding="utf-8")
    return path


def run(job: Path) -> Mapping[str, Mapping[str, Mapping[str, str]]] | None:
    """Module -> mutant -> what came of it; None where the tests did not run to their end."""
    # The same examples of Hypothesis for each mutant.
    environment = {**os.environ, "CI": "true"}
    command = [sys.executable, "-m", "tests.safety.mutants.judging", job.name]
    done = subprocess.run(
        command, cwd=job.parent, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode == 0:
        return json.loads((job.parent / "verdicts.json").read_text(encoding="utf-8"))
    print(done.stdout[-3000:], file=sys.stderr)
    print(f"tools/mutants: the tests did not run to their end (status {done.returncode})", file=sys.stderr)
    return None


def score(verdicts: Sequence[Verdict]) -> float:
    return sum(not verdict.lives for verdict in verdicts) / max(len(verdicts), 1)


def idle_reasons(files: Collection[str], verdicts: Sequence[Verdict]) -> list[tuple[str, str]]:
    """File and line of each reason that no survivor needs: found by a test now, or the code is gone."""
    needed = {(verdict.file, verdict.line) for verdict in verdicts if verdict.lives}
    return [key for key in REASONS if key[0] in files and key not in needed]


def judge(files: Collection[str], sample: bool = False) -> int:
    with tempfile.TemporaryDirectory(prefix="mutants-") as work:
        found = run(prepare(Path(work), files, sample))
    if found is None:
        return 2
    every: list[Verdict] = []
    for file in files:
        told = found.get(str(SAFETY / file), {})
        verdicts = [Verdict(name, file, one["line"], one["outcome"]) for name, one in told.items()]
        if verdicts:
            print(f"{file:24} {len(verdicts):5} mutants  {score(verdicts):7.1%}")
        for verdict in verdicts:
            if verdict.lives:
                print(f"    {verdict.name.rpartition('.')[2]}: {verdict.line}")
                print(f"        {verdict.reason or f'NO REASON ({verdict.outcome})'}")
        every += verdicts
    if not every:
        print("tools/mutants: no mutant at all", file=sys.stderr)
        return 2
    for file, line in [] if sample else idle_reasons(files, every):
        print(f"no survivor needs the reason of {file}: {line}")
    total = score(every)
    unexplained = sum(verdict.lives and not verdict.reason for verdict in every)
    wanted = f"at least {SCORE_MIN:.0%}"
    print(f"{len(every)} mutants, {total:.1%} found, {wanted}; survivors without a reason: {unexplained}")
    return 0 if total >= SCORE_MIN and not unexplained else 1


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tools/mutants", description="Mutants of the safety functions.")
    parser.add_argument("--sample", action="store_true", help="some, the same each time")
    known = sorted(path.name for path in (ROOT / SAFETY).glob("*.py") if path.name != "__init__.py")
    parser.add_argument("files", nargs="*", metavar="FILE.py", help="default: all")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.files) - set(known))
    if unknown:
        parser.error(f"expected files of {SAFETY}, got {', '.join(unknown)}")
    return judge(options.files or (SAMPLE if options.sample else known), options.sample)


if __name__ == "__main__":
    sys.exit(main())
