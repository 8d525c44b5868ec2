"""Each fault of the catalogue at its edge: what just does not raise it, and what does; what rows must say."""

import dataclasses
import re
from collections.abc import Callable, Iterable

import msgspec
import pytest

from firmware_runtime.safety.facts import SafetyConfig
from firmware_runtime.safety.fault_catalogue import FAULTS
from firmware_runtime.safety.fault_monitor import FaultMonitor
from firmware_runtime.safety.fault_row import (
    FaultRow,
    degrades,
    dtc,
    reaction,
    stops,
    stops_at_once,
    warns,
)
from firmware_runtime.safety.state_machine import SafetyMachine
from firmware_runtime.vehicle.enums import ModeKey, SafetyState, Severity
from tests.safety.fault_cases import CASES
from tests.safety.fault_examples import DATA, WELL, Case, in_state, inputs
from tests.safety.support import HEALTHY, TICK_NS

S = SafetyState
DRIVEN_STATES = (S.AUTO, S.REMOTE, S.MANUAL, S.DEGRADED, S.MRM)
STATES = tuple(state for state in S if state is not S.NOT_AVAILABLE)
ROWS = {row.identifier: row for row in FAULTS}
BY_IDENTIFIER = pytest.mark.parametrize("case", CASES, ids=[case.identifier for case in CASES])


@pytest.mark.requirement("SR-29")
def test_every_row_of_the_catalogue_has_a_case_and_every_case_a_row() -> None:
    assert [case.identifier for case in CASES] == [row.identifier for row in FAULTS]


@BY_IDENTIFIER
@pytest.mark.requirement("SR-18", "SR-29")
def test_what_just_keeps_the_limit_is_no_fault_and_what_just_breaks_it_is(case: Case) -> None:
    condition = ROWS[case.identifier].condition
    for well in case.well:
        assert condition(well) == ""
    for bad in case.bad:
        assert condition(bad)


@BY_IDENTIFIER
def test_what_breaks_one_limit_breaks_no_other_one(case: Case) -> None:
    """The first bad example; what two rows share is shared on purpose."""
    shared = {
        "frames_lost": {"frames_lost_on_and_on"},
        "frames_lost_on_and_on": {"frames_lost"},
        "deadline_overrun": {"deadline_overrun_in_a_row"},
        "deadline_overrun_in_a_row": {"deadline_overrun"},
        "deadline_worst": {"deadline_overrun", "deadline_overrun_in_a_row"},
        "computer_hot": {"computer_warm"},
        "energy_short": {"battery_low"},
    }
    bad = case.bad[0]
    raised = {row.identifier for row in FAULTS if bad.safety_state in row.severity and row.condition(bad)}
    assert raised - shared.get(case.identifier, set()) <= {case.identifier}


@BY_IDENTIFIER
@pytest.mark.requirement("SR-29")
def test_debounce_severity_clear_condition_and_recovery_are_as_written_here(case: Case) -> None:
    row = ROWS[case.identifier]
    assert (row.debounce_count, row.debounce_ns) == (case.count, case.ms * 1_000_000)
    assert {state.name: int(severity) for state, severity in row.severity.items()} == case.severity
    assert (row.clear, row.recovery) == (case.clear, case.recovery)


def test_only_what_comes_by_itself_bars_ready_and_stops_nothing() -> None:
    barring = [row for row in FAULTS if row.bars_ready]
    assert [row.identifier for row in barring] == ["actuator_pending", "reservoir_filling"]
    assert all(max(row.severity.values()) is Severity.WARN for row in barring)


@pytest.mark.parametrize("row", FAULTS, ids=[row.identifier for row in FAULTS])
def test_every_row_fills_every_column(row: FaultRow) -> None:
    for text in (row.text, row.monitors, row.threshold, row.look_at, row.reaction):
        assert text
        assert text == text.strip()
    assert re.fullmatch(r"[a-z][a-z0-9_]*", row.identifier)
    assert set(row.severity) <= set(STATES)
    assert all(Severity.WARN <= severity <= Severity.IMMEDIATE for severity in row.severity.values())
    assert row.severity
    assert row.debounce_count >= 1
    assert row.debounce_ns >= 0


def test_identifiers_and_numbers_are_unique_and_in_our_own_ranges() -> None:
    assert len({row.identifier for row in FAULTS}) == len(FAULTS)
    assert len({int(row.dtc) for row in FAULTS}) == len(FAULTS)
    assert len({(row.spn, row.fmi) for row in FAULTS}) == len(FAULTS)
    for row in FAULTS:
        assert 516096 <= row.spn <= 524287, "SAE J1939-73: of manufacturers"
        assert 0 <= row.fmi <= 31
        assert re.fullmatch(r"[PCBU]1[0-9A-F]{3}-[0-9A-F]{2}", str(row.dtc)), "SAE J2012: of manufacturers"


@pytest.mark.parametrize(
    ("text", "number"),
    [("P1101-96", 0x110196), ("C1201-29", 0x520129), ("B1102-64", 0x910264), ("U130D-44", 0xD30D44)],
)
def test_a_trouble_code_reads_as_people_write_it(text: str, number: int) -> None:
    assert dtc(text) == number
    assert str(dtc(text)) == text


@pytest.mark.requirement("SR-29")
def test_a_healthy_vehicle_has_no_fault_in_any_state() -> None:
    monitor = FaultMonitor()
    for number, state in enumerate(STATES):
        for tick in range(120):
            assert monitor.step((number * 200 + tick) * TICK_NS, inputs(safety_state=state)).faults == ()


