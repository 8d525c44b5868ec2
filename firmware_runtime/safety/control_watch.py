"""Supervises `control`: does it propose as often as it must, by passing its stages in their order?

The third kind, the deadline from a tick's begin to the arrival of its proposal, is a row of the envelope
(`age of the proposal`), measured by this process's clock. How long the parts of a tick take is judged by
`control` itself, which names the part (faults `deadline_*`): its own clock proves nothing to the supervisor.
"""

import zlib

from firmware_runtime.safety.supervised import CONTROL_PATH, control_alive
from firmware_runtime.safety.supervision import Alive, LocalStatus
from firmware_runtime.vehicle.proposal import Proposal

_PATH = bytes(CONTROL_PATH)
_WORD = (1 << 64) - 1


def expected_word(time_ns: int) -> int:
    """What a tick that began then must have come to. What is no time has one too."""
    return zlib.crc32((time_ns & _WORD).to_bytes(8, "little") + _PATH)


class ControlWatch:
    """`step` once in each step of the supervisor."""

    def __init__(self, tick_ns: int) -> None:
        """tick_ns: how often `control` is to propose, by the profile."""
        self._row = control_alive(tick_ns)
        self._alive = Alive(self._row)
        self._wrong = ""

    @property
    def status(self) -> LocalStatus:
        """Of `control`: DEACTIVATED until its first proposal."""
        return LocalStatus.EXPIRED if self._wrong else self._alive.status

    def step(self, now_ns: int, standing: bool, proposal: Proposal | None, arrived: int) -> str:
        """Why `control` is not well, or empty. arrived: proposals since the last step, old and unreadable
        ones among them.

        EXPIRED lasts to the next standstill, as the stop does that it leads to; there the supervision
        begins anew, as with a `control` that was started anew.
        """
        self._alive.step(now_ns, arrived)
        if proposal is not None and proposal.flow != expected_word(proposal.time_ns):
            self._wrong = f"{proposal.flow:#010x}, expected {expected_word(proposal.time_ns):#010x}"
        if self.status is not LocalStatus.EXPIRED:
            return ""
        reason = f"flow of control: {self._wrong}" if self._wrong else f"control: {self._alive.reason}"
        if standing:
            self._alive, self._wrong = Alive(self._row), ""
        return reason
