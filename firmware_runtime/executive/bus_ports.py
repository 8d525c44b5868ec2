"""Opens the buses that a command line names, each for what this process hears on it and may send."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from firmware_runtime.can.bus import BusError, PythonCanPort, SocketCanPort, open_bus
from firmware_runtime.can.ownership import OwnershipGuard
from firmware_runtime.executive import bus_options, bus_setup
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.problems import Problem, UnavailableError


def open_buses(
    texts: Sequence[str], profile: Profile, guards: Mapping[str, OwnershipGuard] | None, stack: ExitStack
) -> list[PythonCanPort | SocketCanPort]:
    """Each closes with `stack`. A SocketCAN port that sends restarts its controller after bus-off.

    guards: by bus, of the process that sends; None for one that only listens.
    Raises ConfigurationError where an option is wrong, UnavailableError where an interface cannot be opened.
    """
    ports: list[PythonCanPort | SocketCanPort] = []
    heard = bus_setup.heard_identifiers(profile)
    for option in bus_options.parse_bus_options(texts, profile.databases):
        try:
            port = open_bus(
                option.name,
                option.interface,
                option.channel,
                option.options_on(is_fd=profile.data.buses[option.name].data_bitrate_bps > 0),
                identifiers=heard[option.name],
                guard=guards[option.name] if guards is not None else None,
                # Of two processes the one that sends restarts the controller.
                recovers=guards is not None,
            )
        except BusError as error:
            got = str(error).partition(" cannot be opened: ")[2] or str(error)
            problem = Problem("--bus", None, str(option), "an interface that can be opened", got)
            raise UnavailableError([problem]) from error
        stack.callback(port.close)
        ports.append(port)
    return ports
