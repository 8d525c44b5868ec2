"""The supervisor supervises itself: heard, judged, encoded, sent: in this order, often enough and in time.

Where it is EXPIRED it falls silent, for good: it sends nothing any more, neither heartbeat nor command, and
its process ends. A supervisor that is late or out of order cannot be trusted to stop the vehicle either; what
it would send late is worse than nothing, for it keeps alive ECUs that can stop by themselves. They latch
after 50 ms, brake and hold their angle. The hardware watchdog is fed no more.
"""

from firmware_runtime.safety.supervised import OWN_GAP, OWN_STEP, OWN_TRANSITIONS, OwnStage, own_alive
from firmware_runtime.safety.supervision import Alive, Deadline, LocalStatus, Order


class OwnWatch:
    """Told by the shell, with its clock: `begin`, the stages from inside the step, `may_send`, `sent`."""

    def __init__(self, tick_ns: int) -> None:
        """tick_ns: how often `control` is to propose, by the profile."""
        self._alive = Alive(own_alive(tick_ns))
        self._step = Deadline(OWN_STEP)
        self._gap = Deadline(OWN_GAP)
        self._order = Order(OwnStage.BEGUN, OWN_TRANSITIONS)
        self._begun_ns = 0
        self._ahead_ns = 0
        """Of this step, spent before it began."""
        self._sent_ns: int | None = None

    @property
    def status(self) -> LocalStatus:
        """The worst of all four; DEACTIVATED before the first step, if nothing was wrong even then."""
        worst = max(self._step.status, self._gap.status, self._order.status)
        return self._alive.status if worst is LocalStatus.OK else max(worst, self._alive.status)

    @property
    def reason(self) -> str:
        """What was wrong, while it is not well; empty otherwise."""
        status = self.status
        if status < LocalStatus.FAILED:
            return ""
        parts = (self._order, self._step, self._gap, self._alive)
        return next(part.reason for part in parts if part.status is status)

    def begin(self, now_ns: int) -> None:
        """A step begins."""
        self._begun_ns = now_ns
        self._alive.step(now_ns, 1)
        self._order.reach(OwnStage.BEGUN)

    def looked(self, took_ns: int) -> None:
        """It looked at the vehicle ahead of the next step: whether it is well is judged by both together."""
        self._ahead_ns += took_ns

    def passed(self, stage: OwnStage) -> None:
        """Called from inside the step."""
        self._order.reach(stage)

    def may_send(self, now_ns: int) -> bool:
        """Just before the frames of this step would go. False: they must not.

        Frames of a step that took too long are old: they are withheld also where the step is borne, and the
        next one may send again. A slow look before it makes none of them old: the step has looked anew. Where
        the supervisor is EXPIRED, none may ever again.
        """
        self._order.reach(OwnStage.RELEASED)
        took_ns = now_ns - self._begun_ns
        self._step.judge(now_ns, took_ns + self._ahead_ns)
        self._ahead_ns = 0
        in_time = took_ns <= OWN_STEP.max_ns
        if in_time and self._sent_ns is not None:
            self._gap.judge(now_ns, now_ns - self._sent_ns)
        return in_time and self.status is not LocalStatus.EXPIRED

    def sent(self, now_ns: int) -> None:
        """The frames of this step have gone."""
        self._sent_ns = now_ns
