"""Faults of the buses themselves: what bus_watch.py found."""

from firmware_runtime.safety.bus_watch import HOLD_NS
from firmware_runtime.safety.fault_row import (
    AWAKE,
    EVERYWHERE,
    MS,
    FaultRow,
    degrades,
    dtc,
    stops,
    warns,
)
from firmware_runtime.safety.monitor_inputs import MonitorInputs


def foreign_sender(i: MonitorInputs) -> str:
    return "; ".join(i.found.buses.foreign_senders)


def bus_off(i: MonitorInputs) -> str:
    return ", ".join(i.found.buses.off)


def bus_given_up(i: MonitorInputs) -> str:
    return ", ".join(i.found.buses.given_up)


def bus_disturbed(i: MonitorInputs) -> str:
    return ", ".join(i.found.buses.disturbed)


def frames_lost(i: MonitorInputs) -> str:
    return ", ".join(i.found.buses.frames_lost)


_HOLD = f"an overflow counts for {HOLD_NS * 1e-9:g} s"

BUSES: tuple[FaultRow, ...] = (
    # Two senders of one identifier: an ECU obeys now the one, now the other.
    FaultRow(
        identifier="foreign_sender",
        text="Somebody else sends a message of ours",
        dtc=dtc("U1101-94"),
        spn=516096,
        fmi=19,
        monitors="received frames whose identifier is in our own table of transmit ownership",
        threshold="one frame; held by the bus watch until acknowledged and silent",
        condition=foreign_sender,
        severity=stops(EVERYWHERE),
        recovery=False,
        lists_names=True,
        look_at="a second controller, tool or replay on the bus it names",
    ),
    # Not severity 4: with the drive bus off no command gets out and the ECUs stop by their own timeouts; with
    # another bus off, or this one back in mid-stop, a stop along the path is the better one. No debounce:
    # the CAN controller has counted 256 errors already.
    FaultRow(
        identifier="bus_off",
        text="A bus is off, down or gone",
        dtc=dtc("U1102-88"),
        spn=516097,
        fmi=19,
        monitors="state of the CAN controller of each bus that is needed",
        threshold="bus-off (transmit error counter beyond 255, ISO 11898-1), interface down or gone",
        condition=bus_off,
        severity=stops(EVERYWHERE),
        recovery=False,
        lists_names=True,
        look_at="the bus's cable, terminators and bit rate; its interface",
    ),
    FaultRow(
        identifier="bus_given_up",
        text="A bus that goes off again and again is not restarted",
        dtc=dtc("U1103-88"),
        spn=516098,
        fmi=12,
        monitors="attempts to restart a bus after bus-off",
        threshold="all attempts made; held by the bus watch until acknowledged, which renews the attempts",
        condition=bus_given_up,
        severity=stops(EVERYWHERE),
        recovery=False,
        lists_names=True,
        look_at="why it went off; then acknowledge; start the runtime anew where the button's own bus is off",
    ),
    FaultRow(
        identifier="bus_disturbed",
        text="Many transmission errors on a bus",
        dtc=dtc("U1104-08"),
        spn=516099,
        fmi=2,
        monitors="state of the CAN controller of each bus",
        threshold="error-passive (an error counter at 128, ISO 11898-1)",
        condition=bus_disturbed,
        debounce_count=2,
        debounce_ns=100 * MS,
        severity=warns(EVERYWHERE),
        recovery=True,
        look_at="the bus's cable, terminators, bit rate; a node that broke",
    ),
    FaultRow(
        identifier="frames_lost",
        text="Received frames were lost in this computer",
        dtc=dtc("U1105-81"),
        spn=516100,
        fmi=19,
        monitors="overflow of the kernel's receive queues",
        threshold=f"one; {_HOLD}",
        condition=frames_lost,
        severity=warns(EVERYWHERE),
        recovery=True,
        look_at="load of bus and computer; a node that sends too much",
    ),
    FaultRow(
        identifier="frames_lost_on_and_on",
        text="Received frames are lost again and again",
        dtc=dtc("U1106-81"),
        spn=516101,
        fmi=19,
        monitors="overflow of the kernel's receive queues",
        threshold=f"no second without one; {_HOLD}",
        condition=frames_lost,
        debounce_count=3,
        debounce_ns=3000 * MS,
        severity=warns(EVERYWHERE - AWAKE) | degrades(AWAKE),
        recovery=False,
        look_at="load of bus and computer; a node that sends too much",
    ),
)
