"""A start takes its databases from the cache where it can, and does without one where it must."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_runtime.executive.command import main
from tests.vehicle.support import PROJECT, Q_TRUCK, YARD_TRACTOR

LOADED = """if True:
    import json, sys
    from firmware_runtime.executive.command import main
    status = main(["check", sys.argv[1], "--cache", sys.argv[2], "--json"])
    print(json.dumps({name: name in sys.modules for name in ("cantools", "textparser")}),
          file=sys.stderr)
    sys.exit(status)
"""


def started(profile: Path, cache: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", LOADED, profile, cache],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=PROJECT,
    )  # fmt: skip


def ended(process: "subprocess.Popen[str]") -> tuple[str, dict[str, bool]]:
    """Identity, and which modules were imported."""
    out, err = process.communicate()
    assert process.returncode == 0, err
    (line,) = err.splitlines()
    return json.loads(out)["identity"], json.loads(line)


def test_the_second_start_neither_parses_nor_imports_the_parser(tmp_path: Path) -> None:
    cold, warm = (ended(started(Q_TRUCK, tmp_path)) for _ in range(2))
    assert all(cold[1].values())
    assert not any(warm[1].values())
    assert cold[0] == warm[0], "the identity is of the files, not of the cache"
    assert len(list(tmp_path.iterdir())) == 2, "one entry a database"


def test_two_starts_at_once_share_a_cache_that_neither_has_made(tmp_path: Path) -> None:
    both = [started(Q_TRUCK, tmp_path / "cache"), started(Q_TRUCK, tmp_path / "cache")]
    assert len({ended(process)[0] for process in both}) == 1
    names = [path.name for path in (tmp_path / "cache").iterdir()]
    assert len(names) == 2
    assert all(name.endswith(".dbc-tables") for name in names), "no part file is left"
    assert not ended(started(Q_TRUCK, tmp_path / "cache"))[1]["cantools"]


def test_a_torn_entry_is_made_anew_without_a_word(tmp_path: Path) -> None:
    first = ended(started(YARD_TRACTOR, tmp_path))
    for entry in tmp_path.iterdir():
        entry.write_bytes(entry.read_bytes()[:-7])
    second = ended(started(YARD_TRACTOR, tmp_path))
    assert second == first
    assert not ended(started(YARD_TRACTOR, tmp_path))[1]["cantools"]


def test_a_cache_that_cannot_be_written_costs_time_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    said: list[str] = []
    for cache in (tmp_path / "file" / "cache", tmp_path / "good"):
        assert main(["check", str(Q_TRUCK), "--cache", str(cache)]) == 0
        out, err = capsys.readouterr()
        said.append(out)
        if cache.name == "cache":
            assert err == (
                "note: compiled databases cannot be kept, each start makes them anew: "
                f"{cache}: Not a directory\n"
            )
        else:
            assert err == ""
    assert said[0] == said[1]


def test_the_users_own_cache_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert main(["check", str(Q_TRUCK)]) == 0
    capsys.readouterr()
    assert len(list((tmp_path / "firmware-runtime" / "dbc").iterdir())) == 2
