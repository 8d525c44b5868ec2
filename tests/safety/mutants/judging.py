"""Judges mutants of functions: mutmut makes them, pytest's tests are run for each in a process of its own.

`python -m tests.safety.mutants.judging JOB.json`, in a copy of the project that may be changed. The tests are
collected and run once, which tells who calls which function and how long it takes. Then the process forks for
each mutant and runs those that call the mutated function: first who has found a mutant of it before, then the
quickest, until one fails. mutmut's own runner starts pytest anew for each mutant and takes the tests in any
order: on this suite several times as long (not measured closely).

JOB.json: `modules` (path -> 1 to judge each of its mutants, 7 to judge each seventh), `tests` (arguments for
pytest), `verdicts` (the file to write: module -> mutant -> what came of it), `cpu_min_s` (what a mutant may
take at least), `known` (module and line of those of which it is stated why they live).
"""

import difflib
import functools
import gc
import itertools
import json
import math
import os
import resource
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import hypothesis
import pytest
from mutmut.mutation.file_mutation import MutatedFile, mutate_file_contents
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.utils.format_utils import mangled_name_from_mutant_name

AT_ONCE = 2
CPU_MIN_S = 5
"""A mutant that never ends is ended when a test takes this and thrice its time without a mutant."""
TESTS_MAX_SHARE = 0.1
"""Of the processor time of all tests: so much take those that a mutant is put to, beside those of its
module's own file; one that the quickest of them do not find lives. What only a long drive would find is to be
found by a test of its own. A share, so that a slow machine puts it to the same tests."""
MEMORY_MAX_BYTES = 4 << 30
"""A mutant that fills a list for ever fails by that; the tests themselves need 0.5 GB."""
KNOWN_MAX_SHARE = 0.02
"""The same for one of which it is stated why it lives, those of its module's own file included: none of them
found it when that was written."""
SURVIVED, NO_TESTS = "survived", "no tests"
NEVER_ENDS = "never ends"


class Mutant(NamedTuple):
    """One changed function."""

    module: str
    """Path from the project's folder."""
    name: str
    """As mutmut calls it: `package.module.x_function__mutmut_3`."""
    line: str
    """The changed line, without what changes when code moves; of several the first."""

    @property
    def function(self) -> str:
        return mangled_name_from_mutant_name(self.name)


def changed_line(before: str, after: str) -> str:
    """What a mutant is known by in the list of those that live."""
    lines = [line[2:].strip() for line in difflib.ndiff(before.splitlines(), after.splitlines())]
    marks = [line[:2] for line in difflib.ndiff(before.splitlines(), after.splitlines())]
    new = [line for line, mark in zip(lines, marks, strict=True) if mark == "+ " and line.strip("(),")]
    old = [line for line, mark in zip(lines, marks, strict=True) if mark == "- "]
    return new[0] if new else f"without {old[0]}" if old else ""


def mutate(path: Path) -> list[Mutant]:
    """Writes the file anew, with all its mutants in it; each waits to be switched on."""
    code = path.read_text(encoding="utf-8")
    made: MutatedFile = mutate_file_contents(str(path), code)
    path.write_text(made.code, encoding="utf-8")
    lines = made.code.splitlines()

    def source(name: str) -> str:
        span = made.line_span_by_function_name[name]
        return "\n".join(lines[span.start - 1 : span.end]).replace(name, mangled_name_from_mutant_name(name))

    module = ".".join(path.with_suffix("").parts)
    return [
        Mutant(
            str(path),
            f"{module}.{name}",
            changed_line(source(mangled_name_from_mutant_name(name) + "__mutmut_orig"), source(name)),
        )
        for name in made.mutant_names
    ]


class _Next:
    """In place of the next test: of what is set up, only the session's (compiled databases) is kept."""

    def __init__(self, session: pytest.Session) -> None:
        self._session = session

    def listchain(self) -> list[pytest.Session]:
        return [self._session]


