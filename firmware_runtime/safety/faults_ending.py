"""Faults of how this runtime ends, how it ended the last time, and of the state that it keeps meanwhile."""

from firmware_runtime.safety.fault_row import (
    DRIVEN,
    EVERYWHERE,
    ClearCondition,
    FaultRow,
    dtc,
    stops,
    warns,
)
from firmware_runtime.safety.monitor_inputs import MonitorInputs


def end_asked(i: MonitorInputs) -> str:
    return "SIGTERM" if i.host.end_asked else ""


def power_lost_in_motion(i: MonitorInputs) -> str:
    restored = i.host.state.restored
    return "" if restored is None else restored.power_lost


def state_not_known(i: MonitorInputs) -> str:
    restored = i.host.state.restored
    return "" if restored is None else restored.not_known


def state_not_written(i: MonitorInputs) -> str:
    return i.host.state.error


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
    # These name what was found at the start. What stops the vehicle are the latches that came with it.
    FaultRow(
        identifier="power_lost_in_motion",
        text="Power was lost, or the runtime ended, while the vehicle moved",
        dtc=dtc("U130F-00"),
        spn=516219,
        fmi=31,
        monitors="memory of the last shutdown, at the start",
        threshold="not ended in order, and the wheels had leave to turn",
        condition=power_lost_in_motion,
        severity=warns(EVERYWHERE),
        clear=ClearCondition.BY_ACKNOWLEDGE,
        recovery=True,
        look_at="24 V supply and its main switch; the processes' log for why one ended",
    ),
    FaultRow(
        identifier="state_not_known",
        text="State that outlives the power could not be read",
        dtc=dtc("U1310-44"),
        spn=516220,
        fmi=2,
        monitors="the state's folder, at the start",
        threshold="an item of it not known; what it names is latched or begins anew",
        condition=state_not_known,
        severity=warns(EVERYWHERE),
        clear=ClearCondition.BY_ACKNOWLEDGE,
        recovery=True,
        look_at="firmware-runtime state show: what was refused, where; then the disk",
    ),
    # Without leave of the disk READY does not come; what drives has its leave, and a loss of power is known.
    FaultRow(
        identifier="state_not_written",
        text="State that outlives the power is not written",
        dtc=dtc("U1311-44"),
        spn=516221,
        fmi=12,
        monitors="acknowledgements of the writing process",
        threshold="an error of the disk, or none for 1 s",
        condition=state_not_written,
        severity=warns(EVERYWHERE),
        recovery=True,
        look_at="the process of services; the disk: full, read-only, not commissioned or broken",
    ),
)
