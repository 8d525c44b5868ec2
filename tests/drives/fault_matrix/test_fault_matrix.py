"""Each fault of the catalogue, caused once in each drive state: reaction, budget, stop distance, latch."""

from typing import Any

import pytest

from firmware_runtime.safety.fault_catalogue import FAULTS
from firmware_runtime.vehicle.enums import SafetyState
from tests.drives.fault_matrix.causes import Place
from tests.drives.fault_matrix.expectations import EXPECTATIONS, OPEN
from tests.drives.fault_matrix.expectations_by_hand import NOT_BY_HAND
from tests.drives.fault_matrix.injections import INJECTIONS, NOT_IN_A_DRIVE_STATE, NOT_INJECTED
from tests.drives.fault_matrix.judge import judge
from tests.drives.fault_matrix.matrix import (
    AUTO,
    DEGRADED,
    MANUAL,
    ONLY_BY_HAND,
    REMOTE,
    STANDING,
    Case,
    every_case,
    outcomes,
)
from tests.drives.fault_matrix.outcome import Outcome
from tests.drives.fault_matrix.page import case_of, render

SAMPLE: tuple[Case, ...] = (
    ("estop_channels_disagree", AUTO),
    ("bumper_pressed", DEGRADED),
    ("link_lost", AUTO),
    ("message_lost", AUTO),
    ("message_corrupt", DEGRADED),
    ("bus_off", DEGRADED),
    ("bus_given_up", DEGRADED),
    ("brakes_failed", AUTO),
    ("steering_failed", DEGRADED),
    ("steering_implausible", AUTO),
    ("traction_implausible", DEGRADED),
    ("value_frozen", DEGRADED),
    ("hold_left", AUTO),
    ("localisation_lost", DEGRADED),
    ("battery_interlock", DEGRADED),
    ("battery_low", AUTO),
    ("supervisor_took_over", AUTO),
    ("deadline_overrun", AUTO),
    ("recorder_failed", DEGRADED),
    ("end_asked", AUTO),
    ("link_lost", REMOTE),
    ("supply_low", REMOTE),
    ("bumper_pressed", MANUAL),
    ("driver_unheard", MANUAL),
    ("estop_channel_lost", MANUAL),
    ("contactors_opened", MANUAL),
    ("steering_failed", MANUAL),
    ("value_frozen", MANUAL),
    ("unintended_motion", STANDING),
)
"""For every run; the rest takes minutes, and runs with --full."""


@pytest.fixture(scope="module")
def sampled() -> dict[Case, Outcome]:
    return {case_of(outcome): outcome for outcome in outcomes(SAMPLE)}


def problems_of(outcome: Outcome) -> list[str]:
    """What is not as expected; an open case is one where that has ended."""
    wrong = judge(outcome)
    if case_of(outcome) not in OPEN:
        return wrong
    return [] if wrong else [f"{case_of(outcome)} meets its expectation now: take it out of the open cases"]


def test_every_fault_of_the_catalogue_is_caused_or_it_is_said_why_it_cannot_be() -> None:
    rows = {row.identifier for row in FAULTS}
    assert set(INJECTIONS) | set(NOT_INJECTED) == rows
    assert not set(INJECTIONS) & set(NOT_INJECTED)
    assert set(NOT_INJECTED) == {"message_distrusted", "actuator_pending", "reservoir_filling"}


def test_every_cause_has_an_expectation_and_every_drive_state_a_case() -> None:
    assert set(EXPECTATIONS) == set(INJECTIONS)
    waiting = {name for name, row in INJECTIONS.items() if row.place in (Place.READY, Place.BOOT)}
    assert waiting == set(NOT_IN_A_DRIVE_STATE)
    driven = set(INJECTIONS) - waiting
    by_itself = {(name, state) for name in driven - ONLY_BY_HAND for state in (AUTO, DEGRADED)}
    by_hand = {(name, state) for name in driven for state in (REMOTE, MANUAL)} - set(NOT_BY_HAND)
    assert set(every_case()) == by_itself | by_hand | {(name, STANDING) for name in waiting}
    assert set(OPEN) <= set(every_case())
    assert set(SAMPLE) <= set(every_case())


def test_a_state_in_which_people_drive_lacks_only_what_is_not_looked_at_there() -> None:
    """But for one that cannot show at walking pace."""
    not_looked_at = {
        (row.identifier, state.name)
        for row in FAULTS
        for state in (SafetyState.REMOTE, SafetyState.MANUAL)
        if state not in row.severity
    }
    nowhere = {(name, state) for name in (*NOT_IN_A_DRIVE_STATE, *NOT_INJECTED) for state in (REMOTE, MANUAL)}
    assert set(NOT_BY_HAND) == not_looked_at - nowhere | {("gnss_speed_implausible", REMOTE)}


