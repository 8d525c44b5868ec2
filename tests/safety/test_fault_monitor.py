"""Debounce by count and time, clear conditions, severity by state: exact, and the same as a plain model."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.safety.fault_monitor import FaultMonitor
from firmware_runtime.safety.fault_row import ClearCondition, FaultRow, dtc
from firmware_runtime.safety.monitor_inputs import MonitorInputs
from firmware_runtime.vehicle.enums import ActuatorStatus, BatteryState, ButtonState, SafetyState, Severity
from tests.safety.fault_examples import WELL, in_state, inputs, message, seen

S = SafetyState
C = ClearCondition
MS = 1_000_000


def _reason(i: MonitorInputs) -> str:
    return i.supervisor_took_over


def row(
    count: int = 1,
    ms: int = 0,
    clear: ClearCondition = C.WHEN_GONE,
    severity: dict[SafetyState, Severity] | None = None,
    recovery: bool = True,
    lists_names: bool = False,
    identifier: str = "tested",
) -> FaultRow:
    """A row whose condition is the supervisor's reason."""
    return FaultRow(
        identifier=identifier,
        text="t",
        dtc=dtc("U1101-00"),
        spn=516096,
        fmi=31,
        monitors="m",
        threshold="t",
        condition=_reason,
        debounce_count=count,
        debounce_ns=ms * MS,
        severity=severity or {S.AUTO: Severity.MINIMAL_RISK},
        clear=clear,
        recovery=recovery,
        lists_names=lists_names,
        look_at="l",
    )


BAD = inputs(supervisor_took_over="bad")


def active(monitor: FaultMonitor, at_ms: float, i: MonitorInputs, acknowledged: bool = False) -> bool:
    return bool(monitor.step(round(at_ms * MS), i, acknowledged).faults)


def test_without_debounce_one_observation_raises_and_one_clears() -> None:
    monitor = FaultMonitor((row(),))
    assert not active(monitor, 0, WELL)
    assert active(monitor, 10, BAD)
    assert not active(monitor, 20, WELL)


@pytest.mark.requirement("SR-29")
def test_the_time_must_pass_even_when_observations_are_many() -> None:
    monitor = FaultMonitor((row(count=3, ms=50),))
    assert not any(active(monitor, k, BAD) for k in range(50))
    assert active(monitor, 50, BAD)


@pytest.mark.requirement("SR-29")
def test_the_observations_must_be_made_even_when_the_time_has_passed() -> None:
    """After a stall of this computer two looks far apart are no lasting condition."""
    monitor = FaultMonitor((row(count=3, ms=50),))
    assert not active(monitor, 0, BAD)
    assert not active(monitor, 500, BAD)
    assert active(monitor, 501, BAD)


def test_the_same_debounce_holds_for_its_going() -> None:
    monitor = FaultMonitor((row(count=3, ms=50),))
    for at_ms in (0, 25, 50):
        raised = active(monitor, at_ms, BAD)
    assert raised
    assert active(monitor, 60, WELL)
    assert active(monitor, 85, WELL)
    assert active(monitor, 109.999, WELL), "a moment too early"
    assert not active(monitor, 110, WELL)


def test_a_gap_begins_the_debounce_anew() -> None:
    monitor = FaultMonitor((row(count=2, ms=50),))
    seen_active = [active(monitor, k * 10, WELL if k % 5 == 4 else BAD) for k in range(200)]
    assert not any(seen_active)


def test_a_relapse_begins_the_clearing_anew() -> None:
    monitor = FaultMonitor((row(count=2, ms=50),))
    for k in range(6):
        active(monitor, k * 10, BAD)
    seen_active = [active(monitor, 60 + k * 10, BAD if k % 5 == 4 else WELL) for k in range(200)]
    assert all(seen_active)


def test_at_standstill_clears_when_the_vehicle_stands_and_not_before() -> None:
    monitor = FaultMonitor((row(clear=C.AT_STANDSTILL),))
    moving = inputs(standing=False)
    assert active(monitor, 0, BAD)
    assert all(active(monitor, 10 + k, moving) for k in range(100))
    assert not active(monitor, 200, WELL)


