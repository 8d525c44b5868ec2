"""The table of DBC units: every factor against scipy's constants or the definition, written again here."""

import math

import pytest
from scipy import constants

from firmware_runtime.vehicle.signals import INPUT_SPECS, OUTPUT_SPECS
from firmware_runtime.vehicle.units import UNITS, UnitMismatchError, conversion

FACTORS = {
    "m/s": 1, "km/h": constants.kmh, "kph": constants.kmh, "mm/s": constants.milli, "mph": constants.mph,
    "m/s2": 1, "m/s^2": 1, "m/s²": 1, "g": constants.g,
    "rad": 1, "mrad": constants.milli, "deg": constants.degree, "°": constants.degree,
    "rad/s": 1, "deg/s": constants.degree, "°/s": constants.degree,
    "rpm": math.tau / constants.minute, "1/min": math.tau / constants.minute,
    "rev/min": math.tau / constants.minute,
    "N": 1, "daN": constants.deka, "kN": constants.kilo, "Nm": 1, "kNm": constants.kilo,
    "Pa": 1, "hPa": constants.hecto, "kPa": constants.kilo, "MPa": constants.mega,
    "mbar": constants.bar / 1000, "bar": constants.bar,
    "degC": 1, "°C": 1, "K": 1,
    "V": 1, "mV": constants.milli, "kV": constants.kilo, "A": 1, "mA": constants.milli,
    "W": 1, "kW": constants.kilo,
    "ohm": 1, "Ohm": 1, "kohm": constants.kilo, "kOhm": constants.kilo,
    "Mohm": constants.mega, "MOhm": constants.mega,
    "kg": 1, "t": constants.metric_ton, "m": 1, "cm": constants.centi, "mm": constants.milli,
    "km": constants.kilo, "s": 1, "ms": constants.milli, "min": constants.minute, "h": constants.hour,
    "": 1, "1": 1, "%": constants.centi,
}  # fmt: skip


def test_every_unit_of_the_table_is_checked_here() -> None:
    assert set(UNITS) == set(FACTORS)


@pytest.mark.parametrize("unit", FACTORS)
def test_a_unit_is_worth_its_si_factor(unit: str) -> None:
    assert UNITS[unit].factor == pytest.approx(FACTORS[unit], rel=1e-15)
    assert UNITS[unit].source != ""


def test_temperature_in_kelvin_is_the_only_one_with_an_offset() -> None:
    assert {unit for unit, row in UNITS.items() if row.offset} == {"K"}
    row = conversion("K", "degC")
    assert 300.0 * row.factor + row.offset == pytest.approx(constants.convert_temperature(300.0, "K", "C"))


def test_each_canonical_unit_converts_to_itself() -> None:
    for spec in (*INPUT_SPECS, *OUTPUT_SPECS):
        if spec.enum is None:
            assert conversion(spec.quantity.unit, spec.quantity.unit)[:3] == (spec.quantity.unit, 1.0, 0.0)


@pytest.mark.parametrize("unit", [None, "", "1", " "])
def test_no_unit_means_a_plain_number_and_only_that(unit: str | None) -> None:
    assert conversion(unit, "1").factor == 1
    assert conversion(unit, "").factor == 1
    with pytest.raises(UnitMismatchError, match=r"a unit of m/s .* got"):
        conversion(unit, "m/s")


def test_an_unknown_unit_is_named_with_a_hint() -> None:
    with pytest.raises(UnitMismatchError) as caught:
        conversion("km/hr", "m/s")
    assert caught.value.expected == "a unit of m/s (one of m/s, km/h, kph, mm/s, mph)"
    assert caught.value.got == 'the unknown unit "km/hr" (did you mean "km/h"?)'


def test_a_unit_of_another_dimension_is_named_with_its_dimension() -> None:
    with pytest.raises(UnitMismatchError) as caught:
        conversion("Nm", "N")
    assert caught.value.expected == "a unit of N (one of N, daN, kN)"
    assert caught.value.got == '"Nm" (a unit of Nm)'


def test_a_percentage_is_a_plain_number_and_nothing_else_is() -> None:
    assert conversion("%", "1").factor == 0.01
    with pytest.raises(UnitMismatchError, match=r'expected a plain number \(unit "", "1" or "%"\), got "V"'):
        conversion("V", "1")


def test_lower_and_upper_case_are_different_units() -> None:
    """`mW` and `MW` differ by 1e9: no guess."""
    with pytest.raises(UnitMismatchError):
        conversion("KW", "W")
