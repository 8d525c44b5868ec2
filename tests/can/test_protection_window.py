"""AUTOSAR's end-to-end state machine against a model written from the specification's description."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.can.protection import (
    PROTECTIONS,
    WINDOW_ATTRIBUTES,
    ChannelState,
    CheckStatus,
    CounterCheck,
    ProtectionContract,
    WindowLimits,
    WindowMonitor,
    bind_window,
    status_of,
)
from firmware_runtime.can.verdict import Rejection

NODATA, INIT, VALID, INVALID = (
    ChannelState.NODATA,
    ChannelState.INIT,
    ChannelState.VALID,
    ChannelState.INVALID,
)
OK, REPEATED, WRONG_SEQUENCE, ERROR, NO_NEW_DATA = CheckStatus
PERIOD_NS = 10_000_000

statuses = st.sampled_from(CheckStatus)


@dataclass
class Model:
    """The specification's steps on a plain list; None stands for E2E_P_NOTAVAILABLE.

    After each check the status is put into the window; OkCount and ErrorCount are how often OK and ERROR
    stand among the latest entries, as many as the present state's window has. Statuses of the counter count
    as neither.
    """

    limits: WindowLimits
    state: ChannelState = NODATA
    window: list[CheckStatus | None] = field(default_factory=list)
    since_clear: int = 0

    def check(self, status: CheckStatus) -> ChannelState:
        limits = self.limits
        self.window.insert(0, status)
        self.since_clear += 1
        if self.state is NODATA:
            if limits.transit_to_invalid_extended and self.since_clear == limits.window_size_valid:
                self.enter_invalid(limits.window_size_invalid)
            elif status not in (ERROR, NO_NEW_DATA):
                self.clear()
                self.state = INIT
        elif self.state is INIT:
            latest = self.window[: limits.window_size_init]
            missing = self.since_clear - latest.count(OK)
            hopeless = missing > limits.window_size_init - limits.min_ok_state_init
            counter_fault = limits.transit_to_invalid_extended and hopeless
            if latest.count(ERROR) > limits.max_error_state_init or counter_fault:
                self.enter_invalid(limits.window_size_init)
            elif latest.count(OK) >= limits.min_ok_state_init:
                self.clear_remaining(limits.window_size_init)
                self.state = VALID
        elif self.state is VALID:
            latest = self.window[: limits.window_size_valid]
            few = latest.count(OK) < limits.min_ok_state_valid
            if few or latest.count(ERROR) > limits.max_error_state_valid:
                self.enter_invalid(limits.window_size_valid)
        else:
            latest = self.window[: limits.window_size_invalid]
            enough = latest.count(OK) >= limits.min_ok_state_invalid
            if enough and latest.count(ERROR) <= limits.max_error_state_invalid:
                self.clear_remaining(limits.window_size_invalid)
                self.state = VALID
            elif status is ERROR:
                self.clear()
        return self.state

    def clear(self) -> None:
        self.window = []
        self.since_clear = 0

    def clear_remaining(self, size: int) -> None:
        self.window = self.window[:size] + [None] * len(self.window[size:])

    def enter_invalid(self, size: int) -> None:
        if self.limits.clear_to_invalid:
            self.clear()
        else:
            self.clear_remaining(size)
        self.state = INVALID


@st.composite
def window_limits(draw: st.DrawFn) -> WindowLimits:
    """Figures within the specification's constraints."""
    valid = draw(st.integers(2, 12))
    init, invalid = draw(st.integers(1, valid)), draw(st.integers(1, valid))
    ok_invalid = draw(st.integers(1, invalid))
    ok_init = draw(st.integers(1, min(init, ok_invalid)))
    ok_valid = draw(st.integers(1, ok_init))
    error_valid = draw(st.integers(0, valid - ok_valid))
    error_init = draw(st.integers(0, min(error_valid, init - ok_init)))
    return WindowLimits(
        window_size_valid=valid,
        window_size_init=init,
        window_size_invalid=invalid,
        min_ok_state_valid=ok_valid,
        min_ok_state_init=ok_init,
        min_ok_state_invalid=ok_invalid,
        max_error_state_valid=error_valid,
        max_error_state_init=error_init,
        max_error_state_invalid=draw(st.integers(0, min(error_init, invalid - ok_invalid))),
        clear_to_invalid=draw(st.booleans()),
        transit_to_invalid_extended=draw(st.booleans()),
    )


# Mostly OK: with even odds a window would hardly ever become VALID.
mostly_ok = st.one_of(st.just(OK), st.just(OK), statuses)


@given(window_limits(), st.lists(mostly_ok, max_size=80))
def test_the_machine_is_the_specifications(limits: WindowLimits, sequence: list[CheckStatus]) -> None:
    monitor, model = WindowMonitor(PERIOD_NS, limits), Model(limits)
    for status in sequence:
        assert monitor.step(status) is model.check(status)


