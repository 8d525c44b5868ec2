"""Profile file -> `Profile`: checked figures, loaded DBCs, resolved bindings, identity; start-up only.

All problems of the profile, its calibration and its DBCs are told at once, each with file and line. A
`Profile` that this returns needs no further checks by anyone.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.cache import DatabaseCache
from firmware_runtime.can.dbc_text import DatabaseError, read_dbc
from firmware_runtime.can.layout import bind
from firmware_runtime.can.reception import judges_problems
from firmware_runtime.can.sender import Sender
from firmware_runtime.can.tables import DatabaseTable
from firmware_runtime.vehicle.bindings import Bus, EnumTable, RawTable, Resolution, Resolver
from firmware_runtime.vehicle.declarations import Declarations, with_declarations
from firmware_runtime.vehicle.fields import Findings, read_struct
from firmware_runtime.vehicle.identity import configuration_identity
from firmware_runtime.vehicle.messages import check_messages
from firmware_runtime.vehicle.needs import input_need, output_need
from firmware_runtime.vehicle.problems import ConfigurationError, Problem, quoted
from firmware_runtime.vehicle.profile import Calibration, ProfileData
from firmware_runtime.vehicle.rules import check_rules
from firmware_runtime.vehicle.signals import INPUT_SPECS, OUTPUT_SPECS
from firmware_runtime.vehicle.toml_lines import KeyPath, TomlDocument, read_toml


@dataclass(frozen=True, slots=True)
class Profile:
    """A vehicle that may be driven: nothing in it is unchecked."""

    path: Path
    data: ProfileData
    calibration: Calibration
    databases: dict[str, DatabaseTable]
    """By bus name, in the profile's order, with what the profile states of their messages."""
    inputs: tuple[SignalBinding, ...]
    """In the order of INPUT_SPECS; those that the vehicle lacks, a cab's among them, are absent."""
    outputs: tuple[SignalBinding, ...]
    """In the order of OUTPUT_SPECS; optional ones that the vehicle lacks are absent."""
    input_enums: dict[str, EnumTable]
    """Canonical input -> raw value -> member."""
    output_raws: dict[str, RawTable]
    """Canonical output -> raw value by the member's number."""
    identity: str
    """SHA-256 (64 hex digits) over profile, calibration, DBCs and code (`identity`)."""

    @property
    def identity_word(self) -> int:
        """First 32 bits of the identity, as the heartbeat carries them."""
        return int(self.identity[:8], 16)


def load_profile(path: Path | str, cache: DatabaseCache | None = None) -> Profile:
    """Load a profile with all that it names.

    cache: of compiled databases; the user's own without it. What is in it changes the time this takes and
    nothing else, the identity included.

    Raises:
        ConfigurationError: with every problem of every file, by file and line.
    """
    document = read_toml(Path(path), str(Path(path)))
    if isinstance(document, Problem):
        raise ConfigurationError([document])
    findings = Findings(document)
    data = read_struct(ProfileData, findings)
    elsewhere: list[Problem] = []
    calibration_file, calibration = _load_calibration(findings, elsewhere)
    buses = _load_buses(findings, elsewhere, DatabaseCache() if cache is None else cache)
    declared: Declarations = {} if data is None else data.messages
    databases = with_declarations(declared, {name: bus.table for name, bus in buses.items()}, findings)
    buses = {name: bus._replace(table=databases[name]) for name, bus in buses.items()}
    if data is not None:
        check_rules(data, findings)
    inputs, outputs = _resolve(findings, buses, data, calibration)
    fd_buses = frozenset(
        name for name, bus in ({} if data is None else data.buses).items() if bus.data_bitrate_bps
    )
    check_messages(inputs.bound, outputs.bound, declared, fd_buses, findings)
    problems = findings.problems + elsewhere
    if problems or data is None or calibration is None or calibration_file is None:
        raise ConfigurationError(problems)
    _check_layout(databases, inputs, outputs, document)
    parts = [("profile", document.content), ("calibration", calibration_file.content)]
    parts += [(f"bus {name}", bus.content) for name, bus in buses.items()]
    return Profile(
        path=Path(path),
        data=data,
        calibration=calibration,
        databases=databases,
        inputs=tuple(inputs.bindings),
        outputs=tuple(outputs.bindings),
        input_enums=inputs.enums,
        output_raws=outputs.raws,
        identity=configuration_identity(parts),
    )


