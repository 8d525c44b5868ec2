"""After bus-off: from when on the controller of a bus may be restarted again.

The port that sends restarts its controller a few times (can/bus_off.py). Then a person must look: what is
acknowledged to `control` crosses with its proposals to the process that has the port.
"""

from collections.abc import Iterable, Mapping

from firmware_runtime.can.bus import SocketCanPort
from firmware_runtime.can.bus_port import BusPort


class BusRestarts:
    """Tells the ports whose attempts to restart a person has renewed; python-can's own restart nothing."""

    def __init__(self, buses: Iterable[BusPort]) -> None:
        self._ports = {bus.name: bus for bus in buses if isinstance(bus, SocketCanPort)}
        self._seen: Mapping[str, int] = {}

    def take(self, now_ns: int, renewals: Mapping[str, int]) -> None:
        """renewals: of each proposal; a `control` that begins again counts from zero."""
        for name, count in renewals.items():
            if count > self._seen.get(name, 0) and name in self._ports:
                self._ports[name].reset_recovery(now_ns)
        self._seen = renewals
