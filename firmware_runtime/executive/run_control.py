"""`firmware-runtime run-control PROFILE --route FILE`: the process that drives, by proposals alone."""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

import msgspec

from firmware_runtime.controller import Controller
from firmware_runtime.executive import bus_options, route_arguments, start_permission
from firmware_runtime.executive.bus_ports import open_buses
from firmware_runtime.executive.clock import MonotonicClock
from firmware_runtime.executive.control_shell import ControlShell
from firmware_runtime.executive.deployment.permission import part_of_route
from firmware_runtime.executive.host_health import HostHealth
from firmware_runtime.executive.life_signs import LifeSigns
from firmware_runtime.executive.link import crossing
from firmware_runtime.executive.link.datagram import Inbox, Outbox
from firmware_runtime.executive.link.page import PageWriter
from firmware_runtime.executive.link.ring import RingWriter
from firmware_runtime.executive.link.shared_file import LinkError
from firmware_runtime.executive.link.tick_log import TickLog
from firmware_runtime.executive.live.control_page import ControlStatus
from firmware_runtime.executive.live.loop_figures import LoopFigures
from firmware_runtime.executive.live.pages import page_name
from firmware_runtime.executive.live.publisher import Publisher
from firmware_runtime.executive.notify import Notifier
from firmware_runtime.executive.persistence import desk
from firmware_runtime.executive.persistence.desk import StateDesk
from firmware_runtime.executive.processes import CONTROL
from firmware_runtime.executive.scheduling import prepare_for_ticks
from firmware_runtime.executive.serial_port import open_serial
from firmware_runtime.executive.serial_thread import SerialThread
from firmware_runtime.executive.services_word import ServicesWord
from firmware_runtime.executive.stage_clock import StageClock
from firmware_runtime.executive.stop_request import StopRequest
from firmware_runtime.executive.subcommand import Subparsers
from firmware_runtime.executive.tick_grid import TickGrid
from firmware_runtime.recorder.tick_record import ControlBegin
from firmware_runtime.vehicle.configuration_files import with_routes
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.problems import Problem, UnavailableError

EPILOG = """\
examples:
  firmware-runtime run-control configs/q_truck.toml --route configs/routes/yard.csv --development \\
      --link /run/firmware-runtime --bus drive=socketcan:can0 --bus body=socketcan:can1 --serial /dev/ttyS0

It sends nothing on a bus: `run-supervisor` with the same --link does, if it finds the proposals good.

SIGTERM or SIGINT ask it to end: while the vehicle moves that is a minimal-risk stop first, and it ends once
the vehicle stands, is held and its contactors are open, or 5 s after standstill.

exit status: 0 ended as asked, 1 failed, 2 bad input,
75 a bus, device, link or lock cannot be had now: the same command may do later"""


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "run-control",
        help="the process that drives by proposals (part of run)",
        description="Hears buses and GNSS receiver; proposes to run-supervisor as often as the profile says.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    route_arguments.add(parser)
    start_permission.add(parser)
    parser.add_argument("--bus", metavar="NAME=INTERFACE:CHANNEL", action="append", help=bus_options.HELP)
    parser.add_argument("--serial", metavar="PORT", help="GNSS receiver (default: as the profile says)")
    parser.add_argument(
        "--link", metavar="DIR", type=Path, required=True, help="folder of the processes' links"
    )
    parser.add_argument(
        "--state", metavar="DIR", type=Path, help="folder of what outlives power (without: nothing is kept)"
    )


def run(args: argparse.Namespace) -> int:
    """Prints one line when it begins, and its statistics as JSON at the end."""
    stop = StopRequest()
    stop.listen()
    loaded, route = route_arguments.load(args)
    shortened = part_of_route(args.distance) if args.distance is not None else ()
    lacking = start_permission.lacking(args, loaded, [args.route], shortened)
    profile = with_routes(loaded, [args.route])
    with ExitStack() as stack:
        buses = open_buses(args.bus or [], profile, None, stack)
        port = open_serial(args.serial or profile.data.localisation.serial_port, profile, stack)
        try:
            proposals = Outbox(args.link / crossing.PROPOSALS)
            reports = Inbox(args.link / crossing.REPORTS)
            ticks = TickLog(RingWriter(args.link / crossing.CONTROL_TICKS))
            page = PageWriter(args.link / page_name(CONTROL.name))
        except LinkError as error:
            problem = Problem("--link", None, str(args.link), "a folder for the processes' links", str(error))
            raise UnavailableError([problem]) from error
        state = _state(args, profile, stack)
        clock = MonotonicClock()
        tick_ns = profile.data.loop.tick_ns
        stages = StageClock(clock)
        controller = Controller(profile, route, stages.mark)
        scheduling, rights = prepare_for_ticks(tick_ns, CONTROL.priority)
        configuration = start_permission.configuration(args, loaded, rights, lacking)
        # After the real-time priority, which both inherit: a thread that others push aside while it holds the
        # interpreter would keep the tick waiting, for tens of milliseconds on a busy machine.
        health = HostHealth(ServicesWord(args.link, clock))
        stack.callback(health.close)
        serial = SerialThread(port)
        stack.callback(serial.close)
        ticks.write(ControlBegin(clock.now_ns(), profile.identity, route.name))
        grid = TickGrid(clock, tick_ns)
        figures = LoopFigures(tick_ns, stages.spreads)
        publisher = Publisher(
            CONTROL.name,
            page,
            profile.identity,
            profile.data.vehicle.name,
            scheduling,
            clock.now_ns,
            stages.spreads,
            buses,
        )
        status = ControlStatus(publisher, controller, grid.statistics, figures, tick_ns)
        notifier = Notifier.from_environment()
        stack.callback(notifier.close)
        life = LifeSigns(notifier, lambda: _words(controller))
        shell = ControlShell(
            controller,
            buses,
            serial,
            proposals,
            reports,
            ticks,
            grid,
            stages,
            health,
            figures,
            status,
            state,
            life,
        )
        began = f"control of {profile.data.vehicle.name} {profile.identity}"
        print(f"{began}, {configuration.name}, {scheduling}", flush=True)
        shell.run(stop, tick_ns)
        status.end(clock.now_ns())
        print(msgspec.json.encode(_figures(grid, controller)).decode(), flush=True)
    return 0


def _state(args: argparse.Namespace, profile: Profile, stack: ExitStack) -> StateDesk | None:
    """Tells in words what of it could not be read."""
    if args.state is None:
        return None
    state = desk.begin(args.state, args.link / crossing.STATE, profile.calibration.serial_number)
    stack.callback(state.close)
    for word in state.words:
        print(word, file=sys.stderr)
    return state


def _words(controller: Controller) -> str:
    """For `systemctl status`."""
    telemetry = controller.telemetry
    if telemetry is None:
        return ""
    told = f"{telemetry.state.name}, {telemetry.speed_mps:.1f} m/s"
    return f"{told}, {telemetry.faults[0]}" if telemetry.faults else told


def _figures(grid: TickGrid, controller: Controller) -> dict[str, object]:
    telemetry = controller.telemetry
    return {"loop": grid.statistics, "state": telemetry.state.name if telemetry is not None else None}
