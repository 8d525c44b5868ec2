"""Percentiles of what was measured, and rows of the table made of them."""

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

from bench.measure import Row

SHARES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "max": 1.0}


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """The smallest value that this share of all values does not exceed."""
    return sorted_values[max(0, ceil(share * len(sorted_values)) - 1)]


class Peer(NamedTuple):
    name: str
    values: Sequence[float]


def rows_of(
    what: str,
    unit: str,
    values: Sequence[float],
    peer: Peer | None = None,
    limits: dict[str, float] | None = None,
    times_max: dict[str, float] | None = None,
    shares: Sequence[str] = tuple(SHARES),
) -> list[Row]:
    """One row a percentile.

    limits: highest figure that is good enough, by percentile. times_max: highest multiple of the peer's.
    """
    ours, theirs = sorted(values), sorted(peer.values) if peer is not None else []
    rows: list[Row] = []
    for name in shares:
        figure = percentile(ours, SHARES[name])
        beside = percentile(theirs, SHARES[name]) if theirs else None
        texts: list[str] = []
        verdicts: list[bool] = []
        if limits is not None and name in limits:
            texts.append(f"≤ {limits[name]:g} {unit}")
            verdicts.append(figure <= limits[name])
        if times_max is not None and name in times_max:
            texts.append(f"≤ {times_max[name]:g} × the peer")
            if beside is not None:
                verdicts.append(figure <= times_max[name] * beside)
        rows.append(
            Row(
                f"{what}, {name}",
                figure,
                unit,
                peer.name if beside is not None and peer is not None else None,
                beside,
                beside / figure if beside is not None else None,
                ", ".join(texts) or None,
                all(verdicts) if verdicts else None,
            )
        )
    return rows
