"""Puts a tick's frames on their buses in the order of arbitration and stamps them; end of each tick."""

from collections.abc import Mapping
from operator import itemgetter
from typing import NamedTuple

from vehicle_hil.codec.dbc import EXTENDED_FLAG
from vehicle_hil.codec.protection import Outbox


class FrameOut(NamedTuple):
    """One frame on a bus; the order of the fields is the harness' common one."""

    time_ns: int
    bus: str
    can_id: int
    """With bit 31 set for 29 bits."""
    data: bytes


BASE_FRAME_BITS = 47
"""Classic frame, 11-bit identifier, no data: SOF to interframe space (ISO 11898-1, without stuff bits)."""
EXTENDED_FRAME_BITS = 67
"""The same with a 29-bit identifier."""

_by_identifier = itemgetter(0)


def frame_time_ns(can_id: int, data_length: int, bitrate_bps: int) -> int:
    """Time of one frame on the bus, without stuff bits (they add 5-10 %, left out)."""
    bits = (EXTENDED_FRAME_BITS if can_id & EXTENDED_FLAG else BASE_FRAME_BITS) + 8 * data_length
    return bits * 1_000_000_000 // bitrate_bps


class Arbiter:
    """Orders by identifier and gives each frame the time of its end, the last one of a bus at now."""

    def __init__(self, bitrates_bps: Mapping[str, int]) -> None:
        """bitrates_bps: bus name -> bit rate. All identifiers of one bus are of one format."""
        self._full_frame_ns = {
            bus: frame_time_ns(EXTENDED_FLAG, 8, rate) for bus, rate in bitrates_bps.items()
        }
        self.outbox: Outbox = {bus: [] for bus in bitrates_bps}
        """Where senders queue; emptied by `frames`."""

    def frames(self, now_ns: int) -> list[FrameOut]:
        """The queued frames, by rising time. Each bus' stamps rise strictly and end at now_ns.

        A full-length frame's time separates them, so none is stamped after the tick that made it.
        """
        frames: list[FrameOut] = []
        for bus, queue in self.outbox.items():
            if not queue:
                continue
            queue.sort(key=_by_identifier)
            spacing_ns = self._full_frame_ns[bus]
            time_ns = now_ns - spacing_ns * (len(queue) - 1)
            for can_id, data in queue:
                frames.append(FrameOut(time_ns, bus, can_id, data))
                time_ns += spacing_ns
            queue.clear()
        frames.sort()
        return frames
