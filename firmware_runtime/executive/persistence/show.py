"""A state for people and programs: what the next start would take of it."""

from typing import Any

import msgspec

from firmware_runtime.executive.persistence.boot import restore
from firmware_runtime.executive.persistence.generation import Stamp
from firmware_runtime.executive.persistence.store import StateReading
from firmware_runtime.vehicle.enums import Severity


def as_plain(reading: StateReading, now: Stamp) -> tuple[bool, dict[str, Any]]:
    """Whether all of it is known, and the plain values."""
    boot = restore(reading, now)
    known = boot.trouble_codes is not None and boot.running is not None
    content: dict[str, Any] = {
        "known": known,
        "folder": boot.folder.value,
        "vehicle": reading.marker.vehicle if reading.marker else None,
        "last_shutdown": boot.last_shutdown.value,
        "latches": {name: set_ for name, set_ in boot.safety.snapshot().items() if name != "version"},
        "trouble_codes": msgspec.to_builtins(boot.trouble_codes.codes) if boot.trouble_codes else None,
        "running": msgspec.to_builtins(boot.running),
        "generations": {
            record.value: kept.number if (kept := found.generation) else None
            for record, found in reading.records.items()
        },
        "words": list(boot.words),
    }
    return known, content


def as_text(content: dict[str, Any]) -> str:
    latched = [name for name, is_set in content["latches"].items() if is_set]
    running: dict[str, Any] = content["running"] or {}
    lines = [
        f"folder: {content['folder']}, vehicle {content['vehicle'] or 'not known'}",
        f"last shutdown: {content['last_shutdown']}",
        f"latched: {', '.join(latched) or 'nothing'}",
        *(f"{name}: {running.get(name)}" for name in ("odometer_m", "charge", "pose")),
        *(f"code {_code(code)}" for code in content["trouble_codes"] or ()),
        *content["words"],
    ]
    return "\n".join(line.replace("None", "not known") if line.endswith("None") else line for line in lines)


def _code(code: dict[str, Any]) -> str:
    state = "active" if code["active"] else "passive"
    told = f"{Severity(code['severity']).name}, {state}, {code['occurrences']}x"
    return f"{code['dtc']:06X} {code['identifier']}: {code['detail']} ({told})"
