"""Times the contenders of all cases in turn, again and again, so that a slow minute strikes all alike."""

import gc
import statistics
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import NamedTuple

from bench.case import Case, Contender, Target


class BenchError(Exception):
    """A contender that did not do its work: its time would mean nothing."""


class Row(NamedTuple):
    """One line of the result; `ratio` says how many times better ours is, in speed."""

    what: str
    ours: float
    unit: str
    peer_name: str | None
    peer: float | None
    ratio: float | None
    target: str | None
    met: bool | None


def measured(cases: Sequence[Case], repetitions: int, on_repetition: Callable[[int], None]) -> list[Row]:
    """Medians of `repetitions` rounds over all cases, after one round that does not count.

    Raises:
        BenchError: a contender says that its work went wrong.
    """
    contenders = [(case.ours, case.peer) for case in cases]
    seconds: list[tuple[list[float], list[float]]] = [([], []) for _ in cases]
    for repetition in range(-1, repetitions):
        for pair, kept in zip(contenders, seconds, strict=True):
            # Who goes first alternates: the second finds warmer or colder caches.
            for side in (0, 1) if repetition % 2 else (1, 0):
                contender = pair[side]
                if contender is not None:
                    elapsed_s = timed(contender)
                    if repetition >= 0:
                        kept[side].append(elapsed_s)
        if repetition >= 0:
            on_repetition(repetition + 1)
    for contender in (one for pair in contenders for one in pair if one is not None):
        problem = contender.check() if contender.check is not None else None
        if problem is not None:
            raise BenchError(f"{contender.name}: {problem}")
    return [row_of(case, *kept) for case, kept in zip(cases, seconds, strict=True)]


def timed(contender: Contender) -> float:
    """Seconds of one repetition, without the collector, as the standard library's timeit does."""
    work = contender.prepare()
    gc.collect()
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        began_s = perf_counter()
        work()
        return perf_counter() - began_s
    finally:
        if was_enabled:
            gc.enable()


def row_of(case: Case, ours_s: list[float], peer_s: list[float]) -> Row:
    ours = case.measure.value(statistics.median(ours_s))
    peer = case.measure.value(statistics.median(peer_s)) if peer_s else None
    ratio = None
    if peer is not None:
        ratio = ours / peer if case.measure.more_is_better else peer / ours
    return Row(
        case.what,
        ours,
        case.measure.unit,
        None if case.peer is None else case.peer.name,
        peer,
        ratio,
        None if case.target is None else case.target.text,
        None if case.target is None else is_met(case.target, ours, ratio, case.measure.more_is_better),
    )


def is_met(target: Target, ours: float, ratio: float | None, more_is_better: bool) -> bool | None:
    """None where the target is a ratio and there is no peer to compare with."""
    verdicts: list[bool] = []
    if target.ours_limit is not None:
        verdicts.append(ours >= target.ours_limit if more_is_better else ours <= target.ours_limit)
    if target.ratio_min is not None:
        if ratio is None:
            return None if all(verdicts) else False
        verdicts.append(ratio >= target.ratio_min)
    return all(verdicts)
