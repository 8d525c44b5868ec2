"""`firmware-runtime state commission|show|keep`: what outlives the power, begun, looked at, written."""

import argparse
import json
import math
import os
import signal
import sys
from pathlib import Path

from firmware_runtime.executive.persistence.disk import OsDisk
from firmware_runtime.executive.persistence.keep import Inbox, keep, stamp
from firmware_runtime.executive.persistence.store import StateRefused, StateStore
from firmware_runtime.executive.subcommand import Subparsers
from firmware_runtime.vehicle.problems import ConfigurationError, Problem

SUMMARY = "the state that outlives power: commission, show, keep"

EPILOG = """\
examples:
  firmware-runtime state commission /var/lib/state --vehicle QT-0042   once in a vehicle's life, by a person
  firmware-runtime state show /var/lib/state                           what the next start would take
  firmware-runtime state keep /var/lib/state --vehicle QT-0042 --socket /run/state/orders

exit status: 0 done, 1 the state is not known in whole (show), 2 bad input,
75 another process writes (keep)"""


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "state",
        help=SUMMARY,
        description="The state of a vehicle that outlives a loss of power.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    commission = actions.add_parser("commission", help="begin the state of a vehicle; all is latched then")
    show = actions.add_parser("show", help="what the next start would take, and what is damaged")
    writer = actions.add_parser("keep", help="the process that writes what the others hand over")
    for action in (commission, show, writer):
        action.add_argument("directory", metavar="DIR", type=Path, help="folder of the state")
    for action in (commission, writer):
        action.add_argument("--vehicle", metavar="SERIAL", required=True, help="serial number (calibration)")
    commission.add_argument("--odometer-m", type=_metres, default=0.0, help="distance in its life so far")
    show.add_argument("--vehicle", metavar="SERIAL", help="refuse the state of another vehicle")
    show.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    writer.add_argument("--socket", metavar="PATH", type=Path, required=True, help="where orders come in")


def run(args: argparse.Namespace) -> int:
    if args.action == "commission":
        return _commission(args.directory, args.vehicle, args.odometer_m)
    if args.action == "show":
        return _show(args.directory, args.vehicle, args.json)
    return _keep(args.directory, args.vehicle, args.socket)


def _metres(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and value >= 0.0):
        raise ValueError(text)
    return value


def _commission(directory: Path, vehicle: str, odometer_m: float) -> int:
    # Here and in _show, as the writing process needs no catalogue of faults.
    from firmware_runtime.executive.persistence.first import first_contents, note

    try:
        directory.mkdir(parents=True, exist_ok=True)
        store = StateStore(OsDisk(directory), vehicle)
        store.commission(first_contents(odometer_m), note(odometer_m), stamp())
        OsDisk(directory.parent).sync()
    except (OSError, StateRefused) as error:
        raise ConfigurationError(
            [Problem(str(directory), None, "", "a folder to begin a state in", str(error))]
        ) from error
    print(f"{directory}: the state of vehicle {vehicle} begins, all latched, {odometer_m:g} m")
    return 0


def _show(directory: Path, vehicle: str | None, plain: bool) -> int:
    from firmware_runtime.executive.persistence.show import as_plain, as_text

    reading = StateStore(OsDisk(directory), vehicle).read()
    known, content = as_plain(reading, stamp())
    print(json.dumps(content, indent=2) if plain else as_text(content))
    return 0 if known else 1


def _keep(directory: Path, vehicle: str, path: Path) -> int:
    stopped: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda came, _frame: stopped.append(came))
    inbox = Inbox(path)
    try:
        # Told once at the start; while running, each answer carries its own word.
        for word in StateStore(OsDisk(directory), vehicle).read().words:
            print(word, file=sys.stderr)
        print(json.dumps({"writes": str(directory), "socket": str(path), "pid": os.getpid()}), flush=True)
        writer = keep(OsDisk(directory), vehicle, inbox, lambda: bool(stopped))
    finally:
        inbox.close()
    print(json.dumps({"written": writer.written, "failed": writer.failed, "refused": inbox.refused}))
    return 0