@pytest.mark.parametrize("case", SAMPLE, ids="-".join)
@pytest.mark.requirement("SR-01", "SR-04", "SR-08", "SR-12", "SR-14", "SR-19", "SR-20", "SR-21")
def test_the_reaction_is_the_expected_one(case: Case, sampled: dict[Case, Outcome]) -> None:
    assert problems_of(sampled[case]) == [], f"{sampled[case]}"


@pytest.mark.full
@pytest.mark.requirement("SR-01", "SR-04", "SR-08", "SR-12", "SR-14", "SR-19", "SR-20", "SR-21")
def test_every_reaction_is_the_expected_one() -> None:
    found = list(outcomes(every_case()))
    assert {case_of(outcome) for outcome in found} == set(every_case())
    for outcome in found:
        assert problems_of(outcome) == [], f"{outcome}"


@pytest.mark.parametrize(
    "change",
    [
        {"fault_s": None},
        {"fault_s": 0.2},
        {"frame_s": 0.2},
        {"braking_s": 0.2},
        {"stop_m": None},
        {"stop_m": 60.0},
        {"hardest_mps2": 4.1},
        {"states": ("AUTO", "SAFE_STOP")},
        {"end_state": "ESTOP"},
        {"latch": "moved"},
        {"after": "SAFE_STOP"},
        {"named_after": True},
    ],
    ids=lambda change: "-".join(change),
)
def test_a_stop_that_is_otherwise_is_found(change: dict[str, Any], sampled: dict[Case, Outcome]) -> None:
    assert judge(sampled["link_lost", AUTO]) == []
    assert judge(sampled["link_lost", AUTO]._replace(**change)) != []


def test_a_slower_drive_that_is_otherwise_is_found(sampled: dict[Case, Outcome]) -> None:
    slow = sampled["battery_low", AUTO]
    assert judge(slow) == []
    changes: tuple[dict[str, Any], ...] = (
        {"states": ("AUTO",)},
        {"speed_after_mps": 5.0},
        {"speed_after_mps": 0.0},
    )
    for change in changes:
        assert judge(slow._replace(**change)) != []


@pytest.mark.parametrize(
    ("case", "change"),
    [
        (("supply_low", REMOTE), {"speed_after_mps": 1.0}),
        (("supply_low", REMOTE), {"speed_after_mps": 0.0}),
        (("supply_low", REMOTE), {"states": ("REMOTE", "MRM")}),
        (("link_lost", REMOTE), {"arc_left_rad": 0.03}),
        (("link_lost", REMOTE), {"states": ("REMOTE", "SAFE_STOP")}),
        (("estop_channel_lost", MANUAL), {"speed_after_mps": 3.0}),
        (("estop_channel_lost", MANUAL), {"speed_after_mps": 0.0}),
        (("estop_channel_lost", MANUAL), {"not_obeyed": "steered to 0.000 rad, asked 0.080"}),
        (("estop_channel_lost", MANUAL), {"took_over": "brake_status FAULT"}),
        (("contactors_opened", MANUAL), {"torque_after_nm": 1.0}),
        (("contactors_opened", MANUAL), {"not_obeyed": "still 3.00 m/s after 6 s of braking"}),
        (("steering_failed", MANUAL), {"arc_left_rad": 0.03}),
        (("steering_failed", MANUAL), {"latch": "moved"}),
        (("bumper_pressed", MANUAL), {"end_state": "MANUAL"}),
    ],
    ids=str,
)
def test_a_drive_by_hand_that_is_otherwise_is_found(
    case: Case, change: dict[str, Any], sampled: dict[Case, Outcome]
) -> None:
    assert judge(sampled[case]) == []
    assert judge(sampled[case]._replace(**change)) != []


def test_the_page_answers_first_and_names_what_is_not_as_expected(sampled: dict[Case, Outcome]) -> None:
    found = [sampled["link_lost", AUTO], sampled["bumper_pressed", DEGRADED]]
    well = render(found, 1.0)
    assert "<h1>All 2 cases as expected</h1>" in well
    assert "Not as expected" not in well
    bad = render([found[0]._replace(end_state="ESTOP", detail="<b>"), found[1]], 1.0)
    assert "<h1>1 of 2 cases are not as expected</h1>" in bad
    assert "ended in ESTOP, expected SAFE_STOP" in bad
    assert "&lt;b&gt;" in bad
    for name in (
        *NOT_INJECTED,
        *NOT_IN_A_DRIVE_STATE,
        *(f"{name} in {state}" for name, state in NOT_BY_HAND),
    ):
        assert name in well