def test_by_acknowledge_clears_with_the_press_once_it_is_gone() -> None:
    monitor = FaultMonitor((row(count=2, ms=10, clear=C.BY_ACKNOWLEDGE),))
    active(monitor, 0, BAD)
    assert active(monitor, 10, BAD, acknowledged=True), "the cause is there"
    assert active(monitor, 20, WELL, acknowledged=True), "not gone for long enough"
    assert active(monitor, 30, WELL)
    assert all(active(monitor, 40 + k, WELL) for k in range(100))
    assert not active(monitor, 200, WELL, acknowledged=True)


def test_by_power_cycle_stays_whatever_is_done_and_a_new_runtime_knows_nothing_of_it() -> None:
    monitor = FaultMonitor((row(clear=C.BY_POWER_CYCLE),))
    active(monitor, 0, BAD)
    assert all(active(monitor, 10 + k, WELL, acknowledged=True) for k in range(100))
    assert not active(FaultMonitor((row(clear=C.BY_POWER_CYCLE),)), 200, WELL)


@pytest.mark.requirement("SR-29")
def test_an_active_fault_takes_the_severity_of_the_state_it_is_in() -> None:
    severity = {S.AUTO: Severity.MINIMAL_RISK, S.MRM: Severity.IMMEDIATE, S.SAFE_STOP: Severity.WARN}
    monitor = FaultMonitor((row(severity=severity),))
    found = [monitor.step(k, in_state(state, BAD)).severity for k, state in enumerate(severity)]
    assert found == list(severity.values())


def test_where_it_is_not_looked_at_it_counts_as_gone_and_keeps_its_severity_until_it_clears() -> None:
    monitor = FaultMonitor((row(clear=C.BY_ACKNOWLEDGE),))
    active(monitor, 0, BAD)
    stopped = in_state(S.SAFE_STOP, BAD)
    assert monitor.step(10 * MS, stopped).severity is Severity.MINIMAL_RISK
    assert not active(monitor, 20, stopped, acknowledged=True)


def test_a_debounce_begins_anew_in_a_state_that_is_entered_again() -> None:
    monitor = FaultMonitor((row(count=2, ms=50),))
    active(monitor, 0, BAD)
    active(monitor, 10, in_state(S.STANDBY, BAD))
    assert not active(monitor, 1000, BAD)


@pytest.mark.requirement("SR-28")
def test_recovery_is_permitted_when_every_active_fault_permits_it() -> None:
    def forbids(i: MonitorInputs) -> str:
        return ", ".join(i.messages.lost)

    first = row(identifier="first")
    second = replace(row(identifier="second", recovery=False), condition=forbids)
    monitor = FaultMonitor((first, second))
    assert monitor.step(0, WELL).recovery_permitted
    assert monitor.step(10 * MS, BAD).recovery_permitted
    both = msgspec.structs.replace(BAD, messages=message(lost=("x",)).messages)
    assert not monitor.step(20 * MS, both).recovery_permitted
    assert monitor.step(30 * MS, BAD).recovery_permitted


def test_the_detail_stays_as_it_was_first_told() -> None:
    monitor = FaultMonitor((row(),))
    monitor.step(0, inputs(supervisor_took_over="5.1 m/s"))
    assert monitor.step(1, inputs(supervisor_took_over="5.2 m/s")).faults[0].detail == "5.1 m/s"


def test_names_that_join_are_added_and_none_is_forgotten() -> None:
    monitor = FaultMonitor((row(lists_names=True),))
    for at_ns, names in enumerate(("a late", "b late, a late", "b late", "b late, c late")):
        detail = monitor.step(at_ns, inputs(supervisor_took_over=names)).faults[0].detail
    assert detail == "a late, b late, c late"


@pytest.mark.requirement("SR-12")
def test_the_lost_message_is_named() -> None:
    result = FaultMonitor().step(0, message(lost=("drive.SteeringFeedback late", "body.BatteryPack late")))
    assert result.faults[0].detail == "drive.SteeringFeedback late, body.BatteryPack late"


def test_faults_come_worst_first_and_the_severity_is_the_worst() -> None:
    monitor = FaultMonitor()
    bad = seen(bumper=ButtonState.PRESSED, battery_state=BatteryState.FAULT)
    result = monitor.step(0, bad)
    assert [fault.identifier for fault in result.faults] == ["bumper_pressed", "battery_failed"]
    assert result.severity is Severity.IMMEDIATE


