"""The subcommand `vehicle-diag bus`: opens ports, feeds the monitors, shows them; it only listens."""

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import NamedTuple

import msgspec
from rich.console import Console
from rich.live import Live

from firmware_runtime.can.bus import BusError, BusPort, open_bus
from firmware_runtime.can.database import DatabaseError, contract_of
from firmware_runtime.can.message_match import MessageMatch
from vehicle_diag.bus_display import describe_buses
from vehicle_diag.bus_monitor import NOTHING_EXPECTED, BusMonitor, BusReport, Expected
from vehicle_diag.decode import open_databases
from vehicle_diag.status import DONE, NOTHING_FOUND, WRONG_INPUT

DEFAULT_BIT_RATE = 500_000
"""Assumption, where `bitrate` is not given: the usual rate of a vehicle's classic CAN."""
_IDLE_S = 0.001
_SHOW_NS = 250_000_000
_NS_PER_MS = 1_000_000
_DEADLINE_CYCLES = 3

_EPILOG = """examples:
  vehicle-diag bus --bus drive=socketcan:can0 --dbc dbc/q_truck_drive.dbc
  vehicle-diag bus --bus drive=slcan:/dev/ttyACM0,bitrate=250000 --seconds 10 --json
  vehicle-diag bus --bus drive=udp_multicast:239.74.163.2,port=43113 --bus body=socketcan:can1

INTERFACE, CHANNEL and OPTION are python-can's. The load needs the bus's bit rate: bitrate=N, else 500000.

exit status: 0 done; 1 no frame on any bus; 2 wrong input, or a bus that cannot be opened
"""


class BusArgument(NamedTuple):
    """One `--bus`."""

    name: str
    interface: str
    channel: str
    options: dict[str, str | int | bool]


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "bus",
        help="show what is on live buses",
        description="Shows load, rates, ages and errors of live buses, identifier by identifier.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--bus",
        metavar="NAME=INTERFACE:CHANNEL[,OPTION=VALUE]",
        action="append",
        required=True,
        type=bus_argument,
        help="a bus to listen to; again for more",
    )
    parser.add_argument(
        "--dbc",
        metavar="FILE",
        action="extend",
        nargs="+",
        default=[],
        help="names, lengths and deadlines; BUS=FILE for one bus",
    )
    parser.add_argument("--seconds", metavar="S", type=_seconds, help="end after so long; else by Ctrl-C")
    parser.add_argument("--json", action="store_true", help="the figures at the end, for a program")
    parser.set_defaults(run=run)


def bus_argument(text: str) -> BusArgument:
    """Raises argparse.ArgumentTypeError for what is no NAME=INTERFACE:CHANNEL[,OPTION=VALUE...]."""
    name, equals, rest = text.partition("=")
    place, *pairs = rest.split(",")
    interface, colon, channel = place.partition(":")
    if not (name and equals and interface and colon and channel):
        raise argparse.ArgumentTypeError(f"expected NAME=INTERFACE:CHANNEL, got {text!r}")
    options: dict[str, str | int | bool] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not (key and equals and value):
            raise argparse.ArgumentTypeError(f"expected OPTION=VALUE, got {pair!r} in {text!r}")
        flags = {"true": True, "false": False}
        options[key] = int(value) if value.isdecimal() else flags.get(value.lower(), value)
    if "bitrate" in options and (not isinstance(options["bitrate"], int) or options["bitrate"] < 1):
        raise argparse.ArgumentTypeError(
            f"expected a bitrate in bit/s, got {options['bitrate']!r} in {text!r}"
        )
    return BusArgument(name, interface, channel, options)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"expected seconds above 0, got {text!r}")
    return value


def run(options: argparse.Namespace) -> int:
    """Returns the exit status; one line on stderr for each wrong input."""
    arguments: list[BusArgument] = options.bus
    names = [argument.name for argument in arguments]
    if len(set(names)) < len(names):
        print(f"--bus: expected names that differ, got {', '.join(names)}", file=sys.stderr)
        return WRONG_INPUT
    try:
        match = open_databases(options.dbc, force_j1939=False)
        with contextlib.ExitStack() as stack:
            ports: list[BusPort] = []
            for name, interface, channel, given in arguments:
                port = open_bus(name, interface, channel, given)
                stack.callback(port.close)
                ports.append(port)
            reports = _listen(ports, _monitors(arguments, match), options)
    except (BusError, DatabaseError, ValueError) as error:
        print(error, file=sys.stderr)
        return WRONG_INPUT
    if options.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(reports)).decode() + "\n")
    else:
        Console(highlight=False).print(describe_buses(reports))
    if not any(report.frames for report in reports):
        print("no frame on any bus", file=sys.stderr)
        return NOTHING_FOUND
    return DONE


def _monitors(arguments: Sequence[BusArgument], match: MessageMatch) -> list[BusMonitor]:
    now_ns = time.monotonic_ns()
    return [
        BusMonitor(
            argument.name,
            int(argument.options.get("bitrate", DEFAULT_BIT_RATE)),
            now_ns,
            expected_of(match, argument.name),
            int(argument.options.get("data_bitrate", 0)),
        )
        for argument in arguments
    ]


def expected_of(match: MessageMatch, bus: str) -> Callable[[int], Expected]:
    """What the databases say of an identifier on a bus: deadline, or three cycles where none is stated."""

    def lookup(can_id: int) -> Expected:
        index = match.find(bus, can_id)
        if index is None:
            return NOTHING_EXPECTED
        message = match.candidates[index].message
        contract = contract_of(message)
        deadline_ms = contract.deadline_ms or contract.cycle_ms * _DEADLINE_CYCLES
        return Expected(message.name, message.length, deadline_ms * _NS_PER_MS)

    return lookup


def _listen(
    ports: Sequence[BusPort], monitors: Sequence[BusMonitor], options: argparse.Namespace
) -> list[BusReport]:
    """Until the time is over, or Ctrl-C."""
    end_ns = None if options.seconds is None else time.monotonic_ns() + round(options.seconds * 1e9)
    console = Console(highlight=False)
    live = Live(console=console, auto_refresh=False, transient=True)
    shows = console.is_terminal and not options.json
    with contextlib.suppress(KeyboardInterrupt), live if shows else contextlib.nullcontext():
        shown_ns = time.monotonic_ns()
        while end_ns is None or time.monotonic_ns() < end_ns:
            heard = 0
            for port, monitor in zip(ports, monitors, strict=True):
                now_ns = time.monotonic_ns()
                frames = port.receive(now_ns)
                monitor.step(now_ns, frames)
                heard += len(frames)
            if shows and now_ns - shown_ns >= _SHOW_NS:
                shown_ns = now_ns
                live.update(describe_buses(_reports(ports, monitors)), refresh=True)
            if not heard:
                time.sleep(_IDLE_S)
    return _reports(ports, monitors)


def _reports(ports: Sequence[BusPort], monitors: Sequence[BusMonitor]) -> list[BusReport]:
    now_ns = time.monotonic_ns()
    return [
        monitor.report(now_ns, asdict(port.statistics)) for port, monitor in zip(ports, monitors, strict=True)
    ]
