"""Where each key stands in a TOML file, for messages; start-up only.

`tomllib` tells values but no places. This scanner walks a text that `tomllib` has already accepted, so it
needs no rules of its own about what is valid, only where keys begin and values end.
"""

import re
import tomllib
from bisect import bisect_right
from pathlib import Path
from typing import Any, NamedTuple

from firmware_runtime.vehicle.problems import Problem, quoted

KeyPath = tuple[str, ...]

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_KEY = rf"[ \t]*{_PART}(?:[ \t]*\.[ \t]*{_PART})*[ \t]*"
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_HEADER = re.compile(rf"\[\[?({_KEY})\]\]?")
_ASSIGNMENT = re.compile(rf"({_KEY})=")
_VALUE_TOKEN = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}' + r"|'''.*?'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"' + r"|'[^'\n]*'" + r"|#[^\n]*|[\[{]|[\]}]|\n|[^\"'#\[\]{}\n]+",
    re.DOTALL,
)
_AT_LINE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class TomlDocument(NamedTuple):
    """A TOML file: its values and where its keys stand."""

    file: str
    """Path as a person sees it."""
    content: bytes
    data: dict[str, Any]
    lines: dict[KeyPath, int]

    def line_of(self, path: KeyPath) -> int | None:
        """Line of a key or, where it has none of its own (missing, inline table), of the nearest table."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[:-1]
        return None


def read_toml(path: Path, shown: str) -> TomlDocument | Problem:
    """Read a TOML file; a Problem tells why it cannot be read."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Problem(shown, None, "", "a TOML file", "no such file")
    except IsADirectoryError:
        return Problem(shown, None, "", "a TOML file", "a directory")
    except OSError as error:
        return Problem(shown, None, "", "a readable TOML file", error.strerror or str(error))
    try:
        text = content.decode("utf-8")
        return TomlDocument(shown, content, tomllib.loads(text), key_lines(text))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Problem(shown, line, "", "UTF-8 text", f"byte 0x{content[error.start]:02x}")
    except tomllib.TOMLDecodeError as error:
        return _syntax_problem(error, content.decode("utf-8"), shown)
    except ValueError as error:
        # Such as a whole number of thousands of digits, which Python reads in no notation.
        return Problem(shown, None, "", "a TOML file", quoted(str(error)))
    except RecursionError:
        return Problem(shown, None, "", "a TOML file", "arrays or tables nested too deeply")


def key_lines(text: str) -> dict[KeyPath, int]:
    """Line (from 1) of each table header and key of a valid TOML text."""
    starts = [0] + [found.end() for found in re.finditer(r"\n", text)]
    lines: dict[KeyPath, int] = {}
    table: KeyPath = ()
    position = _skip_blank(text, 0)
    while position < len(text):
        line = bisect_right(starts, position)
        if header := _HEADER.match(text, position):
            table = _parts(header[1])
            lines.setdefault(table, line)
            position = header.end()
        elif assignment := _ASSIGNMENT.match(text, position):
            lines.setdefault(table + _parts(assignment[1]), line)
            position = _end_of_value(text, assignment.end())
        else:
            newline = text.find("\n", position)
            position = len(text) if newline < 0 else newline + 1
        position = _skip_blank(text, position)
    return lines


def _skip_blank(text: str, position: int) -> int:
    blank = _BLANK.match(text, position)
    return blank.end() if blank else position


def _end_of_value(text: str, position: int) -> int:
    """Where the value that begins here ends: at the first line's end outside of brackets and strings."""
    depth = 0
    while position < len(text):
        token = _VALUE_TOKEN.match(text, position)
        if token is None:
            return position + 1
        position = token.end()
        if token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
        elif token[0] == "\n" and depth == 0:
            break
    return position


def _parts(key: str) -> KeyPath:
    """Split a dotted key; quoted parts are read by the TOML reader itself."""
    return tuple(
        next(iter(tomllib.loads(f"{part}=0"))) if part[0] in "\"'" else part
        for part in re.findall(_PART, key)
    )


def _syntax_problem(error: tomllib.TOMLDecodeError, text: str, shown: str) -> Problem:
    words = str(error)
    lines = text.splitlines()
    place = _AT_LINE.search(words)
    line = int(place[1]) if place and place[1] else max(1, len(lines))
    column = f" at column {place[2]}" if place and place[2] else ""
    reason = _AT_LINE.sub("", words)
    here = lines[line - 1].strip() if line <= len(lines) else ""
    return Problem(shown, line, "", f"TOML{column}", f"{quoted(here)} ({reason[:1].lower()}{reason[1:]})")