def test_a_fault_is_forgotten_in_a_state_where_it_means_nothing() -> None:
    monitor = FaultMonitor()
    bad = seen(traction_status=ActuatorStatus.LATCHED_STOP)
    for k in range(5):
        raised = monitor.step(k * 10 * MS, bad)
    assert raised.faults
    for k in range(5, 12):
        raised = monitor.step(k * 10 * MS, in_state(S.STANDBY, bad))
    assert raised.faults == ()


class Model:
    """The rule in plain words, over the whole past at each look: no state but the history."""

    def __init__(self, count: int, wait_ns: int, clear: ClearCondition) -> None:
        self._count, self._wait_ns, self._clear = count, wait_ns, clear
        self._past: list[tuple[int, bool]] = []
        self._active = False

    def step(self, now_ns: int, bad: bool, standing: bool, acknowledged: bool) -> bool:
        self._past.append((now_ns, bad))
        against: list[int] = []
        for at_ns, was_bad in reversed(self._past):
            if was_bad is self._active:
                break
            against.append(at_ns)
        if len(against) >= self._count and now_ns - against[-1] >= self._wait_ns:
            may_change = (
                not self._active
                or {
                    C.WHEN_GONE: True,
                    C.AT_STANDSTILL: standing,
                    C.BY_ACKNOWLEDGE: acknowledged,
                    C.BY_POWER_CYCLE: False,
                }[self._clear]
            )
            if may_change:
                self._active = not self._active
                # What led to the change counts for nothing any more.
                self._past.clear()
        return self._active


LOOKS = st.lists(
    st.tuples(st.integers(1, 40), st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=80
)


@given(st.integers(1, 6), st.integers(0, 80), st.sampled_from(ClearCondition), LOOKS)
@pytest.mark.requirement("SR-29")
def test_whatever_happens_it_is_what_the_plain_model_says(
    count: int, wait_ms: int, clear: ClearCondition, looks: list[tuple[int, bool, bool, bool]]
) -> None:
    monitor, model = FaultMonitor((row(count, wait_ms, clear),)), Model(count, wait_ms * MS, clear)
    now_ms = 0
    for elapsed_ms, bad, standing, acknowledged in looks:
        now_ms += elapsed_ms
        i = msgspec.structs.replace(BAD if bad else WELL, standing=standing)
        expected = model.step(now_ms * MS, bad, standing, acknowledged)
        assert active(monitor, now_ms, i, acknowledged) is expected


@given(LOOKS, st.integers(0, 79))
def test_a_restored_monitor_goes_on_as_the_old_one(
    looks: list[tuple[int, bool, bool, bool]], break_at: int
) -> None:
    catalogue = (row(3, 30, C.BY_ACKNOWLEDGE, lists_names=True),)
    old, now_ms = FaultMonitor(catalogue), 0
    monitors = [old]
    for index, (elapsed_ms, bad, standing, acknowledged) in enumerate(looks):
        now_ms += elapsed_ms
        i = msgspec.structs.replace(BAD if bad else WELL, standing=standing)
        results = [monitor.step(now_ms * MS, i, acknowledged) for monitor in monitors]
        assert all(result == results[0] for result in results)
        if index == break_at:
            new = FaultMonitor(catalogue)
            plain = msgspec.json.decode(msgspec.json.encode(old.snapshot()))
            new.restore(plain)
            monitors.append(new)


def test_a_snapshot_of_another_version_or_of_rows_that_are_not_there_is_refused() -> None:
    monitor = FaultMonitor((row(),))
    monitor.step(0, BAD)
    snapshot = monitor.snapshot()
    with pytest.raises(ValueError, match="version 1, got 7"):
        monitor.restore({**snapshot, "version": 7})
    with pytest.raises(ValueError, match="rows of the catalogue, got other"):
        monitor.restore({**snapshot, "rows": {"other": {}}})


def test_a_fresh_monitors_snapshot_can_be_restored() -> None:
    monitor = FaultMonitor()
    monitor.step(0, BAD)
    monitor.restore(FaultMonitor().snapshot())
    assert monitor.step(10 * MS, WELL).faults == ()


def test_one_active_row_that_bars_ready_is_enough() -> None:
    barring = replace(row(identifier="bars"), bars_ready=True)
    monitor = FaultMonitor((barring, row(identifier="other")))
    assert not monitor.step(0, WELL).ready_barred
    assert monitor.step(10 * MS, BAD).ready_barred
    assert not monitor.step(20 * MS, WELL).ready_barred
    assert not FaultMonitor((row(identifier="other"),)).step(10 * MS, BAD).ready_barred
