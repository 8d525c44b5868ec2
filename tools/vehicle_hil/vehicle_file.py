"""Reads a vehicle file (TOML): the true parameters of a simulated vehicle; at start-up only.

The parameter classes of `plant`, `ecus` and `gnss` say what belongs into the file: a section a class, a
key a field, `Annotated` ranges checked here. All errors of a file are told at once, with their lines.
"""

import re
import tomllib
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from vehicle_hil.ecus.parameters import (
    BatteryControlParameters,
    BodyParameters,
    BrakeParameters,
    InverterParameters,
    SteeringParameters,
    WheelSensorParameters,
)
from vehicle_hil.gnss.parameters import ReceiverParameters
from vehicle_hil.gnss.receiver import parse_utc_ns
from vehicle_hil.plant.parameters import (
    DrivelineParameters,
    GeometryParameters,
    LinkParameters,
    MassParameters,
    PackParameters,
    ResistanceParameters,
    StartParameters,
    SurroundingsParameters,
)

BUILT_IN = Path(__file__).parent / "vehicles"


class VehicleFileError(ValueError):
    """A vehicle file is not as expected; the text lists every error with file, line and key."""


@dataclass(frozen=True, slots=True)
class BusParameters:
    dbc: str
    """Path relative to the vehicle file."""
    bitrate_bps: Annotated[int, (10_000, 1_000_000)]


@dataclass(frozen=True, slots=True)
class IdentityParameters:
    name: str
    """The profile's vehicle name, e.g. `q_truck`."""
    title: str
    cab: bool
    """True where a driver may sit in it: wheel and pedals send CabInputs."""


@dataclass(frozen=True, slots=True)
class VehicleParameters:
    """A whole vehicle file; one field a section."""

    vehicle: IdentityParameters
    geometry: GeometryParameters
    mass: MassParameters
    resistance: ResistanceParameters
    driveline: DrivelineParameters
    pack: PackParameters
    link: LinkParameters
    surroundings: SurroundingsParameters
    start: StartParameters
    inverter: InverterParameters
    brakes: BrakeParameters
    wheel_sensors: WheelSensorParameters
    steering: SteeringParameters
    battery: BatteryControlParameters
    body: BodyParameters
    gnss: ReceiverParameters
    buses: dict[str, BusParameters]
    path: Path
    """Of the file itself."""

    def dbc_path(self, bus: str) -> Path:
        return (self.path.parent / self.buses[bus].dbc).resolve()


def built_in_vehicle(name: str) -> Path:
    """The vehicle file that comes with the harness for a vehicle's name. Raises VehicleFileError."""
    path = BUILT_IN / f"{name}.toml"
    if not path.is_file():
        there = ", ".join(sorted(p.stem for p in BUILT_IN.glob("*.toml")))
        raise VehicleFileError(f"{BUILT_IN}: expected a simulated vehicle {name!r}, got only {there}")
    return path


