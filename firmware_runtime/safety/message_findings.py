"""Why messages and signals must not be trusted, by what the receiver says: one phrase each, with its name.

Pure and without memory. Before its first deadline has passed, a message that was never heard is no finding.
"""

from collections.abc import Sequence, Set

import msgspec

from firmware_runtime.can.verdict import Unusable


class MessageFindings(msgspec.Struct, frozen=True, gc=False):
    """`bus.Message` of each required message that is past its deadline, by the reason."""

    lost: tuple[str, ...] = ()
    """Late or never heard, or of the wrong length; `bus.Message, why`."""
    corrupt: tuple[str, ...] = ()
    """Its frames come, and their checksum is wrong."""
    miscounted: tuple[str, ...] = ()
    """Its frames come, and their counter stands, jumps or runs back."""
    distrusted: tuple[str, ...] = ()
    """In time, but its end-to-end window is not valid."""
    signals: tuple[str, ...] = ()
    """Signals of messages that are in order; `signal why`."""


NO_FINDINGS = MessageFindings()

_LOST = {
    Unusable.NEVER_RECEIVED: "never received",
    Unusable.BAD_LENGTH: "of wrong length",
}
_SIGNAL = {
    Unusable.OK: "of no known meaning",
    Unusable.OUT_OF_RANGE: "out of range",
    Unusable.NOT_FINITE: "not finite",
    Unusable.NOT_AVAILABLE: "not available",
    Unusable.ERROR_INDICATED: "reported wrong by its sender",
}


class MessageJudge:
    def __init__(self, messages: Sequence[str], message_index: Sequence[int], signals: Sequence[str]) -> None:
        """messages: `Receiver.messages`. message_index, signals: by binding, its row and canonical name."""
        self._messages = messages
        self._message_index = message_index
        self._signals = signals
        self._first_binding: dict[str, int] = {}
        for binding, row in enumerate(message_index):
            self._first_binding.setdefault(messages[row], binding)

    def step(
        self, reasons: Sequence[Unusable], late_messages: Sequence[str], unusable: Set[str]
    ) -> MessageFindings:
        """
        reasons: of each binding. late_messages: `Receiver.late_messages`. unusable: canonical signals that
        must not be trusted, those that are no known word of their enumeration included.
        """
        if not late_messages and not unusable:
            return NO_FINDINGS
        lost: list[str] = []
        corrupt: list[str] = []
        miscounted: list[str] = []
        for message in late_messages:
            binding = self._first_binding.get(message)
            reason = Unusable.LATE if binding is None else reasons[binding]
            if reason is Unusable.BAD_CRC:
                corrupt.append(message)
            elif reason is Unusable.BAD_COUNTER:
                miscounted.append(message)
            else:
                lost.append(f"{message} {_LOST.get(reason, 'late')}")
        distrusted: dict[str, None] = {}
        signals: list[str] = []
        for name, row, reason in zip(self._signals, self._message_index, reasons, strict=True):
            if reason is Unusable.CHANNEL_NOT_VALID:
                distrusted[self._messages[row]] = None
            elif name in unusable and reason in _SIGNAL:
                signals.append(f"{name} {_SIGNAL[reason]}")
        return MessageFindings(
            tuple(lost), tuple(corrupt), tuple(miscounted), tuple(distrusted), tuple(signals)
        )
