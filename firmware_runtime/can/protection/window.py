"""AUTOSAR's end-to-end state machine: whether a message's channel may be trusted, by a window of statuses.

Stands beside reception: each frame's verdict is noted as it comes, and each expected period steps the machine
once, also where nothing came. Only VALID may be used. Source: AUTOSAR PRS E2E Protocol R20-11 (state machine
E2E_SMCheck with a window size a state, ClearToInvalid and TransitToInvalidExtended), read in secondary
sources: implementations that name its requirements. They differ in one place: the later one clears the window
where an ERROR comes in INVALID; that stricter one is followed here.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, NamedTuple

from firmware_runtime.can.protection.contract import Options, ProtectionContract
from firmware_runtime.can.verdict import Rejection

WINDOW_MOST = 255
"""AUTOSAR's figures are one byte each."""


class CheckStatus(IntEnum):
    """What one period brought (E2E_PCheckStatusType, in its numbers)."""

    OK = 0
    REPEATED = 1
    WRONG_SEQUENCE = 2
    ERROR = 3
    """Checksum, data identifier or length wrong."""
    NO_NEW_DATA = 5


class ChannelState(IntEnum):
    """State of a message's channel (E2E_SMStateType, in its numbers)."""

    VALID = 0
    NODATA = 2
    """Nothing but errors and silence yet."""
    INIT = 3
    """Frames come; not yet enough of them."""
    INVALID = 4


_STATUS: Mapping[int, CheckStatus] = {
    Rejection.ACCEPTED: CheckStatus.OK,
    Rejection.REPEATED: CheckStatus.REPEATED,
    Rejection.SEQUENCE: CheckStatus.WRONG_SEQUENCE,
}
_SEVERITY = {
    CheckStatus.NO_NEW_DATA: 0,
    CheckStatus.OK: 1,
    CheckStatus.REPEATED: 2,
    CheckStatus.WRONG_SEQUENCE: 3,
    CheckStatus.ERROR: 4,
}


def status_of(verdict: int) -> CheckStatus:
    """Status of a frame's verdict; whatever is not about the counter is an ERROR."""
    return _STATUS.get(verdict, CheckStatus.ERROR)


class WindowLimits(NamedTuple):
    """Figures of the state machine, by AUTOSAR's names; the defaults are assumptions."""

    window_size_valid: int = 6
    """Periods looked back in VALID; the other windows are no longer."""
    window_size_init: int = 5
    window_size_invalid: int = 6
    min_ok_state_valid: int = 4
    """Least count of OK in the window to stay VALID: the third silent period in a row ends it."""
    min_ok_state_init: int = 4
    """Least count of OK to become VALID from INIT."""
    min_ok_state_invalid: int = 4
    """Least count of OK to become VALID again."""
    max_error_state_valid: int = 2
    """Greatest count of ERROR in the window to stay VALID."""
    max_error_state_init: int = 1
    max_error_state_invalid: int = 0
    clear_to_invalid: bool = False
    """Forget the window on entering INVALID."""
    transit_to_invalid_extended: bool = False
    """Become INVALID also from NODATA after a full window, and from INIT once too few OK can still come."""


WINDOW_ATTRIBUTES: Mapping[str, str] = {
    "E2e" + "".join(word.capitalize() for word in name.split("_")): name for name in WindowLimits._fields
}
"""DBC attribute for each figure: `E2eWindowSizeValid`, `E2eMinOkStateInit`, ..."""


