"""`firmware-runtime run PROFILE`: drives a route on real buses, as the three processes of a vehicle."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from firmware_runtime.executive import bus_options, command_options
from firmware_runtime.executive.launch.launcher import Launcher, summary
from firmware_runtime.executive.launch.link_folder import link_folder
from firmware_runtime.executive.machine.own_cores import share_out_here
from firmware_runtime.executive.processes import CONTROL, PROCESSES, RESTART_S, SERVICES, SUPERVISOR
from firmware_runtime.executive.stop_request import StopRequest
from firmware_runtime.executive.subcommand import EXIT_PROBLEMS, Subparsers

END_ORDER = (CONTROL, SUPERVISOR, SERVICES)
"""`control` stops the vehicle, the supervisor holds it until then, `services` keeps what both did."""

EPILOG = """\
examples:
  firmware-runtime run configs/q_truck.toml --route configs/routes/yard.csv \\
      --bus drive=socketcan:can0 --bus body=socketcan:can1 --serial /dev/ttyS0 \\
      --record black_box --development

It starts run-supervisor, run-services and run-control, each on the cores that its unit would give it, and
begins again whichever dies. The vehicle drives when the operator's inputs permit it. SIGTERM or SIGINT
(Ctrl-C) stop the vehicle first and end all three once it stands and is held; a second one shortens nothing.

exit status: 0 ended by a signal, 1 failed, 2 bad input, or a bus or device that cannot be had at the start"""


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "run",
        help="drive a route on real buses",
        description="Drives a route on real buses: starts the three processes of a vehicle.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command_options.add_route(parser)
    command_options.add_start(parser)
    command_options.add_watchdog(parser)
    parser.add_argument("--bus", metavar="NAME=INTERFACE:CHANNEL", action="append", help=bus_options.HELP)
    parser.add_argument("--serial", metavar="PORT", help="GNSS receiver (default: as the profile says)")
    parser.add_argument("--record", metavar="FILE", type=Path, help="black box; the file must not exist yet")
    parser.add_argument("--state", metavar="DIR", type=Path, help="folder of the state that outlives power")
    parser.add_argument(
        "--link",
        metavar="DIR",
        type=Path,
        help="folder of the processes' links (default: a fresh one in memory)",
    )


def run(args: argparse.Namespace) -> int:
    """Prints one line when all three have begun, and the figures of all three as JSON at the end."""
    stop = StopRequest()
    stop.listen()
    # As the units do: a supervisor that shares its core with everything waits for it.
    cores = share_out_here()
    with link_folder(args.link) as link:
        launcher = Launcher(
            _commands(args, link),
            [process.name for process in END_ORDER],
            RESTART_S,
            _say,
            _complain,
            cores._asdict(),
        )
        status = launcher.run(stop)
        if status != EXIT_PROBLEMS:
            _say(summary(launcher.figures, launcher.restarts))
    return status


def _commands(args: argparse.Namespace, link: Path) -> Callable[[str, bool], Sequence[str]]:
    """What each process is started with, by its name and whether it is begun again."""
    buses: list[str] = args.bus or []
    words: dict[str, list[str]] = {
        "route": ["--route", str(args.route)],
        "cache": _given("--cache", args.cache),
        "link": ["--link", str(link)],
        "bus": [word for bus in buses for word in ("--bus", bus)],
        "serial": _given("--serial", args.serial),
        "state": _given("--state", args.state),
        "boxes": _given("--record", args.record),
        "watchdog": _given("--watchdog", args.watchdog),
    }
    start = _given("--manifest", args.manifest) + _given("--public-key", args.public_key)
    start += ["--development"] if args.development else []
    further = {
        CONTROL: start + _given("--distance", args.distance),
        SUPERVISOR: start,
        SERVICES: list[str](),
    }

    def command(name: str, again: bool) -> Sequence[str]:
        process = next(process for process in PROCESSES if process.name == name)
        chosen = [sys.executable, "-m", "firmware_runtime.executive", process.command, str(args.profile)]
        chosen += [word for option in process.options for word in words[option]] + further[process]
        # What it recorded before it died is gone on with.
        return [*chosen, "--append"] if again and process is SERVICES and args.record is not None else chosen

    return command


def _given(option: str, value: object) -> list[str]:
    return [option, str(value)] if value is not None else []


def _say(line: str) -> None:
    print(line, flush=True)


def _complain(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
