"""What `control` records of one of its ticks: all that went in and what it proposed."""

from collections.abc import Sequence

import msgspec

from firmware_runtime.can.frame import Frame
from firmware_runtime.safety.host_report import HostReport
from firmware_runtime.safety.supervisor import SupervisorReport
from firmware_runtime.vehicle.proposal import Proposal
from firmware_runtime.vehicle.telemetry import Telemetry


class ControlTick(msgspec.Struct, frozen=True, array_like=True, gc=False):
    time_ns: int
    frames_in: Sequence[Frame]
    serial_in: bytes
    report: SupervisorReport
    host: HostReport
    proposal: Proposal
    telemetry: Telemetry