@BY_IDENTIFIER
@pytest.mark.requirement("SR-18", "SR-21", "SR-29")
def test_in_each_state_the_fault_is_raised_with_its_severity_or_not_looked_at(case: Case) -> None:
    row = ROWS[case.identifier]
    for state in STATES:
        monitor = FaultMonitor((row,))
        bad = in_state(state, case.bad[0])
        for tick in range(case.ms // 10 + case.count + 1):
            faults = monitor.step(tick * TICK_NS, bad)
        # A motion in a state names it, and at rest the key and what a stop did on purpose count; no first
        # example of badness depends on the state otherwise.
        assert int(faults.severity) == case.severity.get(state.name, 0), state.name


REACTIONS = [
    (Severity.IMMEDIATE, S.AUTO, "emergency stop, FAULT"),
    (Severity.IMMEDIATE, S.MANUAL, "emergency stop, FAULT"),
    (Severity.IMMEDIATE, S.STANDBY, "FAULT"),
    (Severity.IMMEDIATE, S.FAULT, "not left"),
    (Severity.IMMEDIATE, S.ESTOP, "latched"),
    (Severity.IMMEDIATE, S.SHUTDOWN, "latched"),
    (
        Severity.IMMEDIATE,
        S.MAINTENANCE,
        "no hold-to-run unless permitted; emergency stop if moving, FAULT",
    ),
    (Severity.MINIMAL_RISK, S.REMOTE, "minimal-risk stop, MRM"),
    (Severity.MINIMAL_RISK, S.READY, "FAULT"),
    (Severity.MINIMAL_RISK, S.MANUAL, "warning, lower speed cap"),
    (Severity.MINIMAL_RISK, S.MRM, "minimal-risk stop"),
    (Severity.MINIMAL_RISK, S.SAFE_STOP, "not left"),
    (Severity.MINIMAL_RISK, S.FAULT, "not left"),
    (Severity.MINIMAL_RISK, S.SHUTDOWN, "shown"),
    (Severity.DEGRADE, S.AUTO, "lower speed cap, DEGRADED"),
    (Severity.DEGRADE, S.DEGRADED, "lower speed cap, time budget"),
    (Severity.DEGRADE, S.REMOTE, "lower speed cap"),
    (Severity.DEGRADE, S.READY, "drives DEGRADED only"),
    (Severity.DEGRADE, S.FAULT, "shown"),
    (Severity.WARN, S.AUTO, "shown"),
]


@pytest.mark.parametrize(("severity", "state", "words"), REACTIONS)
def test_the_reaction_in_words(severity: Severity, state: SafetyState, words: str) -> None:
    assert reaction(severity, state) == words


@pytest.mark.parametrize("severity", list(Severity)[1:])
@pytest.mark.parametrize("state", STATES)
def test_the_machine_does_what_the_reaction_says(state: SafetyState, severity: Severity) -> None:
    """A vehicle that moves where it may, with link and high voltage, and has just entered its state."""
    machine = SafetyMachine(DATA.safety, DATA.limits, cab=True)
    before = SafetyConfig(state=state, entered_ns=0)
    mode = {S.REMOTE: ModeKey.REMOTE, S.MANUAL: ModeKey.MANUAL, S.MAINTENANCE: ModeKey.MAINTENANCE}
    facts = msgspec.structs.replace(
        HEALTHY,
        standing=state not in DRIVEN_STATES,
        severity=severity,
        mode=mode.get(state, ModeKey.AUTO),
        dead_man_pressed=True,
        self_test_passed=False,
        plugged=state is S.CHARGING,
    )
    after = machine.step(TICK_NS, before, facts).state
    calm = machine.step(TICK_NS, before, msgspec.structs.replace(facts, severity=Severity.OK)).state
    words = reaction(severity, state).rsplit(", ", 1)[-1]
    goals = {"FAULT": S.FAULT, "MRM": S.MRM, "DEGRADED": S.DEGRADED}
    if state is S.MAINTENANCE and severity is Severity.IMMEDIATE:
        goals = {}  # at standstill it stays; hold-to-run is what the catalogue forbids
    assert after is goals.get(words, calm)


@pytest.mark.parametrize(("build", "severity"), [(warns, 1), (degrades, 2), (stops, 3), (stops_at_once, 4)])
def test_each_state_of_a_row_gets_the_severity_of_its_word(
    build: Callable[[Iterable[SafetyState]], dict[SafetyState, Severity]], severity: int
) -> None:
    assert build((S.READY, S.AUTO)) == {S.READY: severity, S.AUTO: severity}


def test_a_row_that_is_made_tells_what_follows_and_where_states_in_their_order() -> None:
    severities = {**stops_at_once((S.AUTO, S.STANDBY, S.INIT)), **warns((S.READY,))}
    row = dataclasses.replace(ROWS["hold_left"], severity=severities)
    assert row.reaction == "FAULT (INIT, STANDBY); shown (READY); emergency stop, FAULT (AUTO)"
    assert str(row.dtc) == str(ROWS["hold_left"].dtc)


def test_the_reaction_of_a_row_names_the_states() -> None:
    assert ROWS["hold_left"].reaction == "emergency stop, FAULT (AUTO, REMOTE, DEGRADED, MRM)"
    assert "FAULT (SELF_TEST)" in ROWS["self_test_overdue"].reaction


def test_well_is_well() -> None:
    assert all(row.condition(WELL) == "" for row in FAULTS)
