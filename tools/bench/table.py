"""The result of a benchmark for people and for programs."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.measure import Row

HEAD = ("what", "ours", "unit", "peer", "its figure", "ratio", "target", "met")


def as_table(rows: Sequence[Row], left_out: Sequence[str], how: str) -> str:
    """Text, one line a row; `how` says in a sentence how it was measured."""
    lines = [HEAD, *(cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    right = {1, 4, 5}
    text = [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    text.insert(1, "  ".join("-" * width for width in widths))
    text.append(f"{how} Ratio: times faster than the peer.")
    return "\n".join([*text, *(f"left out: {reason}" for reason in left_out)])


def cells(row: Row) -> tuple[str, ...]:
    met = {None: "", True: "yes", False: "NO"}[row.met]
    ratio = "" if row.ratio is None else f"{row.ratio:.1f}"
    return (
        row.what,
        figure(row.ours),
        row.unit,
        row.peer_name or "",
        figure(row.peer),
        ratio,
        row.target or "",
        met,
    )


def figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def write_json(
    path: Path, name: str, rows: Sequence[Row], left_out: Sequence[str], details: Mapping[str, Any]
) -> None:
    """`rows` have the same shape for every benchmark; beside them stands how they were measured."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "benchmark": name,
        **details,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "left_out": list(left_out),
        "rows": [row._asdict() for row in rows],
    }
    path.write_text(json.dumps(document, indent=1) + "\n")