def limit_problems(limits: WindowLimits) -> list[str]:
    """What contradicts itself in these figures (constraints 3176 to 3181, 6301 and 6302 of the source)."""
    sizes = (limits.window_size_valid, limits.window_size_init, limits.window_size_invalid)
    least = (limits.min_ok_state_valid, limits.min_ok_state_init, limits.min_ok_state_invalid)
    most = (limits.max_error_state_valid, limits.max_error_state_init, limits.max_error_state_invalid)
    problems: list[str] = []
    if not 1 <= max(sizes[1:]) <= sizes[0] <= WINDOW_MOST or min(sizes) < 1:
        problems.append(f"expected windows 1..{WINDOW_MOST}, none longer than VALID's, got {sizes}")
    if min(least) < 1:
        problems.append(f"expected a least count of OK of at least 1 in each state, got {least}")
    if min(most) < 0:
        problems.append(f"expected greatest counts of ERROR of at least 0, got {most}")
    if not least[0] <= least[1] <= least[2]:
        problems.append(f"expected least counts of OK to rise from VALID over INIT to INVALID, got {least}")
    if not most[0] >= most[1] >= most[2]:
        problems.append(
            f"expected greatest counts of ERROR to fall from VALID over INIT to INVALID, got {most}"
        )
    for state, size, ok, error in zip(("VALID", "INIT", "INVALID"), sizes, least, most, strict=True):
        if ok + error > size:
            problems.append(f"expected OK {ok} and ERROR {error} to fit the window of {state}, {size}")
    return problems


def bind_window(contract: ProtectionContract) -> WindowLimits:
    """Limits from the attributes of WINDOW_ATTRIBUTES, each with its default where not given.

    Raises:
        ValueError: one line for each attribute that does not fit, or for each contradiction.
    """
    options = Options(contract)
    figures: dict[str, Any] = {
        field: options.integer(
            attribute, 0, 1 if isinstance(default, bool) else WINDOW_MOST, default=int(default)
        )
        for (attribute, field), default in zip(
            WINDOW_ATTRIBUTES.items(), WindowLimits._field_defaults.values(), strict=True
        )
    }
    options.finish()
    for flag in ("clear_to_invalid", "transit_to_invalid_extended"):
        figures[flag] = bool(figures[flag])
    limits = WindowLimits(**figures)
    problems = limit_problems(limits)
    if problems:
        raise ValueError("\n".join(problems))
    return limits


