"""Reads a TOML table into a struct of `profile`, field by field; start-up only.

msgspec stops at the first error and knows no line, so each field is checked here against the type and the
`Range` in the struct's own annotation, and every defect is noted with its place. No field is listed twice.
"""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar, cast, get_args, get_origin, get_type_hints

import msgspec

from firmware_runtime.vehicle.bounds import HardBound, Range
from firmware_runtime.vehicle.problems import Problem, described, did_you_mean, number, quoted
from firmware_runtime.vehicle.toml_lines import KeyPath, TomlDocument

StructT = TypeVar("StructT", bound=msgspec.Struct)

_INVALID = object()
"""What a reader returns for a value that it has noted as a problem."""

_UNIT_OF_SUFFIX = {
    "_m": "m",
    "_m2": "m²",
    "_mps": "m/s",
    "_mps2": "m/s²",
    "_mps3": "m/s³",
    "_1ps": "1/s",
    "_1ps2": "1/s²",
    "_s": "s",
    "_rad": "rad",
    "_radps": "rad/s",
    "_kg": "kg",
    "_n": "N",
    "_nm": "Nm",
    "_nmps": "Nm/s",
    "_w": "W",
    "_v": "V",
    "_ah": "Ah",
    "_ohm_per_v": "ohm/V",
    "_degc": "degC",
    "_bps": "bit/s",
    "_hz": "Hz",
}
"""Last part of a key's name -> its unit, as the house names quantities."""


class Findings:
    """The problems of one document, noted by key."""

    def __init__(self, document: TomlDocument) -> None:
        self.document = document
        self.problems: list[Problem] = []

    def add(self, path: KeyPath, expected: str, got: str) -> None:
        line = self.document.line_of(path)
        self.problems.append(Problem(self.document.file, line, key_name(path), expected, got))


def key_name(path: KeyPath) -> str:
    """A key as messages name it: `[table] key`, or the key alone at the top."""
    if len(path) < 2:
        return ".".join(path)
    return f"[{'.'.join(path[:-1])}] {path[-1]}"


def unit_of_key(key: str) -> str:
    """Unit that a key's name ends with, or nothing."""
    fitting = [suffix for suffix in _UNIT_OF_SUFFIX if key.endswith(suffix)]
    return _UNIT_OF_SUFFIX[max(fitting, key=len)] if fitting else ""


def read_struct(struct: type[StructT], findings: Findings) -> StructT | None:
    """Read a whole document as `struct`; None where something in it was noted as a problem."""
    before = len(findings.problems)
    value = _read_table(struct, findings.document.data, (), findings)
    return None if len(findings.problems) > before else cast(StructT, value)


def _read_table(struct: type[msgspec.Struct], table: object, path: KeyPath, findings: Findings) -> object:
    if not isinstance(table, dict):
        findings.add(path, "a table", described(table))
        return _INVALID
    entries = cast(dict[str, Any], table)
    hints: dict[str, Any] = get_type_hints(struct, include_extras=True)
    for key in entries:
        if key not in hints:
            where = f"[{'.'.join(path)}]" if path else "the file"
            expected = f"a key of {where}{did_you_mean(key, hints)}"
            findings.add((*path, key), expected, f"the unknown key {quoted(key)}")
    optional = {field.name for field in msgspec.structs.fields(struct) if not field.required}
    values: dict[str, object] = {}
    for key, hint in hints.items():
        if key in entries:
            values[key] = _read_value(hint, entries[key], (*path, key), findings)
        elif key not in optional:
            findings.add((*path, key), _expectation(hint, key), "nothing")
            values[key] = _INVALID
    return _INVALID if any(value is _INVALID for value in values.values()) else struct(**values)


def _read_value(hint: Any, value: object, path: KeyPath, findings: Findings) -> object:
    if get_origin(hint) is Annotated:
        return _read_number(hint, value, path, findings)
    if get_origin(hint) is dict:
        return _read_mapping(get_args(hint)[1], value, path, findings)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _read_table(hint, value, path, findings)
    fits: Callable[[object], bool] = _is_flag if hint is bool else _is_text
    if hint == int | str:
        fits = _is_whole_or_text
    if not fits(value):
        findings.add(path, _expectation(hint, path[-1]), described(value))
        return _INVALID
    return value


def _read_number(hint: Any, value: object, path: KeyPath, findings: Findings) -> object:
    kind, limits = cast(tuple[type, Range], get_args(hint)[:2])
    permitted = int if kind is int else int | float
    fits = isinstance(value, permitted) and not isinstance(value, bool)
    if not fits or not _within(limits, cast(float, value)):
        findings.add(path, _expectation(hint, path[-1]), described(value))
        return _INVALID
    return kind(cast(float, value))


def _read_mapping(hint: Any, value: object, path: KeyPath, findings: Findings) -> object:
    if not isinstance(value, dict):
        findings.add(path, "a table", described(value))
        return _INVALID
    entries = cast(dict[str, Any], value)
    read = {key: _read_value(hint, entry, (*path, key), findings) for key, entry in entries.items()}
    return _INVALID if any(entry is _INVALID for entry in read.values()) else read


def _within(limits: Range, value: float) -> bool:
    # False for nan, which compares with nothing; right for whole numbers too great for a float.
    return limits.low <= value <= limits.high


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value.strip() != "" and value.isprintable()


def _is_whole_or_text(value: object) -> bool:
    return _is_text(value) or (isinstance(value, int) and not isinstance(value, bool))


def _expectation(hint: Any, key: str) -> str:
    if get_origin(hint) is Annotated:
        kind, limits = cast(tuple[type, Range], get_args(hint)[:2])
        unit = unit_of_key(key)
        words = "a whole number" if kind is int else "a number"
        bound = f", the hard bound of the {limits.name}" if isinstance(limits, HardBound) else ""
        return (
            f"{words} of {number(limits.low)} to {number(limits.high)}{f' ({unit})' if unit else ''}{bound}"
        )
    if hint is bool:
        return "true or false"
    if hint == int | str:
        return "a whole number or text"
    return "text" if hint is str else "a table"
