"""The fault monitor's memory: what a snapshot holds, and that faults are counted one by one."""

from dataclasses import replace

import msgspec
import pytest

from firmware_runtime.safety.fault_monitor import FaultMonitor
from firmware_runtime.safety.fault_row import ClearCondition, FaultRow
from firmware_runtime.safety.monitor_inputs import MonitorInputs
from firmware_runtime.vehicle.enums import SafetyState, Severity
from tests.safety.fault_examples import in_state, inputs
from tests.safety.test_fault_monitor import row

S = SafetyState
C = ClearCondition
MS = 1_000_000


def named(name: str, count: int = 1, ms: int = 0, clear: ClearCondition = C.WHEN_GONE) -> FaultRow:
    """A row that is raised where its name is among the supervisor's reasons."""

    def condition(i: MonitorInputs) -> str:
        return f"{name} is bad" if name in i.supervisor_took_over.split() else ""

    return replace(row(count, ms, clear, identifier=name), condition=condition)


def bad(*names: str, standing: bool = True) -> MonitorInputs:
    return inputs(supervisor_took_over=" ".join(names), standing=standing)


def found(monitor: FaultMonitor, at_ms: int, *names: str, acknowledged: bool = False) -> list[str]:
    faults = monitor.step(at_ms * MS, bad(*names), acknowledged).faults
    return [fault.identifier for fault in faults]


CATALOGUE = (
    named("first", clear=C.BY_ACKNOWLEDGE),
    named("second"),
    named("slow", count=3, ms=30),
    named("quiet"),
)


def test_each_fault_counts_and_one_that_goes_takes_no_other_with_it() -> None:
    monitor = FaultMonitor(CATALOGUE)
    assert found(monitor, 10, "first", "second") == ["first", "second"]
    assert found(monitor, 20, "first") == ["first"]
    assert found(monitor, 30, "first", "quiet") == ["first", "quiet"]
    assert found(monitor, 40, "quiet", acknowledged=True) == ["quiet"]
    assert found(monitor, 50) == []


def test_a_fault_tells_since_when() -> None:
    monitor = FaultMonitor(CATALOGUE)
    assert monitor.step(10 * MS, bad("second")).faults[0].since_ns == 10 * MS
    later = monitor.step(20 * MS, bad("second", "first")).faults
    assert [(fault.identifier, fault.since_ns) for fault in later] == [
        ("second", 10 * MS),
        ("first", 20 * MS),
    ]


def test_a_fault_that_was_cleared_is_debounced_anew() -> None:
    monitor = FaultMonitor((named("twice", count=2),))
    assert [found(monitor, at, "twice") for at in (10, 20)] == [[], ["twice"]]
    assert [found(monitor, at) for at in (30, 40)] == [["twice"], []]
    assert [found(monitor, at, "twice") for at in (50, 60)] == [[], ["twice"]]


def test_at_standstill_clears_also_where_it_is_not_looked_at() -> None:
    monitor = FaultMonitor((named("auto", clear=C.AT_STANDSTILL),))
    assert found(monitor, 10, "auto") == ["auto"]
    assert monitor.step(20 * MS, in_state(S.SAFE_STOP, bad(standing=False))).faults
    assert not monitor.step(30 * MS, in_state(S.SAFE_STOP, bad())).faults


def remembering() -> FaultMonitor:
    """Two faults, and one that has been seen for 20 of its 30 ms."""
    monitor = FaultMonitor(CATALOGUE)
    found(monitor, 10, "first")
    for at_ms in (20, 30, 40):
        found(monitor, at_ms, "first", "second", "slow")
    return monitor


def test_a_snapshot_holds_the_state_the_faults_and_what_is_about_to_be_one() -> None:
    def active(identifier: str, since_ms: int) -> dict[str, object]:
        severity = int(Severity.MINIMAL_RISK)
        since_ns, detail = since_ms * MS, f"{identifier} is bad"
        return {"identifier": identifier, "detail": detail, "severity": severity, "since_ns": since_ns}

    assert remembering().snapshot() == {
        "version": 1,
        "state": int(S.AUTO),
        "rows": {
            "first": {"active": active("first", 10), "changed_ns": 10 * MS, "observed": 0},
            "second": {"active": active("second", 20), "changed_ns": 20 * MS, "observed": 0},
            "slow": {"active": None, "changed_ns": 20 * MS, "observed": 3},
        },
    }


def test_observations_are_counted_to_what_is_enough_and_no_further() -> None:
    monitor = FaultMonitor((named("slow", count=2, ms=1000),))
    for at_ms in range(0, 500, 10):
        assert found(monitor, at_ms, "slow") == []
    assert monitor.snapshot()["rows"]["slow"]["observed"] == 2


@pytest.mark.parametrize("used", [False, True], ids=["a new one", "one with a fault of its own"])
def test_a_restored_monitor_knows_all_of_it_and_nothing_else(used: bool) -> None:
    old, new = remembering(), FaultMonitor(CATALOGUE)
    if used:
        found(new, 5, "quiet", "second")
    new.restore(msgspec.json.decode(msgspec.json.encode(old.snapshot())))
    assert new.snapshot() == old.snapshot()
    assert found(new, 50, "first", "slow") == ["first", "slow"], "the 30 ms are over"
    assert found(new, 60, "first") == ["first", "slow"], "going is debounced too"
    assert found(new, 70, "first", acknowledged=True) == ["first", "slow"]
    assert found(new, 80) == ["first", "slow"]
    assert found(new, 90) == ["first"]
    assert found(new, 100, acknowledged=True) == []


def test_what_is_not_in_a_snapshot_has_not_been_seen() -> None:
    monitor = FaultMonitor((named("twice", count=2),))
    monitor.restore({"version": 1, "state": None, "rows": {}})
    assert [found(monitor, at, "twice") for at in (10, 20)] == [[], ["twice"]]


def test_all_rows_that_are_not_there_are_named() -> None:
    with pytest.raises(ValueError, match=r"rows of the catalogue, got a, b$"):
        FaultMonitor(CATALOGUE).restore({"version": 1, "state": None, "rows": {"b": {}, "a": {}}})
