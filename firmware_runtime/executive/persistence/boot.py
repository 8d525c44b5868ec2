"""What a start takes from the state that was found: case by case, nothing made up."""

from enum import StrEnum

import msgspec

from firmware_runtime.diagnostics.trouble_codes import TroubleCode, TroubleCodeSnapshot
from firmware_runtime.executive.persistence.content import (
    Events,
    Running,
    decode_codes,
    decode_events,
    decode_latches,
    decode_running,
)
from firmware_runtime.executive.persistence.generation import Generation, Stamp
from firmware_runtime.executive.persistence.items import Record, Shutdown
from firmware_runtime.executive.persistence.store import Folder, StateReading
from firmware_runtime.safety.facts import ALL_LATCHED, SafetyConfig

OLDEST_NS = -(2**62)
"""146 years before this boot: a wall clock that was wrong again and again leads no further."""


class LastShutdown(StrEnum):
    ORDERLY = "orderly"
    LOST_STANDING = "power lost, or this software ended, at standstill"
    LOST_MOVING = "power lost, or this software ended, while moving"
    NOT_KNOWN = "not known"


class Boot(msgspec.Struct, frozen=True):
    """To begin with."""

    folder: Folder
    """Only where it is COMMISSIONED anything is written, so only there the wheels get leave to turn."""
    last_shutdown: LastShutdown
    safety: SafetyConfig
    """INIT with the latches, with what the last shutdown adds; ALL_LATCHED where they are not known."""
    trouble_codes: TroubleCodeSnapshot | None
    """Times led over to this boot's monotonic clock: before it they are negative. None: not known."""
    running: Running | None
    """Times as those of the codes. None: not known."""
    words: tuple[str, ...]
    """For people: what was refused, where, and what follows."""


def restore(reading: StateReading, now: Stamp) -> Boot:
    """The start for a state that was read; never raises."""
    words = list(reading.words)
    events, shift_ns = _events(reading, now, words)
    safety = ALL_LATCHED
    codes: TroubleCodeSnapshot | None = None
    last = LastShutdown.NOT_KNOWN
    if events is not None:
        last = _LAST[events.shutdown]
        try:
            safety = decode_latches(events.latches)
        except ValueError as error:
            words.append(f"latches: {error}")
        try:
            codes = _led_over(decode_codes(events.trouble_codes), shift_ns)
        except ValueError as error:
            words.append(f"trouble codes: {error}")
    if codes is None:
        words.append("trouble codes of before are not known")
    if safety is ALL_LATCHED:
        words.append("latches are not known: all are set, each to be acknowledged")
    elif last is LastShutdown.LOST_MOVING:
        safety = msgspec.structs.replace(safety, minimal_risk_latch=True)
        words.append(f"{last}: minimal-risk latch is set, to be acknowledged")
    return Boot(reading.folder, last, safety, codes, _running(reading, now, words), tuple(words))


_LAST = {
    Shutdown.ORDERLY: LastShutdown.ORDERLY,
    Shutdown.RUNNING_STANDING: LastShutdown.LOST_STANDING,
    Shutdown.RUNNING_MOVING: LastShutdown.LOST_MOVING,
}


def _events(reading: StateReading, now: Stamp, words: list[str]) -> tuple[Events | None, int]:
    generation = reading.records[Record.EVENTS].generation
    if generation is None:
        return None, 0
    try:
        return decode_events(generation.content), _shift_ns(generation, now)
    except msgspec.DecodeError as error:
        words.append(f"{Record.EVENTS}, generation {generation.number}: {error}")
        return None, 0


def _running(reading: StateReading, now: Stamp, words: list[str]) -> Running | None:
    generation = reading.records[Record.RUNNING].generation
    if generation is None:
        words.append("odometer, charge and pose are not known")
        return None
    try:
        running = decode_running(generation.content)
    except msgspec.DecodeError as error:
        words.append(f"odometer, charge and pose are not known: {error}")
        return None
    shift_ns = _shift_ns(generation, now)
    pose = running.pose
    if pose is not None:
        pose = msgspec.structs.replace(pose, time_ns=_moved(pose.time_ns, shift_ns))
    return msgspec.structs.replace(running, time_ns=_moved(running.time_ns, shift_ns), pose=pose)


def _shift_ns(generation: Generation, now: Stamp) -> int:
    """What to take from a monotonic time of the generation's boot to have it in this one's."""
    then = generation.stamp
    if then.boot_id and then.boot_id == now.boot_id:
        return 0
    apart_ns = (now.utc_ns - now.monotonic_ns) - (then.utc_ns - then.monotonic_ns)
    # Whatever the wall clocks say: it was before this boot.
    return max(apart_ns, then.monotonic_ns)


def _moved(time_ns: int, shift_ns: int) -> int:
    return max(time_ns - shift_ns, OLDEST_NS)


def _led_over(codes: TroubleCodeSnapshot, shift_ns: int) -> TroubleCodeSnapshot:
    return msgspec.structs.replace(codes, codes=tuple(_code(code, shift_ns) for code in codes.codes))


def _code(code: TroubleCode, shift_ns: int) -> TroubleCode:
    frame = msgspec.structs.replace(code.freeze_frame, time_ns=_moved(code.freeze_frame.time_ns, shift_ns))
    return msgspec.structs.replace(
        code,
        first_ns=_moved(code.first_ns, shift_ns),
        last_ns=_moved(code.last_ns, shift_ns),
        freeze_frame=frame,
    )
