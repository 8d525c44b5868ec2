"""Requirement -> tests: which tests name each safety requirement, by collecting them without a run.

tools/requirements          as text; status 1 where a requirement has no test, 2 where pytest collects none
tools/requirements --json   the same for a program
"""

import argparse
import contextlib
import io
import json
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from firmware_runtime.assessment.requirements import HAZARDS, REQUIREMENTS, Requirement

ROOT = Path(__file__).resolve().parents[1]
MARKER = "requirement"
WIDTH = 110
DESCRIPTION = "Prints each safety requirement with the tests that name it; no test is run."


@dataclass
class Trace:
    """Tests by requirement: `file::function` -> in how many cases it runs."""

    tests: dict[str, dict[str, int]] = field(
        default_factory=lambda: {requirement.identifier: {} for requirement in REQUIREMENTS}
    )
    long: set[str] = field(default_factory=set)
    """Of these, those that only `tools/test --full` runs."""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """pytest's hook: an item is one case of a test."""
        for item in session.items:
            name = item.nodeid.split("[")[0]
            named = {text for mark in item.iter_markers(MARKER) for text in mark.args}
            for identifier in sorted(named & self.tests.keys()):
                cases = self.tests[identifier]
                cases[name] = cases.get(name, 0) + 1
            if named and item.get_closest_marker("full") is not None:
                self.long.add(name)

    @property
    def empty(self) -> list[str]:
        """Requirements without a test that every run of tools/test has."""
        return [identifier for identifier, tests in self.tests.items() if not tests.keys() - self.long]


def collect(root: Path) -> tuple[int, Trace, str]:
    """pytest's status, what it collected under `root`, and what it printed."""
    trace, printed = Trace(), io.StringIO()
    where = ["--rootdir", str(root), "-c", str(root / "pyproject.toml"), str(root / "tests")]
    command = ["--collect-only", "-q", "-q", "-p", "no:cacheprovider", *where]
    with contextlib.redirect_stdout(printed):
        status = pytest.main(command, plugins=[trace])
    return int(status), trace, printed.getvalue()


def as_text(trace: Trace) -> list[str]:
    lines: list[str] = []
    for requirement in REQUIREMENTS:
        text = f"{requirement.identifier}  {requirement.text}"
        lines += [
            *textwrap.wrap(text, WIDTH, subsequent_indent=" " * 7),
            f"       against {against(requirement)}",
        ]
        tests = trace.tests[requirement.identifier]
        lines += [f"       {name}{told(cases, name in trace.long)}" for name, cases in tests.items()]
        if requirement.identifier in trace.empty:
            lines.append("       NO TEST that every run of tools/test has")
    tested = {name for tests in trace.tests.values() for name in tests}
    missing = " ".join(trace.empty) or "none"
    lines.append(f"{len(REQUIREMENTS)} requirements, {len(tested)} tests, without a test: {missing}")
    return lines


def against(requirement: Requirement) -> str:
    return f"{requirement.hazard}, {HAZARDS[requirement.hazard]}"


def told(cases: int, is_long: bool) -> str:
    words = [f"{cases} cases"] if cases > 1 else []
    words += ["tools/test --full only"] if is_long else []
    return f" ({', '.join(words)})" if words else ""


def as_plain(trace: Trace) -> dict[str, Any]:
    return {
        "requirements": [
            {
                "identifier": requirement.identifier,
                "hazard": requirement.hazard,
                "text": requirement.text,
                "tests": [
                    {"name": name, "cases": cases, "full_only": name in trace.long}
                    for name, cases in trace.tests[requirement.identifier].items()
                ],
            }
            for requirement in REQUIREMENTS
        ],
        "hazards": HAZARDS,
        "empty": trace.empty,
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tools/requirements", description=DESCRIPTION)
    parser.add_argument("--json", action="store_true", help="one object for a program")
    options = parser.parse_args(arguments)
    status, trace, printed = collect(ROOT)
    if status != 0:
        print(printed, file=sys.stderr, end="")
        print(f"tools/requirements: pytest could not collect the tests (status {status})", file=sys.stderr)
        return 2
    print(json.dumps(as_plain(trace), indent=1) if options.json else "\n".join(as_text(trace)))
    return 1 if trace.empty else 0


if __name__ == "__main__":
    sys.exit(main())
