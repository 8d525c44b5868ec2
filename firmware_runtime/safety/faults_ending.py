"""Faults of how this runtime ends."""

from firmware_runtime.safety.fault_row import DRIVEN, FaultRow, dtc, stops
from firmware_runtime.safety.monitor_inputs import MonitorInputs


def end_asked(i: MonitorInputs) -> str:
    return "SIGTERM" if i.host.end_asked else ""


ENDING: tuple[FaultRow, ...] = (
    # At rest it is no fault, so that an orderly end there leaves nothing to acknowledge.
    FaultRow(
        identifier="end_asked",
        text="The runtime was asked to end while it drove",
        dtc=dtc("U130E-00"),
        spn=516218,
        fmi=31,
        monitors="signals to the process of control",
        threshold="SIGTERM or SIGINT",
        condition=end_asked,
        severity=stops(DRIVEN),
        recovery=True,
        look_at="who asked: an update, a shutdown of the computer, a person",
    ),
)
