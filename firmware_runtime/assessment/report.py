"""The result of an exploration, for people and for programs."""

from collections.abc import Sequence
from enum import Enum
from typing import Any

from firmware_runtime.assessment.exploration import Move, Result, Violation
from firmware_runtime.assessment.invariants import INVARIANTS
from firmware_runtime.assessment.reachability import REACHABILITY

TEXTS: dict[str, str] = {item.identifier: item.text for item in (*INVARIANTS, *REACHABILITY)}
"""Every invariant, in the order they are told in."""


def as_plain(results: Sequence[Result]) -> dict[str, Any]:
    """One JSON object."""
    return {
        "holds": not any(result.violations for result in results),
        "explorations": [
            {
                "cab": result.cab,
                "configurations": result.configurations,
                "transitions": result.transitions,
                "inputs_covered": result.inputs_covered,
                "seconds": round(result.seconds, 3),
                "states": [state.name for state in result.states],
                "invariants": [_plain_invariant(result, name, text) for name, text in TEXTS.items()],
            }
            for result in results
        ],
    }


def as_text(result: Result) -> list[str]:
    """Lines: what was explored, each invariant, and a path to each that is violated."""
    violated = {violation.identifier: violation for violation in result.violations}
    width = max(len(name) for name in TEXTS)
    lines = [
        f"{'with' if result.cab else 'without'} a cab: {result.configurations} configurations, "
        f"{result.transitions} transitions that stand for {result.inputs_covered} inputs, "
        f"{len(result.states)} states, {result.seconds:.1f} s"
    ]
    for name, text in TEXTS.items():
        lines.append(f"  {'VIOLATED' if name in violated else 'ok':8}  {name:{width}}  {text}")
        if name in violated:
            lines += path_lines(violated[name])
    return lines


def path_lines(violation: Violation) -> list[str]:
    """The shortest way there, a step a line; what is not named may have any value."""
    if not violation.path:
        return ["      of the whole graph: no step is to blame"]
    width = max(len(move.before.name) for move in violation.path)
    latches = f"with latches {', '.join(violation.latches)}" if violation.latches else "without a latch"
    return [
        f"      0. the power comes, {latches}",
        *(f"      {number}. {_move_line(move, width)}" for number, move in enumerate(violation.path, 1)),
    ]


def _move_line(move: Move, width: int) -> str:
    told = ", ".join(f"{name} {_word(value)}" for name, value in move.told.items())
    after = "" if move.elapsed_ns is None else f", {move.elapsed_ns * 1e-9:.9g} s after it was entered"
    return f"{move.before.name:{width}}  {told}{after} -> {move.after.name}"


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.name if isinstance(value, Enum) else str(value)


def _plain_invariant(result: Result, name: str, text: str) -> dict[str, Any]:
    violation = next((v for v in result.violations if v.identifier == name), None)
    plain: dict[str, Any] = {"identifier": name, "text": text, "holds": violation is None}
    if violation is not None:
        plain["latches"] = list(violation.latches)
        plain["path"] = [
            {
                "before": move.before.name,
                "told": {key: _word(value) for key, value in move.told.items()},
                "elapsed_s": None if move.elapsed_ns is None else move.elapsed_ns * 1e-9,
                "after": move.after.name,
            }
            for move in violation.path
        ]
    return plain
