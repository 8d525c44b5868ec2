"""Commands in SI out as protected, cyclic frames: the last step of the tick.

All or nothing: if one due message cannot be encoded, no counter and no schedule advances, and the caller
gets one EncodeError instead of frames.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.frame import Frame
from firmware_runtime.can.layout import BoundLayout, Databases, MessageLayout, bind
from firmware_runtime.can.packer import EncodeError, MessagePacker
from firmware_runtime.can.pgn import ANY_SOURCE
from firmware_runtime.can.schedule import SendClock

SNAPSHOT_VERSION = 1


class _Outgoing:
    """One sent message."""

    __slots__ = ("bus", "can_id", "clock", "packer", "path")

    def __init__(self, layout: MessageLayout, bindings: dict[int, SignalBinding]) -> None:
        self.path = layout.path
        self.bus = layout.bus
        self.can_id = layout.can_id
        self.packer = MessagePacker(layout, bindings)
        self.clock = SendClock(layout.cycle_ns)


class Sender:
    """Sends each message that has a binding, by its cycle time.

    Raises:
        ValueError: one line for each binding, message or signal that does not fit, has no cycle time, or
            whose value nothing defines.
    """

    def __init__(self, databases: Databases, bindings: Sequence[SignalBinding]) -> None:
        layout = bind(databases, bindings)
        self.bindings = layout.bindings
        self.messages = tuple(message.path for message in layout.messages)
        """`bus.Message` of each sent message, in the order of sending."""
        self._outgoing = _outgoing(layout)
        self._identifiers = {
            binding.name: (self._outgoing[row].bus, self._outgoing[row].can_id)
            for binding, row in zip(layout.bindings, layout.message_index, strict=True)
        }

    def identifiers(self, names: Collection[str]) -> frozenset[tuple[str, int]]:
        """Bus and `Frame.can_id` of each message that carries one of these bindings; others are left out."""
        return frozenset(self._identifiers[name] for name in names if name in self._identifiers)

    def due(self, now_ns: int) -> tuple[str, ...]:
        """`bus.Message` of each message that `frames` would send now; changes nothing."""
        return tuple(out.path for out in self._outgoing if now_ns >= out.clock.earliest_ns)

    def frames(self, now_ns: int, values: Sequence[float], at_once: bool = False) -> list[Frame]:
        """The frames that are due at `now_ns`, from the SI values of all bindings, in their order.

        at_once: all messages, also those that are not due; their next frame comes when it would have come.

        Raises:
            EncodeError: a value of a due message does not fit its signal, or is NaN; nothing is sent.
            ValueError: not one value a binding.
        """
        if len(values) != len(self.bindings):
            raise ValueError(f"expected {len(self.bindings)} values, one a binding, got {len(values)}")
        going = [out for out in self._outgoing if at_once or now_ns >= out.clock.earliest_ns]
        frames = [Frame(now_ns, out.bus, out.can_id, out.packer.pack(values)) for out in going]
        for out in going:
            out.packer.advance_counter()
            if now_ns >= out.clock.earliest_ns:
                out.clock.sent(now_ns)
        return frames

    def rehearse(self, values: Sequence[float]) -> None:
        """Pack every message from these values and drop it; changes nothing, and raises nothing."""
        for out in self._outgoing:
            try:
                out.packer.pack(values)
            except EncodeError:
                continue

    def snapshot(self) -> dict[str, Any]:
        """The whole state in plain types, versioned."""
        return {
            "version": SNAPSHOT_VERSION,
            "messages": list(self.messages),
            "counters": [out.packer.counter for out in self._outgoing],
            "clocks": [out.clock.state() for out in self._outgoing],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a snapshot of a sender with the same messages.

        Raises:
            ValueError: another version, or other messages.
        """
        if state["version"] != SNAPSHOT_VERSION:
            raise ValueError(
                f"expected a sender snapshot of version {SNAPSHOT_VERSION}, got {state['version']}"
            )
        if state["messages"] != list(self.messages):
            raise ValueError(f"expected a snapshot of {list(self.messages)}, got one of {state['messages']}")
        for out, counter, clock in zip(self._outgoing, state["counters"], state["clocks"], strict=True):
            out.packer.counter = counter
            out.clock.restore_state(clock)


def _outgoing(layout: BoundLayout) -> list[_Outgoing]:
    problems: list[str] = []
    result: list[_Outgoing] = []
    for index, message in enumerate(layout.messages):
        if message.cycle_ns <= 0:
            problems.append(f"message {message.path}: expected a GenMsgCycleTime above 0 ms, got none")
        if message.source == ANY_SOURCE:
            problems.append(
                f"message {message.path}: expected a J1939 source address to send from, in the binding or "
                f"the DBC, got 0x{message.can_id & 0xFF:02X}"
            )
        own = {
            value: binding
            for value, binding in enumerate(layout.bindings)
            if layout.message_index[value] == index
        }
        try:
            result.append(_Outgoing(message, own))
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise ValueError("\n".join(problems))
    return result
