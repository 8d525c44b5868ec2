"""What crosses between the processes, as bytes: proposals one way, reports the other, records to both sides.

A message that cannot be read is none: the receiver notices by age what does not come. The supervisor's
process imports this, so that nothing of motion, battery or drive may be named here.
"""

from collections.abc import Sequence

import msgspec

from firmware_runtime.can.bus_events import BusEvent
from firmware_runtime.safety.supervisor_report import SupervisorReport
from firmware_runtime.vehicle.proposal import Proposal

PROPOSALS = "proposals"
"""Datagrams from `control` to the supervisor."""
REPORTS = "reports"
"""Datagrams from the supervisor to `control`."""
CONTROL_TICKS = "control.ticks"
"""Ring of `control`'s records (recorder.tick_record), for `services`."""
SUPERVISOR_TICKS = "supervisor.ticks"
"""Ring of the supervisor's records, for `services`."""
STATE = "state"
"""Socket of `services`: what must outlive the power is handed over here (executive.persistence)."""
UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError)
"""What decoding raises for bytes that are no message: text that is none, lists nested beyond any depth."""


class ReportMessage(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """From the supervisor, after each of its steps."""

    time_ns: int
    report: SupervisorReport
    bus_events: Sequence[BusEvent]
    """That its ports had to say since the last report."""


class ProposalCodec:
    """Both directions; one of each process, as encoders keep their buffers."""

    def __init__(self) -> None:
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(Proposal)

    def encode(self, proposal: Proposal) -> bytes:
        return self._encoder.encode(proposal)

    def decode(self, message: bytes) -> Proposal | None:
        """None where it is none."""
        try:
            return self._decoder.decode(message)
        except UNREADABLE:
            return None


class ReportCodec:
    def __init__(self) -> None:
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(ReportMessage)

    def encode(self, message: ReportMessage) -> bytes:
        return self._encoder.encode(message)

    def decode(self, message: bytes) -> ReportMessage | None:
        try:
            return self._decoder.decode(message)
        except UNREADABLE:
            return None
