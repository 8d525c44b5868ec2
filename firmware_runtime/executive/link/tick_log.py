"""A process's records into its ring, for `services`: costs a copy, waits for nobody."""

import msgspec

from firmware_runtime.executive.link.ring import RingWriter
from firmware_runtime.recorder.tick_record import ControlRecord, SupervisorRecord


class TickLog:
    def __init__(self, ring: RingWriter) -> None:
        self._ring = ring
        self._encoder = msgspec.msgpack.Encoder()
        self._dropped = 0
        """Records since the last one that the ring took."""

    def write(self, record: ControlRecord | SupervisorRecord) -> None:
        if self._dropped:
            record = msgspec.structs.replace(record, dropped_before=self._dropped)
        if self._ring.write(self._encoder.encode(record)):
            self._dropped = 0
        else:
            # Longer than half of the ring: no tick is, but what is not there must be known to be missing.
            self._dropped += 1
