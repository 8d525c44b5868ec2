"""For all tests: properties are judged by what they find, never by how long this machine takes for it."""

import os
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest
from hypothesis import settings
from xdist.remote import Producer

from firmware_runtime.assessment.requirements import IDENTIFIERS
from run_checks import WITHOUT_MEASURED, is_measured
from tests.sharing_out import SharingOut
from tests.turns import BY_THE_CLOCK, turn

LONGEST_FIRST = (
    *BY_THE_CLOCK,
    "tests/tools/test_vcan_run.py",
    "tests/drives/",
    "tests/assessment/",
    "tests/safety/test_mutants.py",
    "tests/safety/test_state_machine_stateful.py",
    "tests/executive/",
)
"""Workers take files in this order, then the rest: none is left with a long one when the others are done."""
UNMEASURED = (
    "tests/processes/test_kill_matrix.py",
    "tests/processes/test_soak.py",
    "tests/hil/test_realtime.py",
    "tests/drives/",
    "tests/assessment/test_exploration.py",
    "tests/executive/test_safety.py",
    "tests/safety/test_mutants.py",
    "tests/safety/test_state_machine_stateful.py",
)
"""Whole drives and whole state spaces: coverage would make them 2.5 to 4 times as long, and count as tested
each line that a drive happens to pass. What is left has to reach the coverage that is asked by itself."""

COVERAGE_OF_CHILDREN = "COVERAGE_PROCESS_CONFIG"
"""Where coverage.py tells child processes to measure themselves."""

settings.register_profile("project", deadline=None, print_blob=True)
# In CI the same examples each time, so that a red build says something about the change.
settings.register_profile("ci", parent=settings.get_profile("project"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "project")


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Compiled databases are kept for this run alone, and nothing is left in the user's own cache."""
    kept = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(kept))
        yield kept


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Fixtures too, which pytest-cov's own marker leaves measured."""
    with turn(item.nodeid):
        measuring = coverage.Coverage.current()
        if measuring is None or not item.nodeid.startswith(UNMEASURED):
            return (yield)
        measuring.stop()
        # Where the time of processes is judged, they are not measured either.
        judged = item.nodeid.startswith(BY_THE_CLOCK)
        for_children = os.environ.pop(COVERAGE_OF_CHILDREN, None) if judged else None
        try:
            return (yield)
        finally:
            measuring.start()
            if for_children is not None:
                os.environ[COVERAGE_OF_CHILDREN] = for_children


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> SharingOut:
    return SharingOut(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(WITHOUT_MEASURED, action="store_true", help="those run where coverage is measured")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Longest files first. A test that names no requirement that exists proves nothing: nothing runs then."""
    if config.getoption(WITHOUT_MEASURED):
        apart = [item for item in items if is_measured(item.nodeid.partition("::")[0])]
        config.hook.pytest_deselected(items=apart)
        items[:] = [item for item in items if not is_measured(item.nodeid.partition("::")[0])]
    items.sort(key=_turn)
    for item in items:
        for mark in item.iter_markers("requirement"):
            unknown = sorted(set(mark.args) - IDENTIFIERS)
            if unknown or not mark.args or mark.kwargs:
                told = ", ".join(unknown) or "none"
                raise pytest.UsageError(f"{item.nodeid}: expected identifiers of requirements, got {told}")


def _turn(item: pytest.Item) -> int:
    return next((turn for turn, path in enumerate(LONGEST_FIRST) if item.nodeid.startswith(path)), 99)