def _load_calibration(
    findings: Findings, elsewhere: list[Problem]
) -> tuple[TomlDocument | None, Calibration | None]:
    named = findings.document.data.get("calibration")
    if not isinstance(named, str) or not named.strip():
        return None, None
    shown = _beside(findings.document.file, named)
    if not os.path.isfile(shown):
        findings.add(("calibration",), "a calibration file", _absence(shown))
        return None, None
    document = read_toml(Path(shown), shown)
    if isinstance(document, Problem):
        elsewhere.append(document)
        return None, None
    own = Findings(document)
    calibration = read_struct(Calibration, own)
    elsewhere.extend(own.problems)
    return document, calibration


def _load_buses(findings: Findings, elsewhere: list[Problem], cache: DatabaseCache) -> dict[str, Bus]:
    buses: dict[str, Bus] = {}
    for name, entry in _bus_entries(findings).items():
        named = cast(dict[str, Any], entry).get("dbc") if isinstance(entry, dict) else None
        if not isinstance(named, str) or not named.strip():
            continue
        path: KeyPath = ("buses", name, "dbc")
        if not name.isidentifier():
            findings.add(("buses", name), "a bus name of letters, digits and _", quoted(name))
            continue
        shown = _beside(findings.document.file, named)
        if not os.path.isfile(shown):
            findings.add(path, "a DBC file", _absence(shown))
            continue
        try:
            content = read_dbc(shown)
            buses[name] = Bus(cache.table(content, shown), shown, content)
        except DatabaseError as error:
            elsewhere.extend(Problem(p.path, p.line, "", p.expected, p.got) for p in error.problems)
    return buses


def _bus_entries(findings: Findings) -> dict[str, Any]:
    entries = findings.document.data.get("buses")
    return cast(dict[str, Any], entries) if isinstance(entries, dict) else {}


def _resolve(
    findings: Findings, buses: dict[str, Bus], data: ProfileData | None, calibration: Calibration | None
) -> tuple[Resolution, Resolution]:
    declared = frozenset(_bus_entries(findings))
    resolutions: list[Resolution] = []
    for table, specs, need in (("inputs", INPUT_SPECS, input_need), ("outputs", OUTPUT_SPECS, output_need)):
        resolver = Resolver(
            table=table,
            specs=specs,
            declared_buses=declared,
            buses=buses,
            need_of=lambda spec, need=need: need(spec, data, calibration) if data and calibration else None,
            findings=findings,
            cab=_cab(findings),
        )
        resolutions.append(resolver.resolve())
    return resolutions[0], resolutions[1]


def _cab(findings: Findings) -> bool | None:
    """From the document itself, so that a defect elsewhere in it hides nothing that a cab lacks."""
    vehicle = findings.document.data.get("vehicle")
    cab = cast(dict[str, Any], vehicle).get("cab") if isinstance(vehicle, dict) else None
    return cab if isinstance(cab, bool) else None


def _check_layout(
    databases: dict[str, DatabaseTable], inputs: Resolution, outputs: Resolution, document: TomlDocument
) -> None:
    """Ask the codec itself; what it refuses although the checks above let it pass has no better place."""
    problems: list[Problem] = []
    for table, refusals in (
        ("inputs", _receiver_refusals(databases, inputs)),
        ("outputs", _sender_refusals(databases, outputs)),
    ):
        line = document.line_of((table,))
        for reason in refusals:
            problems.append(Problem(document.file, line, f"[{table}]", "signals that can be used", reason))
    if problems:
        raise ConfigurationError(problems)


def _receiver_refusals(databases: dict[str, DatabaseTable], inputs: Resolution) -> list[str]:
    # What a Receiver refuses; its tables of numpy, which need no check, would cost a start their import.
    try:
        layout = bind(databases, inputs.bindings)
    except ValueError as error:
        return str(error).splitlines()
    return [problem for message in layout.messages for problem in judges_problems(message)]


def _sender_refusals(databases: dict[str, DatabaseTable], outputs: Resolution) -> list[str]:
    try:
        Sender(databases, outputs.bindings)
    except ValueError as error:
        return str(error).splitlines()
    return []


def _beside(file: str, named: str) -> str:
    """Path of a file that a profile names relative to itself, as a person sees it."""
    return os.path.normpath(os.path.join(os.path.dirname(file), named))


def _absence(shown: str) -> str:
    return f"{shown}, {'a directory' if os.path.isdir(shown) else 'which does not exist'}"
