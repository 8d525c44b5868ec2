"""tools/bench/run [NAME]: lists the benchmarks, or runs one, prints its table and keeps it as JSON."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench import decode
from bench.case import Plan, Scale
from bench.measure import BenchError, measured
from bench.table import as_table, write_json

OUTPUT = Path(__file__).parents[2] / "out" / "bench"
REPETITIONS = 11
"""Odd, so that the median is one of them."""


class Benchmark(NamedTuple):
    meaning: str
    plan: Callable[[Scale], Plan]


BENCHMARKS = {
    "decode": Benchmark("CAN in and out against cantools, opendbc and asammdf", decode.plan),
}


def run(name: str, repetitions: int, scale: Scale, output: Path) -> Path:
    """Measures one benchmark, prints its table and returns the JSON file."""
    plan = BENCHMARKS[name].plan(scale)
    rows = measured(plan.cases, repetitions, lambda done: progress(done, repetitions))
    print(as_table(rows, plan.left_out, repetitions))
    path = output / f"{name}.json"
    write_json(path, name, rows, plan.left_out, repetitions)
    return path


def progress(done: int, repetitions: int) -> None:
    if sys.stderr.isatty():
        print(
            f"\r{done} of {repetitions} ", end="" if done < repetitions else "\r", file=sys.stderr, flush=True
        )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tools/bench/run", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(BENCHMARKS), metavar="NAME")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS, help="default: %(default)s")
    given = parser.parse_args(arguments)
    if given.name is None:
        for name, benchmark in BENCHMARKS.items():
            print(f"{name:10} {benchmark.meaning}")
        return 0
    if given.repetitions < 1:
        parser.error(f"expected --repetitions of at least 1, got {given.repetitions}")
    try:
        path = run(given.name, given.repetitions, decode.FULL, OUTPUT)
    except BenchError as error:
        print(f"tools/bench/run: {error}", file=sys.stderr)
        return 1
    print(f"written: {path}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
