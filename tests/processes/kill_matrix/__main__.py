"""`python -m tests.processes.kill_matrix`: the whole matrix, its table and JSON; 0 where all is well."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.bus_vehicle import ROOT
from tests.processes.kill_matrix.case import NotReachedError, run_case
from tests.processes.kill_matrix.cases import HOWS, PROCESSES, SAMPLE, every_case
from tests.processes.kill_matrix.judge import judge
from tests.processes.kill_matrix.outcome import Outcome
from tests.processes.kill_matrix.table import JSON, as_table, write_json
from vehicle_hil.stall_meter import StallMeterError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.processes.kill_matrix", description=__doc__)
    parser.add_argument("--out", metavar="DIR", type=Path, default=ROOT / "out" / "kill_matrix")
    parser.add_argument("--process", choices=PROCESSES, action="append", help="only of these")
    parser.add_argument("--how", choices=HOWS, action="append", help="only these")
    parser.add_argument("--sample", action="store_true", help="only what CI runs")
    options = parser.parse_args()
    cases = [
        case
        for case in (SAMPLE if options.sample else every_case())
        if case.process in (options.process or PROCESSES) and case.how in (options.how or HOWS)
    ]
    found: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="kill-matrix-") as folder:
        for case in cases:
            try:
                found.append(run_case(case, Path(folder)))
            except (NotReachedError, StallMeterError) as error:
                print(f"{case}: {error}", file=sys.stderr)
                return 1
            print(
                f"{len(found)} of {len(cases)}: {case}: {'; '.join(judge(found[-1])) or 'as it must be'}",
                flush=True,
            )
    print(as_table(found))
    write_json(options.out / JSON, found)
    print(f"written: {options.out / JSON}")
    return 1 if any(judge(outcome) for outcome in found) else 0


if __name__ == "__main__":
    sys.exit(main())
