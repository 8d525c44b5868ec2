"""What the pages say, for a program: every figure by its name, times as quantiles."""

from typing import Any

import msgspec

from firmware_runtime.executive.live.look import Look
from firmware_runtime.executive.live.pages import SpreadFigures
from firmware_runtime.executive.live.spread import quantile_ns
from firmware_runtime.executive.processes import PROCESSES

SHARES: dict[str, float] = {"p50_us": 0.5, "p99_us": 0.99, "p999_us": 0.999}


def as_json(seen: Look) -> str:
    """One object: `well`, `life` of each process, and their pages."""
    told: dict[str, Any] = msgspec.to_builtins(seen)
    for process in PROCESSES:
        page, figures = told[process.name], seen.figures(process.name)
        if figures is not None:
            page["process"]["spreads"] = {name: _spread(one) for name, one in figures.spreads.items()}
    told["well"], told["life"] = seen.well, {process.name: seen.life(process.name) for process in PROCESSES}
    return msgspec.json.encode(told).decode()


def _spread(spread: SpreadFigures) -> dict[str, float]:
    quantiles = {
        name: quantile_ns(spread.counts, spread.worst_ns, share) / 1e3 for name, share in SHARES.items()
    }
    return {**quantiles, "worst_us": spread.worst_ns / 1e3, "times": sum(spread.counts)}
