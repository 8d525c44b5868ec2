"""The matrix for people and for programs."""

import json
from collections.abc import Sequence
from pathlib import Path

from tests.processes.kill_matrix.judge import CONTROL_MS, SUPERVISOR_MS, judge
from tests.processes.kill_matrix.outcome import Outcome

HEAD = (
    "process",
    "how",
    "where",
    "reaction",
    "limit",
    "brakes",
    "gap",
    "stop",
    "lateral",
    "ended",
    "runs",
    "verdict",
)
JSON = "kill_matrix.json"


def reaction(o: Outcome) -> tuple[str, float | None, float | None]:
    """What the budget is about: its words, what was found and what is permitted, in ms."""
    if o.process == "control":
        return "safe frame", o.safe_ms, CONTROL_MS
    if o.process == "services":
        return "none", None, None
    if o.how == "slow" and o.latched_ms is None:
        return "safe frame", o.safe_ms, SUPERVISOR_MS
    return "latch", o.latched_ms, SUPERVISOR_MS


def cells(o: Outcome) -> tuple[str, ...]:
    words, found_ms, limit_ms = reaction(o)
    return (
        o.process,
        o.how,
        o.place,
        words if found_ms is None else f"{words} {found_ms:.1f} ms",
        "" if limit_ms is None else f"{limit_ms:.0f} ms",
        "" if o.braking_ms is None else f"{o.braking_ms:.1f} ms",
        f"{o.gap_after_ms:.1f} ms",
        "" if o.stop_m is None else f"{o.stop_m:.1f} m",
        f"{o.lateral_m:.2f} m",
        o.ended,
        str(o.repeats + 1),
        "; ".join(judge(o)) or "as it must be",
    )


def as_table(outcomes: Sequence[Outcome]) -> str:
    lines = [HEAD, *(cells(outcome) for outcome in outcomes)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    text = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    repeats = sum(outcome.repeats for outcome in outcomes)
    unreached = [words for outcome in outcomes for words in outcome.unreached]
    text.append(
        f"{repeats} runs did not count: in {repeats - len(unreached)} this machine stalled for more than a "
        f"tick, in {len(unreached)} the truck stopped before anything was done to it."
    )
    text += unreached
    return "\n".join(text)


def write_json(path: Path, outcomes: Sequence[Outcome]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{**outcome._asdict(), "wrong": judge(outcome)} for outcome in outcomes]
    path.write_text(json.dumps(rows, indent=1) + "\n")
