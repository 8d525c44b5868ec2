"""What `firmware-runtime install` puts in place runs under systemd: one run for all of tests/units/inside."""

import sys

import pytest

from tests.units.machine import missing, run

TIMEOUT_S = 900.0


@pytest.mark.full
def test_every_test_on_a_computer_with_systemd_passes() -> None:
    reason = missing()
    if reason:
        pytest.skip(reason)
    options = ("-q", "--color=no", "--tb=short", "-p", "no:cacheprovider", "-rs")
    outcome = run([sys.executable, "-m", "pytest", *options, "tests/units/inside"], TIMEOUT_S)
    assert outcome.status == 0, outcome.output + outcome.console
    assert " passed" in outcome.output
    assert "skipped" not in outcome.output, outcome.output