def stepped(*sequence: CheckStatus, limits: WindowLimits | None = None) -> list[ChannelState]:
    monitor = WindowMonitor(PERIOD_NS, limits)
    return [monitor.step(status) for status in sequence]


def test_from_the_first_frame_to_valid_takes_five_good_periods() -> None:
    assert stepped(*[OK] * 6) == [INIT, INIT, INIT, INIT, VALID, VALID]


def test_errors_and_silence_alone_are_no_data() -> None:
    assert stepped(*[ERROR, NO_NEW_DATA] * 20) == [NODATA] * 40


def test_with_the_extended_transition_a_full_window_of_errors_is_invalid() -> None:
    limits = WindowLimits(transit_to_invalid_extended=True)
    assert stepped(*[ERROR] * 7, limits=limits) == [NODATA] * 5 + [INVALID] * 2


def test_with_the_extended_transition_init_does_not_wait_for_ever() -> None:
    limits = WindowLimits(transit_to_invalid_extended=True)
    assert stepped(*[REPEATED] * 3, limits=limits) == [INIT, INIT, INVALID]
    assert stepped(*[REPEATED] * 40) == [INIT] * 40


def test_the_third_silent_period_in_a_row_ends_valid() -> None:
    assert stepped(*[OK] * 12, *[NO_NEW_DATA] * 4)[-5:] == [VALID, VALID, VALID, INVALID, INVALID]


def test_the_third_error_within_six_periods_ends_valid_and_four_good_ones_bring_it_back() -> None:
    bad = [ERROR, OK, ERROR, OK, ERROR]
    assert stepped(*[OK] * 12, *bad)[-5:] == [VALID, VALID, VALID, VALID, INVALID]
    # The errors must first leave the window of INVALID, here by another error that clears it.
    assert stepped(*[OK] * 12, *bad, ERROR, *[OK] * 5)[-6:] == [INVALID] * 4 + [VALID] * 2


def test_two_alternating_senders_never_become_valid() -> None:
    assert stepped(OK, *[WRONG_SEQUENCE] * 30)[-30:] == [INIT] * 30


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (Rejection.ACCEPTED, OK),
        (Rejection.REPEATED, REPEATED),
        (Rejection.SEQUENCE, WRONG_SEQUENCE),
        (Rejection.CRC, ERROR),
        (Rejection.LENGTH, ERROR),
        (Rejection.UNKNOWN, ERROR),
    ],
)
def test_each_verdict_of_a_frame_has_its_status(verdict: Rejection, status: CheckStatus) -> None:
    assert status_of(verdict) is status


def test_a_period_without_a_frame_is_silence_and_the_worst_of_several_frames_counts() -> None:
    monitor = WindowMonitor(PERIOD_NS, WindowLimits(max_error_state_init=0))
    assert monitor.advance(0) is NODATA
    monitor.note(Rejection.ACCEPTED)
    assert monitor.advance(PERIOD_NS - 1) is NODATA
    assert monitor.advance(PERIOD_NS) is INIT
    assert monitor.due_ns == 2 * PERIOD_NS
    for verdict in (Rejection.ACCEPTED, Rejection.CRC, Rejection.REPEATED, Rejection.ACCEPTED):
        monitor.note(verdict)
    assert monitor.advance(2 * PERIOD_NS) is INVALID


@given(
    window_limits(), st.lists(mostly_ok, max_size=30), st.integers(2, 200), st.lists(mostly_ok, max_size=30)
)
def test_a_long_gap_counts_as_that_many_silent_periods(
    limits: WindowLimits, before: list[CheckStatus], periods: int, after: list[CheckStatus]
) -> None:
    leaping, counting = WindowMonitor(PERIOD_NS, limits), WindowMonitor(PERIOD_NS, limits)
    for monitor in (leaping, counting):
        for status in before:
            monitor.step(status)
        monitor.advance(0)
    assert (
        leaping.advance(periods * PERIOD_NS)
        is [counting.advance(n * PERIOD_NS) for n in range(1, periods + 1)][-1]
    )
    assert leaping.due_ns == counting.due_ns
    assert [leaping.step(status) for status in after] == [counting.step(status) for status in after]


def test_time_that_runs_backwards_steps_nothing() -> None:
    monitor = WindowMonitor(PERIOD_NS)
    monitor.advance(100 * PERIOD_NS)
    monitor.note(Rejection.ACCEPTED)
    assert monitor.advance(0) is NODATA
    assert monitor.due_ns == 101 * PERIOD_NS


def channel(frames: list[bytes | None]) -> list[ChannelState]:
    """State after each period; None is a period without a frame. Profile 1A, one frame a period."""
    checker = PROTECTIONS["P01"].bind(ProtectionContract(0x123, {"E2eDataId": 0x1234}), 8)
    counter, monitor = CounterCheck(checker.modulus), WindowMonitor(PERIOD_NS)
    monitor.advance(0)
    states: list[ChannelState] = []
    for period, frame in enumerate(frames, start=1):
        if frame is not None:
            good = checker.check(frame)
            monitor.note(counter.judge(checker.counter(frame)) if good else Rejection.CRC)
        states.append(monitor.advance(period * PERIOD_NS))
    return states


