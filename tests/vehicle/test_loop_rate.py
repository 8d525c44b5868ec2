"""`[loop]` of a profile: how often the loop ticks, and what it may be."""

from pathlib import Path

import pytest

import firmware_runtime
from firmware_runtime.controller import NS_PER_MS
from firmware_runtime.vehicle.load import load_profile
from firmware_runtime.vehicle.profile import Loop
from tests.vehicle.support import E_TRUCK, PROFILE_FILE, Q_TRUCK, YARD_TRACTOR, Configuration

TICKS = {100: (10_000_000, 0.01), 200: (5_000_000, 0.005), 500: (2_000_000, 0.002), 1000: (1_000_000, 0.001)}


def with_loop(configuration: Configuration, text: str) -> int:
    return configuration.edit(PROFILE_FILE, "[vehicle]\n", f"[loop]\n{text}\n\n[vehicle]\n") + 1


@pytest.mark.parametrize("path", [Q_TRUCK, E_TRUCK, YARD_TRACTOR], ids=lambda path: path.stem)
def test_a_profile_that_says_nothing_ticks_at_100_hz(path: Path) -> None:
    loop = load_profile(path).data.loop
    assert (loop.rate_hz, loop.tick_ns, loop.tick_s) == (100, *TICKS[100])


@pytest.mark.parametrize("rate_hz", TICKS)
def test_the_rates_that_may_be(rate_hz: int, configuration: Configuration) -> None:
    with_loop(configuration, f"rate_hz = {rate_hz}")
    loop = configuration.load().data.loop
    assert (loop.tick_ns, loop.tick_s) == TICKS[rate_hz]
    assert loop.tick_ns * rate_hz == 1_000_000_000
    assert 10_000_000 % loop.tick_ns == 0, "whole ticks in a cycle of the buses"
    assert loop.tick_ns >= NS_PER_MS, "the numbers of proposals begin at the time in ms"


@pytest.mark.parametrize("rate_hz", [101, 125, 250, 400, 999])
def test_others_would_send_unevenly_and_are_refused(rate_hz: int, configuration: Configuration) -> None:
    line = with_loop(configuration, f"rate_hz = {rate_hz}")
    problem = configuration.problem()
    assert (problem.key, problem.line, problem.got) == ("[loop] rate_hz", line, str(rate_hz))
    assert problem.expected == "100, 200, 500 or 1000 Hz: whole ticks in a cycle of 10 ms"


@pytest.mark.parametrize("rate_hz", ["0", "50", "99", "1001", "2000", "-100", "100.0", '"100"', "true"])
def test_what_is_no_rate_at_all_is_refused(rate_hz: str, configuration: Configuration) -> None:
    line = with_loop(configuration, f"rate_hz = {rate_hz}")
    problem = configuration.problem()
    assert (problem.key, problem.line) == ("[loop] rate_hz", line)
    assert problem.expected == "a whole number of 100 to 1000 (Hz)"


def test_an_unknown_key_is_refused(configuration: Configuration) -> None:
    with_loop(configuration, "tick_ms = 1")
    assert configuration.problem().key == "[loop] tick_ms"


def test_it_is_optional_within_its_table_too() -> None:
    assert Loop() == Loop(rate_hz=100)


def test_no_part_has_a_tick_of_its_own() -> None:
    root = Path(firmware_runtime.__file__).parent
    found = [str(path) for path in root.rglob("*.py") if "TICK_S =" in path.read_text()]
    assert found == []
