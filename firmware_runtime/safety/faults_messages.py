"""Faults of required messages and of the signals in them; each names the message and the reason.

All required messages weigh the same: whoever finds one that the vehicle can do without leaves it unbound.
"""

from firmware_runtime.safety.fault_row import AWAKE, MS, FaultRow, dtc, stops
from firmware_runtime.safety.monitor_inputs import MonitorInputs


def message_lost(i: MonitorInputs) -> str:
    return ", ".join(i.messages.lost)


def message_corrupt(i: MonitorInputs) -> str:
    return ", ".join(i.messages.corrupt)


def message_miscounted(i: MonitorInputs) -> str:
    return ", ".join(i.messages.miscounted)


def message_distrusted(i: MonitorInputs) -> str:
    return ", ".join(i.messages.distrusted)


def signal_unusable(i: MonitorInputs) -> str:
    return ", ".join(i.messages.signals)


_DEADLINE = "deadline of the message (DBC GenMsgTimeoutTime, or the profile's messages.*.deadline_ms)"

# Seven in ten field faults are a connector: the message names which ECU to look at first (assumption).
# No debounce: a deadline is three periods already, and the budget is that and two ticks.
MESSAGES: tuple[FaultRow, ...] = (
    FaultRow(
        identifier="message_lost",
        text="A required message does not come",
        dtc=dtc("U1201-87"),
        spn=516106,
        fmi=9,
        monitors="age of each bound message",
        threshold=f"{_DEADLINE}; never heard: as long after the start",
        condition=message_lost,
        severity=stops(AWAKE),
        recovery=False,
        lists_names=True,
        look_at="the ECU that sends it, its supply and its bus connector",
    ),
    FaultRow(
        identifier="message_corrupt",
        text="A required message comes with wrong checksums",
        dtc=dtc("U1202-83"),
        spn=516107,
        fmi=19,
        monitors="end-to-end checksum of each frame; one that does not hold is not taken",
        threshold=f"no good frame within the {_DEADLINE}",
        condition=message_corrupt,
        severity=stops(AWAKE),
        recovery=False,
        lists_names=True,
        look_at="software and configuration of the ECU that sends it; a second sender",
    ),
    FaultRow(
        identifier="message_miscounted",
        text="A required message comes with wrong counters",
        dtc=dtc("U1203-82"),
        spn=516108,
        fmi=19,
        monitors="end-to-end counter of each frame; one that stands or jumps is not taken",
        threshold=f"no good frame within the {_DEADLINE}",
        condition=message_miscounted,
        severity=stops(AWAKE),
        recovery=False,
        lists_names=True,
        look_at="the ECU that sends it: hung or restarting; a gateway or replay that repeats frames",
    ),
    # A window opens only after some good frames; its debounce is that first arrival's grace too.
    FaultRow(
        identifier="message_distrusted",
        text="A required message has too many errors",
        dtc=dtc("U1204-08"),
        spn=516109,
        fmi=2,
        monitors="end-to-end window of each message whose DBC states one (AUTOSAR E2E, secondary)",
        threshold="window not VALID (DBC attributes E2eWindow*)",
        condition=message_distrusted,
        debounce_count=3,
        debounce_ns=100 * MS,
        severity=stops(AWAKE),
        recovery=False,
        lists_names=True,
        look_at="the ECU that sends it, bus connector, load of the bus",
    ),
    FaultRow(
        identifier="signal_unusable",
        text="A required signal has no usable value",
        dtc=dtc("U1205-86"),
        spn=516110,
        fmi=2,
        monitors="each bound signal of a message that is in order",
        threshold="outside its range (DBC and firmware_runtime/vehicle/signals.py), not finite, not "
        "available, wrong by its sender's own word, or no known label",
        condition=signal_unusable,
        debounce_count=3,
        debounce_ns=50 * MS,
        severity=stops(AWAKE),
        recovery=False,
        lists_names=True,
        look_at="the sensor behind the signal",
    ),
)
