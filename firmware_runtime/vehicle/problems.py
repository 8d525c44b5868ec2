"""A defect of a file that a person wrote, told so that it can be found and mended; start-up only."""

import difflib
import json
import math
from collections.abc import Iterable
from typing import NamedTuple

_LONGEST_QUOTE = 60


class Problem(NamedTuple):
    """One defect: where it stands, what was expected there, what came."""

    file: str
    line: int | None
    """Counted from 1; None where no line can be named, as for a file that is missing."""
    key: str
    """`[table] key`, or empty where the whole file is meant."""
    expected: str
    got: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        key = f" {self.key}:" if self.key else ""
        words = f"{place}:{key} expected {self.expected}, got {self.got}"
        # Names and labels from files may hold anything; one problem stays one line, and a terminal unharmed.
        return "".join(
            char if char.isprintable() else char.encode("unicode_escape").decode() for char in words
        )


class ConfigurationError(Exception):
    """Files that cannot be used, with all their problems at once, by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        unique = dict.fromkeys(problems)
        self.problems: tuple[Problem, ...] = tuple(sorted(unique, key=_place))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UnavailableError(ConfigurationError):
    """What was named rightly cannot be had now: a device, an interface, a lock. Later it may be."""


def _place(problem: Problem) -> tuple[str, int]:
    return problem.file, problem.line or 0


def described(value: object) -> str:
    """A value from a TOML file in words for `got`, always on one line."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return "not a number (nan)" if math.isnan(value) else number(value)
    if isinstance(value, int):
        return number(value)
    if isinstance(value, dict):
        return "a table"
    return "an array" if isinstance(value, list) else str(value)


def quoted(text: str) -> str:
    """Text in quotes, shortened, control characters escaped."""
    if len(text) > _LONGEST_QUOTE:
        text = text[: _LONGEST_QUOTE - 3] + "..."
    return json.dumps(text, ensure_ascii=False)


def number(value: float) -> str:
    """A number as one would write it: no exponent and no `.0` where it is not needed."""
    if isinstance(value, int) and abs(value) > 10**15:
        return f"{value:.3e}" if abs(value) < 10**300 else "a whole number beyond 1e300"
    if math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.6g}"


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """` (did you mean "x"?)` for the known name that is nearest, or nothing."""
    near = difflib.get_close_matches(wrong, list(known), n=1, cutoff=0.6)
    return f' (did you mean "{near[0]}"?)' if near else ""
