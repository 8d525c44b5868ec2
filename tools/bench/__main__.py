"""tools/bench/run [NAME]: lists the benchmarks, or runs one, prints its table and keeps it as JSON."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench import decode, loop
from bench.case import Result, Scale
from bench.measure import BenchError, measured
from bench.table import as_table, write_json

OUTPUT = Path(__file__).parents[2] / "out" / "bench"
REPETITIONS = 11
"""Odd, so that the median is one of them."""


class Benchmark(NamedTuple):
    meaning: str
    run: Callable[[argparse.Namespace], Result]


def run_decode(options: argparse.Namespace) -> Result:
    return decoded(options.repetitions, decode.FULL)


def decoded(repetitions: int, scale: Scale) -> Result:
    plan = decode.plan(scale)
    rows = measured(plan.cases, repetitions, lambda done: progress(f"{done} of {repetitions}"))
    how = f"Medians of {repetitions} interleaved repetitions."
    return Result(rows, plan.left_out, how, {"repetitions": repetitions})


def run_loop(options: argparse.Namespace) -> Result:
    return loop.measure(loop.QUICK if options.quick else loop.FULL, progress)


BENCHMARKS = {
    "decode": Benchmark("CAN in and out against cantools, opendbc and asammdf", run_decode),
    "loop": Benchmark("wake-up, tick, hand-over and start of the real-time processes", run_loop),
}


def tell(name: str, result: Result, output: Path) -> Path:
    """Prints the table and returns the JSON file."""
    progress("")
    print(as_table(result.rows, result.left_out, result.how))
    path = output / f"{name}.json"
    write_json(path, name, result.rows, result.left_out, result.details)
    return path


def progress(words: str) -> None:
    """One line that changes, on a terminal only; nothing clears it."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tools/bench/run", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(BENCHMARKS), metavar="NAME")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS, help="decode; default: %(default)s")
    parser.add_argument("--quick", action="store_true", help="loop in a minute; its rare values mean little")
    given = parser.parse_args(arguments)
    if given.name is None:
        for name, benchmark in BENCHMARKS.items():
            print(f"{name:10} {benchmark.meaning}")
        return 0
    if given.repetitions < 1:
        parser.error(f"expected --repetitions of at least 1, got {given.repetitions}")
    try:
        path = tell(given.name, BENCHMARKS[given.name].run(given), OUTPUT)
    except BenchError as error:
        progress("")
        print(f"tools/bench/run: {error}", file=sys.stderr)
        return 1
    print(f"written: {path}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
