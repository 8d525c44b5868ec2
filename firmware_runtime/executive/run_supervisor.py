"""`firmware-runtime run-supervisor PROFILE`: the process that alone sends to the actuators.

Nothing of motion, battery or drive is loaded here, and nothing is shared with `control` but what crosses the
link: so this file and supervisor_shell.py stand apart from the rest of the executive.
"""

import argparse
import sys
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import msgspec

from firmware_runtime.executive import (
    bus_options,
    bus_setup,
    command_options,
    compiled_databases,
    start_permission,
)
from firmware_runtime.executive.bus_figures import bus_figures
from firmware_runtime.executive.bus_ports import open_buses
from firmware_runtime.executive.clock import MonotonicClock
from firmware_runtime.executive.deployment.permission import no_watchdog
from firmware_runtime.executive.life_signs import LifeSigns
from firmware_runtime.executive.link import crossing
from firmware_runtime.executive.link.datagram import Inbox, Outbox
from firmware_runtime.executive.link.page import PageWriter
from firmware_runtime.executive.link.ring import RingWriter
from firmware_runtime.executive.link.shared_file import LinkError
from firmware_runtime.executive.link.tick_log import TickLog
from firmware_runtime.executive.live.pages import page_name
from firmware_runtime.executive.live.publisher import Publisher
from firmware_runtime.executive.live.spread import Spread
from firmware_runtime.executive.live.supervisor_page import SupervisorStatus, watchdog_figures
from firmware_runtime.executive.notify import Notifier
from firmware_runtime.executive.processes import SUPERVISOR
from firmware_runtime.executive.scheduling import prepare_for_ticks
from firmware_runtime.executive.stop_request import StopRequest
from firmware_runtime.executive.subcommand import Subparsers
from firmware_runtime.executive.supervisor_shell import SupervisorShell
from firmware_runtime.executive.watchdog import open_watchdog
from firmware_runtime.recorder.tick_record import SupervisorBegin
from firmware_runtime.safety.own_watch import OwnWatch
from firmware_runtime.safety.supervision import LocalStatus
from firmware_runtime.safety.supervisor import Supervisor
from firmware_runtime.vehicle.configuration_files import with_routes
from firmware_runtime.vehicle.enums import Configuration
from firmware_runtime.vehicle.problems import Problem, UnavailableError

EPILOG = """\
examples:
  firmware-runtime run-supervisor configs/q_truck.toml --route configs/routes/yard.csv --development \\
      --link /run/firmware-runtime --bus drive=socketcan:can0 --bus body=socketcan:can1

It hears the buses by itself, takes proposals from `run-control` with the same --link, and stops the vehicle
without them. SIGTERM or SIGINT ask it to end: it stops what moves along the path, and goes on until `control`
is gone and the vehicle stands with its park brake applied, or 8 s after standstill.

exit status: 0 ended as asked, 1 failed or not well itself, 2 bad input,
75 a bus, device, link or lock cannot be had now: the same command may do later"""


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "run-supervisor",
        help="the process that checks and sends (part of run)",
        description="Checks each proposal of run-control, sends it, and stops the vehicle without.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("profile", metavar="PROFILE", type=Path, help="vehicle profile (TOML)")
    parser.add_argument(
        "--route",
        metavar="FILE",
        type=Path,
        required=True,
        help="that `control` drives: part of the identity",
    )
    command_options.add_watchdog(parser)
    start_permission.add(parser)
    compiled_databases.add(parser)
    parser.add_argument("--bus", metavar="NAME=INTERFACE:CHANNEL", action="append", help=bus_options.HELP)
    parser.add_argument(
        "--link", metavar="DIR", type=Path, required=True, help="folder of the processes' links"
    )


def run(args: argparse.Namespace) -> int:
    """Prints one line when it begins, and its counts as JSON at the end."""
    stop = StopRequest()
    stop.listen()
    loaded = compiled_databases.load(args)
    unwatched = no_watchdog(loaded) if args.watchdog is None else ()
    lacking = start_permission.lacking(args, loaded, [args.route], unwatched)
    profile = with_routes(loaded, [args.route])
    with ExitStack() as stack:
        guards = bus_setup.guards(profile)
        buses = open_buses(args.bus or [], profile, guards, stack)
        try:
            proposals = Inbox(args.link / crossing.PROPOSALS)
            reports = Outbox(args.link / crossing.REPORTS)
            ticks = TickLog(RingWriter(args.link / crossing.SUPERVISOR_TICKS))
            page = PageWriter(args.link / page_name(SUPERVISOR.name))
        except LinkError as error:
            problem = Problem("--link", None, str(args.link), "a folder for the processes' links", str(error))
            raise UnavailableError([problem]) from error
        own = OwnWatch(profile.data.loop.tick_ns)
        scheduling, rights = prepare_for_ticks(profile.data.loop.tick_ns, SUPERVISOR.priority)
        configuration = start_permission.configuration(args, loaded, rights, lacking)
        watchdog = open_watchdog(args.watchdog, configuration is Configuration.DEPLOYMENT)
        supervisor = Supervisor(profile, own.passed, configuration)
        clock = MonotonicClock()
        spreads: dict[str, Spread] = {}
        publisher = Publisher(
            SUPERVISOR.name,
            page,
            profile.identity,
            profile.data.vehicle.name,
            scheduling,
            clock.now_ns,
            spreads,
            buses,
            guards,
        )
        status = SupervisorStatus(publisher, supervisor, watchdog)
        notifier = Notifier.from_environment()
        stack.callback(notifier.close)
        life = LifeSigns(notifier, lambda: _words(supervisor), watchdog)
        ticks.write(SupervisorBegin(clock.now_ns(), profile.identity, configuration=configuration))
        tick_ns = profile.data.loop.tick_ns
        shell = SupervisorShell(
            supervisor, own, buses, proposals, reports, ticks, clock, tick_ns, spreads, status, life
        )
        began = f"supervisor of {profile.data.vehicle.name} {profile.identity}"
        print(f"{began}, {configuration.name}, {scheduling}", flush=True)
        shell.run(stop)
        if watchdog is not None and supervisor.parked and own.status is not LocalStatus.EXPIRED:
            watchdog.rest()
        status.end(clock.now_ns(), shell.statistics)
        figures = _figures(shell, supervisor) | {"buses": bus_figures(buses, guards)}
        figures["watchdog"] = watchdog_figures(watchdog)
        print(msgspec.json.encode(figures).decode(), flush=True)
    if own.status is LocalStatus.EXPIRED:
        print(f"supervisor: not well itself, silent since then: {own.reason}", file=sys.stderr, flush=True)
        return 1
    return 0


def _words(supervisor: Supervisor) -> str:
    """For `systemctl status`."""
    report = supervisor.report
    if report.estop:
        return "e-stop"
    return f"stop of its own: {report.took_over}" if report.took_over else "checks what control proposes"


def _figures(shell: SupervisorShell, supervisor: Supervisor) -> dict[str, object]:
    report = supervisor.report
    return {
        "shell": asdict(shell.statistics),
        "took_over": report.took_over,
        "estop": report.estop,
        "rejected": report.rejected,
    }
