"""The first state of a vehicle, for `StateStore.commission`."""

import msgspec

from firmware_runtime.diagnostics.trouble_codes import TroubleCodeMemory
from firmware_runtime.executive.persistence.content import Values, encode_events, encode_running
from firmware_runtime.executive.persistence.items import Record, Shutdown
from firmware_runtime.safety.facts import ALL_LATCHED


def first_contents(odometer_m: float) -> dict[Record, bytes]:
    """All latched: whoever commissions a vehicle acknowledges at it, and so tries e-stop and button."""
    codes = TroubleCodeMemory().snapshot()
    return {
        Record.EVENTS: encode_events(0, Shutdown.ORDERLY, ALL_LATCHED, codes),
        Record.RUNNING: encode_running(0, Values(odometer_m=odometer_m)),
    }


def note(odometer_m: float) -> bytes:
    """What the marker says for people."""
    return msgspec.json.encode({"odometer_m": odometer_m})
