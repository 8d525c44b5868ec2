"""`python -m tests.drives.fault_matrix`: the whole matrix and its page; status 0 where all is as expected."""

import argparse
import sys
import time
from pathlib import Path

from tests.bus_vehicle import ROOT
from tests.drives.fault_matrix.judge import judge
from tests.drives.fault_matrix.matrix import every_case, outcomes
from tests.drives.fault_matrix.page import PAGE, rank, write


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.drives.fault_matrix", description=__doc__)
    parser.add_argument("--out", metavar="DIR", type=Path, default=ROOT / "out" / "fault_matrix")
    parser.add_argument("--fault", metavar="ID", action="append", help="only these faults")
    options = parser.parse_args()
    cases = [case for case in every_case() if not options.fault or case[0] in options.fault]
    if not cases:
        print(f"--fault: expected identifiers of the matrix, got {', '.join(options.fault)}", file=sys.stderr)
        return 2
    begin_s, found = time.perf_counter(), []
    for outcome in outcomes(cases):
        found.append(outcome)
        if rank(outcome) != "good":
            print(f"{outcome.identifier} in {outcome.state}: {rank(outcome)}: {'; '.join(judge(outcome))}")
    write(options.out / PAGE, found, time.perf_counter() - begin_s)
    ranks = [rank(outcome) for outcome in found]
    print(f"{ranks.count('good')} of {len(ranks)} cases as expected; {options.out / PAGE}")
    return 0 if set(ranks) <= {"good", "open"} else 1


if __name__ == "__main__":
    sys.exit(main())