def load_vehicle_file(path: Path) -> VehicleParameters:
    """Raises VehicleFileError with one line an error: `file:line: key: expected ..., got ...`."""
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        raise VehicleFileError(f"{path}: expected a readable vehicle file, got: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise VehicleFileError(f"{path}: expected TOML, got: {error}") from error
    reader = _Reader(path, text)
    parameters = reader.read(document)
    if reader.errors:
        raise VehicleFileError("\n".join(reader.errors))
    return parameters


class _Reader:
    """Turns the parsed document into parameters and gathers what is wrong with it."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = _key_lines(text)
        self.errors: list[str] = []

    def read(self, document: dict[str, Any]) -> VehicleParameters:
        hints = get_type_hints(VehicleParameters)
        sections = {name: hints[name] for name in hints if name not in ("buses", "path")}
        for name in document.keys() - sections.keys() - {"buses"}:
            self._error(name, f"expected a section of {', '.join([*sections, 'buses'])}", f"[{name}]")
        values: dict[str, Any] = {
            name: self._section(name, cls, document.get(name)) for name, cls in sections.items()
        }
        buses = document.get("buses")
        if not isinstance(buses, dict) or not buses:
            self._error("buses", "expected a section [buses.<name>] for each bus", repr(buses))
            buses = {}
        values["buses"] = {
            name: self._section(f"buses.{name}", BusParameters, table) for name, table in buses.items()
        }
        parameters = VehicleParameters(path=self._path, **values)
        if not self.errors:
            self._check_relations(parameters)
        return parameters

    def _section(self, name: str, cls: type, table: Any) -> Any:
        if not isinstance(table, dict):
            self._error(name, f"expected a section [{name}]", "nothing" if table is None else repr(table))
            return None
        hints = get_type_hints(cls, include_extras=True)
        for key in table.keys() - hints.keys():
            self._error(f"{name}.{key}", f"expected a key of {', '.join(hints)}", f"{key!r}")
        values: dict[str, Any] = {}
        for field in fields(cls):
            key = f"{name}.{field.name}"
            if field.name not in table:
                self._error(key, "expected a value", "nothing")
                values[field.name] = None
            else:
                values[field.name] = self._value(key, hints[field.name], table[field.name])
        return cls(**values)

    def _value(self, key: str, hint: Any, value: Any) -> Any:
        if hint is str:
            if not isinstance(value, str) or not value:
                self._error(key, "expected a text", repr(value))
            return value
        if hint is bool:
            if not isinstance(value, bool):
                self._error(key, "expected true or false", repr(value))
            return value
        if get_origin(hint) is Annotated:
            kind, (low, high) = get_args(hint)
            return self._number(key, kind, low, high, value)
        return self._grade(key, value)

    def _number(self, key: str, kind: type, low: float, high: float, value: Any) -> Any:
        word = "a whole number" if kind is int else "a number"
        fits = isinstance(value, int if kind is int else (int, float)) and not isinstance(value, bool)
        if not fits or not low <= value <= high:
            self._error(key, f"expected {word} from {low:g} to {high:g}", repr(value))
            return value
        return kind(value)

    def _grade(self, key: str, value: Any) -> Any:
        rows = value if isinstance(value, list) else []
        pairs = [row for row in rows if isinstance(row, list) and len(row) == 2]
        numbers = all(type(x) in (int, float) for row in pairs for x in row)
        if not pairs or len(pairs) != len(rows) or not numbers:
            self._error(key, "expected rows [distance_m, grade]", repr(value))
            return value
        distances = [row[0] for row in pairs]
        if any(b <= a for a, b in pairwise(distances)):
            self._error(key, "expected distances that rise", repr(distances))
        if any(abs(row[1]) > 0.3 for row in pairs):
            self._error(key, "expected grades from -0.3 to 0.3", repr([row[1] for row in pairs]))
        return tuple((float(row[0]), float(row[1])) for row in pairs)

    def _check_relations(self, p: VehicleParameters) -> None:
        for bus in p.buses:
            if not p.dbc_path(bus).is_file():
                self._error(f"buses.{bus}.dbc", "expected an existing DBC file", str(p.dbc_path(bus)))
        ordered = (
            ("gnss.latency_max_s", p.gnss.latency_min_s, p.gnss.latency_max_s),
            ("gnss.outage_max_s", p.gnss.outage_min_s, p.gnss.outage_max_s),
            ("brakes.pressure_release_pa", p.brakes.pressure_spring_pa, p.brakes.pressure_release_pa),
            ("brakes.pressure_cut_out_pa", p.brakes.pressure_cut_in_pa, p.brakes.pressure_cut_out_pa),
            ("inverter.link_voltage_max_v", p.inverter.link_voltage_min_v, p.inverter.link_voltage_max_v),
            ("inverter.motor_cut_degc", p.inverter.motor_derate_degc, p.inverter.motor_cut_degc),
            ("inverter.inverter_cut_degc", p.inverter.inverter_derate_degc, p.inverter.inverter_cut_degc),
            ("mass.payload_max_kg", p.start.load_mass_kg, p.mass.payload_max_kg),
        )
        for key, low, high in ordered:
            if high < low:
                self._error(key, f"expected at least {low:g}", f"{high:g}")
        if 100 % p.gnss.rate_hz:
            self._error("gnss.rate_hz", "expected a rate that divides 100", str(p.gnss.rate_hz))
        try:
            parse_utc_ns(p.gnss.utc_start)
        except ValueError as error:
            expected, _, got = str(error).partition(", got ")
            self._error("gnss.utc_start", expected, got)

    def _error(self, key: str, expected: str, got: str) -> None:
        line = self._lines.get(key) or self._lines.get(key.rpartition(".")[0])
        where = f"{self._path}:{line}" if line else str(self._path)
        self.errors.append(f"{where}: {key}: {expected}, got {got}")


def _key_lines(text: str) -> dict[str, int]:
    """Line number of each `section` and `section.key` of a TOML text that uses plain tables."""
    lines: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\s*([\w.\-]+)\s*\]", line):
            section = header.group(1)
            lines.setdefault(section, number)
        elif key := re.match(r"\s*([\w\-]+)\s*=", line):
            lines.setdefault(f"{section}.{key.group(1)}" if section else key.group(1), number)
    return lines
