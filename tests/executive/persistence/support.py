"""Contents, stamps and folders that the tests of the persistent state share."""

import msgspec

from firmware_runtime.diagnostics.trouble_codes import TroubleCodeMemory, TroubleCodeSnapshot
from firmware_runtime.executive.persistence.content import Values, encode_events, encode_running
from firmware_runtime.executive.persistence.first import first_contents, note
from firmware_runtime.executive.persistence.generation import Stamp
from firmware_runtime.executive.persistence.items import Record, Shutdown
from firmware_runtime.executive.persistence.store import StateReading, StateStore
from firmware_runtime.safety.facts import SafetyConfig
from firmware_runtime.vehicle.enums import Severity
from firmware_runtime.vehicle.faults import ActiveFault, FaultSet
from tests.diagnostics.test_trouble_codes import telemetry
from tests.executive.persistence.power_loss import Files, MemoryDisk

VEHICLE = "QT-0042"
STAMP = Stamp(utc_ns=1_800_000_000_000_000_000, monotonic_ns=5_000_000_000, boot_id="boot-1")
NO_CODES = TroubleCodeMemory().snapshot()
FILES = ("events.a.state", "events.b.state", "running.a.state", "running.b.state")


def events(time_ns: int, shutdown: Shutdown = Shutdown.RUNNING_STANDING, **latches: bool) -> bytes:
    return encode_events(time_ns, shutdown, msgspec.structs.replace(SafetyConfig(), **latches), NO_CODES)


def running(time_ns: int, odometer_m: float = 0.0) -> bytes:
    return encode_running(time_ns, Values(odometer_m=odometer_m))


def content(record: Record, time_ns: int) -> bytes:
    return events(time_ns) if record is Record.EVENTS else running(time_ns)


def time_of(reading: StateReading, record: Record) -> int | None:
    """`time_ns` of the content that is taken, or None where none is."""
    generation = reading.records[record].generation
    return None if generation is None else msgspec.json.decode(generation.content)["time_ns"]


def commissioned() -> MemoryDisk:
    disk = MemoryDisk()
    StateStore(disk, VEHICLE).commission(first_contents(1000.0), note(1000.0), STAMP)
    return disk


def read(files: Files) -> StateReading:
    return StateStore(MemoryDisk(files), VEHICLE).read()


def codes(*details: str, time_ns: int = 1) -> TroubleCodeSnapshot:
    """Active codes of one fault, one for each detail."""
    memory = TroubleCodeMemory()
    active = tuple(ActiveFault("message_lost", detail, Severity.MINIMAL_RISK, 0) for detail in details)
    memory.step(time_ns, FaultSet(active, Severity.MINIMAL_RISK), telemetry())
    return memory.snapshot()
