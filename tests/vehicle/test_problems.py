"""How a problem reads."""

from typing import Any

import pytest

from firmware_runtime.vehicle.problems import ConfigurationError, Problem, described, did_you_mean, number


def test_a_problem_is_one_line_that_names_place_key_expectation_and_what_came() -> None:
    problem = Problem("configs/x.toml", 41, "[traction] wheel_radius_m", "a number of 0.05 to 1.5 (m)", "-3")
    assert str(problem) == (
        "configs/x.toml:41: [traction] wheel_radius_m: expected a number of 0.05 to 1.5 (m), got -3"
    )
    assert str(Problem("x.dbc", None, "", "a DBC file", "no such file")) == (
        "x.dbc: expected a DBC file, got no such file"
    )


def test_a_problem_stays_one_line_and_leaves_the_terminal_unharmed_whatever_a_file_holds() -> None:
    problem = Problem("x.toml", 1, "[a\nb] \x1b[31m", "a key", '"\u2028"')
    assert str(problem) == 'x.toml:1: [a\\nb] \\x1b[31m: expected a key, got "\\u2028"'


def test_an_error_holds_all_problems_once_by_file_and_line() -> None:
    late, early, whole = (Problem("a.toml", line, "k", "x", "y") for line in (9, 2, None))
    other = Problem("b.toml", 1, "k", "x", "y")
    error = ConfigurationError([other, late, early, whole, late])
    assert error.problems == (whole, early, late, other)
    assert str(error).splitlines() == [str(problem) for problem in error.problems]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (3.0, "3"),
        (-0.25, "-0.25"),
        (1e300, "1e+300"),
        (10**16, "1.000e+16"),
        (10**400, "a whole number beyond 1e300"),
        (float("nan"), "not a number (nan)"),
        (float("-inf"), "-inf"),
        ("text", '"text"'),
        ("two\nlines\x1b", '"two\\nlines\\u001b"'),
        ("x" * 100, '"' + "x" * 57 + '..."'),
        ([1], "an array"),
        ({}, "a table"),
        (__import__("datetime").date(2024, 2, 29), "2024-02-29"),
    ],
)
def test_any_value_is_described_on_one_line(value: Any, words: str) -> None:
    assert described(value) == words


def test_numbers_are_written_as_people_write_them() -> None:
    assert [number(value) for value in (2_000_000.0, 0.05, 147722.37, 1e-9)] == [
        "2000000",
        "0.05",
        "147722",
        "1e-09",
    ]


def test_a_hint_only_where_something_is_near() -> None:
    assert did_you_mean("wheel_raduis_m", ["wheel_radius_m", "gear_ratio"]) == (
        ' (did you mean "wheel_radius_m"?)'
    )
    assert did_you_mean("zzz", ["wheel_radius_m"]) == ""
