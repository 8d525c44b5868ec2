"""Every mistake that one edit of a row can be: the table with that edit, and what it is called."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any, NamedTuple

from firmware_runtime.safety import permits, state_table
from firmware_runtime.safety.facts import Facts, Latch
from firmware_runtime.safety.state_machine import SafetyMachine
from firmware_runtime.safety.state_table import MAY_MOVE, TRANSITIONS, Cap, MayMove, Row
from firmware_runtime.vehicle.enums import SafetyState, Severity, StopKind
from firmware_runtime.vehicle.profile import Limits, Safety

STATES = tuple(state for state in SafetyState if state is not SafetyState.NOT_AVAILABLE)
PERMITS = ("propulsion", "brake_release", "steering", "closing", "contactors")


class Mistake(NamedTuple):
    kind: str
    what: str
    rows: tuple[Row, ...] = TRANSITIONS
    may_move: dict[SafetyState, MayMove] = MAY_MOVE

    @property
    def name(self) -> str:
        return f"{self.kind}: {self.what}"


def built(mistake: Mistake, safety: Safety, limits: Limits, cab: bool) -> SafetyMachine:
    """The shipped machine, made from the table with the mistake."""
    rows, may_move = state_table.TRANSITIONS, state_table.MAY_MOVE
    state_table.TRANSITIONS, state_table.MAY_MOVE = mistake.rows, mistake.may_move
    try:
        return SafetyMachine(safety, limits, cab)
    finally:
        state_table.TRANSITIONS, state_table.MAY_MOVE = rows, may_move


def all_mistakes() -> list[Mistake]:
    return [
        *_dropped(),
        *_retargeted(),
        *_negated(),
        *_swapped(),
        *_sources(),
        *_row_columns(),
        *_permits(),
        *_state_columns(),
    ]


def _with_row(index: int, **changes: Any) -> tuple[Row, ...]:
    rows = list(TRANSITIONS)
    rows[index] = replace(rows[index], **changes)
    return tuple(rows)


def _dropped() -> Iterator[Mistake]:
    for index, row in enumerate(TRANSITIONS):
        yield Mistake("row dropped", row.identifier, TRANSITIONS[:index] + TRANSITIONS[index + 1 :])


def _retargeted() -> Iterator[Mistake]:
    for index, row in enumerate(TRANSITIONS):
        for state in STATES:
            if state is not row.target:
                what = f"{row.identifier} to {state.name}"
                yield Mistake("row retargeted", what, _with_row(index, target=state))


def _not(guard: Callable[[Facts], bool]) -> Callable[[Facts], bool]:
    return lambda facts: not guard(facts)


def _negated() -> Iterator[Mistake]:
    for index, row in enumerate(TRANSITIONS):
        yield Mistake("guard negated", row.identifier, _with_row(index, guard=_not(row.guard)))


def _swapped() -> Iterator[Mistake]:
    for (i, first), (j, second) in combinations(enumerate(TRANSITIONS), 2):
        if first.sources & second.sources:
            rows = list(TRANSITIONS)
            rows[i], rows[j] = second, first
            yield Mistake("priority swapped", f"{first.identifier}, {second.identifier}", tuple(rows))


def _sources() -> Iterator[Mistake]:
    for index, row in enumerate(TRANSITIONS):
        for state in sorted(row.sources):
            what = f"{row.identifier} without {state.name}"
            yield Mistake("source left out", what, _with_row(index, sources=row.sources - {state}))


def _row_columns() -> Iterator[Mistake]:
    for index, row in enumerate(TRANSITIONS):
        for latch in (None, *Latch):
            if latch is not row.clears:
                what = f"{row.identifier} clears {latch}"
                yield Mistake("latch-clear column", what, _with_row(index, clears=latch))
        for stop in StopKind:
            if stop is not row.stop:
                what = f"{row.identifier} commands {stop.name}"
                yield Mistake("stop column", what, _with_row(index, stop=stop))


def _with_state(state: SafetyState, **changes: Any) -> dict[SafetyState, MayMove]:
    return {**MAY_MOVE, state: replace(MAY_MOVE[state], **changes)}


def _permits() -> Iterator[Mistake]:
    for state, may in MAY_MOVE.items():
        for column in PERMITS:
            no = permits.until_low if column == "contactors" else permits.never
            for permit in (no, permits.always, permits.powered):
                if permit is not getattr(may, column):
                    what = f"{state.name} {column} {permit.__name__}"
                    yield Mistake("permission flipped", what, may_move=_with_state(state, **{column: permit}))


def _state_columns() -> Iterator[Mistake]:
    columns: dict[str, tuple[Any, ...]] = {
        "cap": tuple(Cap),
        "stop": tuple(StopKind),
        "latch": (None, *Latch),
    }
    lowering: dict[str, tuple[Any, ...]] = {"lowered_from": (None, *Severity), "lowered": tuple(Cap)}
    for state, may in MAY_MOVE.items():
        # A cell that nothing reads cannot be wrong.
        read = {**columns, **lowering} if may.lowered_from is not None else columns
        for column, values in read.items():
            for value in values:
                if value is not getattr(may, column):
                    what = f"{state.name} {column} {getattr(value, 'name', value)}"
                    yield Mistake("state column", what, may_move=_with_state(state, **{column: value}))
