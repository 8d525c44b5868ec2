"""Compiled databases are kept by content; what is kept is trusted only where it proves what it is."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_runtime.can import cache, entry_store
from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.cache import MAGIC, DatabaseCache, identity_of
from firmware_runtime.can.compiler import compile_database
from firmware_runtime.can.database import DatabaseError, load_database
from firmware_runtime.can.entry_store import default_directory, packed
from firmware_runtime.can.receiver import Receiver
from firmware_runtime.can.sender import Sender
from tests.can.oracle import DATABASES
from tests.can.support import DBC_FOLDER

FILES = [*sorted(DBC_FOLDER.glob("*.dbc")), *sorted(DATABASES.glob("*.dbc"))]
DBC = DBC_FOLDER / "q_truck_drive.dbc"


def figures(kept: DatabaseCache) -> tuple[int, int, int, int]:
    return kept.hits, kept.misses, kept.broken, kept.unwritable


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_comes_back_is_what_was_compiled(path: Path, tmp_path: Path) -> None:
    fresh = compile_database(load_database(path))
    assert DatabaseCache(tmp_path).load(path) == fresh
    kept = DatabaseCache(tmp_path)
    again = kept.load(path)
    assert again == fresh
    assert figures(kept) == (1, 0, 0, 0)
    for ours, theirs in zip(again.messages, fresh.messages, strict=True):
        for one, other in zip(ours.signals, theirs.signals, strict=True):
            # 1 == 1.0, and yet cantools computes with them differently beyond float64.
            assert (type(one.factor), type(one.offset)) == (type(other.factor), type(other.offset))


def test_a_warm_start_needs_no_parser(tmp_path: Path) -> None:
    DatabaseCache(tmp_path).load(DBC)
    program = f"""
import sys
from pathlib import Path
from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.cache import DatabaseCache
from firmware_runtime.can.receiver import Receiver
cache = DatabaseCache(Path({str(tmp_path)!r}))
table = cache.load({str(DBC)!r})
message = table.messages[0]
Receiver({{"drive": table}}, [SignalBinding("it", "drive", message.name, message.signals[2].name)])
print(cache.hits, [name for name in sys.modules if name.split(".")[0] == "cantools"])
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "1 []", told.stdout


def test_receiver_and_sender_take_compiled_databases_as_they_take_parsed_ones(tmp_path: Path) -> None:
    table = DatabaseCache(tmp_path).load(DBC)
    message = load_database(DBC).get_message_by_name("WheelSpeedsFront")
    names = [signal.name for signal in message.signals if signal.name not in ("Crc", "Counter")]
    bindings = [SignalBinding(name, "drive", message.name, name) for name in names]
    assert Receiver({"drive": table}, bindings).messages == ("drive.WheelSpeedsFront",)
    parsed = Sender({"drive": load_database(DBC)}, bindings)
    compiled = Sender({"drive": table}, bindings)
    values = [1.0] * len(bindings)
    assert compiled.frames(0, values) == parsed.frames(0, values)


def test_another_content_is_another_entry(tmp_path: Path) -> None:
    changed = tmp_path / "changed.dbc"
    changed.write_bytes(DBC.read_bytes() + b"\n")
    kept = DatabaseCache(tmp_path / "cache")
    kept.load(DBC)
    kept.load(changed)
    assert kept.load(DBC) == kept.load(changed)
    assert figures(kept) == (2, 2, 0, 0)
    assert len(list((tmp_path / "cache").iterdir())) == 2, "and no part files"


def test_another_format_or_parser_is_another_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    content = DBC.read_bytes()
    now = identity_of(content)
    monkeypatch.setattr(cache, "FORMAT_VERSION", cache.FORMAT_VERSION + 1)
    later = identity_of(content)
    monkeypatch.setattr(cache, "version", lambda _: "99.0")
    assert len({now, later, identity_of(content)}) == 3


