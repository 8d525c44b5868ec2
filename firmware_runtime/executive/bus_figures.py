"""How each bus fared, as the process that sends tells it at its end."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict

from firmware_runtime.can.bus import PythonCanPort, SocketCanPort
from firmware_runtime.can.ownership import OwnershipGuard


def bus_figures(
    buses: Iterable[PythonCanPort | SocketCanPort], guards: Mapping[str, OwnershipGuard]
) -> dict[str, dict[str, object]]:
    """By bus: the counts of its port, its state, and how often others sent each of our messages."""
    return {bus.name: _figures(bus, guards[bus.name]) for bus in buses}


def _figures(bus: PythonCanPort | SocketCanPort, guard: OwnershipGuard) -> dict[str, object]:
    foreign = {guard.rows[can_id].message: count for can_id, count in guard.foreign_counts.items() if count}
    return {
        **asdict(bus.statistics),
        "state": bus.state.name,
        "foreign_sender_frames": foreign,
        "error_classes": {name: count for name, count in bus.errors.counts.items() if count},
        "restart_error": bus.restart_error if isinstance(bus, SocketCanPort) else "",
    }
