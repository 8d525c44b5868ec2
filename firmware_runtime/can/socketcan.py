"""The fast port to a Linux CAN interface: python-can's own socket, read in batches before the tick.

Beside frames it tells: when each came (kernel time stamp), whose it was (own, this computer's, another
node's), what the kernel lost, what the controller reports, and when the interface went and came back.
Motion commands are sent by this process, frame by frame: the kernel's broadcast manager is never used,
because it would go on sending when the process hangs.
"""

import errno
import socket
import struct
import time
from collections.abc import Callable, Iterable, Sequence

import can
from can.interfaces.socketcan import SocketcanBus

from firmware_runtime.can import bus_off, can_link
from firmware_runtime.can.batch_reader import (
    BOTH_CONTROLS,
    CLASSIC_BYTES,
    FD_BYTES,
    SO_RXQ_OVFL,
    SO_TIMESTAMPNS,
    BatchReader,
)
from firmware_runtime.can.bus_events import BusEvent, BusState, EventKind, Origin
from firmware_runtime.can.bus_off import RecoveryState
from firmware_runtime.can.bus_port import (
    ARBITRATION_MASK,
    DATA_MAX,
    DATA_MAX_FD,
    RECEIVE_MAX,
    BusError,
    BusStatistics,
    EventQueue,
)
from firmware_runtime.can.error_frames import ERROR_FLAG, ErrorMonitor
from firmware_runtime.can.frame import EXTENDED_FLAG, Frame
from firmware_runtime.can.ownership import OwnershipGuard
from firmware_runtime.can.wall_clock import WallClock

REMOTE_FLAG = 0x4000_0000
FILTERS_MAX = 512
"""CAN_RAW_FILTER_MAX of <linux/can.h>."""
RECEIVE_BUFFER_BYTES = 4 << 20
"""Asked of the kernel: some 5,000 frames; the usual 208 KiB hold about 280."""
SO_RCVBUFFORCE = 33
"""<asm-generic/socket.h>; beyond the system's limit, for CAP_NET_ADMIN."""
LINK_POLL_NS = 100_000_000
"""A lost interface is looked for so often (assumption)."""
_LOST = (errno.ENETDOWN, errno.ENODEV, errno.ENXIO)
_SPECIAL = ERROR_FLAG | REMOTE_FLAG
_LOCAL = int(socket.MSG_DONTROUTE)
_OWN = int(socket.MSG_CONFIRM)
_STAMPED = 32
"""Control length with a time stamp at least."""
_SLACK_NS = 1_000_000
"""What the offset between two clocks may be wrong by, when a stamp is judged (assumption)."""
_EVERYTHING = struct.pack("=II", 0, 0)
"""A filter that no identifier fails."""
_CLASSIC = struct.Struct("=IB3x8s")
_FD = struct.Struct("=IB3x64s")


def kernel_filters(identifiers: Iterable[int]) -> bytes:
    """Exact filters for data frames of these identifiers, as the socket option CAN_RAW_FILTER takes them.

    Raises BusError for more than FILTERS_MAX.
    """
    wanted = sorted(set(identifiers))
    if len(wanted) > FILTERS_MAX:
        raise BusError(f"expected at most {FILTERS_MAX} identifiers to filter by, got {len(wanted)}")
    flags = EXTENDED_FLAG | REMOTE_FLAG
    masks = (ARBITRATION_MASK if can_id & EXTENDED_FLAG else 0x7FF for can_id in wanted)
    return b"".join(
        struct.pack("=II", can_id, mask | flags) for can_id, mask in zip(wanted, masks, strict=True)
    )


