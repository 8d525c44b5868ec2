"""A DBC loads strictly, or is refused with place and reason; never any other exception."""

import logging
from pathlib import Path

import cantools
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware_runtime.can.database import (
    DatabaseError,
    DatabaseProblem,
    can_id,
    contract_of,
    load_database,
    signal_line,
)

DBC = Path(__file__).parents[2] / "dbc"
TEXT = (DBC / "q_truck_drive.dbc").read_text()

SMALL = """VERSION ""

BU_: A B

BO_ 256 First: 8 A
 SG_ One : 0|8@1+ (1,0) [0|255] "" B
 SG_ Two : 8|8@1+ (1,0) [0|255] "" B

BO_ 257 Second: 8 A
 SG_ One : 0|8@1+ (1,0) [0|255] "" B

VAL_ 256 One 0 "a" ;
"""


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "x.dbc"
    path.write_bytes(text.encode("cp1252") if isinstance(text, str) else text)
    return path


def problems(folder: Path, text: str | bytes) -> tuple[DatabaseProblem, ...]:
    path = write(folder, text)
    try:
        load_database(path)
    except DatabaseError as error:
        return error.problems
    return ()


@pytest.mark.parametrize("name", ["q_truck_drive.dbc", "yard_body.dbc", "yard_tractor_drive.dbc"])
def test_our_databases_load_as_cantools_loads_them(name: str) -> None:
    ours = load_database(DBC / name)
    theirs = cantools.database.Database()
    theirs.add_dbc_file(DBC / name)
    assert [message.name for message in ours.messages] == [message.name for message in theirs.messages]


@pytest.mark.parametrize("name", ["q_truck_drive.dbc", "yard_body.dbc", "yard_tractor_drive.dbc"])
def test_every_message_of_ours_promises_protection_and_times(name: str) -> None:
    for message in load_database(DBC / name).messages:
        contract = contract_of(message)
        assert contract.protection == "P01"
        assert contract.data_id > 0
        assert contract.cycle_ms in (10, 20, 50, 100, 500)
        assert 3 * contract.cycle_ms <= contract.deadline_ms <= 4 * contract.cycle_ms
        assert can_id(message) == message.frame_id + 0x8000_0000, "29-bit identifiers carry bit 31"


def test_an_11_bit_identifier_carries_no_flag(tmp_path: Path) -> None:
    database = load_database(write(tmp_path, SMALL))
    assert [can_id(message) for message in database.messages] == [256, 257]
    assert contract_of(database.messages[0]) == (0, 0, "", 0, {}), "nothing promised"


def test_a_message_without_any_attributes_promises_nothing() -> None:
    message = cantools.database.can.Message(1, "M", 8, [])
    assert contract_of(message) == (0, 0, "", 0, {})


def test_degree_signs_are_read_as_editors_write_them(tmp_path: Path) -> None:
    database = load_database(write(tmp_path, SMALL.replace('[0|255] "" B\n\nBO_', '[0|255] "°C" B\n\nBO_')))
    assert database.get_message_by_name("First").get_signal_by_name("Two").unit == "°C"


