"""Lines of keys in a TOML text."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.vehicle.problems import Problem
from firmware_runtime.vehicle.toml_lines import TomlDocument, key_lines, read_toml
from tests.vehicle.support import Q_TRUCK

TEXT = '''\
title = "x # [no] table = 1"   # comment = 2
plain = [
    1,   # inner = 3
    [2, "]"],
]

[table]
key = 1
"quoted.key" = 2
'literal key' = 3
dotted.inner.deep = 4
inline = { hidden = 5, other = "}" }
text = """
not_a_key = 6
""\\""" """ # still
literal = \'\'\'
[not.a.table]
not_a_key = 7\'\'\'
[ table . "sub table" ]
last = true
[[list]]
item = 1
[[list]]
item = 2
'''


def test_lines_of_all_kinds_of_keys() -> None:
    assert tomllib.loads(TEXT)
    assert key_lines(TEXT) == {
        ("title",): 1,
        ("plain",): 2,
        ("table",): 7,
        ("table", "key"): 8,
        ("table", "quoted.key"): 9,
        ("table", "literal key"): 10,
        ("table", "dotted", "inner", "deep"): 11,
        ("table", "inline"): 12,
        ("table", "text"): 13,
        ("table", "literal"): 16,
        ("table", "sub table"): 19,
        ("table", "sub table", "last"): 20,
        ("list",): 21,
        ("list", "item"): 22,
    }


def test_a_key_without_a_line_of_its_own_stands_at_its_table() -> None:
    document = TomlDocument("x.toml", TEXT.encode(), tomllib.loads(TEXT), key_lines(TEXT))
    assert document.line_of(("table", "inline", "hidden")) == 12
    assert document.line_of(("table", "missing")) == 7
    assert document.line_of(("missing",)) is None


def test_windows_line_ends() -> None:
    assert key_lines("a = 1\r\n\r\n[t]\r\nb = 2\r\n") == {("a",): 1, ("t",): 3, ("t", "b"): 4}


KEYS = st.text("abcdefghij0123456789_-", min_size=1, max_size=5)
VALUES = st.sampled_from(
    [
        "1",
        "-2.5",
        "true",
        '"a"',
        "'b'",
        '"""c\nd"""',
        "'''\n[x]\ny = 1'''",
        "[1,\n2]",
        "{ z = 1 }",
        '"#"',
        "[]",
    ]
)


@given(
    st.lists(
        st.tuples(KEYS, st.dictionaries(KEYS, VALUES, max_size=4), st.sampled_from(["", "\n", "# no = 1\n"])),
        max_size=5,
        unique_by=lambda table: table[0],
    )
)
def test_every_key_that_the_reader_finds_has_the_line_where_it_was_written(
    tables: list[tuple[str, dict[str, str], str]],
) -> None:
    text = ""
    written: dict[tuple[str, ...], int] = {}
    for table, entries, between in tables:
        text += between
        written[(table,)] = text.count("\n") + 1
        text += f"[{table}]\n"
        for key, value in entries.items():
            written[table, key] = text.count("\n") + 1
            text += f"{key} = {value}\n"
    assert tomllib.loads(text) is not None
    assert key_lines(text) == written


@given(st.text(max_size=60))
def test_no_text_whatever_breaks_the_scanner(text: str) -> None:
    assert all(line >= 1 for line in key_lines(text).values())


def test_the_committed_profile_has_a_line_for_every_key() -> None:
    document = read_toml(Q_TRUCK, "q")
    assert isinstance(document, TomlDocument)
    source = Q_TRUCK.read_text().splitlines()

    def walk(table: dict[str, Any], path: tuple[str, ...]) -> None:
        for key, value in table.items():
            here = (*path, key)
            if not (isinstance(value, dict) and here not in document.lines):
                assert key in source[document.lines[here] - 1]
            if isinstance(value, dict):
                walk(value, here)

    walk(document.data, ())


@pytest.mark.parametrize(
    ("content", "line", "expected", "got"),
    [
        (b"a = 1\nb = \n", 2, "TOML at column 5", '"b =" (invalid value)'),
        (b"a = 1\nb = [1,\n", 2, "TOML", '"b = [1," (invalid value)'),
        (b"", None, "", ""),
        (b"a = 1\n\xff\n", 2, "UTF-8 text", "byte 0xff"),
        (
            b"a = " + b"9" * 5000,
            None,
            "a TOML file",
            '"Exceeds the limit (4300 digits) for integer string conver..."',
        ),
        (b"a = " + b"[" * 5000 + b"]" * 5000, None, "a TOML file", "arrays or tables nested too deeply"),
    ],
)
def test_why_a_file_cannot_be_read(
    content: bytes, line: int | None, expected: str, got: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    document = read_toml(path, "x.toml")
    if expected:
        assert document == Problem("x.toml", line, "", expected, got)
    else:
        assert isinstance(document, TomlDocument)


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    """A path through a file is an error of the operating system that is neither absence nor a directory."""
    (tmp_path / "file").write_text("")
    problem = read_toml(tmp_path / "file" / "x.toml", "x.toml")
    assert isinstance(problem, Problem)
    assert (problem.expected, problem.got) == ("a readable TOML file", "Not a directory")