class SocketCanPort:
    """A BusPort, with BusHealth, on a SocketCAN interface."""

    def __init__(
        self,
        name: str,
        bus: SocketcanBus,
        *,
        identifiers: Iterable[int] | None = None,
        guard: OwnershipGuard | None = None,
        restart: Callable[[], None] | None = None,
        recovers: bool = True,
    ) -> None:
        """
        bus: open; the port takes its socket over and closes it.
        identifiers: of the frames to receive (with those of `guard`); None for all.
        guard: judges frames whose identifiers are ours.
        restart: asks for a restart after bus-off and returns at once; None for the kernel's, in a thread.
        recovers: False where another process's port restarts the controller.
        Raises BusError or OSError where the socket cannot be set up.
        """
        self._name = name
        self._bus: can.BusABC = bus
        self._channel = bus.channel
        self._listed = can_link.is_listed(bus.channel)
        self._socket = bus.socket
        self._fd = bus.protocol is not can.CanProtocol.CAN_20
        self._data_max = DATA_MAX_FD if self._fd else DATA_MAX
        self._guard = guard
        self._owned = guard.rows if guard is not None else {}
        self._filters = _EVERYTHING
        self._set_up(identifiers)
        self._reader = BatchReader(
            self._socket.fileno(), RECEIVE_MAX, FD_BYTES if self._fd else CLASSIC_BYTES
        )
        self.statistics = BusStatistics()
        self.errors = ErrorMonitor()
        """Counts of error classes, the controller's error counters."""
        self.recovery = bus_off.Recovery() if recovers else bus_off.NONE
        self._kernel_restart: can_link.BackgroundRestart | None = None
        if restart is None:
            self._kernel_restart = can_link.BackgroundRestart(lambda: can_link.restart(self._channel))
            restart = self._kernel_restart
        self._restart = restart
        self._events = EventQueue(self.statistics)
        self._drops = 0
        """The kernel's own count, 32 bits."""
        self._down = False
        self._reported = BusState.ERROR_ACTIVE
        self._poll_ns = 0
        self._floor_ns = time.monotonic_ns()
        """Nothing in the queue is older."""
        self._wall = WallClock(self._floor_ns, time.time_ns(), time.monotonic_ns())
        self._closed = False

    @property
    def name(self) -> str:
        return self._name

    @property
    def state(self) -> BusState:
        return BusState.DOWN if self._down else self.errors.state

    @property
    def restart_error(self) -> str:
        """What the kernel said to the last restart that it refused; empty without one."""
        return self._kernel_restart.error if self._kernel_restart is not None else ""

    def take_events(self) -> list[BusEvent]:
        return self._events.take()

    def fileno(self) -> int:
        return self._socket.fileno()

    def receive(self, now_ns: int) -> list[Frame]:
        if self._down:
            self._look_for_link(now_ns)
        was_off = self.errors.state is BusState.BUS_OFF
        before_ns = time.monotonic_ns()
        got = self._reader.read()
        frames: list[Frame] = []
        if got > 0:
            self._measure_clocks(now_ns)
            remote = self._take_batch(now_ns, frames)
            if was_off and remote and self.errors.state is BusState.BUS_OFF:
                self.errors.heard()
        elif got != -errno.EAGAIN:
            self._note_error(-got)
        if got == RECEIVE_MAX:
            self.statistics.batches_full += 1
        else:
            self._floor_ns = before_ns
        self._supervise(now_ns)
        return frames

    def send(self, frames: Sequence[Frame]) -> None:
        statistics = self.statistics
        for index, (_, _, can_id, data) in enumerate(frames):
            length = len(data)
            if length > self._data_max:
                statistics.send_drops += 1
                continue
            layout = _CLASSIC if length <= DATA_MAX else _FD
            try:
                self._socket.send(layout.pack(can_id, length, data), socket.MSG_DONTWAIT)
            except OSError as error:
                statistics.send_drops += 1
                if error.errno in (errno.ENOBUFS, errno.EAGAIN):
                    statistics.send_queue_full += 1
                elif error.errno in _LOST:
                    # The rest would fail alike.
                    statistics.send_drops += len(frames) - index - 1
                    self._lose_link()
                    return
            else:
                statistics.sent += 1

    def reset_recovery(self, now_ns: int) -> None:
        """A person has looked at the bus: restarts may be tried again."""
        self.recovery = bus_off.reset(now_ns)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            if self._kernel_restart is not None:
                self._kernel_restart.close()
            self._bus.shutdown()

    def _take_batch(self, now_ns: int, frames: list[Frame]) -> int:
        """Judges each frame of the batch; appends the good. Returns how many came from other nodes."""
        name, owned, to_monotonic = self._name, self._owned, self._wall.monotonic_ns
        statistics = self.statistics
        floor_ns = self._floor_ns - _SLACK_NS
        # A stamp taken after the tick began is no error: the frame came while this call read.
        ceiling_ns = time.monotonic_ns() + _SLACK_NS
        host = 0
        time_ns = now_ns
        for (control, flags, _), slot in self._reader.batch():
            can_id, length, data, seconds, nanoseconds, _, kind, drops = slot
            if control >= BOTH_CONTROLS and kind == SO_RXQ_OVFL and drops != self._drops:
                self._note_drops(now_ns, drops)
            if can_id & _SPECIAL:
                self._note_special(can_id, data[:length])
                continue
            if flags & _OWN:
                statistics.own_echoes += 1
                continue
            if control >= _STAMPED:
                stamp_ns = to_monotonic(seconds * 1_000_000_000 + nanoseconds, floor_ns, ceiling_ns)
                if stamp_ns is None:
                    statistics.stamps_implausible += 1
                    stamp_ns = now_ns
                time_ns = stamp_ns if stamp_ns < now_ns else now_ns
            if flags & _LOCAL:
                host += 1
            if can_id in owned:
                self._note_owned(time_ns, can_id, Origin.HOST if flags & _LOCAL else Origin.REMOTE)
            frames.append(Frame(time_ns, name, can_id, data[:length]))
        statistics.received += len(frames)
        statistics.host_frames += host
        return len(frames) - host

    def _measure_clocks(self, now_ns: int) -> None:
        step_ns = self._wall.measure(time.monotonic_ns(), time.time_ns(), time.monotonic_ns())
        if step_ns:
            self.statistics.clock_steps += 1
            self._events.put(BusEvent(now_ns, self._name, EventKind.CLOCK_STEP, step_ns))

    def _note_drops(self, now_ns: int, drops: int) -> None:
        new = (drops - self._drops) & 0xFFFF_FFFF
        self._drops = drops
        self.statistics.kernel_drops += new
        self._events.put(BusEvent(now_ns, self._name, EventKind.OVERFLOW, new))

    def _note_special(self, can_id: int, data: bytes) -> None:
        """An error frame before all else: its identifier holds classes, not an identifier."""
        if can_id & ERROR_FLAG:
            self.statistics.error_frames += 1
            self.errors.take(can_id & ARBITRATION_MASK & ~ERROR_FLAG, data)
        else:
            self.statistics.remote_frames += 1

    def _note_owned(self, time_ns: int, can_id: int, origin: Origin) -> None:
        guard = self._guard
        if guard is None or not guard.is_foreign(can_id, origin):
            return
        self.statistics.foreign_senders += 1
        event = guard.judge(time_ns, can_id, origin)
        if event is not None:
            self._events.put(event)

    def _note_error(self, number: int) -> None:
        if number in _LOST:
            self._lose_link()
        elif number != errno.EINTR:
            self.statistics.receive_errors += 1

    def _lose_link(self) -> None:
        if not self._down:
            self._down = True
            self.statistics.interface_losses += 1

    def _look_for_link(self, now_ns: int) -> None:
        """An interface that was down only needs to be up; one that vanished needs the socket bound anew."""
        if now_ns < self._poll_ns:
            return
        self._poll_ns = now_ns + LINK_POLL_NS
        if not can_link.is_up(self._socket, self._channel, self._listed):
            return
        try:
            self._socket.bind((self._channel,))
            # The kernel forgets a socket's filters with the interface that they were set on.
            self._socket.setsockopt(socket.SOL_CAN_RAW, socket.CAN_RAW_FILTER, self._filters)
        except OSError:
            self.statistics.receive_errors += 1
            return
        self._down = False
        # The controller begins error-active whenever its interface comes up.
        self.errors.state = BusState.ERROR_ACTIVE

    def _supervise(self, now_ns: int) -> None:
        """Reports the state where it changed, and drives the recovery from bus-off."""
        state = self.state
        if state is not self._reported:
            self._reported = state
            self._events.put(BusEvent(now_ns, self._name, EventKind.STATE, int(state), text=state.name))
        was = self.recovery
        self.recovery, ask = bus_off.step(was, now_ns, state is BusState.BUS_OFF)
        if ask:
            self.statistics.restarts += 1
            self._restart()
            self._events.put(BusEvent(now_ns, self._name, EventKind.RESTART, self.recovery.attempts))
        elif self.recovery.state is RecoveryState.GIVEN_UP and was.state is not RecoveryState.GIVEN_UP:
            kind = EventKind.RECOVERY_GIVEN_UP
            self._events.put(BusEvent(now_ns, self._name, kind, self.recovery.attempts))

    def _set_up(self, identifiers: Iterable[int] | None) -> None:
        sock = self._socket
        sock.setblocking(False)
        # The first socket of a host that asks for it only orders it from a work queue of the kernel. Frames
        # of that millisecond have the time at which they are read. It is the boot of a truck that stands:
        # where one process begins again under way, the others have ordered it long since.
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.setsockopt(socket.SOL_SOCKET, SO_RXQ_OVFL, 1)
        try:
            sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
        except PermissionError:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        if identifiers is not None:
            self._filters = kernel_filters((*identifiers, *self._owned))
            sock.setsockopt(socket.SOL_CAN_RAW, socket.CAN_RAW_FILTER, self._filters)
