from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.executive.supervisor_process import Process
from tests.vehicle.support import Configuration, copy_configuration


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    return copy_configuration(tmp_path)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path)
    yield process
    process.close()