class Judge:
    """A plugin of pytest: takes the place of its loop over the tests."""

    def __init__(
        self,
        mutants: Iterable[Mutant],
        cpu_min_s: int = CPU_MIN_S,
        known: Collection[tuple[str, str]] = (),
    ) -> None:
        """known: module and line."""
        self.mutants = list(mutants)
        self._known = known
        self._cpu_min_s = cpu_min_s
        self.verdicts: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
        self._seconds: dict[pytest.Item, float] = {}
        self._callers: dict[str, list[pytest.Item]] = defaultdict(list)
        self._found: dict[str, dict[pytest.Item, int]] = defaultdict(dict)
        """Function -> who has found mutants of it, and how many."""
        self._end: Callable[[], None] | None = None
        """In a mutant's process: says that the test under way has found it, and ends."""
        self._spent_s: dict[str, float] = {}
        """Processor time by what came of the mutants."""
        self._failed = False
        self._progress = os.fdopen(os.dup(2), "w")
        """Where pytest does not capture it."""
        self._under_way: dict[int, tuple[Mutant, int, list[pytest.Item]]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """After the project's conftest, before its tests: nobody asks for the smallest failing example."""
        explicit = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile(
            "mutants", parent=hypothesis.settings(), derandomize=True, database=None, phases=explicit
        )
        hypothesis.settings.load_profile("mutants")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._watch(session.items)
        if self._failed:
            raise session.Failed("a test fails without any mutant")
        # What every child reads is not copied into it by the collector's marks.
        gc.collect()
        gc.freeze()
        for number, mutant in enumerate(self.mutants):
            if number % 100 == 0:
                print(f"{number} of {len(self.mutants)} mutants", file=self._progress, flush=True)
            while len(self._under_way) >= AT_ONCE:
                self._take()
            self._start(mutant)
        while self._under_way:
            self._take()
        spent = ", ".join(f"{kind} {seconds:.0f} s" for kind, seconds in sorted(self._spent_s.items()))
        print(f"processor time of mutants: {spent}", file=self._progress, flush=True)
        for module, found in self.verdicts.items():
            self.verdicts[module] = {m.name: found[m.name] for m in self.mutants if m.name in found}
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """In a mutant's process the first failure is all; a report of it would take longer than most tests.

        No test of these is expected to fail (`xfail`).
        """
        if self._end is not None and call.excinfo and not call.excinfo.errisinstance(pytest.skip.Exception):
            self._end()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._failed = self._failed or report.failed

    def _watch(self, items: list[pytest.Item]) -> None:
        set_mutant_under_test("stats")
        for item in items:
            began_s = time.process_time()
            state()._stats.clear()
            self._run(item)
            self._seconds[item] = time.process_time() - began_s
            for function in state()._stats:
                self._callers[function].append(item)
            if self._failed:
                return
        set_mutant_under_test("")
        whole_s = sum(self._seconds.values())
        print(f"{len(items)} tests take {whole_s:.0f} s of processor time", file=self._progress, flush=True)

    @staticmethod
    def _run(item: pytest.Item) -> None:
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=_Next(item.session))

    def _start(self, mutant: Mutant) -> None:
        function = mutant.function
        callers, found = self._callers[function], self._found[function]
        if not callers:
            self._judged(mutant, NO_TESTS)
            return
        if (mutant.module, mutant.line) in self._known:
            chosen = self._quickest(callers, KNOWN_MAX_SHARE)
        else:
            own = [item for item in callers if item.path.stem.startswith(f"test_{Path(mutant.module).stem}")]
            chosen = own + self._quickest([item for item in callers if item not in own], TESTS_MAX_SHARE)
        tests = sorted(chosen, key=lambda item: (-found.get(item, 0), self._seconds[item]))
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(ours)
            self._be(mutant, tests, theirs)
        os.close(theirs)
        self._under_way[child] = (mutant, ours, tests)

    def _quickest(self, tests: list[pytest.Item], share: float) -> list[pytest.Item]:
        tests = sorted(tests, key=self._seconds.__getitem__)
        taken = itertools.accumulate(self._seconds[item] for item in tests)
        most_s = share * sum(self._seconds.values())
        return [item for item, seconds in zip(tests, taken, strict=True) if seconds <= most_s]

    def _be(self, mutant: Mutant, tests: list[pytest.Item], told: int) -> None:
        """The child's life; it says which test failed, and never returns."""
        try:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX_BYTES, MEMORY_MAX_BYTES))
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            set_mutant_under_test(mutant.name)
            for number, item in enumerate(tests):
                self._end = functools.partial(self._found_by, number, told)
                self._limit(item)
                try:
                    self._run(item)
                except BaseException:  # noqa: BLE001  (whatever it is, the mutant is found)
                    self._end()
        finally:
            os._exit(0)

    @staticmethod
    def _found_by(number: int, told: int) -> None:
        os.write(told, str(number).encode())
        os._exit(1)

    def _limit(self, test: pytest.Item) -> None:
        """The kernel ends this process if it takes much longer over this test than without a mutant."""
        most_s = self._cpu_min_s + math.ceil(3 * self._seconds[test])
        so_far_s = math.ceil(time.process_time())
        resource.setrlimit(resource.RLIMIT_CPU, (so_far_s + most_s, resource.RLIM_INFINITY))
        signal.alarm(10 * most_s)

    def _take(self) -> None:
        child, status, used = os.wait4(-1, 0)
        mutant, ours, tests = self._under_way.pop(child)
        with open(ours, "rb") as pipe:
            told = pipe.read()
        if told:
            by = tests[int(told)]
            found = self._found[mutant.function]
            found[by] = found.get(by, 0) + 1
            outcome = by.nodeid
        else:
            outcome = NEVER_ENDS if os.WIFSIGNALED(status) else SURVIVED
        kind = outcome if outcome in (SURVIVED, NEVER_ENDS) else "found"
        self._spent_s[kind] = self._spent_s.get(kind, 0.0) + used.ru_utime + used.ru_stime
        self._judged(mutant, outcome)

    def _judged(self, mutant: Mutant, outcome: str) -> None:
        self.verdicts[mutant.module][mutant.name] = {"outcome": outcome, "line": mutant.line}
        if outcome in (SURVIVED, NO_TESTS):
            print(f"{outcome}: {mutant.name}: {mutant.line}", file=self._progress, flush=True)


def main(arguments: list[str]) -> int:
    job: dict[str, Any] = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    sys.path.insert(0, os.getcwd())
    mutants = [
        mutant for path, each in job["modules"].items() for mutant in mutate(Path(path))[each // 2 :: each]
    ]
    known = {(module, line) for module, line in job.get("known", ())}
    judge = Judge(mutants, job.get("cpu_min_s", CPU_MIN_S), known)
    without = (word for plugin in ("cacheprovider", "xdist", "cov") for word in ("-p", f"no:{plugin}"))
    options = ("-q", "--tb=short", "--assert=plain", "--rootdir=.", *without)
    status = int(pytest.main([*options, *job["tests"]], plugins=[judge]))
    if status == 0:
        Path(job["verdicts"]).write_text(json.dumps(judge.verdicts, indent=1), encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
