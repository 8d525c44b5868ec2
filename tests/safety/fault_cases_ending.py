"""Faults of how the runtime ends, how it ended the last time, and of the state it keeps. See fault_cases."""

from firmware_runtime.safety.monitor_inputs import MonitorInputs
from firmware_runtime.safety.state_report import Restored, StateReport
from tests.safety.fault_examples import ALL, DRIVEN, C, Case, at, host


def _found(power_lost: str = "", not_known: str = "") -> MonitorInputs:
    restored = Restored(False, False, False, power_lost=power_lost, not_known=not_known)
    return host(state=StateReport(restored=restored))


ENDING: tuple[Case, ...] = (
    Case("end_asked", (host(),), (host(end_asked=True),), 1, 0, at(3, DRIVEN), C.WHEN_GONE, True),
    Case(
        "power_lost_in_motion",
        (host(), _found()),
        (_found(power_lost="power lost while moving"),),
        1,
        0,
        at(1, ALL),
        C.BY_ACKNOWLEDGE,
        True,
    ),
    Case(
        "state_not_known",
        (host(), _found()),
        (_found(not_known="latches"),),
        1,
        0,
        at(1, ALL),
        C.BY_ACKNOWLEDGE,
        True,
    ),
    Case(
        "state_not_written",
        (host(), host(state=StateReport(may_move=False, ended=False))),
        (host(state=StateReport(error="disk full")),),
        1,
        0,
        at(1, ALL),
        C.WHEN_GONE,
        True,
    ),
)
