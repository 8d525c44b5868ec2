"""The text of a DBC: its bytes, the lines where things stand, and defects told by them; start-up only.

Knows no parser, so that a start from compiled databases can still name the line of a signal.
"""

import re
from pathlib import Path
from typing import NamedTuple

_MESSAGE_LINE = re.compile(r"^[ \t]*BO_[ \t]+\d+[ \t]+(\w+)[ \t]*:", re.MULTILINE)

DBC_BYTES_MAX = 64 * 1024 * 1024
"""A greater file is a log, a disk image, a device (assumption: DBCs of whole vehicles take a few MB)."""


class DatabaseProblem(NamedTuple):
    """One defect of a DBC file."""

    path: str
    line: int | None
    """Counted from 1; None where the whole file is meant."""
    expected: str
    got: str

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: expected {self.expected}, got {self.got}"


class DatabaseError(Exception):
    """A DBC file that cannot be used, with all defects that were found in it."""

    def __init__(self, problems: list[DatabaseProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


def read_dbc(path: Path | str) -> bytes:
    """The bytes of a DBC file.

    Raises:
        DatabaseError: there is no such file, or it cannot be read, or it is none by its size.
    """
    shown = str(path)
    try:
        with Path(path).open("rb") as file:
            content = file.read(DBC_BYTES_MAX + 1)
    except FileNotFoundError:
        raise DatabaseError([DatabaseProblem(shown, None, "a DBC file", "no such file")]) from None
    except IsADirectoryError:
        raise DatabaseError([DatabaseProblem(shown, None, "a DBC file", "a directory")]) from None
    except OSError as error:
        got = f"an error of reading it: {error.strerror or error}"
        raise DatabaseError([DatabaseProblem(shown, None, "a readable DBC file", got)]) from error
    if len(content) > DBC_BYTES_MAX:
        raise DatabaseError([DatabaseProblem(shown, None, f"at most {DBC_BYTES_MAX} bytes", "more")])
    return content


def dbc_text(content: bytes) -> str:
    """A DBC's text; cp1252 is what DBC editors write, and where `°` comes from."""
    return content.decode("cp1252", errors="replace")


def signal_line(text: str, message: str, signal: str | None = None) -> int | None:
    """Line of a message, or of a signal in it, in a DBC's text; None where it does not stand."""
    for found in _MESSAGE_LINE.finditer(text):
        if found[1] != message:
            continue
        if signal is None:
            return line_at(text, found.start())
        following = _MESSAGE_LINE.search(text, found.end())
        end = following.start() if following else len(text)
        pattern = re.compile(rf"^[ \t]*SG_[ \t]+{re.escape(signal)}\b", re.MULTILINE)
        place = pattern.search(text, found.end(), end)
        return line_at(text, place.start()) if place else None
    return None


def line_at(text: str, position: int) -> int:
    """Line of a position in a text, counted from 1."""
    return text.count("\n", 0, position) + 1
