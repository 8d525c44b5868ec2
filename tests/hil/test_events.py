"""Spans and events: what the timeline and the list of faults are made of."""

from typing import Any

import msgspec

from firmware_runtime.vehicle.enums import SafetyState
from firmware_runtime.vehicle.telemetry import Telemetry
from vehicle_hil.events import FAULTS_MAX, SPANS_MAX, EventLog, Span
from vehicle_hil.truth import Truth

from .synthetic_drive import make_setup, make_truth, ticks

LOST = "message_lost: drive.SteeringFeedback"


_, FIRST = next(iter(ticks(make_setup())))


def telemetry_at(time_s: float, **changes: Any) -> Telemetry:
    return msgspec.structs.replace(FIRST, time_ns=round(time_s * 1e9), **changes)


def truth_at(time_s: float, **changes: Any) -> Truth:
    return make_truth(round(time_s * 1e9), 0.0, 0.0, **changes)


def test_states_follow_each_other_without_a_gap() -> None:
    log = EventLog()
    for time_s, state in ((0.0, SafetyState.INIT), (1.0, SafetyState.READY), (2.0, SafetyState.AUTO)):
        log.add_telemetry(telemetry_at(time_s, state=state))
        log.add_telemetry(telemetry_at(time_s + 0.5, state=state))
    log.finish(9.0)
    assert log.spans() == [
        Span("state", "INIT", 0.0, 1.0, True),
        Span("state", "READY", 1.0, 2.0, True),
        Span("state", "AUTO", 2.0, 9.0, False),
    ]
    assert log.state == "AUTO"


def test_every_fault_that_was_ever_active_is_named_once_in_order() -> None:
    log = EventLog()
    for time_s, faults in ((0.0, ()), (1.0, (LOST,)), (2.0, (LOST, "b")), (3.0, ()), (4.0, ("b",))):
        log.add_telemetry(telemetry_at(time_s, faults=faults))
    log.finish(5.0)
    assert log.faults_ever == [LOST, "b"]
    faults = [span for span in log.spans() if span.kind == "fault"]
    assert faults == [
        Span("fault", LOST, 1.0, 3.0, True),
        Span("fault", "b", 2.0, 3.0, True),
        Span("fault", "b", 4.0, 5.0, False),
    ]
    texts = [(event.time_s, event.kind, event.text) for event in log.events() if event.kind != "state"]
    assert texts == [
        (1.0, "fault", LOST),
        (2.0, "fault", "b"),
        (3.0, "cleared", f"{LOST} is over, b is over"),
        (4.0, "fault", "b"),
    ]


def test_latches_and_lost_fixes_are_spans_of_the_truth() -> None:
    log = EventLog()
    log.add_truth(truth_at(0.0, brakes_latched=True, steering_latched=True))
    log.add_truth(truth_at(1.0, steering_latched=True, gnss_fix_valid=False))
    log.add_truth(truth_at(2.0))
    log.finish(3.0)
    assert log.spans() == [
        Span("latch", "brakes latched", 0.0, 1.0, True),
        Span("latch", "steering latched", 0.0, 2.0, True),
        Span("gnss", "no GNSS fix", 1.0, 2.0, True),
    ]
    assert [event.text for event in log.events()] == [
        "brakes latched, steering latched",
        "brakes latched is over",
        "no GNSS fix for 1.00 s",
        "steering latched is over",
    ]


def test_a_killed_runtime_leaves_no_state_open() -> None:
    log = EventLog()
    log.add_telemetry(telemetry_at(0.0, state=SafetyState.AUTO, faults=("a",)))
    log.finish_telemetry(4.0, "NO_RUNTIME")
    log.finish(9.0)
    assert Span("state", "AUTO", 0.0, 4.0, False) in log.spans()
    assert Span("fault", "a", 0.0, 4.0, False) in log.spans()
    assert Span("state", "NO_RUNTIME", 4.0, 9.0, False) in log.spans()


def test_a_flickering_fault_does_not_fill_the_memory() -> None:
    log = EventLog()
    for tick in range(2 * SPANS_MAX + 100):
        log.add_telemetry(telemetry_at(tick * 0.01, faults=(f"f{tick // 2}",) if tick % 2 else ()))
    log.finish(1e3)
    assert len(log.spans()) == SPANS_MAX
    assert log.spans_left_out > 0
    assert len(log.faults_ever) == FAULTS_MAX
