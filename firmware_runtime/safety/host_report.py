"""What the shell saw of its own computer since the last tick, beside frames and serial bytes.

An input of the tick like those two: recorded with them, and given again in a replay.
"""

import msgspec

from firmware_runtime.can.bus_events import BusEvent


class HostReport(msgspec.Struct, frozen=True, array_like=True, gc=False):
    bus_events: tuple[BusEvent, ...] = ()
    """Of all buses, in the order of the profile and then of time; at most EVENTS_MAX a bus."""


NOTHING_TO_REPORT = HostReport()
