"""The benchmark's result has the shape common to all benchmarks; how fast anything is, is not judged here."""

import json
from pathlib import Path

import pytest

from bench import __main__ as command
from bench import decode
from bench.case import Case, Contender, Plan, Target, UnavailableError, per_item, rate
from bench.decode import peers, start
from bench.decode.generated import SIGNALS_PER_MESSAGE, generated
from bench.measure import BenchError, Row, is_met, measured, row_of
from bench.table import as_table

FIELDS = ["what", "ours", "unit", "peer_name", "peer", "ratio", "target", "met"]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict:
    path = command.tell("decode", command.decoded(1, decode.TINY), tmp_path_factory.mktemp("bench"))
    assert path.name == "decode.json"
    return json.loads(path.read_text())


def test_each_row_has_the_common_fields(document: dict) -> None:
    assert len(document["rows"]) >= 7
    for row in document["rows"]:
        assert list(row) == FIELDS
        assert row["what"]
        assert row["unit"]
        assert row["ours"] > 0
        assert (row["peer_name"] is None) == (row["peer"] is None) == (row["ratio"] is None)
        assert row["met"] in (True, False, None)
        assert row["target"] is not None or row["met"] is None


def test_the_real_database_is_measured_or_named_as_absent(document: dict) -> None:
    shown = [row["what"] for row in document["rows"]] + document["left_out"]
    assert any("foxBMS" in line for line in shown)
    if not start.FOXBMS.is_file():
        assert sum("foxbms.dbc" in line for line in document["left_out"]) == 2


def test_the_generated_database_is_what_the_targets_speak_of() -> None:
    database = generated("drive", is_protected=False).database
    signals = [signal for message in database.messages for signal in message.signals]
    assert (len(database.messages), len(SIGNALS_PER_MESSAGE), len(signals)) == (60, 60, 200)
    assert sum(signal.is_signed for signal in signals) == 87
    assert sum(signal.byte_order == "big_endian" for signal in signals) == 100


def test_a_peer_that_is_not_installed_is_left_out_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*_: object) -> None:
        raise UnavailableError("asammdf cannot be imported: no such module")

    monkeypatch.setattr(decode.offline, "asammdf_extractor", absent)
    plan = decode.plan(decode.TINY)
    offline = next(case for case in plan.cases if case.what.startswith("decode a log"))
    assert offline.peer is None
    assert any("asammdf cannot be imported" in line for line in plan.left_out)


def test_an_import_that_fails_is_an_absent_peer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "opendbc.can.parser", None)
    with pytest.raises(UnavailableError, match="opendbc cannot be imported"):
        peers.opendbc_parser(tmp_path / "any.dbc")


def contender(name: str, problem: str | None = None) -> Contender:
    return Contender(name, lambda: lambda: None, lambda: problem)


def test_work_that_went_wrong_gives_no_figures() -> None:
    case = Case("case", per_item("µs", 1), contender("ours", "expected 3 frames, got 2"), None)
    with pytest.raises(BenchError, match="ours: expected 3 frames, got 2"):
        measured([case], 1, lambda done: None)


def test_the_figure_is_the_median_and_the_ratio_says_how_many_times_faster() -> None:
    slow_peer = Case("case", per_item("ms", 1, 1e3), contender("ours"), contender("peer"))
    row = row_of(slow_peer, [9.0, 1.0, 2.0], [8.0, 8.0, 0.0])
    assert (row.ours, row.peer, row.ratio) == (2000.0, 8000.0, 4.0)
    throughput = slow_peer._replace(measure=rate("frames/s", 16))
    row = row_of(throughput, [2.0], [8.0])
    assert (row.ours, row.peer, row.ratio) == (8.0, 2.0, 4.0)
    assert row_of(throughput._replace(peer=None), [2.0], []) == Row(
        "case", 8.0, "frames/s", None, None, None, None, None
    )


@pytest.mark.parametrize(
    ("target", "ours", "ratio", "more_is_better", "met"),
    [
        (Target("", ratio_min=3), 1.0, 3.0, False, True),
        (Target("", ratio_min=3), 1.0, 2.99, False, False),
        (Target("", ratio_min=3), 1.0, None, False, None),
        (Target("", ours_limit=50), 50.0, None, False, True),
        (Target("", ours_limit=50), 51.0, 99.0, False, False),
        (Target("", ratio_min=8, ours_limit=8), 9.0, 9.0, True, True),
        (Target("", ratio_min=8, ours_limit=8), 7.0, 9.0, True, False),
        (Target("", ratio_min=8, ours_limit=8), 9.0, 7.0, True, False),
        (Target("", ratio_min=8, ours_limit=8), 7.0, None, True, False),
        (Target("", ratio_min=8, ours_limit=8), 9.0, None, True, None),
    ],
)
def test_a_target_is_met_only_where_all_its_bounds_hold(
    target: Target, ours: float, ratio: float | None, more_is_better: bool, met: bool | None
) -> None:
    assert is_met(target, ours, ratio, more_is_better) is met


def test_the_table_shows_a_missed_target_and_what_was_left_out() -> None:
    row = Row("receive", 1.234, "µs", "cantools", 2.0, 1.62, "≥ 3 × faster", False)
    text = as_table([row], ["peer of `log`: no asammdf"], "Medians of 5 interleaved repetitions.")
    assert "1.23  µs    cantools           2    1.6  ≥ 3 × faster  NO" in text
    assert "left out: peer of `log`: no asammdf" in text
    assert "Medians of 5 interleaved repetitions. Ratio: times faster than the peer." in text


def test_without_a_name_the_benchmarks_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["decode", "loop"]
    assert isinstance(decode.plan(decode.TINY), Plan)
