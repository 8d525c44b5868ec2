"""The record of an acknowledge: by which button, what it cleared, and what had set that."""

from typing import Any

import msgspec
import pytest

from firmware_runtime.can.bus_events import BusEvent, EventKind
from firmware_runtime.safety.actuator_response import Actuator
from firmware_runtime.safety.bus_watch import BusWatch
from firmware_runtime.safety.facts import Acknowledgement, Latch, Released, SafetyConfig
from firmware_runtime.safety.fault_monitor import FaultMonitor
from firmware_runtime.safety.latch_causes import LatchCauses
from firmware_runtime.safety.state_machine import acknowledgement
from firmware_runtime.safety.watches import Findings
from firmware_runtime.vehicle.enums import ModeKey, SafetyState, Severity
from firmware_runtime.vehicle.faults import NO_FAULTS, ActiveFault, FaultSet
from tests.safety.fault_examples import WELL, in_state, inputs
from tests.safety.support import HEALTHY, TICK_NS

S = SafetyState
STOPPED = SafetyConfig(state=S.SAFE_STOP, minimal_risk_latch=True)
LATCHED = {
    Latch.ESTOP: SafetyConfig(estop_latch=True),
    Latch.IMMEDIATE: SafetyConfig(immediate_latch=True),
    Latch.MINIMAL_RISK: SafetyConfig(minimal_risk_latch=True),
}
SECOND_NS = 1_000_000_000


def faults(*named: tuple[str, int]) -> FaultSet:
    active = tuple(ActiveFault(name, "", Severity(severity), 0) for name, severity in named)
    return FaultSet(active, max(fault.severity for fault in active))


def set_by(
    state: SafetyState, latch: str, told: FaultSet, before: SafetyState = S.AUTO, **changes: Any
) -> LatchCauses:
    causes = LatchCauses()
    after = msgspec.structs.replace(LATCHED[Latch(latch)], state=state)
    causes.step(SafetyConfig(state=before), after, msgspec.structs.replace(HEALTHY, **changes), told)
    return causes


@pytest.mark.parametrize(
    ("latch", "state", "before", "told", "changes", "words"),
    [
        ("estop", S.ESTOP, S.AUTO, NO_FAULTS, {"estop_pressed": True}, "e-stop"),
        ("estop", S.ESTOP, S.MRM, faults(("brakes_failed", 3)), {}, "MRM -> ESTOP"),
        ("estop", S.ESTOP, S.AUTO, faults(("bumper_pressed", 4)), {"estop_pressed": True}, "e-stop"),
        (
            "immediate",
            S.FAULT,
            S.AUTO,
            faults(("bumper_pressed", 4), ("hold_left", 4), ("link_lost", 3)),
            {},
            "bumper_pressed, hold_left",
        ),
        (
            "immediate",
            S.FAULT,
            S.READY,
            faults(("bus_off", 3), ("supply_low", 2)),
            {},
            "bus_off",
        ),
        ("minimal_risk", S.MRM, S.AUTO, faults(("link_lost", 3), ("supply_low", 2)), {}, "link_lost"),
        ("minimal_risk", S.MRM, S.AUTO, NO_FAULTS, {"mode": ModeKey.OFF}, "AUTO -> MRM, key at OFF"),
        (
            "minimal_risk",
            S.MRM,
            S.DEGRADED,
            faults(("supply_low", 2)),
            {"plugged": True},
            "DEGRADED -> MRM, key at AUTO, plugged in",
        ),
        ("minimal_risk", S.MRM, S.REMOTE, NO_FAULTS, {}, "REMOTE -> MRM, dead-man released"),
        (
            "minimal_risk",
            S.MRM,
            S.REMOTE,
            NO_FAULTS,
            {"mode": ModeKey.AUTO, "dead_man_pressed": True},
            "REMOTE -> MRM, key at AUTO",
        ),
        ("minimal_risk", S.MRM, S.AUTO, NO_FAULTS, {"estop_pressed": True}, "AUTO -> MRM, key at AUTO"),
        ("immediate", S.FAULT, S.SELF_TEST, NO_FAULTS, {}, "SELF_TEST -> FAULT"),
    ],
)
@pytest.mark.requirement("SR-07")
def test_a_latch_remembers_what_set_it(
    latch: str, state: SafetyState, before: SafetyState, told: FaultSet, changes: dict[str, Any], words: str
) -> None:
    assert set_by(state, latch, told, before, **changes).of(Latch(latch)) == words


@pytest.mark.parametrize("latch", list(Latch))
@pytest.mark.requirement("SR-06", "SR-07")
def test_the_first_cause_stays_until_the_latch_is_cleared_and_what_was_kept_over_lost_power_has_none(
    latch: Latch,
) -> None:
    clear, latched = SafetyConfig(), LATCHED[latch]
    pressed = msgspec.structs.replace(HEALTHY, estop_pressed=latch is Latch.ESTOP)
    first = "e-stop" if latch is Latch.ESTOP else "link_lost"
    causes = LatchCauses()
    causes.step(latched, latched, HEALTHY, faults(("brakes_failed", 3)))
    assert causes.of(latch) == "set before this start"
    causes.step(latched, clear, HEALTHY, NO_FAULTS)
    causes.step(clear, latched, pressed, faults(("link_lost", 3)))
    causes.step(latched, latched, HEALTHY, faults(("bumper_pressed", 4)))
    assert causes.of(latch) == first
    assert all(causes.of(other) == "set before this start" for other in Latch if other is not latch)
    causes.step(latched, clear, HEALTHY, NO_FAULTS)
    assert causes.of(latch) == "set before this start", "nothing of the last one is left"


