"""Faults as they pass between components; what each means stands in safety's fault catalogue."""

import msgspec

from firmware_runtime.vehicle.enums import Severity


class ActiveFault(msgspec.Struct, frozen=True):
    identifier: str
    """Row of the fault catalogue, e.g. `message_lost`."""
    detail: str
    """Which message, which channel: what a technician needs to know."""
    severity: Severity
    """In the present state; where the row does not look at it there, the last one that it had."""
    since_ns: int


class FaultSet(msgspec.Struct, frozen=True):
    """Active faults of one tick, worst first."""

    faults: tuple[ActiveFault, ...] = ()
    severity: Severity = Severity.OK
    recovery_permitted: bool = True
    """Every active fault's row permits a recovery drive at hold-to-run."""
    ready_barred: bool = False
    """One of their rows bars READY."""


NO_FAULTS = FaultSet()
