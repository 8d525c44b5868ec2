"""Rows of a route file as columns of numbers and texts, with every wrong cell noted; start-up only."""

import csv
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from firmware_runtime.motion.route_error import ProblemList
from firmware_runtime.motion.route_formats import Column, Format, Row
from firmware_runtime.vehicle.problems import did_you_mean, number, quoted

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_NAN = float("nan")


class Table(NamedTuple):
    line: IntArray
    """Line of the file of each row."""
    numbers: dict[str, FloatArray]
    """By column; NaN where a cell is empty or wrong."""
    texts: dict[str, list[str]]


def read_table(form: Format, header: Row, body: list[Row], problems: ProblemList) -> Table:
    """The body's columns. A file with a wrong header is refused at once: its cells cannot be judged."""
    columns = _columns(form, header, problems)
    numbers: dict[str, list[float]] = {column.name: [] for column in columns if column.limits}
    texts: dict[str, list[str]] = {column.name: [] for column in columns if not column.limits}
    for line, text in body:
        cells: list[str] = next(csv.reader([text])) if form.separator else text.split()
        complete = len(cells) == len(columns)
        if not complete:
            names = ", ".join(column.name for column in columns)
            problems.add(line, "", f"{len(columns)} values ({names})", f"{len(cells)}")
        for i, column in enumerate(columns):
            if not column.limits:
                texts[column.name].append(cells[i].strip() if complete else "")
            else:
                value = read_number(line, column, cells[i], problems) if complete else _NAN
                numbers[column.name].append(value)
    return Table(
        line=np.array([line for line, _ in body], dtype=np.int64),
        numbers={name: np.array(values, dtype=np.float64) for name, values in numbers.items()},
        texts=texts,
    )


def read_number(line: int, column: Column, text: str, problems: ProblemList) -> float:
    """The number of a cell, or NaN with a problem noted; an empty optional cell is NaN too."""
    text = text.strip()
    if column.limits is None or (not text and not column.required):
        return _NAN
    low, high = column.limits.low, column.limits.high
    expected = f"a number from {number(low)} to {number(high)}"
    try:
        value = float(text)
    except ValueError:
        problems.add(line, column.name, expected, quoted(text) if text else "nothing")
        return _NAN
    if not low <= value <= high:
        problems.add(line, column.name, expected, text)
        return _NAN
    return value


def _columns(form: Format, header: Row, problems: ProblemList) -> list[Column]:
    """Columns in the file's order."""
    if not form.headed:
        return list(form.columns)
    line, text = header
    known = {column.name: column for column in form.columns}
    names = [name.strip() for name in text.split(",")]
    for name in dict.fromkeys(names):
        if name not in known:
            expected = "columns out of " + ", ".join(known)
            problems.add(line, "header", expected, quoted(name) + did_you_mean(name, known))
        elif names.count(name) > 1:
            problems.add(line, "header", f"the column {name} once", f"it {names.count(name)} times")
    if sorted(set(names) & known.keys()) != sorted(names):
        problems.stop_here()
    return [known[name] for name in names]