class WindowMonitor:
    """State machine of one message's channel.

    `note` takes each frame's verdict; `advance` steps once for each expected period that has passed, with the
    worst verdict of the period, or NO_NEW_DATA. `step` is the bare machine. Each costs less than 1 µs.
    """

    __slots__ = ("_errors", "_limits", "_mask", "_noted", "_oks", "_period_ns", "_steps", "due_ns", "state")

    def __init__(self, period_ns: int, limits: WindowLimits | None = None) -> None:
        """`period_ns`: expected period of the message.

        Raises:
            ValueError: no period, or limits that contradict themselves.
        """
        limits = WindowLimits() if limits is None else limits
        problems = limit_problems(limits)
        if period_ns <= 0:
            problems.insert(0, f"expected a period of more than 0 ns, got {period_ns}")
        if problems:
            raise ValueError("\n".join(problems))
        self._limits = limits
        self._mask = (1 << limits.window_size_valid) - 1
        self._period_ns = period_ns
        self.state = ChannelState.NODATA
        self.due_ns: int | None = None
        """End of the running period; None before the first `advance`."""
        self._noted = CheckStatus.NO_NEW_DATA
        # The window as two sets of bits, the latest status in bit 0: counting is one operation each.
        self._oks = 0
        self._errors = 0
        self._steps = 0

    def note(self, verdict: int) -> None:
        """A frame came, with this verdict (`Rejection`); in one period the worst counts."""
        status = status_of(verdict)
        if _SEVERITY[status] > _SEVERITY[self._noted]:
            self._noted = status

    def advance(self, now_ns: int) -> ChannelState:
        """Step for each period that ended by `now_ns`; the first call begins the first period."""
        if self.due_ns is None:
            self.due_ns = now_ns + self._period_ns
        elif now_ns >= self.due_ns:
            periods = (now_ns - self.due_ns) // self._period_ns + 1
            self.due_ns += periods * self._period_ns
            self.step(self._noted)
            self._noted = CheckStatus.NO_NEW_DATA
            # One window of silence leads to INVALID or nowhere, one more empties its window; further ones
            # change nothing.
            for _ in range(min(periods - 1, 2 * self._limits.window_size_valid)):
                self.step(CheckStatus.NO_NEW_DATA)
        return self.state

    def step(self, status: CheckStatus) -> ChannelState:
        """One period with this status."""
        if status is CheckStatus.OK and self._oks == self._mask and self.state is ChannelState.VALID:
            # A window full of OK stays as it is: what almost every period of a well channel brings.
            return self.state
        self._oks = (self._oks << 1 | (status is CheckStatus.OK)) & self._mask
        self._errors = (self._errors << 1 | (status is CheckStatus.ERROR)) & self._mask
        self._steps = min(self._steps + 1, WINDOW_MOST)
        if self.state is ChannelState.VALID:
            self._step_valid()
        elif self.state is ChannelState.INVALID:
            self._step_invalid(status)
        elif self.state is ChannelState.INIT:
            self._step_init()
        else:
            self._step_nodata(status)
        return self.state

    def _step_nodata(self, status: CheckStatus) -> None:
        limits = self._limits
        if limits.transit_to_invalid_extended and self._steps >= limits.window_size_valid:
            self._to_invalid(limits.window_size_invalid)
        elif status is not CheckStatus.ERROR and status is not CheckStatus.NO_NEW_DATA:
            self._clear()
            self.state = ChannelState.INIT

    def _step_init(self) -> None:
        limits = self._limits
        size = limits.window_size_init
        oks, errors = self._counts(size)
        unreachable = self._steps - oks > size - limits.min_ok_state_init
        if errors > limits.max_error_state_init or (limits.transit_to_invalid_extended and unreachable):
            self._to_invalid(size)
        elif oks >= limits.min_ok_state_init:
            self._keep_latest(size)
            self.state = ChannelState.VALID

    def _step_valid(self) -> None:
        limits = self._limits
        oks, errors = self._counts(limits.window_size_valid)
        if errors > limits.max_error_state_valid or oks < limits.min_ok_state_valid:
            self._to_invalid(limits.window_size_valid)

    def _step_invalid(self, status: CheckStatus) -> None:
        limits = self._limits
        oks, errors = self._counts(limits.window_size_invalid)
        if errors <= limits.max_error_state_invalid and oks >= limits.min_ok_state_invalid:
            self._keep_latest(limits.window_size_invalid)
            self.state = ChannelState.VALID
        elif status is CheckStatus.ERROR:
            self._clear()

    def _to_invalid(self, size: int) -> None:
        """Enter INVALID from a state whose window has `size` places."""
        if self._limits.clear_to_invalid:
            self._clear()
        else:
            self._keep_latest(size)
        self.state = ChannelState.INVALID

    def _counts(self, size: int) -> tuple[int, int]:
        window = (1 << size) - 1
        return (self._oks & window).bit_count(), (self._errors & window).bit_count()

    def _keep_latest(self, size: int) -> None:
        """What the window of the present state did not reach is not available to the next state's either."""
        window = (1 << size) - 1
        self._oks &= window
        self._errors &= window

    def _clear(self) -> None:
        self._oks = self._errors = self._steps = 0

    def snapshot(self) -> dict[str, int | None]:
        """Plain values; `restore` takes them over."""
        return {
            "state": int(self.state),
            "due_ns": self.due_ns,
            "noted": int(self._noted),
            "oks": self._oks,
            "errors": self._errors,
            "steps": self._steps,
        }

    def restore(self, kept: Mapping[str, int | None]) -> None:
        """Go on from a snapshot of a monitor with the same limits and period."""
        self.state = ChannelState(kept["state"])
        self.due_ns = kept["due_ns"]
        self._noted = CheckStatus(kept["noted"])
        self._oks = kept["oks"] or 0
        self._errors = kept["errors"] or 0
        self._steps = kept["steps"] or 0
