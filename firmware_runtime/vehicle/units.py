"""DBC units and what they are in SI: the declared table by which a binding converts; start-up only.

SI value = DBC-unit value * factor + offset, one multiplication (and one addition where there is an offset)
after the DBC's own factor and offset, which stay exact. A unit that is not in this table stops start-up.
"""

import math
from typing import NamedTuple

from firmware_runtime.vehicle.problems import did_you_mean, quoted


class UnitRow(NamedTuple):
    """One unit a DBC may use."""

    si_unit: str
    """Unit of the canonical signals it converts to."""
    factor: float
    offset: float
    source: str


class UnitMismatchError(Exception):
    """A DBC unit that is unknown, or of another dimension than the canonical signal."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(f"expected {expected}, got {got}")
        self.expected = expected
        self.got = got


_SI = "SI brochure, 9th edition"
_PREFIX = "SI brochure, 9th edition, table 7 (prefixes)"
_ACCEPTED = "SI brochure, 9th edition, table 8 (units accepted for use with the SI)"
_NIST = "NIST SP 811, appendix B.8"
_TURN = "one turn is 2 pi rad, one minute 60 s"
_DBC = "customary spelling in DBC files"

UNITS: dict[str, UnitRow] = {
    # speed
    "m/s": UnitRow("m/s", 1.0, 0.0, _SI),
    "km/h": UnitRow("m/s", 1.0 / 3.6, 0.0, f"{_ACCEPTED}: 1 h is 3600 s"),
    "kph": UnitRow("m/s", 1.0 / 3.6, 0.0, _DBC),
    "mm/s": UnitRow("m/s", 0.001, 0.0, _PREFIX),
    "mph": UnitRow("m/s", 0.44704, 0.0, f"{_NIST}: exact"),
    # acceleration
    "m/s2": UnitRow("m/s2", 1.0, 0.0, _SI),
    "m/s^2": UnitRow("m/s2", 1.0, 0.0, _DBC),
    "m/s²": UnitRow("m/s2", 1.0, 0.0, _DBC),
    "g": UnitRow("m/s2", 9.80665, 0.0, "standard acceleration of free fall, 3rd CGPM (1901), exact"),
    # angle
    "rad": UnitRow("rad", 1.0, 0.0, _SI),
    "mrad": UnitRow("rad", 0.001, 0.0, _PREFIX),
    "deg": UnitRow("rad", math.pi / 180.0, 0.0, _ACCEPTED),
    "°": UnitRow("rad", math.pi / 180.0, 0.0, _ACCEPTED),
    # angular speed
    "rad/s": UnitRow("rad/s", 1.0, 0.0, _SI),
    "deg/s": UnitRow("rad/s", math.pi / 180.0, 0.0, _ACCEPTED),
    "°/s": UnitRow("rad/s", math.pi / 180.0, 0.0, _ACCEPTED),
    "rpm": UnitRow("rad/s", 2.0 * math.pi / 60.0, 0.0, _TURN),
    "1/min": UnitRow("rad/s", 2.0 * math.pi / 60.0, 0.0, f"{_TURN}; of a rotation"),
    "rev/min": UnitRow("rad/s", 2.0 * math.pi / 60.0, 0.0, _TURN),
    # force and torque
    "N": UnitRow("N", 1.0, 0.0, _SI),
    "daN": UnitRow("N", 10.0, 0.0, _PREFIX),
    "kN": UnitRow("N", 1000.0, 0.0, _PREFIX),
    "Nm": UnitRow("Nm", 1.0, 0.0, _SI),
    "kNm": UnitRow("Nm", 1000.0, 0.0, _PREFIX),
    # pressure
    "Pa": UnitRow("Pa", 1.0, 0.0, _SI),
    "hPa": UnitRow("Pa", 100.0, 0.0, _PREFIX),
    "kPa": UnitRow("Pa", 1000.0, 0.0, _PREFIX),
    "MPa": UnitRow("Pa", 1_000_000.0, 0.0, _PREFIX),
    "mbar": UnitRow("Pa", 100.0, 0.0, f"{_NIST}: exact"),
    "bar": UnitRow("Pa", 100_000.0, 0.0, f"{_NIST}: exact"),
    # temperature: canonical temperatures are in degrees Celsius
    "degC": UnitRow("degC", 1.0, 0.0, _SI),
    "°C": UnitRow("degC", 1.0, 0.0, _SI),
    "K": UnitRow("degC", 1.0, -273.15, "SI brochure, 9th edition, 2.3.1: t/degC = T/K - 273.15"),
    # electricity
    "V": UnitRow("V", 1.0, 0.0, _SI),
    "mV": UnitRow("V", 0.001, 0.0, _PREFIX),
    "kV": UnitRow("V", 1000.0, 0.0, _PREFIX),
    "A": UnitRow("A", 1.0, 0.0, _SI),
    "mA": UnitRow("A", 0.001, 0.0, _PREFIX),
    "W": UnitRow("W", 1.0, 0.0, _SI),
    "kW": UnitRow("W", 1000.0, 0.0, _PREFIX),
    "ohm": UnitRow("ohm", 1.0, 0.0, _SI),
    "Ohm": UnitRow("ohm", 1.0, 0.0, _DBC),
    "kohm": UnitRow("ohm", 1000.0, 0.0, _PREFIX),
    "kOhm": UnitRow("ohm", 1000.0, 0.0, _DBC),
    "Mohm": UnitRow("ohm", 1_000_000.0, 0.0, _PREFIX),
    "MOhm": UnitRow("ohm", 1_000_000.0, 0.0, _DBC),
    # mass, length, time
    "kg": UnitRow("kg", 1.0, 0.0, _SI),
    "t": UnitRow("kg", 1000.0, 0.0, _ACCEPTED),
    "m": UnitRow("m", 1.0, 0.0, _SI),
    "cm": UnitRow("m", 0.01, 0.0, _PREFIX),
    "mm": UnitRow("m", 0.001, 0.0, _PREFIX),
    "km": UnitRow("m", 1000.0, 0.0, _PREFIX),
    "s": UnitRow("s", 1.0, 0.0, _SI),
    "ms": UnitRow("s", 0.001, 0.0, _PREFIX),
    "min": UnitRow("s", 60.0, 0.0, _ACCEPTED),
    "h": UnitRow("s", 3600.0, 0.0, _ACCEPTED),
    # plain numbers; a signal without a unit is one
    "": UnitRow("1", 1.0, 0.0, _DBC),
    "1": UnitRow("1", 1.0, 0.0, _SI),
    "%": UnitRow("1", 0.01, 0.0, "SI brochure, 9th edition, 5.4.7"),
}


def conversion(dbc_unit: str | None, si_unit: str) -> UnitRow:
    """The row that converts `dbc_unit` to a canonical unit; an absent unit is the empty one.

    Raises:
        UnitMismatchError: the unit is not in `UNITS`, or is of another dimension.
    """
    unit = (dbc_unit or "").strip()
    wanted = si_unit or "1"
    usable = [name for name, row in UNITS.items() if row.si_unit == wanted]
    row = UNITS.get(unit)
    if row is None:
        hint = did_you_mean(unit, usable) or did_you_mean(unit, UNITS)
        raise UnitMismatchError(_expectation(wanted, usable), f"the unknown unit {quoted(unit)}{hint}")
    if row.si_unit != wanted:
        got = f"{quoted(unit)} (a unit of {row.si_unit})" if unit else "no unit"
        raise UnitMismatchError(_expectation(wanted, usable), got)
    return row


def _expectation(si_unit: str, usable: list[str]) -> str:
    if si_unit == "1":
        return 'a plain number (unit "", "1" or "%")'
    return f"a unit of {si_unit} (one of {', '.join(usable)})"
