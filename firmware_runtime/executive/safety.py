"""`firmware-runtime safety explore|table|faults`: the safety part as an assessor wants to see it."""

import argparse
import json
import sys
import time

from firmware_runtime.assessment.exploration import Exploration, Progress, Result
from firmware_runtime.assessment.markdown import faults_document, states_document
from firmware_runtime.assessment.report import TEXTS, as_plain, as_text
from firmware_runtime.executive.subcommand import Subparsers
from firmware_runtime.executive.terminal import Style

SUMMARY = "explore the safety state machine, print its tables"

EPILOG = """\
examples:
  firmware-runtime safety explore          every reachable configuration of the shipped machine, every input
  firmware-runtime safety explore --json   the same for a program
  firmware-runtime safety table            states, what may move, transitions, diagram (Markdown)
  firmware-runtime safety faults           the fault catalogue (Markdown)

exit status: 0 done, 1 an invariant is violated (with the shortest path to it), 2 bad input"""
PROGRESS_S = 1.0


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "safety",
        help=SUMMARY,
        description="Explores the shipped safety state machine and prints the tables of the safety part.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    explore = actions.add_parser(
        "explore",
        help="try every input in every reachable configuration",
        description="Explores every reachable configuration of the shipped machine with every input, with "
        "and without a cab, and holds each step against the invariants. Takes under a minute.",
    )
    explore.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    for name, what in (("table", "state table and diagram"), ("faults", "fault catalogue")):
        actions.add_parser(name, help=f"print the {what} as Markdown")


def run(args: argparse.Namespace) -> int:
    if args.action == "table":
        print(states_document())
        return 0
    if args.action == "faults":
        print(faults_document())
        return 0
    return _explore(args.json)


def _explore(plain: bool) -> int:
    style = Style(sys.stdout)
    results: list[Result] = []
    for cab in (False, True):
        results.append(Exploration(cab).explore(_progress(cab)))
        if not plain:
            print("\n".join(as_text(results[-1])), flush=True)
    violated = {violation.identifier for result in results for violation in result.violations}
    if plain:
        print(json.dumps(as_plain(results), indent=2))
    elif violated:
        print(style.red(f"{len(violated)} of {len(TEXTS)} invariants violated"))
    else:
        print(style.green(f"all {len(TEXTS)} invariants hold"))
    return 1 if violated else 0


def _progress(cab: bool) -> Progress:
    """A line a second on stderr, from the first second on."""
    next_s = time.monotonic() + PROGRESS_S

    def tell(explored: int, to_explore: int, transitions: int) -> None:
        nonlocal next_s
        if time.monotonic() < next_s:
            return
        next_s = time.monotonic() + PROGRESS_S
        where = "with a cab" if cab else "without a cab"
        print(
            f"{where}: {explored} configurations, {to_explore} in the queue, {transitions} transitions",
            file=sys.stderr,
            flush=True,
        )

    return tell
