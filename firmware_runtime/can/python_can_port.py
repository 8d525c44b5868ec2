"""The port to every interface of python-can but SocketCAN: one call a frame, no word of the kernel."""

from collections.abc import Sequence

import can

from firmware_runtime.can.bus_events import BusEvent, BusState, EventKind, Origin
from firmware_runtime.can.bus_port import (
    ARBITRATION_MASK,
    DATA_MAX,
    DATA_MAX_FD,
    RECEIVE_MAX,
    BusStatistics,
    EventQueue,
)
from firmware_runtime.can.error_frames import ErrorMonitor
from firmware_runtime.can.frame import EXTENDED_FLAG, Frame
from firmware_runtime.can.ownership import OwnershipGuard

RECEIVE_ERRORS_MAX = 8
"""Errors in one call after which the rest waits: an interface that is down fails at every try."""


class PythonCanPort:
    """A BusPort, with BusHealth, on any interface of python-can."""

    def __init__(
        self,
        name: str,
        bus: can.BusABC,
        echo_mark: str | None = None,
        *,
        fd: bool = False,
        guard: OwnershipGuard | None = None,
    ) -> None:
        """
        echo_mark: text carried with each own frame, for interfaces that give a sender its own frames back.
            Only a frame with this mark is an echo: the same identifier from somebody else passes.
        fd: CAN FD frames belong to this bus; payloads beyond 8 bytes are sent as such.
        guard: judges frames whose identifiers are ours. The interface cannot tell another process of this
            computer from another node: both are Origin.OTHER.
        """
        self._name = name
        self._bus = bus
        self._echo_mark = echo_mark
        self._fd = fd
        self._data_max = DATA_MAX_FD if fd else DATA_MAX
        self._guard = guard
        self._owned = guard.rows if guard is not None else {}
        self._closed = False
        self.statistics = BusStatistics()
        self.errors = ErrorMonitor()
        """As far as the interface fills error frames as Linux does."""
        self._reported = BusState.ERROR_ACTIVE
        self._events = EventQueue(self.statistics)

    @property
    def name(self) -> str:
        return self._name

    @property
    def state(self) -> BusState:
        return self.errors.state

    def take_events(self) -> list[BusEvent]:
        return self._events.take()

    def fileno(self) -> int:
        try:
            return self._bus.fileno()
        except NotImplementedError:
            return -1

    def receive(self, now_ns: int) -> list[Frame]:
        frames: list[Frame] = []
        statistics = self.statistics
        errors = 0
        # The bound is on what is looked at, not on what is kept: a flood of error frames ends too.
        for _ in range(RECEIVE_MAX):
            try:
                message = self._bus.recv(timeout=0)
            except (can.CanError, OSError, ValueError):
                statistics.receive_errors += 1
                errors += 1
                if errors == RECEIVE_ERRORS_MAX:
                    return frames
                continue
            if message is None:
                return frames
            # SocketCAN puts an error's class into the identifier: ask this first.
            if message.is_error_frame:
                self._note_error_frame(now_ns, message)
            elif message.is_remote_frame:
                statistics.remote_frames += 1
            elif self._echo_mark is not None and message.channel == self._echo_mark:
                statistics.own_echoes += 1
            elif (message.is_fd and not self._fd) or len(message.data) > self._data_max:
                statistics.foreign_frames += 1
            else:
                can_id = message.arbitration_id & ARBITRATION_MASK
                if message.is_extended_id:
                    can_id |= EXTENDED_FLAG
                if can_id in self._owned:
                    self._note_owned(now_ns, can_id)
                frames.append(Frame(now_ns, self._name, can_id, bytes(message.data)))
                statistics.received += 1
        statistics.batches_full += 1
        return frames

    def send(self, frames: Sequence[Frame]) -> None:
        for _, _, can_id, data in frames:
            message = can.Message(
                arbitration_id=can_id & ARBITRATION_MASK,
                is_extended_id=bool(can_id & EXTENDED_FLAG),
                is_fd=len(data) > DATA_MAX,
                data=data,
                channel=self._echo_mark,
            )
            try:
                self._bus.send(message, timeout=0)
            except (can.CanError, OSError):
                self.statistics.send_drops += 1
            else:
                self.statistics.sent += 1

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._bus.shutdown()

    def _note_error_frame(self, now_ns: int, message: can.Message) -> None:
        self.statistics.error_frames += 1
        state = self.errors.take(message.arbitration_id & ARBITRATION_MASK, bytes(message.data))
        if state is not self._reported:
            self._reported = state
            self._events.put(BusEvent(now_ns, self._name, EventKind.STATE, int(state), text=state.name))

    def _note_owned(self, now_ns: int, can_id: int) -> None:
        guard = self._guard
        if guard is None or not guard.is_foreign(can_id, Origin.OTHER):
            return
        self.statistics.foreign_senders += 1
        event = guard.judge(now_ns, can_id, Origin.OTHER)
        if event is not None:
            self._events.put(event)