REFUSED = [
    ("syntax", "Two : 8|8@1+", "Two : 8|@1+", 7, "DBC syntax at column 14", '"SG_ Two : 8|@1+ (1,0)'),
    ("overlap", "Two : 8|8", "Two : 7|8", 7, "a DBC without contradictions", "Two and One are overlapping"),
    (
        "beyond the message",
        "Two : 8|8",
        "Two : 60|8",
        7,
        "a DBC without contradictions",
        "Two does not fit in",
    ),
    (
        "no bits",
        "Two : 8|8",
        "Two : 8|0",
        7,
        "a DBC without contradictions",
        "length 0 is not greater than 0",
    ),
    (
        "a giant message",
        "Second: 8 A",
        "Second: 8888888888 A",
        9,
        "at most 64 bytes for Second",
        "8888888888",
    ),
    (
        "a giant signal",
        "Two : 8|8@",
        "Two : 8|" + "8" * 5000 + "@",
        7,
        "start and length within 512 bits for Two",
        "8|" + "8" * 75 + "...",
    ),
    ("signal twice", "SG_ Two", "SG_ One", 6, "a DBC without contradictions", "overlapping"),
    ("identifier too long", "BO_ 257", "BO_ 4000", 9, "a DBC without contradictions", "is more than 11 bits"),
    ("labels of no signal", "VAL_ 256 One", "VAL_ 256 On", 12, "a DBC without contradictions", "VAL_ 256 On"),
    (
        "attribute without definition",
        "VAL_ 256",
        'BA_ "Nope" BO_ 256 1;\nVAL_ 256',
        12,
        "a DBC without contradictions",
        "attribute Nope without a definition (BA_DEF_)",
    ),
    (
        "message name twice",
        "BO_ 257 Second",
        "BO_ 257 First",
        5,
        "message names that differ",
        "2 messages First",
    ),
    (
        "identifier twice",
        "BO_ 257 Second",
        "BO_ 256 Second",
        9,
        "identifiers that differ",
        "0x100 for First and Second",
    ),
    (
        "factor 0",
        "Two : 8|8@1+ (1,0)",
        "Two : 8|8@1+ (0,0)",
        7,
        "a factor of Two that is not 0 and keeps its values finite",
        "0",
    ),
    (
        "factor beyond all floats",
        "Two : 8|8@1+ (1,0)",
        "Two : 8|8@1+ (1e307,0)",
        7,
        "a factor of Two that is not 0 and keeps its values finite",
        "1e+307",
    ),
    (
        "infinite factor",
        "Two : 8|8@1+ (1,0)",
        "Two : 8|8@1+ (1e999,0)",
        7,
        "a factor of Two that is not 0 and keeps its values finite",
        "",
    ),
    ("infinite offset", "Two : 8|8@1+ (1,0)", "Two : 8|8@1+ (1,1e999)", 7, "a finite offset of Two", ""),
    (
        "range upside down",
        "Two : 8|8@1+ (1,0) [0|255]",
        "Two : 8|8@1+ (1,0) [9|1]",
        7,
        "a range of Two from low to high",
        "[9|1]",
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "line", "expected", "got"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_a_defect_is_told_with_its_line(
    old: str, new: str, line: int, expected: str, got: str, tmp_path: Path
) -> None:
    assert SMALL.count(old) == 1
    (problem,) = problems(tmp_path, SMALL.replace(old, new))
    assert problem.path == str(tmp_path / "x.dbc")
    assert problem.line == line
    assert problem.expected == expected
    assert got in problem.got
    assert "\n" not in problem.got


def test_all_contradictions_are_told_at_once(tmp_path: Path) -> None:
    text = SMALL.replace("(1,0)", "(0,0)").replace("BO_ 257", "BO_ 256")
    assert [problem.line for problem in problems(tmp_path, text)] == [9, 6, 7, 10]


def test_an_error_reads_as_lines(tmp_path: Path) -> None:
    path = write(tmp_path, SMALL.replace("BO_ 257", "BO_ 256"))
    with pytest.raises(DatabaseError, match=r"x\.dbc:9: expected identifiers that differ, got 0x100"):
        load_database(path)


@pytest.mark.parametrize(
    ("text", "line", "expected", "got"),
    [
        ("", 1, "DBC syntax at column 1", "an empty file"),
        ("\n\n?\n", 3, "DBC syntax at column 1", '"?"'),
        ("hello world " * 20, 1, "DBC syntax at column 1", '"' + ("hello world " * 20)[:77] + '..."'),
        (b"VERSION \x00", 1, "DBC text", "a control character '\\x00'"),
    ],
)
def test_what_is_no_dbc(text: str | bytes, line: int, expected: str, got: str, tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, text)
    assert (problem.line, problem.expected, problem.got) == (line, expected, got)


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path, expected, got in (
        (tmp_path / "none.dbc", "a DBC file", "no such file"),
        (tmp_path, "a DBC file", "a directory"),
        (tmp_path / "file" / "x.dbc", "a readable DBC file", "an error of reading it: Not a directory"),
    ):
        with pytest.raises(DatabaseError) as caught:
            load_database(path)
        assert caught.value.problems == (DatabaseProblem(str(path), None, expected, got),)
        assert str(caught.value) == f"{path}: expected {expected}, got {got}"


def test_nothing_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What cantools only logs, although the last of two messages silently wins, is an error here."""
    with caplog.at_level(logging.DEBUG):
        assert problems(tmp_path, SMALL.replace("257 Second", "256 First")) != ()
    assert caplog.records == []


def test_where_a_message_or_signal_stands() -> None:
    assert signal_line(SMALL, "First") == 5
    assert signal_line(SMALL, "First", "Two") == 7
    assert signal_line(SMALL, "Second", "One") == 10
    assert signal_line(SMALL, "Second", "Two") is None
    assert signal_line(SMALL, "Third") is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(
    start=st.integers(0, len(TEXT) - 1),
    cut=st.integers(0, 12),
    inserted=st.sampled_from(["", "0", "-1", "1e999", "BO_ ", '"', "m0", "M", ";", "|", "99999999999"])
    | st.text(max_size=4),
)
def test_a_damaged_database_loads_or_is_refused_and_nothing_else(
    start: int, cut: int, inserted: str, tmp_path: Path
) -> None:
    damaged = TEXT[:start] + inserted + TEXT[start + cut :]
    path = tmp_path / "damaged.dbc"
    path.write_text(damaged, encoding="utf-8")
    reasons: object
    try:
        reasons = load_database(path)
    except DatabaseError as error:
        reasons = error.problems
    assert reasons, "loaded, or refused with a reason"


def test_a_file_that_is_no_dbc_by_its_size_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "disk.dbc"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(DatabaseError, match=r"disk\.dbc: expected at most 67108864 bytes, got more"):
        load_database(path)
