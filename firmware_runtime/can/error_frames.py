"""Error frames of Linux: what the controller reports of the bus, as counts and the bus's state.

Layout: <linux/can/error.h>. The identifier of an error frame holds classes as bits, its data the detail.
"""

from enum import IntFlag

from firmware_runtime.can.bus_events import BusState

ERROR_FLAG = 0x2000_0000
"""Bit 29 of the kernel's `can_id` marks an error frame."""
CONTROLLER_BYTE, TX_ERRORS_BYTE, RX_ERRORS_BYTE = 1, 6, 7
"""Places in the data: detail of CONTROLLER, transmit and receive error counter."""


class ErrorClass(IntFlag):
    """What the frame reports; several at once are usual."""

    TX_TIMEOUT = 0x001
    LOST_ARBITRATION = 0x002
    CONTROLLER = 0x004
    PROTOCOL = 0x008
    TRANSCEIVER = 0x010
    NO_ACKNOWLEDGE = 0x020
    BUS_OFF = 0x040
    BUS_ERROR = 0x080
    RESTARTED = 0x100
    COUNTERS = 0x200


class ControllerDetail(IntFlag):
    """Detail of ErrorClass.CONTROLLER, data byte 1."""

    RX_OVERFLOW = 0x01
    """The controller itself lost a frame, before the kernel saw it."""
    TX_OVERFLOW = 0x02
    RX_WARNING = 0x04
    TX_WARNING = 0x08
    RX_PASSIVE = 0x10
    TX_PASSIVE = 0x20
    ACTIVE = 0x40


_CLASSES = tuple((int(kind), kind.name or "") for kind in ErrorClass)
_DETAILS = tuple((int(kind), kind.name or "") for kind in ControllerDetail)
_PASSIVE = int(ControllerDetail.RX_PASSIVE | ControllerDetail.TX_PASSIVE)
_WARNING = int(ControllerDetail.RX_WARNING | ControllerDetail.TX_WARNING)


class ErrorMonitor:
    """Counts error classes and keeps the bus's state; one call an error frame."""

    __slots__ = ("counts", "rx_errors", "state", "tx_errors")

    def __init__(self) -> None:
        self.state = BusState.ERROR_ACTIVE
        self.counts = dict.fromkeys((name for _, name in (*_CLASSES, *_DETAILS)), 0)
        """Frames that named each class or detail; all only rise."""
        self.tx_errors = 0
        self.rx_errors = 0
        """The controller's error counters as last reported, 0 to 255."""

    def take(self, classes: int, data: bytes) -> BusState:
        """One error frame: its identifier without flags, its data. Returns the state of the bus after it."""
        counts = self.counts
        for bit, name in _CLASSES:
            if classes & bit:
                counts[name] += 1
        data = data.ljust(8, b"\0")
        tx_errors, rx_errors = data[TX_ERRORS_BYTE], data[RX_ERRORS_BYTE]
        # Kernels before 6.0 fill the counters without setting the class.
        if classes & ErrorClass.COUNTERS or tx_errors or rx_errors:
            self.tx_errors, self.rx_errors = tx_errors, rx_errors
        if classes & ErrorClass.CONTROLLER:
            detail = data[CONTROLLER_BYTE]
            for bit, name in _DETAILS:
                if detail & bit:
                    counts[name] += 1
            self._follow(detail)
        # Last, because it outranks the rest: bus-off in the same frame as error-passive is bus-off.
        if classes & ErrorClass.RESTARTED:
            self.state = BusState.ERROR_ACTIVE
        if classes & ErrorClass.BUS_OFF:
            self.state = BusState.BUS_OFF
        return self.state

    def heard(self) -> None:
        """Another node's data frame came after bus-off: the bus is back, though no frame said restarted."""
        self.state = BusState.ERROR_ACTIVE

    def _follow(self, detail: int) -> None:
        """Error states of the controller; only a restart leaves bus-off."""
        if self.state is BusState.BUS_OFF:
            return
        if detail & _PASSIVE:
            self.state = BusState.ERROR_PASSIVE
        elif detail & _WARNING:
            self.state = BusState.ERROR_WARNING
        elif detail & ControllerDetail.ACTIVE:
            self.state = BusState.ERROR_ACTIVE
