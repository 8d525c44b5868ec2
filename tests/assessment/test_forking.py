"""Inputs that fork where they are read: nothing is left out, nothing is tried twice."""

from enum import Enum
from fractions import Fraction

import pytest

from firmware_runtime.assessment.forking import DOMAINS, START_NS, domain_of, inputs_in_all, runs
from firmware_runtime.safety.facts import SafetyInputs
from firmware_runtime.vehicle.enums import ModeKey, Severity

TIMES_NS = (10, 20, 30)


def test_every_field_of_the_inputs_has_all_its_values() -> None:
    assert set(DOMAINS) == set(SafetyInputs.__struct_fields__)
    assert DOMAINS["severity"] == tuple(Severity)
    assert DOMAINS["mode"] == tuple(ModeKey)
    assert DOMAINS["standing"] == (False, True)
    assert inputs_in_all(TIMES_NS) == 2**15 * len(Severity) * len(ModeKey) * 3


def test_a_type_that_cannot_be_explored_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        domain_of(float, 0.0)
    assert domain_of(Enum("Two", "a b"), None)


def test_code_that_reads_nothing_runs_once() -> None:
    assert sum(1 for _ in runs(TIMES_NS)) == 1


def test_what_one_value_leads_to_is_tried_for_that_value_alone() -> None:
    seen: list[tuple[object, ...]] = []
    for run in runs(TIMES_NS):
        if run.inputs.standing:
            seen.append(("standing", run.inputs.plugged, run.inputs.plugged))
        else:
            seen.append(("moving", run.inputs.severity, run.now_ns - START_NS))
    assert sorted(seen, key=str) == sorted(
        [("standing", plugged, plugged) for plugged in (False, True)]
        + [("moving", severity, time_ns) for severity in Severity for time_ns in TIMES_NS],
        key=str,
    )


def test_the_shares_of_all_runs_are_the_whole() -> None:
    share = Fraction(0)
    for run in runs(TIMES_NS):
        i = run.inputs
        if i.estop_pressed or (i.severity is Severity.OK and i.mode is ModeKey.AUTO):
            assert (run.now_ns - 3) in (7, 17, 27)
        share += Fraction(1, run.forks.choices_made)
    assert share == 1


def test_what_was_read_is_told_by_name() -> None:
    for run in runs(TIMES_NS):
        assert run.inputs.link_alive in (False, True)
        assert set(run.read()) == {"link_alive"}
        assert run.now_ns.elapsed_ns is None
