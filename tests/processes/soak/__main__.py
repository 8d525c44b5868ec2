"""`python -m tests.processes.soak`: ten minutes under load, its figures and JSON; 0 where they are well."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.bus_vehicle import ROOT
from tests.processes.kill_matrix.case import NotReachedError
from tests.processes.soak.run import GROWTH_MAX_KB_PER_H, Soak, soak
from vehicle_hil.stall_meter import StallMeterError

JSON = "soak.json"
TRIES = 3
"""A truck that the machine stopped early shows neither growth nor lost frames of ten minutes."""


def as_text(found: Soak) -> str:
    lines = [
        f"{found.seconds:.0f} s under load, {found.driven_m:.0f} m driven, {found.ticks} ticks, "
        f"{found.proposals} proposals taken",
        f"overruns: {found.overruns}, of them {len(found.unexplained)} that this machine does not explain "
        f"(it stalled {len(found.stalls)} times for more than 1 ms, at most {found.worst_stall_ms:.1f} ms)",
        *(f"  {count}: {reason}" for reason, count in found.explained.items()),
        "frames lost: "
        + ", ".join(
            f"{who} {count} of {found.heard_frames[who] + count}" for who, count in found.lost_frames.items()
        )
        + f"; dropped by the kernel: {found.kernel_drops}",
        f"kept back by the supervisor itself, as too old: {found.withheld} steps",
        f"resident memory of all: {found.resident_mb:.0f} MB",
    ]
    lines += [
        f"  {name}: {one.last / 1024:.1f} MiB of its own, "
        f"{one.per_h:+.0f} ± {one.uncertain_per_h:.0f} kB/h: "
        f"grows by no more than {one.bound_per_h:.0f} kB/h (limit {GROWTH_MAX_KB_PER_H:.0f})"
        for name, one in found.growth.items()
    ]
    lines += [
        f"  {name}: {one.last:.0f} blocks held, {one.per_h:+.0f} ± {one.uncertain_per_h:.0f} each hour "
        f"(limit {found.block_max_per_h:.0f})"
        for name, one in found.block_growth.items()
    ]
    if found.excused:
        lines.append(f"the truck was stopped: {found.excused}")
    problems = found.problems()
    return "\n".join([*lines, *(f"NOT AS IT MUST BE: {text}" for text in problems or [])])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.processes.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="default: %(default)s")
    parser.add_argument("--out", metavar="DIR", type=Path, default=ROOT / "out" / "soak")
    options = parser.parse_args()
    if not options.seconds >= 10.0:
        parser.error(f"expected --seconds of at least 10, got {options.seconds}")
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        try:
            found, excused = until_it_tells(options.seconds, Path(folder))
        except StallMeterError as error:
            print(f"soak: {error}", file=sys.stderr)
            return 2
        except NotReachedError as error:
            print(f"soak: {error}", file=sys.stderr)
            return 1
    progress("")
    print(as_text(found))
    print(f"soaks that this machine stopped, and that were repeated: {len(excused)}")
    for words in excused:
        print(f"  {words}")
    path = options.out / JSON
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found.as_dict(), indent=1) + "\n")
    print(f"written: {path}")
    if found.excused and not found.problems():
        print("NO VERDICT: the truck is to drive to the end; again, on a machine that lets it")
        return 1
    return 1 if found.problems() else 0


def until_it_tells(seconds: float, folder: Path) -> tuple[Soak, list[str]]:
    """The first that this machine did not stop, or that shows a problem all the same; the last of TRIES.

    Returns it, and why those before it did not count. Raises what `soak` raises.
    """
    excused: list[str] = []
    while True:
        found = soak(seconds, folder, progress)
        if not found.excused or found.problems() or len(excused) == TRIES - 1:
            return found, excused
        excused.append(f"after {found.driven_m:.0f} m: {found.excused}")


def progress(words: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
