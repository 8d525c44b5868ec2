"""Sending of plain messages, without counter and CRC, as battery makers do; once a frame."""

from collections.abc import Sequence

from vehicle_hil.codec.dbc import MessageLayout
from vehicle_hil.codec.packing import Packer
from vehicle_hil.codec.protection import CyclicSender, Outbox


class PlainSender(CyclicSender):
    """A cyclic message with schedule and the fault hooks `muted`, `override` and `frozen`."""

    __slots__ = ("_last", "frozen")

    def __init__(self, layout: MessageLayout, names: Sequence[str], phase_ns: int) -> None:
        self.layout = layout
        self.names = tuple(names)
        self._packer = Packer(layout, names)
        self._phase_ns = phase_ns
        self._next_ns = None
        self._last = b""
        self.muted = False
        self.override = {}
        self.frozen = False
        """Fault hook: True repeats the last payload."""

    def send(self, values: Sequence[float], out: Outbox) -> None:
        """Packs and queues one frame. values: SI, in the order of the names at construction."""
        if self.muted:
            return
        if self.override:
            values = [self.override.get(name, value) for name, value in zip(self.names, values, strict=True)]
        if not (self.frozen and self._last):
            self._last = self._packer.to_bytes(self._packer.pack(values))
        out[self.layout.bus].append((self.layout.can_id, self._last))
