"""What a benchmark consists of: cases with two contenders, their unit and their target."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from bench.measure import Row

Timed = Callable[[], object]


class UnavailableError(Exception):
    """A peer or a file that is not here; the message says which and why."""


class Scale(NamedTuple):
    """How much work one repetition is."""

    ticks: int
    """10 ms ticks of generated frames."""
    decodes: int
    """Of a tick that was received."""
    encodes: int
    log_frames: int


class Contender(NamedTuple):
    """One side of a comparison."""

    name: str
    prepare: Callable[[], Timed]
    """Called before each repetition, untimed; gives what is timed."""
    check: Callable[[], str | None] | None = None
    """Called once at the end: why the work was not what it should have been, or None."""


class Measure(NamedTuple):
    """How seconds of one repetition become a figure."""

    unit: str
    value: Callable[[float], float]
    more_is_better: bool = False


class Target(NamedTuple):
    """What is wanted; each bound that is given must hold."""

    text: str
    ratio_min: float | None = None
    """How many times better than the peer, at least."""
    ours_limit: float | None = None
    """Worst figure of ours that is good enough."""


class Case(NamedTuple):
    """One row of the table."""

    what: str
    measure: Measure
    ours: Contender
    peer: Contender | None
    target: Target | None = None


class Plan(NamedTuple):
    """A benchmark, ready to be measured."""

    cases: Sequence[Case]
    left_out: Sequence[str]
    """What cannot be measured here, and why."""


class Result(NamedTuple):
    """What a benchmark found."""

    rows: Sequence["Row"]
    left_out: Sequence[str]
    how: str
    """How it was measured, as a sentence."""
    details: Mapping[str, Any]
    """What else is worth to be kept; plain types."""


def per_item(unit: str, items: int, units_per_s: float = 1e6) -> Measure:
    """Time of one item; microseconds by default."""
    return Measure(unit, lambda seconds: seconds / items * units_per_s)


def rate(unit: str, items: float) -> Measure:
    """Items a second, in the unit that `items` is counted in."""
    return Measure(unit, lambda seconds: items / seconds, more_is_better=True)
