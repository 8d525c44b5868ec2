from pathlib import Path

import pytest

from tests.vehicle.support import Configuration, copy_configuration


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    return copy_configuration(tmp_path)
