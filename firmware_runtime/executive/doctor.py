"""`firmware-runtime doctor PROFILE`: what this computer offers, what is missing, and what mends it."""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from firmware_runtime.executive import bus_options, compiled_databases
from firmware_runtime.executive.machine.checks import examine
from firmware_runtime.executive.machine.facts import Wanted, WantedBus
from firmware_runtime.executive.machine.finding import Row, Verdict
from firmware_runtime.executive.machine.live import LiveSystem
from firmware_runtime.executive.machine.reader import read_machine
from firmware_runtime.executive.subcommand import Subparsers
from firmware_runtime.executive.terminal import Style, table
from firmware_runtime.vehicle.load import Profile

STATE_DIRECTORY = "/var/lib/firmware-runtime"
WATCHDOG = "/dev/watchdog"
FIT, UNFIT = 0, 1
_HEADER = ("verdict", "what", "found", "why it matters")

EPILOG = """\
examples:
  firmware-runtime doctor configs/q_truck.toml --bus drive=socketcan:can0 --bus body=socketcan:can1
  firmware-runtime doctor configs/q_truck.toml --json

It changes nothing, and judges what the user who calls it may do. verdicts: good; works in development (on a
vehicle it may be late, or forget); missing (it cannot do its work).

exit status: 0 fit for deployment (every row is good), 1 something is missing, 2 bad input"""


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "doctor",
        help="what this computer offers and what is missing",
        description="Looks at this computer and tells, row by row, whether this vehicle may be driven by it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("profile", metavar="PROFILE", type=Path, help="vehicle profile (TOML)")
    parser.add_argument("--bus", metavar="NAME=INTERFACE:CHANNEL", action="append", help=bus_options.HELP)
    parser.add_argument("--serial", metavar="PORT", help="GNSS receiver (default: as the profile says)")
    parser.add_argument("--state", metavar="DIR", default=STATE_DIRECTORY, help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    compiled_databases.add(parser)


def run(args: argparse.Namespace) -> int:
    profile = compiled_databases.load(args)
    wanted = wanted_of(profile, args.bus or [], args.serial, args.state)
    rows = examine(read_machine(Path("/"), LiveSystem(), wanted), wanted)
    print(as_json(args.profile, rows) if args.json else as_text(profile, rows, Style(sys.stdout)))
    return FIT if is_fit(rows) else UNFIT


def wanted_of(profile: Profile, buses: list[str], serial: str | None, state: str) -> Wanted:
    """What this vehicle asks of a computer. buses: as `--bus` takes them, all or none."""
    options = (
        {option.name: option for option in bus_options.parse_bus_options(buses, profile.databases)}
        if buses
        else {}
    )
    return Wanted(
        buses=tuple(
            WantedBus(
                name,
                options[name].interface if options else "",
                options[name].channel if options else "",
                bus.bitrate_bps,
                bus.data_bitrate_bps,
            )
            for name, bus in profile.data.buses.items()
        ),
        serial_port=serial or profile.data.localisation.serial_port,
        watchdog=WATCHDOG,
        state_directory=state,
    )


def is_fit(rows: tuple[Row, ...]) -> bool:
    return all(row.verdict is Verdict.GOOD for row in rows)


def as_json(name: object, rows: tuple[Row, ...]) -> str:
    listed = [{**row._asdict(), "verdict": row.verdict.value} for row in rows]
    return json.dumps({"fit": is_fit(rows), "profile": str(name), "rows": listed}, indent=2)


def as_text(profile: Profile, rows: tuple[Row, ...], style: Style) -> str:
    """The answer, the table, and what mends each row that is not good."""
    colours = {Verdict.GOOD: style.green, Verdict.DEVELOPMENT: style.bold, Verdict.MISSING: style.red}
    cells = [(row.verdict.value, row.name, row.found, row.why) for row in rows]
    head, *lines = table(_HEADER, cells, frozenset(), style).splitlines()
    for place, row in enumerate(rows):
        # Coloured after the widths are known.
        word = row.verdict.value
        lines[place] = colours[row.verdict](word) + lines[place][len(word) :]
    text = [_answer(profile, rows, style), "", head, *lines]
    mends = dict.fromkeys(row.mend for row in rows if row.mend)
    if mends:
        text += ["", style.bold("what mends it")]
    for mend in mends:
        names = ", ".join(row.name for row in rows if row.mend == mend)
        text += [f"# {names}", mend]
    return "\n".join(text)


def _answer(profile: Profile, rows: tuple[Row, ...], style: Style) -> str:
    title = profile.data.vehicle.title
    if is_fit(rows):
        return style.green(f"fit for deployment of {title}: {len(rows)} of {len(rows)} rows are good")
    count = Counter(row.verdict for row in rows)
    parts = (
        (Verdict.MISSING, "missing"),
        (Verdict.DEVELOPMENT, "in development only"),
        (Verdict.GOOD, "good"),
    )
    told = ", ".join(f"{count[verdict]} {words}" for verdict, words in parts if count[verdict])
    return style.red(f"not fit for deployment of {title}: {told}")
