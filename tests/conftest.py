"""For all tests: properties are judged by what they find, never by how long this machine takes for it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from firmware_runtime.assessment.requirements import IDENTIFIERS

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that names a requirement which does not exist proves nothing: nothing runs until then."""
    for item in items:
        for mark in item.iter_markers("requirement"):
            unknown = sorted(set(mark.args) - IDENTIFIERS)
            if unknown or not mark.args or mark.kwargs:
                told = ", ".join(unknown) or "none"
                raise pytest.UsageError(f"{item.nodeid}: expected identifiers of requirements, got {told}")
