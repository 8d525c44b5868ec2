"""A private folder in memory for what passes between the processes; gone when they are."""

import os
import shutil
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")
"""Linux: a file system in memory that everybody may use. On a disk the rings would wear it."""


@contextmanager
def link_folder(chosen: Path | None, environment: Mapping[str, str] = os.environ) -> Generator[Path]:
    """The chosen one, as it is; or a fresh one that goes with the context, not where it is killed."""
    if chosen is not None:
        yield chosen
        return
    places = [SHARED_MEMORY, Path(environment.get("XDG_RUNTIME_DIR", "") or SHARED_MEMORY)]
    place = next((place for place in places if os.access(place, os.W_OK | os.X_OK)), None)
    folder = Path(tempfile.mkdtemp(prefix="firmware-runtime-", dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
