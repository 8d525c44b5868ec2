"""Tick records for the recorder's tests."""

import math

from firmware_runtime.can.bus_events import BusEvent, BusState, EventKind
from firmware_runtime.can.frame import EXTENDED_FLAG, Frame
from firmware_runtime.recorder.tick_record import BlackBoxHeader, TickRecord
from firmware_runtime.safety.host_report import HostReport
from firmware_runtime.vehicle.enums import SafetyState, Severity, StopKind
from firmware_runtime.vehicle.telemetry import Telemetry

HEADER = BlackBoxHeader(
    identity="c0ffee",
    vehicle="q_truck",
    route="yard",
    tick_ns=10_000_000,
    started_ns=5,
    started_unix_ns=0,
)


def telemetry_at(time_ns: int, **changes: object) -> Telemetry:
    values: dict[str, object] = {}
    values |= {name: 0.1 * index for index, name in enumerate(Telemetry.__struct_fields__)}
    values |= {
        "time_ns": time_ns,
        "state": SafetyState.AUTO,
        "severity": Severity.WARN,
        "faults": ("message_lost: drive.BrakeFeedback",),
        "arrived": False,
        "fix_age_s": math.nan,
        "next_stop": "quay",
        "stop": StopKind.MINIMAL_RISK,
        "acknowledgement": "",
    }
    return Telemetry(**(values | changes))  # type: ignore[arg-type]


TICK_NS = 10_000_000


def tick(number: int) -> TickRecord:
    time_ns = number * TICK_NS
    frames_in = [Frame(time_ns - n, "drive", n | EXTENDED_FLAG, bytes([number % 256] * n)) for n in range(9)]
    frames_out = [Frame(time_ns, "body", 0x123, b"\x00\xff")]
    events = (
        BusEvent(time_ns, "drive", EventKind.STATE, int(BusState.BUS_OFF), text="BUS_OFF"),
        BusEvent(time_ns, "body", EventKind.FOREIGN_SENDER, 2, 7 | EXTENDED_FLAG, "body.BodyCommand"),
    )
    host = HostReport(events[: number % 3])
    return TickRecord(time_ns, frames_in, b"$GPGGA*00\r\n", frames_out, telemetry_at(time_ns), host=host)
