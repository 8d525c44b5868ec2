"""Trouble codes tell a technician what was there, when, how often and how things stood."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.diagnostics.trouble_codes import TroubleCodeMemory, TroubleCodeSnapshot
from firmware_runtime.vehicle.enums import SafetyState, Severity
from firmware_runtime.vehicle.faults import NO_FAULTS, ActiveFault, FaultSet
from firmware_runtime.vehicle.telemetry import Telemetry

TICK_NS = 10_000_000


def telemetry(speed_mps: float = 0.0) -> Telemetry:
    values: dict[str, object] = dict.fromkeys(Telemetry.__struct_fields__, 0.0)
    values |= {"time_ns": 5, "state": SafetyState.AUTO, "severity": Severity.OK, "faults": ()}
    values |= {"speed_mps": speed_mps, "arrived": False, "next_stop": ""}
    return Telemetry(**values)  # type: ignore[arg-type]


def faults(*pairs: tuple[str, Severity]) -> FaultSet:
    active = tuple(ActiveFault(name, "detail", severity, 0) for name, severity in pairs)
    return FaultSet(active, max((fault.severity for fault in active), default=Severity.OK))


LOST = faults(("message_lost", Severity.MINIMAL_RISK))


def test_no_fault_leaves_no_code() -> None:
    memory = TroubleCodeMemory()
    memory.step(0, NO_FAULTS, telemetry())
    assert memory.codes == ()


def test_a_fault_that_comes_stays_and_goes_is_one_occurrence() -> None:
    memory = TroubleCodeMemory()
    for tick in range(10):
        memory.step(tick * TICK_NS, LOST if 3 <= tick < 7 else NO_FAULTS, telemetry())
    (code,) = memory.codes
    assert (code.identifier, code.detail, code.severity) == ("message_lost", "detail", Severity.MINIMAL_RISK)
    assert (code.first_ns, code.last_ns) == (3 * TICK_NS, 6 * TICK_NS)
    assert (code.occurrences, code.active) == (1, False)


def test_a_code_has_the_number_of_its_fault_and_an_unknown_one_has_none() -> None:
    memory = TroubleCodeMemory()
    memory.step(1, LOST, telemetry())
    memory.step(2, faults(("of_another_version", Severity.WARN)), telemetry())
    assert [code.dtc for code in memory.codes] == [0xD20187, 0]


def test_a_fault_that_returns_counts_again_and_keeps_its_first_freeze_frame() -> None:
    memory = TroubleCodeMemory()
    memory.step(1, LOST, telemetry(speed_mps=5.0))
    memory.step(2, NO_FAULTS, telemetry())
    memory.step(3, LOST, telemetry(speed_mps=1.0))
    (code,) = memory.codes
    assert (code.first_ns, code.last_ns, code.occurrences, code.active) == (1, 3, 2, True)
    assert code.freeze_frame.speed_mps == 5.0
    assert code.freeze_frame.state is SafetyState.AUTO


def test_one_code_for_each_identifier_and_detail() -> None:
    memory = TroubleCodeMemory()
    pair = tuple(ActiveFault("message_lost", bus, Severity.WARN, 0) for bus in ("drive", "body"))
    memory.step(1, FaultSet(pair, Severity.WARN), telemetry())
    assert {(code.identifier, code.detail) for code in memory.codes} == {
        ("message_lost", "drive"),
        ("message_lost", "body"),
    }


def test_occurrences_stop_at_126() -> None:
    memory = TroubleCodeMemory()
    for tick in range(300):
        memory.step(tick, LOST if tick % 2 else NO_FAULTS, telemetry())
    assert memory.codes[0].occurrences == 126


def test_the_highest_severity_is_kept() -> None:
    memory = TroubleCodeMemory()
    for tick, severity in enumerate((Severity.WARN, Severity.IMMEDIATE, Severity.DEGRADE)):
        memory.step(tick, faults(("speed_implausible", severity)), telemetry())
    assert memory.codes[0].severity is Severity.IMMEDIATE


def test_a_full_memory_gives_up_the_least_severe_oldest_passive_code() -> None:
    memory = TroubleCodeMemory(capacity=3)
    memory.step(1, faults(("old_warning", Severity.WARN)), telemetry())
    memory.step(2, faults(("new_warning", Severity.WARN)), telemetry())
    memory.step(3, faults(("grave", Severity.IMMEDIATE)), telemetry())
    memory.step(4, faults(("newcomer", Severity.WARN)), telemetry())
    assert {code.identifier for code in memory.codes} == {"new_warning", "grave", "newcomer"}
    assert memory.overflows == 0


def test_active_codes_are_never_given_up_and_a_lost_one_is_counted_once() -> None:
    memory = TroubleCodeMemory(capacity=2)
    three = faults(("a", Severity.WARN), ("b", Severity.WARN), ("c", Severity.IMMEDIATE))
    for tick in range(5):
        memory.step(tick, three, telemetry())
    assert {code.identifier for code in memory.codes} == {"a", "b"}
    assert memory.overflows == 1
    memory.step(6, NO_FAULTS, telemetry())
    assert not any(code.active for code in memory.codes)


steps = st.lists(st.frozensets(st.sampled_from("abcdefgh"), max_size=5), max_size=40)


@given(steps, steps)
def test_a_restored_memory_goes_on_exactly_as_the_one_it_was_taken_from(
    before: list[frozenset[str]], after: list[frozenset[str]]
) -> None:
    first, second = TroubleCodeMemory(capacity=3), TroubleCodeMemory(capacity=3)
    now_ns = 0
    for names in before:
        now_ns += TICK_NS
        first.step(now_ns, faults(*((name, Severity.WARN) for name in sorted(names))), telemetry())
    encoded = msgspec.msgpack.encode(first.snapshot())
    second.restore(msgspec.msgpack.decode(encoded, type=TroubleCodeSnapshot))
    for names in after:
        now_ns += TICK_NS
        for memory in (first, second):
            memory.step(now_ns, faults(*((name, Severity.WARN) for name in sorted(names))), telemetry())
    assert first.snapshot() == second.snapshot()


@given(steps)
def test_the_memory_is_bounded_and_active_means_present(run: list[frozenset[str]]) -> None:
    memory = TroubleCodeMemory(capacity=4)
    for now_ns, names in enumerate(run):
        memory.step(now_ns, faults(*((name, Severity.WARN) for name in sorted(names))), telemetry())
        assert len(memory.codes) <= 4
        assert {code.identifier for code in memory.codes if code.active} <= names
        if len(names) <= 4 and memory.overflows == 0:
            assert {code.identifier for code in memory.codes if code.active} == names
    firsts = [code.first_ns for code in memory.codes]
    assert firsts == sorted(firsts)


def test_a_snapshot_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="expected version 2, came 1"):
        TroubleCodeMemory().restore(TroubleCodeSnapshot(1, (), (), 0))
