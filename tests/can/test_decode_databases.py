"""Every message of real and of our own databases decodes as cantools decodes it, pages included."""

import random
from importlib.util import find_spec
from pathlib import Path

import pytest

from firmware_runtime.can.compiler import compile_database
from firmware_runtime.can.database import DatabaseError, load_database
from tests.can.oracle import DATABASES, Comparison, loaded
from tests.can.support import DBC_FOLDER

FOXBMS = Path(__file__).parents[3] / "shared" / "data" / "can" / "foxbms.dbc"
OWN = [*sorted(DBC_FOLDER.glob("*.dbc")), *sorted(DATABASES.glob("*.dbc"))]


def opendbc() -> list[Path]:
    spec = find_spec("opendbc")
    if spec is None or spec.origin is None:
        return []
    return sorted(Path(spec.origin).parent.rglob("*.dbc"))


def assert_as_cantools(path: Path, rounds: int) -> Comparison:
    database = loaded(path)
    assert database is not None
    comparison = Comparison(database, compile_database(database))
    comparison.run(rounds, random.Random(path.name))
    return comparison


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_our_databases(path: Path) -> None:
    comparison = assert_as_cantools(path, rounds=200)
    assert comparison.compared > 100 * len(comparison.bindings) / 10


@pytest.mark.skipif(not FOXBMS.exists(), reason="foxbms.dbc is not beside the project (../shared/data/can)")
def test_foxbms_with_all_its_pages() -> None:
    comparison = assert_as_cantools(FOXBMS, rounds=280)
    assert len(comparison.bindings) > 2000
    assert all(last_ns > 0 for last_ns in comparison.receiver.sample(10**12).last_ns), "every page was met"


@pytest.mark.skipif(not opendbc(), reason="opendbc is not installed (extra dev)")
@pytest.mark.parametrize("each", [5, pytest.param(1, marks=pytest.mark.full)])
def test_every_database_of_opendbc_that_cantools_loads(each: int) -> None:
    """Every fifth in each run, all in a full one."""
    checked = signals = 0
    for path in opendbc()[::each]:
        database = loaded(path)
        if database is None:
            with pytest.raises(DatabaseError) as refused:
                load_database(path)
            assert str(path) in str(refused.value), "the error names the file"
            continue
        if not database.messages:
            continue
        comparison = Comparison(database, compile_database(database))
        comparison.run(2, random.Random(path.name))
        checked += 1
        signals += comparison.compared
    assert checked > 80 // each, "most of them"
    assert signals > 20_000 // each
