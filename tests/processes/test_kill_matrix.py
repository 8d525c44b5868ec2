"""Any process may die or hang at any moment, and the truck does nothing but stop: a sample, all in `--full`.

What is judged is measured on the bus, by the kernel's time stamps; a run in which this machine stalled for
more than a tick does not count and is repeated.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.processes.kill_matrix.case import run_case
from tests.processes.kill_matrix.cases import AT_REST, AT_SPEED, HOWS, PROCESSES, SAMPLE, Case, every_case
from tests.processes.kill_matrix.judge import OPEN, STALL_MAX_MS, judge
from tests.processes.kill_matrix.outcome import Outcome
from tests.processes.kill_matrix.table import as_table, write_json
from vehicle_hil.stall_meter import StallMeterError

CONTROL_DIED = Outcome(
    process="control",
    how="exception",
    place="at 8 m/s",
    speed_mps=8.0,
    safe_ms=35.0,
    braking_ms=35.0,
    last_frame_ms=None,
    latched_ms=None,
    gap_before_ms=10.1,
    gap_after_ms=15.0,
    stop_m=22.0,
    lateral_m=0.1,
    speed_after_mps=0.0,
    ended="exit status 1",
    ended_ms=120.0,
    complaint="",
    misbehaved=True,
    others_ended="",
    stall_ms=0.4,
)
SUPERVISOR_DIED = CONTROL_DIED._replace(
    process="supervisor", safe_ms=None, braking_ms=None, last_frame_ms=3.0, latched_ms=58.0, stop_m=8.0
)
SUPERVISOR_SLOW = SUPERVISOR_DIED._replace(how="slow", ended="still running", ended_ms=None)
SERVICES_DIED = CONTROL_DIED._replace(
    process="services",
    safe_ms=None,
    braking_ms=None,
    stop_m=None,
    gap_after_ms=10.9,
    speed_after_mps=8.1,
    states_before=((5, 1, 1),),
    states_after=((5, 1, 1),),
)
SERVICES_AT_REST = SERVICES_DIED._replace(
    place="at rest",
    speed_mps=0.0,
    speed_after_mps=0.0,
    states_before=((3, 0, 1),),
    states_after=((3, 0, 1),),
)


def measured(case: Case, folder: Path) -> Outcome:
    try:
        outcome = run_case(case, folder)
    except StallMeterError as error:
        pytest.skip(f"no stall can be told from a fault here: {error}")
    print(as_table([outcome]))
    return outcome


@pytest.mark.parametrize("case", SAMPLE, ids=str)
def test_the_reaction_keeps_its_budget(case: Case, tmp_path: Path) -> None:
    outcome = measured(case, tmp_path)
    if outcome.stall_ms > STALL_MAX_MS:
        pytest.skip(f"the machine stalled in each of {outcome.repeats + 1} runs")
    assert judge(outcome) == []


@pytest.mark.full
@pytest.mark.parametrize("case", every_case(), ids=str)
def test_every_reaction_keeps_its_budget(case: Case, tmp_path: Path) -> None:
    """A case that is known to be open fails here as soon as it is open no more."""
    assert bool(judge(measured(case, tmp_path))) == ((case.process, case.how) in OPEN)


def test_each_process_is_ended_in_each_way_at_rest_and_at_speed() -> None:
    assert PROCESSES == ("control", "supervisor", "services")
    assert HOWS == ("SIGKILL", "SIGSTOP", "busy", "slow", "exception", "memory")
    wanted = {Case(name, how, place) for name in PROCESSES for how in HOWS for place in (AT_REST, AT_SPEED)}
    assert set(every_case()) == wanted
    assert len(every_case()) == len(wanted)
    assert AT_SPEED.speed_mps == 8.0
    assert set(OPEN) <= {(case.process, case.how) for case in every_case()}


@pytest.mark.parametrize(
    "good", [CONTROL_DIED, SUPERVISOR_DIED, SUPERVISOR_SLOW, SERVICES_DIED, SERVICES_AT_REST]
)
def test_a_reaction_within_its_budget_is_found_good(good: Outcome) -> None:
    assert judge(good) == []


@pytest.mark.parametrize(
    ("good", "change"),
    [
        (CONTROL_DIED, {"safe_ms": 50.1}),
        (CONTROL_DIED, {"safe_ms": None}),
        (CONTROL_DIED, {"stop_m": 40.0}),
        (CONTROL_DIED, {"speed_after_mps": 0.5}),
        (CONTROL_DIED, {"lateral_m": 0.5}),
        (CONTROL_DIED, {"ended": "still running", "ended_ms": None}),
        (CONTROL_DIED, {"ended": "exit status 0"}),
        (CONTROL_DIED, {"ended": "signal 6 (SIGABRT)"}),
        (CONTROL_DIED, {"ended_ms": 1000.1}),
        (CONTROL_DIED, {"others_ended": "supervisor: exit status 1"}),
        (CONTROL_DIED, {"stall_ms": 10.1}),
        (CONTROL_DIED, {"misbehaved": False}),
        (SERVICES_DIED, {"how": "busy", "misbehaved": False}),
        (SERVICES_DIED, {"how": "SIGKILL", "ended": "still running"}),
        (SUPERVISOR_DIED, {"latched_ms": 100.1}),
        (SUPERVISOR_DIED, {"latched_ms": None}),
        (SUPERVISOR_DIED, {"stop_m": 20.0}),
        (SUPERVISOR_SLOW, {"latched_ms": None}),
        (SUPERVISOR_SLOW, {"latched_ms": 101.0, "safe_ms": 101.0}),
        (SERVICES_DIED, {"gap_after_ms": 20.1}),
        (SERVICES_DIED, {"last_frame_ms": 500.0}),
        (SERVICES_DIED, {"safe_ms": 40.0}),
        (SERVICES_DIED, {"speed_after_mps": 7.0}),
        (SERVICES_DIED, {"states_after": ((5, 1, 0), (5, 1, 1))}),
        (SERVICES_DIED, {"states_after": ()}),
        (SERVICES_AT_REST, {"safe_ms": 40.0}),
        (SERVICES_AT_REST, {"states_after": ((3, 0, 1), (11, 0, 1))}),
    ],
    ids=str,
)
def test_a_reaction_beyond_it_is_found(good: Outcome, change: dict[str, Any]) -> None:
    assert judge(good._replace(**change)) != []


def test_outcomes_are_written_for_programs(tmp_path: Path) -> None:
    write_json(tmp_path / "matrix.json", [CONTROL_DIED, SERVICES_AT_REST])
    rows = json.loads((tmp_path / "matrix.json").read_text())
    assert [row["process"] for row in rows] == ["control", "services"]
    assert rows[1]["states_after"] == [[3, 0, 1]]


def test_the_table_counts_the_runs_that_did_not_count() -> None:
    text = as_table([CONTROL_DIED._replace(repeats=2), SUPERVISOR_DIED._replace(latched_ms=None)])
    assert "2 runs did not count: in 2 this machine stalled" in text
    assert "safe frame 35.0 ms" in text
    assert "latch: never" in text
