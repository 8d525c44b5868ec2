"""All messages of one vehicle's buses by name: gives ECUs their senders and receivers; start-up only."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from vehicle_hil.codec.dbc import DbcError, MessageLayout, load_bus
from vehicle_hil.codec.protection import CyclicSender, ProtectedReceiver

TICK_NS = 10_000_000
"""Raster of the phases: messages with cycles above it are spread over the ticks."""


class Network:
    """Messages by name, whichever bus they are on."""

    def __init__(self, dbc_paths: Mapping[str, Path]) -> None:
        """dbc_paths: bus name -> DBC file. Raises DbcError where a file or a name clashes or is bad."""
        self.messages: dict[str, MessageLayout] = {}
        self.senders: dict[str, CyclicSender] = {}
        """Every sender made so far, by message: the place of the fault hooks."""
        self._dbc_paths = dict(dbc_paths)
        for bus, path in dbc_paths.items():
            for name, layout in load_bus(bus, path).items():
                if name in self.messages:
                    raise DbcError(f"{path}: expected message {name} on one bus only, got it on two")
                self.messages[name] = layout

    def message(self, name: str) -> MessageLayout:
        if name not in self.messages:
            files = ", ".join(str(path) for path in self._dbc_paths.values())
            raise DbcError(f"{files}: expected a message {name}, got none of that name")
        return self.messages[name]

    def sender(self, message: str, names: Sequence[str], optional: Sequence[str] = ()) -> CyclicSender:
        """A cyclic sender of the message. optional: names that a vehicle's DBC may lack."""
        layout = self._checked(message, names, optional)
        if layout.cycle_ns <= 0:
            raise DbcError(f"message {message}: expected GenMsgCycleTime above 0, got {layout.cycle_ns}")
        slots = max(1, layout.cycle_ns // TICK_NS)
        sender = CyclicSender(layout, names, phase_ns=len(self.senders) % slots * TICK_NS)
        self.senders[message] = sender
        return sender

    def receiver(self, message: str, names: Sequence[str], optional: Sequence[str] = ()) -> ProtectedReceiver:
        return ProtectedReceiver(self._checked(message, names, optional), names)

    def code(self, message: str, signal: str, label: str) -> int:
        """Number of a label in the signal's value table."""
        labels = self._checked(message, (signal,), ()).signals[signal].labels
        if label not in labels:
            raise DbcError(
                f"{message}.{signal}: expected label {label!r} in its value table, got {sorted(labels)}"
            )
        return labels[label]

    def _checked(self, message: str, names: Sequence[str], optional: Sequence[str]) -> MessageLayout:
        layout = self.message(message)
        missing = [name for name in names if name not in layout.signals and name not in optional]
        if missing:
            there = ", ".join(layout.signals)
            raise DbcError(f"message {message}: expected signals {', '.join(missing)}, got only {there}")
        return layout
