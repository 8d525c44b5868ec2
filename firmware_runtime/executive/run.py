"""`firmware-runtime run PROFILE`: drives a route on real buses and a real serial port, by the wall clock."""

import argparse
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from firmware_runtime.can.bus import BusPort, PythonCanPort, SocketCanPort
from firmware_runtime.can.ownership import OwnershipGuard
from firmware_runtime.executive import bus_options, bus_setup, route_arguments
from firmware_runtime.executive.bus_ports import open_buses
from firmware_runtime.executive.clock import MonotonicClock
from firmware_runtime.executive.host_health import HostHealth
from firmware_runtime.executive.onboard import Onboard
from firmware_runtime.executive.realtime import run_periodic
from firmware_runtime.executive.scheduling import prepare_for_ticks
from firmware_runtime.executive.serial_port import SerialReader, open_serial
from firmware_runtime.executive.stage_clock import StageClock
from firmware_runtime.executive.stop_request import StopRequest
from firmware_runtime.executive.subcommand import Subparsers
from firmware_runtime.executive.tick_grid import TICK_NS, LoopStatistics
from firmware_runtime.recorder.background import BackgroundRecorder
from firmware_runtime.recorder.blackbox import BlackBoxWriter
from firmware_runtime.recorder.tick_record import BlackBoxHeader
from firmware_runtime.safety.bus_watch import BusWatch
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.problems import ConfigurationError, Problem
from firmware_runtime.vehicle.route import Route

EPILOG = """\
examples:
  firmware-runtime run configs/q_truck.toml --route configs/routes/yard.csv \\
      --bus drive=socketcan:can0 --bus body=socketcan:can1 --serial /dev/ttyS0 --record black_box

It drives when the operator's inputs on the body bus permit it. SIGTERM or SIGINT (Ctrl-C) ends the loop
after the tick under way; it does not stop the vehicle first: the actuators do, by their own timeouts.

exit status: 0 ended by a signal, 1 failed, 2 bad input"""


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "run",
        help="drive a route on real buses",
        description="Drives a route on real buses and a real serial port, 100 ticks a second.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    route_arguments.add(parser)
    parser.add_argument("--bus", metavar="NAME=INTERFACE:CHANNEL", action="append", help=bus_options.HELP)
    parser.add_argument("--serial", metavar="PORT", help="GNSS receiver (default: as the profile says)")
    parser.add_argument("--record", metavar="FILE", type=Path, help="black box; the file must not exist yet")


def run(args: argparse.Namespace) -> int:
    """Ticks until a signal comes; prints one line when it begins, and its statistics as JSON at the end."""
    # From here on a signal ends the loop in good order, also one that comes before the first tick.
    stop = StopRequest()
    stop.listen()
    profile, route = route_arguments.load(args)
    with ExitStack() as stack:
        guards = bus_setup.guards(profile)
        buses = open_buses(args.bus or [], profile, guards, stack)
        serial = open_serial(args.serial or profile.data.localisation.serial_port, profile, stack)
        clock = MonotonicClock()
        stages = StageClock(clock)
        onboard = Onboard(profile, route, stages.mark)
        # Before the real-time priority, which later threads inherit: it only looks now and then.
        health = HostHealth()
        stack.callback(health.close)
        scheduling = prepare_for_ticks().words
        recorder = _open_recorder(args.record, profile, route) if args.record is not None else None
        running = f"running {profile.data.vehicle.name} {profile.identity}"
        print(f"{running}, pid {os.getpid()}, {scheduling}", flush=True)
        restarts = Restarts(onboard.controller.bus_watch, buses)
        try:
            loop = run_periodic(
                onboard,
                buses,
                serial,
                recorder,
                clock,
                stop,
                stages=stages,
                health=health,
                after_tick=restarts.renew,
            )
        finally:
            if recorder is not None:
                recorder.close()
        for bus in buses:
            # Ends what a port does beside the ticks; on a busy core that has its say only now.
            bus.close()
        events = onboard.controller.bus_watch.counts
        figures = {bus.name: _bus_figures(bus, guards[bus.name], events.get(bus.name, {})) for bus in buses}
        print(_statistics(loop, figures, serial, recorder), flush=True)
    return 0


class Restarts:
    """Tells the ports whose attempts to restart a person has renewed; python-can's own restart nothing."""

    def __init__(self, watch: BusWatch, buses: Iterable[BusPort]) -> None:
        self._watch = watch
        self._ports = {bus.name: bus for bus in buses if isinstance(bus, SocketCanPort)}

    def renew(self, now_ns: int) -> None:
        for name in self._watch.renewed:
            if name in self._ports:
                self._ports[name].reset_recovery(now_ns)


def _open_recorder(path: Path, profile: Profile, route: Route) -> BackgroundRecorder:
    header = BlackBoxHeader(
        identity=profile.identity,
        vehicle=profile.data.vehicle.name,
        route=route.name,
        tick_ns=TICK_NS,
        started_ns=time.monotonic_ns(),
        started_unix_ns=time.time_ns(),
    )
    try:
        return BackgroundRecorder(BlackBoxWriter(path, header))
    except OSError as error:
        problem = Problem("--record", None, str(path), "a new file that can be written", error.strerror or "")
        raise ConfigurationError([problem]) from error


def _bus_figures(
    bus: PythonCanPort | SocketCanPort, guard: OwnershipGuard, events: Mapping[str, int]
) -> dict[str, Any]:
    """Counts of the port, and what it said beside frames: `events` by kind, as the tick took them."""
    foreign = {guard.rows[can_id].message: count for can_id, count in guard.foreign_counts.items() if count}
    return {
        **asdict(bus.statistics),
        "state": bus.state.name,
        "events": events,
        "foreign_sender_frames": foreign,
        "error_classes": {name: count for name, count in bus.errors.counts.items() if count},
        "restart_error": bus.restart_error if isinstance(bus, SocketCanPort) else "",
    }


def _statistics(
    loop: LoopStatistics,
    buses: Mapping[str, Mapping[str, Any]],
    serial: SerialReader,
    recorder: BackgroundRecorder | None,
) -> str:
    """One line of JSON."""
    values = {
        "loop": loop,
        "buses": buses,
        "serial": serial.statistics,
        "recorder_drops": recorder.drops if recorder is not None else 0,
        "recorder_error": str(recorder.error) if recorder is not None and recorder.error else "",
    }
    return msgspec.json.encode(values).decode()
