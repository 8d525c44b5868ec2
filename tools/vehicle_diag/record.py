"""What a black box tells a technician: how long, in which states, who acknowledged, trouble codes."""

from itertools import pairwise
from pathlib import Path

import msgspec

from firmware_runtime.diagnostics.trouble_codes import TroubleCode, TroubleCodeMemory
from firmware_runtime.recorder.blackbox import BlackBoxReader
from firmware_runtime.safety.fault_catalogue import FAULTS
from firmware_runtime.vehicle.enums import Severity
from firmware_runtime.vehicle.faults import ActiveFault, FaultSet
from firmware_runtime.vehicle.telemetry import Telemetry

NS_PER_S = 1e9
ROWS = {row.identifier: row for row in FAULTS}


class StateSpan(msgspec.Struct, frozen=True):
    """A time without a change of state; seconds since the first tick."""

    state: str
    from_s: float
    to_s: float


class AcknowledgementReport(msgspec.Struct, frozen=True):
    """One acknowledge that took effect."""

    at_s: float
    """Since the first tick."""
    text: str
    """Who cleared what (latch and its cause, faults, foreign senders, buses), and the state before and after.
    Who is the binding of the button."""


class CodeReport(msgspec.Struct, frozen=True):
    """One trouble code; times in seconds since the first tick."""

    identifier: str
    dtc: str
    """Number as people write it, such as C1201-96; empty for a fault that this version does not know."""
    detail: str
    severity: str
    first_s: float
    last_s: float
    occurrences: int
    active: bool
    look_at: str
    """Where to begin; empty for a fault that this version does not know."""
    freeze_frame: dict[str, float | str]
    """How things stood at its first occurrence, keys with units."""


class RecordReport(msgspec.Struct, frozen=True):
    """A black box in short."""

    file: str
    identity: str
    vehicle: str
    route: str
    started_unix_ns: int
    """Wall clock when the file was begun; 0 for virtual time."""
    ticks: int
    missing_ticks: int
    """Ticks that were dropped while recording."""
    unread_bytes: int
    """At the end of the file, of no whole record: the writer was killed, or the file is damaged."""
    duration_s: float
    arrived: bool
    route_share: float
    """Of the last tick."""
    speed_max_mps: float
    states: list[StateSpan]
    acknowledgements: list[AcknowledgementReport]
    trouble_codes: list[CodeReport]
    codes_not_kept: int
    """Appearances of faults that found no place in the trouble-code memory."""


def read_record(path: Path) -> RecordReport:
    """Raises BlackBoxError where the file is none of this version, OSError where it cannot be read."""
    reader = BlackBoxReader(path)
    memory = TroubleCodeMemory()
    spans: list[tuple[str, int]] = []
    acknowledgements: list[AcknowledgementReport] = []
    first_ns = last_ns = ticks = missing = 0
    speed_max_mps = 0.0
    telemetry: Telemetry | None = None
    for tick in reader.ticks():
        telemetry = tick.telemetry
        if ticks == 0:
            first_ns = tick.time_ns
        last_ns = tick.time_ns
        missing += tick.dropped_before
        ticks += 1
        speed_max_mps = max(speed_max_mps, abs(telemetry.speed_mps))
        if not spans or spans[-1][0] != telemetry.state.name:
            spans.append((telemetry.state.name, tick.time_ns))
        if telemetry.acknowledgement:
            at_s = (tick.time_ns - first_ns) / NS_PER_S
            acknowledgements.append(AcknowledgementReport(at_s, telemetry.acknowledgement))
        memory.step(tick.time_ns, _faults(telemetry), telemetry)
    header = reader.header
    return RecordReport(
        file=str(path),
        identity=header.identity,
        vehicle=header.vehicle,
        route=header.route,
        started_unix_ns=header.started_unix_ns,
        ticks=ticks,
        missing_ticks=missing,
        unread_bytes=reader.unread_bytes,
        duration_s=(last_ns - first_ns) / NS_PER_S,
        arrived=telemetry is not None and telemetry.arrived,
        route_share=telemetry.route_share if telemetry is not None else 0.0,
        speed_max_mps=speed_max_mps,
        states=_states(spans, first_ns, last_ns),
        acknowledgements=acknowledgements,
        trouble_codes=[_code(code, first_ns) for code in memory.codes],
        codes_not_kept=memory.overflows,
    )


def _faults(telemetry: Telemetry) -> FaultSet:
    """The tick's faults; telemetry gives `identifier: detail`, the severity stands in the catalogue."""
    active: list[ActiveFault] = []
    for text in telemetry.faults:
        identifier, _, detail = text.partition(": ")
        active.append(ActiveFault(identifier, detail, _severity(identifier, telemetry), telemetry.time_ns))
    return FaultSet(tuple(active), telemetry.severity)


def _severity(identifier: str, telemetry: Telemetry) -> Severity:
    """By the catalogue in the tick's state; where that is not looked at, no more than the tick's worst."""
    row = ROWS.get(identifier)
    if row is None:
        return telemetry.severity
    return row.severity.get(telemetry.state, min(telemetry.severity, max(row.severity.values())))


def _states(spans: list[tuple[str, int]], first_ns: int, last_ns: int) -> list[StateSpan]:
    return [
        StateSpan(state, (begin_ns - first_ns) / NS_PER_S, (end_ns - first_ns) / NS_PER_S)
        for (state, begin_ns), (_, end_ns) in pairwise([*spans, ("", last_ns)])
    ]


def _code(code: TroubleCode, first_ns: int) -> CodeReport:
    frame: dict[str, float | str] = {"state": code.freeze_frame.state.name}
    for name in code.freeze_frame.__struct_fields__:
        if name not in ("time_ns", "state"):
            frame[name] = getattr(code.freeze_frame, name)
    row = ROWS.get(code.identifier)
    return CodeReport(
        identifier=code.identifier,
        dtc=str(row.dtc) if row is not None else "",
        detail=code.detail,
        severity=Severity(code.severity).name,
        first_s=(code.first_ns - first_ns) / NS_PER_S,
        last_s=(code.last_ns - first_ns) / NS_PER_S,
        occurrences=code.occurrences,
        active=code.active,
        look_at=row.look_at if row is not None else "",
        freeze_frame=frame,
    )
