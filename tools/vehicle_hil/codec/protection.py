"""Sending and receiving of protected messages (E2E profile 1A): schedule, counter, CRC; once a frame.

The fault hooks of the harness sit here, in the sender: what a broken ECU would put on the bus.
"""

from collections.abc import Sequence

from vehicle_hil.codec.crc import Profile1Crc
from vehicle_hil.codec.dbc import MessageLayout
from vehicle_hil.codec.packing import Packer, Unpacker

COUNTER_MODULUS = 15
"""Profile 1 counts 0..14; 15 is reserved (AUTOSAR PRS E2E, secondary)."""
COUNTER_STEP_MAX = 5
"""Largest step of a counter in sequence: at 10 ms a frame, the 50 ms after which the contract latches."""
SCHEDULE_TOLERANCE_NS = 5_000_000
"""Half a tick: a tick that comes a little early still sends what is due in it."""

Outbox = dict[str, list[tuple[int, bytes]]]
"""Frames that want to go out in this tick: bus -> (can_id, data)."""


class CyclicSender:
    """One cyclic message of an ECU, with counter, CRC and the harness' fault hooks."""

    __slots__ = (
        "_counter",
        "_counter_shift",
        "_crc",
        "_next_ns",
        "_packer",
        "_phase_ns",
        "corrupt_crc",
        "freeze_counter",
        "layout",
        "muted",
        "names",
        "override",
    )

    def __init__(self, layout: MessageLayout, names: Sequence[str], phase_ns: int = 0) -> None:
        self.layout = layout
        self.names = tuple(names)
        self._packer = Packer(layout, names)
        self._crc = Profile1Crc(layout.data_id, layout.length)
        self._counter_shift = layout.signals["Counter"].shift
        self._counter = 0
        self._phase_ns = phase_ns
        self._next_ns: int | None = None
        self.muted = False
        """Fault hook: True sends nothing."""
        self.corrupt_crc = False
        """Fault hook: True inverts the CRC of every frame."""
        self.freeze_counter = False
        """Fault hook: True repeats the counter; the frame is valid otherwise."""
        self.override: dict[str, float] = {}
        """Fault hook: SI values that replace what the ECU would say, by signal name."""

    def due(self, now_ns: int) -> bool:
        """True where the message's cycle has come round; call once a tick."""
        if self._next_ns is None:
            self._next_ns = now_ns + self._phase_ns
        if now_ns + SCHEDULE_TOLERANCE_NS < self._next_ns:
            return False
        self._next_ns += self.layout.cycle_ns
        if self._next_ns <= now_ns - self.layout.cycle_ns:
            # After a stall of the process, missed cycles are not made up for in a burst.
            self._next_ns = now_ns + self.layout.cycle_ns
        return True

    def send(self, values: Sequence[float], out: Outbox) -> None:
        """Packs, protects and queues one frame. values: SI, in the order of the names at construction."""
        if self.muted:
            return
        if self.override:
            values = [self.override.get(name, value) for name, value in zip(self.names, values, strict=True)]
        if not self.freeze_counter:
            self._counter = (self._counter + 1) % COUNTER_MODULUS
        word = self._packer.pack(values) | self._counter << self._counter_shift
        tail = self._packer.to_bytes(word)[1:]
        crc = self._crc.of(tail)
        if self.corrupt_crc:
            crc ^= 0xFF
        out[self.layout.bus].append((self.layout.can_id, bytes((crc,)) + tail))


class ProtectedReceiver:
    """One message that an ECU hears: takes a frame only with right length, CRC and counter."""

    __slots__ = ("_counter", "_crc", "_unpacker", "accepted", "layout", "rejected")

    def __init__(self, layout: MessageLayout, names: Sequence[str]) -> None:
        self.layout = layout
        self._unpacker = Unpacker(layout, names)
        self._crc = Profile1Crc(layout.data_id, layout.length)
        self._counter: int | None = None
        self.accepted = 0
        self.rejected = 0

    def take(self, data: bytes) -> list[float] | None:
        """SI values, or None where the frame does not count as a message.

        Not counted: wrong length or CRC; the reserved counter 15; a repeated counter; a step of more
        than COUNTER_STEP_MAX, or the very first frame: these only set the counter to compare with.
        """
        if len(data) != self.layout.length or self._crc.of(data[1:]) != data[0]:
            self.rejected += 1
            return None
        counter = data[1] & 0x0F
        if counter >= COUNTER_MODULUS:
            self.rejected += 1
            return None
        before, self._counter = self._counter, counter
        if before is None or not 1 <= (counter - before) % COUNTER_MODULUS <= COUNTER_STEP_MAX:
            self.rejected += 1
            return None
        self.accepted += 1
        return self._unpacker.unpack(data)