def broken_entries(good: bytes) -> dict[str, bytes]:
    return {
        "empty": b"",
        "cut short": good[: len(good) // 2],
        "without its last byte": good[:-1],
        "one bit of the body": good[:-7] + bytes([good[-7] ^ 1]) + good[-6:],
        "one bit of the identity": good[:25] + bytes([good[25] ^ 1]) + good[26:],
        "one bit of the checksum": good[:60] + bytes([good[60] ^ 1]) + good[61:],
        "text": b"firmware-runtime dbc" * 100,
    }


@pytest.mark.parametrize("defect", broken_entries(bytes(100)))
def test_a_broken_entry_is_made_anew_and_counted(defect: str, tmp_path: Path) -> None:
    fresh = DatabaseCache(tmp_path).load(DBC)
    (entry,) = tmp_path.iterdir()
    good = entry.read_bytes()
    entry.write_bytes(broken_entries(good)[defect])
    kept = DatabaseCache(tmp_path)
    assert kept.load(DBC) == fresh
    assert figures(kept) == (0, 1, 1, 0)
    assert entry.read_bytes() == good
    kept.load(DBC)
    assert figures(kept) == (1, 1, 1, 0)


def test_an_entry_of_another_database_under_this_name_is_refused(tmp_path: Path) -> None:
    other = DBC_FOLDER / "yard_body.dbc"
    kept = DatabaseCache(tmp_path)
    kept.load(other)
    (entry,) = tmp_path.iterdir()
    entry.rename(tmp_path / f"{identity_of(DBC.read_bytes()).hex()}.dbc-tables")
    assert kept.load(DBC) == compile_database(load_database(DBC))
    assert kept.broken == 1


def test_a_sealed_body_of_another_shape_is_refused(tmp_path: Path) -> None:
    identity = identity_of(DBC.read_bytes())
    kept = DatabaseCache(tmp_path)
    fresh = kept.load(DBC)
    (entry,) = tmp_path.iterdir()
    entry.write_bytes(packed(b"\x91\x01", MAGIC, identity))
    assert kept.load(DBC) == fresh
    assert figures(kept) == (0, 2, 1, 0)


def test_an_entry_that_is_a_directory_or_far_too_great_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = DatabaseCache(tmp_path)
    kept.load(DBC)
    monkeypatch.setattr(entry_store, "ENTRY_BYTES_MAX", 10)
    kept.load(DBC)
    assert figures(kept) == (0, 2, 1, 1), "and none is written that would be refused"
    monkeypatch.undo()
    (entry,) = tmp_path.iterdir()
    entry.unlink()
    entry.mkdir()
    kept.load(DBC)
    assert figures(kept) == (0, 3, 2, 2)
    assert [path.name for path in tmp_path.iterdir()] == [entry.name], "no part file is left"


def test_an_entry_that_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    kept = DatabaseCache(tmp_path)
    fresh = kept.load(DBC)
    (entry,) = tmp_path.iterdir()
    entry.unlink()
    os.mkfifo(entry)
    assert kept.load(DBC) == fresh
    assert figures(kept) == (0, 2, 1, 0)
    assert kept.load(DBC) == fresh
    assert kept.hits == 1, "a good entry has taken its place"


def test_a_directory_that_cannot_be_made_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = DatabaseCache(tmp_path / "file" / "cache")
    assert kept.load(DBC) == kept.load(DBC)
    assert kept.hits == 0
    assert kept.unwritable == 2


def test_a_bad_database_is_the_loaders_error_and_never_kept(tmp_path: Path) -> None:
    bad = tmp_path / "bad.dbc"
    bad.write_text("BO_ nonsense")
    kept = DatabaseCache(tmp_path / "cache")
    for path, words in ((bad, "DBC syntax"), (tmp_path / "none.dbc", "no such file")):
        with pytest.raises(DatabaseError, match=words):
            kept.load(path)
    assert not (tmp_path / "cache").exists()


def test_the_directory_follows_the_xdg_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/some")
    assert default_directory() == Path("/var/some/firmware-runtime/dbc")
    assert DatabaseCache().directory == Path("/var/some/firmware-runtime/dbc")
    monkeypatch.setenv("HOME", "/home/one")
    for unusable in ("", "relative/path"):
        monkeypatch.setenv("XDG_CACHE_HOME", unusable)
        assert default_directory() == Path("/home/one/.cache/firmware-runtime/dbc")
    monkeypatch.setattr(Path, "home", homeless)
    assert default_directory() is None
    kept = DatabaseCache()
    kept.load(DBC)
    assert figures(kept) == (0, 1, 0, 1)


def homeless() -> Path:
    raise RuntimeError("Could not determine home directory.")


def test_the_directory_is_for_its_owner_only(tmp_path: Path) -> None:
    DatabaseCache(tmp_path / "a" / "b").load(DBC)
    assert stat.S_IMODE(os.stat(tmp_path / "a" / "b").st_mode) == 0o700


def test_the_oldest_of_many_entries_go(tmp_path: Path) -> None:
    """Each change of code or database leaves one that nobody asks for again."""
    kept = DatabaseCache(tmp_path)
    kept.load(DBC)
    (first,) = tmp_path.iterdir()
    for number in range(40):
        older = tmp_path / f"{number:064x}.dbc-tables"
        older.write_bytes(b"x")
        os.utime(older, (number, number))
    (tmp_path / "other.route").write_bytes(b"of another kind")
    os.utime(first, (1000, 1000))
    changed = tmp_path / "changed.dbc"
    changed.write_bytes(DBC.read_bytes() + b"\n")
    kept.load(changed)
    left = sorted(path.name for path in tmp_path.glob("*.dbc-tables"))
    assert len(left) == 16
    assert first.name in left
    assert [name for name in left if name.startswith("0" * 60)] == [
        f"{number:064x}.dbc-tables" for number in range(26, 40)
    ]
    assert (tmp_path / "other.route").exists()