def frame_of(index: int, counter: int) -> bytes:
    checker = PROTECTIONS["P01"].bind(ProtectionContract(0x123, {"E2eDataId": 0x1234}), 8)
    frame = bytearray(index.to_bytes(8, "big"))
    checker.seal(frame, counter)
    return bytes(frame)


def test_a_live_payload_with_a_frozen_counter_is_found() -> None:
    good = [frame_of(index, index % 15) for index in range(20)]
    frozen = [frame_of(20 + index, 4) for index in range(10)]
    states = channel([*good, *frozen])
    assert states[19] is VALID
    assert INVALID in states[20:23]
    assert states[-1] is INVALID


def test_a_channel_lives_on_after_one_lost_and_one_corrupted_frame() -> None:
    frames: list[bytes | None] = [frame_of(index, index % 15) for index in range(40)]
    frames[20] = None
    frames[30] = b"\xff" * 8
    assert set(channel(frames)[5:]) == {VALID}


@given(window_limits(), st.lists(mostly_ok, max_size=40), st.lists(mostly_ok, max_size=40))
def test_a_restored_monitor_goes_on_as_the_first_one(
    limits: WindowLimits, before: list[CheckStatus], after: list[CheckStatus]
) -> None:
    first, second = WindowMonitor(PERIOD_NS, limits), WindowMonitor(PERIOD_NS, limits)
    first.advance(5)
    for status in before:
        first.step(status)
    first.note(Rejection.REPEATED)
    second.restore(first.snapshot())
    for monitor in (first, second):
        monitor.advance(5 + 2 * PERIOD_NS)
    assert [first.step(status) for status in after] == [second.step(status) for status in after]
    assert first.snapshot() == second.snapshot()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"window_size_valid": 256}, "expected windows 1..255, none longer than VALID's, got"),
        ({"window_size_init": 7}, "expected windows 1..255, none longer than VALID's"),
        ({"window_size_invalid": 0}, "expected windows 1..255"),
        ({"min_ok_state_valid": 0}, "a least count of OK of at least 1 in each state"),
        ({"max_error_state_invalid": -1}, "greatest counts of ERROR of at least 0"),
        ({"min_ok_state_valid": 5}, "least counts of OK to rise from VALID over INIT to INVALID, got"),
        ({"max_error_state_init": 3}, "greatest counts of ERROR to fall from VALID over INIT to INVALID"),
        ({"max_error_state_valid": 3}, "expected OK 4 and ERROR 3 to fit the window of VALID, 6"),
    ],
)
def test_figures_that_contradict_each_other_are_refused(change: dict[str, int], words: str) -> None:
    limits = WindowLimits()._replace(**change)
    with pytest.raises(ValueError, match=words):
        WindowMonitor(PERIOD_NS, limits)


def test_a_message_without_a_period_has_no_window() -> None:
    with pytest.raises(ValueError, match="expected a period of more than 0 ns, got 0"):
        WindowMonitor(0)


def test_limits_come_from_attributes_by_autosars_names() -> None:
    contract = ProtectionContract(
        0x123, {"E2eWindowSizeValid": 20, "E2eMaxErrorStateValid": 5, "E2eClearToInvalid": 1}
    )
    limits = bind_window(contract)
    assert limits == WindowLimits()._replace(
        window_size_valid=20, max_error_state_valid=5, clear_to_invalid=True
    )
    assert limits.clear_to_invalid is True
    assert bind_window(ProtectionContract(0x123, {})) == WindowLimits()
    assert set(WINDOW_ATTRIBUTES) == {
        "E2eWindowSizeValid", "E2eWindowSizeInit", "E2eWindowSizeInvalid",
        "E2eMinOkStateValid", "E2eMinOkStateInit", "E2eMinOkStateInvalid",
        "E2eMaxErrorStateValid", "E2eMaxErrorStateInit", "E2eMaxErrorStateInvalid",
        "E2eClearToInvalid", "E2eTransitToInvalidExtended",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"E2eWindowSizeValid": 256}, "expected E2eWindowSizeValid 0..255, got 256"),
        ({"E2eClearToInvalid": 2}, "expected E2eClearToInvalid 0..1, got 2"),
        (
            {"E2eMinOkStateInit": 6, "E2eMinOkStateInvalid": 6},
            "expected OK 6 and ERROR 1 to fit the window of INIT, 5",
        ),
    ],
)
def test_attributes_of_the_window_that_do_not_fit_are_refused(attributes: dict[str, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        bind_window(ProtectionContract(0x123, attributes))