@pytest.mark.requirement("SR-07")
def test_the_record_has_the_latch_with_its_cause_and_all_else_that_the_press_cleared() -> None:
    causes = set_by(S.MRM, "minimal_risk", faults(("steering_implausible", 3)))
    after = SafetyConfig(state=S.STANDBY)
    released = Released(("steering_implausible", "value_frozen"), ("drive.A, of another node",), ("body",))
    told = msgspec.structs.replace(HEALTHY, acknowledge_source="body.O.Acknowledge")
    record = acknowledgement(7, STOPPED, after, told, causes, released)
    assert record == Acknowledgement(
        7, "body.O.Acknowledge", Latch.MINIMAL_RISK, "steering_implausible", released, S.SAFE_STOP, S.STANDBY
    )
    assert record is not None
    assert record.text == (
        "body.O.Acknowledge cleared minimal_risk latch (cause: steering_implausible); "
        "fault steering_implausible; fault value_frozen; foreign sender drive.A, of another node; "
        "bus body given up, attempts renewed: SAFE_STOP -> STANDBY"
    )


@pytest.mark.parametrize(
    ("released", "words"),
    [
        (Released(faults=("value_frozen",)), "fault value_frozen"),
        (Released(foreign_senders=("drive.A",)), "foreign sender drive.A"),
        (Released(renewed_buses=("body",)), "bus body given up, attempts renewed"),
    ],
)
@pytest.mark.requirement("SR-07")
def test_a_press_that_clears_no_latch_is_recorded_too(released: Released, words: str) -> None:
    standby = SafetyConfig(state=S.STANDBY)
    record = acknowledgement(7, standby, standby, HEALTHY, LatchCauses(), released)
    assert record is not None
    assert (record.latch, record.cause) == (None, "")
    assert record.text == f"acknowledge_button cleared {words}: STANDBY -> STANDBY"
    assert acknowledgement(7, standby, standby, HEALTHY, LatchCauses()) is None
    assert acknowledgement(7, standby, standby, HEALTHY, LatchCauses(), Released()) is None


@pytest.mark.requirement("SR-07")
def test_the_monitor_names_the_faults_that_the_press_of_this_tick_cleared_and_no_other() -> None:
    """Two wait for somebody, one goes by itself in the same tick."""
    monitor = FaultMonitor()
    bad = inputs(found=Findings(frozen=("motor_speed_radps",), clock="no tick for 150 ms"))
    for tick in range(4):
        active = monitor.step(tick * TICK_NS, bad)
        assert monitor.acknowledged == ()
    assert {fault.identifier for fault in active.faults} >= {"value_frozen", "clock_wrong"}
    monitor.step(4 * TICK_NS, bad, True)
    assert monitor.acknowledged == (), "all there still"
    stopped = in_state(S.SAFE_STOP, WELL)
    monitor.step(5 * TICK_NS, stopped)
    assert monitor.acknowledged == ()
    monitor.step(6 * TICK_NS, stopped, True)
    assert monitor.acknowledged == ("value_frozen",)
    monitor.step(7 * TICK_NS, stopped, True)
    assert monitor.acknowledged == ()


@pytest.mark.requirement("SR-07")
def test_all_faults_that_one_press_cleared_are_named() -> None:
    monitor = FaultMonitor()
    monitor.step(0, inputs(not_following={Actuator.BRAKE: "off", Actuator.TRACTION: "off"}))
    monitor.step(TICK_NS, WELL, True)
    assert monitor.acknowledged == ("traction_implausible", "brake_implausible")


@pytest.mark.requirement("SR-07", "SR-14")
def test_the_bus_watch_names_what_the_press_of_this_tick_released_and_renewed() -> None:
    watch = BusWatch({"drive", "body"})
    events = (
        BusEvent(0, "drive", EventKind.FOREIGN_SENDER, 0, 0x99, "drive.A"),
        BusEvent(0, "body", EventKind.RECOVERY_GIVEN_UP, 5),
    )
    later = (BusEvent(0, "drive", EventKind.FOREIGN_SENDER, 0, 0x9A, "drive.B"),)
    watch.step(0, events, False)
    assert (watch.released, watch.renewed) == ((), ())
    watch.step(SECOND_NS, later, True)
    assert (watch.released, watch.renewed) == (("drive.A",), ("body",))
    watch.step(SECOND_NS + TICK_NS, (), False)
    assert (watch.released, watch.renewed) == ((), ()), "each is told once"
    watch.step(SECOND_NS + 2 * TICK_NS, (), True)
    assert (watch.released, watch.renewed) == ((), ()), "B is too young"
    watch.step(3 * SECOND_NS, (), False)
    assert watch.released == ()
    watch.step(3 * SECOND_NS + TICK_NS, (), True)
    assert (watch.released, watch.renewed) == (("drive.B",), ())
