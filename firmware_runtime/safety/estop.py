"""The e-stop as both eyes read it: two normally-closed channels in one protected frame.

A channel tells OPEN (pressed), CLOSED (released), or nothing: it reports ERROR or NOT_AVAILABLE, or its
signal is late or invalid. VERDICTS says what each pair means, at once:

- an open contact cannot be closed by a defect of the other one, so it is pressed, whatever the other tells;
- a channel that tells nothing is one of two lost: no e-stop, but a fault of severity 3 (catalogue);
- both telling nothing is an e-stop.

Contacts that contradict each other (one open, one closed) for longer than the profile's time are a defect:
one contact is welded or one wire is broken. Then it is not enough that the open one closes again: the e-stop
counts as pressed until both were seen open, and then both closed.
"""

from enum import Enum

from firmware_runtime.vehicle.enums import SwitchState
from firmware_runtime.vehicle.profile import Safety
from firmware_runtime.vehicle.signals import VehicleState

CHANNELS = ("estop_channel_a", "estop_channel_b")


class Verdict(Enum):
    RELEASED = "released"
    ONE_LOST = "one channel lost: severity 3, no e-stop"
    PRESSED = "pressed"
    CONTRADICTION = "pressed, and for too long a defect"


_OPEN, _CLOSED, _ERROR, _NONE = (
    SwitchState.OPEN,
    SwitchState.CLOSED,
    SwitchState.ERROR,
    SwitchState.NOT_AVAILABLE,
)

VERDICTS: dict[tuple[SwitchState, SwitchState], Verdict] = {
    (_OPEN, _OPEN): Verdict.PRESSED,
    (_OPEN, _CLOSED): Verdict.CONTRADICTION,
    (_OPEN, _ERROR): Verdict.PRESSED,
    (_OPEN, _NONE): Verdict.PRESSED,
    (_CLOSED, _OPEN): Verdict.CONTRADICTION,
    (_CLOSED, _CLOSED): Verdict.RELEASED,
    (_CLOSED, _ERROR): Verdict.ONE_LOST,
    (_CLOSED, _NONE): Verdict.ONE_LOST,
    (_ERROR, _OPEN): Verdict.PRESSED,
    (_ERROR, _CLOSED): Verdict.ONE_LOST,
    (_ERROR, _ERROR): Verdict.PRESSED,
    (_ERROR, _NONE): Verdict.PRESSED,
    (_NONE, _OPEN): Verdict.PRESSED,
    (_NONE, _CLOSED): Verdict.ONE_LOST,
    (_NONE, _ERROR): Verdict.PRESSED,
    (_NONE, _NONE): Verdict.PRESSED,
}
"""Channel A, channel B -> what it means."""


class EStopReader:
    """Remembers whether a channel was ever heard (before, nothing can be lost), and a contradiction.

    `see` each frame of the channels, `step` once a tick (`estop_ear.py` does both).
    """

    def __init__(self, safety: Safety) -> None:
        self._disagreement_max_ns = round(safety.estop_disagreement_max_s * 1e9)
        self.heard = False
        """A channel was usable in a step, so that it can be lost."""
        self._seen_pressed = False
        """A frame since the last step pressed."""
        self._contradicting_since_ns: int | None = None
        self._defect = False
        """A contradiction lasted too long; ends when both channels are seen open."""

    def see(self, time_ns: int, state: VehicleState) -> bool:
        """One frame, as it came: True where it presses. That it was heard is not taken from it: whether the
        channel may be trusted at all (its age, its window) is the step's to say."""
        pressed = self._judge(time_ns, state)
        self._seen_pressed = self._seen_pressed or pressed
        return pressed

    def step(self, now_ns: int, state: VehicleState) -> bool:
        """True while the e-stop counts as pressed, or where it was in a frame since the last step."""
        seen, self._seen_pressed = self._seen_pressed, False
        self.heard = self.heard or any(state.usable(channel) for channel in CHANNELS)
        return (self.heard and self._judge(now_ns, state)) or seen

    def _judge(self, time_ns: int, state: VehicleState) -> bool:
        a, b = CHANNELS
        pair = (
            state.estop_channel_a if state.usable(a) else _NONE,
            state.estop_channel_b if state.usable(b) else _NONE,
        )
        verdict = VERDICTS[pair]
        self._watch(time_ns, verdict, pair == (_OPEN, _OPEN))
        return self._defect or verdict not in (Verdict.RELEASED, Verdict.ONE_LOST)

    def _watch(self, now_ns: int, verdict: Verdict, both_open: bool) -> None:
        if verdict is not Verdict.CONTRADICTION:
            self._contradicting_since_ns = None
            self._defect = self._defect and not both_open
            return
        if self._contradicting_since_ns is None:
            self._contradicting_since_ns = now_ns
        if now_ns - self._contradicting_since_ns > self._disagreement_max_ns:
            self._defect = True
