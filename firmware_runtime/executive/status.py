"""`firmware-runtime status`: what the running processes say of themselves and of the vehicle, now.

It maps their pages for reading and asks them for nothing, so that it cannot disturb them.
"""

import argparse
import sys
import time
from pathlib import Path

from firmware_runtime.executive.deployment.units import LINK
from firmware_runtime.executive.live.look import Look, look
from firmware_runtime.executive.live.program import as_json
from firmware_runtime.executive.live.text import as_text
from firmware_runtime.executive.subcommand import Subparsers
from firmware_runtime.executive.terminal import Style
from firmware_runtime.vehicle.problems import ConfigurationError, Problem

WELL, NOT_WELL = 0, 1
WATCH_S = 0.5
"""Between two looks; a person reads no faster."""
CLEAR = "\x1b[H\x1b[2J"

EPILOG = """\
examples:
  firmware-runtime status                      once, of the processes of this computer
  firmware-runtime status --watch              again and again, until Ctrl-C
  firmware-runtime status --link DIR --json    of others, for a program

exit status: 0 all three processes run, 1 one does not or hangs, 2 bad input"""


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "status",
        help="what the running processes say",
        description="Tells state, permissions, faults, loop figures and buses of the running vehicle.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--link",
        metavar="DIR",
        type=Path,
        default=Path(LINK),
        help="folder of the processes' links (default: %(default)s)",
    )
    parser.add_argument("--watch", action="store_true", help="look again twice a second")
    parser.add_argument("--json", action="store_true", help="one JSON object a look, all figures in it")


def run(args: argparse.Namespace) -> int:
    link: Path = args.link
    if not link.is_dir():
        # Without it nothing ever ran here: that is a wrong folder, not a bad state.
        got = "a file" if link.exists() else "nothing"
        raise ConfigurationError([Problem("--link", None, str(link), "the folder of running processes", got)])
    try:
        return _follow(link, args.json) if args.watch else _show(look(link, time.monotonic_ns()), args.json)
    except KeyboardInterrupt:
        return WELL


def _show(seen: Look, is_json: bool) -> int:
    print(as_json(seen) if is_json else as_text(seen, Style(sys.stdout)), flush=True)
    return WELL if seen.well else NOT_WELL


def _follow(link: Path, is_json: bool) -> int:
    wipe = CLEAR if sys.stdout.isatty() and not is_json else ""
    while True:
        seen = look(link, time.monotonic_ns())
        sys.stdout.write(wipe)
        _show(seen, is_json)
        if not wipe and not is_json:
            print(flush=True)
        time.sleep(WATCH_S)
