"""`firmware-runtime check PROFILE`: checks a vehicle profile and all it names, and prints its bindings."""

import argparse
import json
import sys
from dataclasses import asdict, dataclass

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.frame import EXTENDED_FLAG
from firmware_runtime.can.pgn import ANY_SOURCE, bound_id, heard_source, pgn_of, source_text
from firmware_runtime.can.tables import NO_PAGE, MessageTable, SignalLayout
from firmware_runtime.executive import compiled_databases
from firmware_runtime.executive.subcommand import EXIT_PROBLEMS, Subparsers, print_problems
from firmware_runtime.executive.terminal import Style, table
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.messages import deadline_ms
from firmware_runtime.vehicle.problems import ConfigurationError
from firmware_runtime.vehicle.signals import INPUT_SPECS, OUTPUT_SPECS

SUMMARY = "check a vehicle profile and print its bindings"

EPILOG = """\
examples:
  firmware-runtime check configs/q_truck.toml
  firmware-runtime check configs/yard_tractor.toml --json | python3 -m json.tool

exit status: 0 the vehicle may be driven by this profile, 2 it may not (each problem on one line of stderr)"""


@dataclass(frozen=True, slots=True)
class BindingRow:
    """One line of the table. Times in ms; `factor` and `offset` turn the DBC's unit into SI."""

    signal: str
    direction: str
    unit: str
    bus: str
    message: str
    identifier: str
    dbc_signal: str
    dbc_unit: str
    factor: float
    offset: float
    cycle_ms: int
    deadline_ms: int
    protection: str


_HEADER = (
    "canonical signal",
    "unit",
    "bus",
    "message",
    "identifier",
    "DBC signal",
    "DBC unit",
    "factor",
    "cycle ms",
    "deadline ms",
    "protection",
)
_RIGHT = frozenset({"identifier", "factor", "cycle ms", "deadline ms"})


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "check",
        help=SUMMARY,
        description="Checks a vehicle profile, its calibration, its DBCs and every binding, and tells all "
        "problems at once. Opens no bus.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "profile", metavar="PROFILE", help="vehicle profile (TOML), such as configs/q_truck.toml"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    compiled_databases.add(parser)


def run(args: argparse.Namespace) -> int:
    try:
        profile = compiled_databases.load(args)
    except ConfigurationError as error:
        if args.json:
            print(json.dumps({"valid": False, "problems": [p._asdict() for p in error.problems]}, indent=2))
        print_problems(error)
        return EXIT_PROBLEMS
    print(_json(args.profile, profile) if args.json else _text(args.profile, profile))
    return 0


def binding_rows(profile: Profile) -> list[BindingRow]:
    """All bindings, inputs first, in canonical order."""
    rows: list[BindingRow] = []
    for direction, bindings, specs in (
        ("input", profile.inputs, INPUT_SPECS),
        ("output", profile.outputs, OUTPUT_SPECS),
    ):
        units = {spec.name: spec.enum.__name__ if spec.enum else spec.quantity.unit for spec in specs}
        rows += [_row(profile, binding, direction, units[binding.name]) for binding in bindings]
    return rows


def _row(profile: Profile, binding: SignalBinding, direction: str, unit: str) -> BindingRow:
    message, signal = _bound(profile, binding)
    page = None if signal.page == NO_PAGE else message.pages[signal.page]
    return BindingRow(
        signal=binding.name,
        direction=direction,
        unit=unit,
        bus=binding.bus,
        message=f"{message.name}{source_text(binding.source)}" + (f"[{page.label}]" if page else ""),
        identifier=_identifier(message, binding.source),
        dbc_signal=binding.signal,
        dbc_unit=signal.unit,
        factor=binding.si_factor,
        offset=binding.si_offset,
        cycle_ms=message.contract.cycle_ms,
        deadline_ms=deadline_ms(message, page),
        protection=_protection(profile, binding, message),
    )


def _bound(profile: Profile, binding: SignalBinding) -> tuple[MessageTable, SignalLayout]:
    message = profile.databases[binding.bus].message(binding.message)
    signal = None if message is None else message.signal(binding.signal)
    if message is None or signal is None:
        raise LookupError(f"expected {binding.path} in the databases of a loaded profile")
    return message, signal


def _identifier(message: MessageTable, source: int | None) -> str:
    if message.is_j1939 and heard_source(message, source) == ANY_SOURCE:
        return f"PGN 0x{pgn_of(message.can_id):04X}"
    identifier = bound_id(message.can_id, source)
    digits = 8 if identifier & EXTENDED_FLAG else 3
    return f"0x{identifier & ~EXTENDED_FLAG:0{digits}X}"


def _protection(profile: Profile, binding: SignalBinding, message: MessageTable) -> str:
    contract = message.contract
    if contract.protection:
        return f"{contract.protection} id {contract.data_id}" if contract.data_id else contract.protection
    declared = profile.data.messages.get(binding.bus, {}).get(binding.message)
    # Without a reason it may go unprotected because it only informs people.
    return f"none: {declared.unprotected}" if declared and declared.unprotected else "none"


def _counts(profile: Profile) -> dict[str, int]:
    messages = {(binding.bus, binding.message) for binding in (*profile.inputs, *profile.outputs)}
    return {
        "inputs": len(profile.inputs),
        "outputs": len(profile.outputs),
        "messages": len(messages),
        "buses": len(profile.databases),
    }


def _json(name: str, profile: Profile) -> str:
    content = {
        "valid": True,
        "profile": name,
        "vehicle": profile.data.vehicle.name,
        "serial_number": profile.calibration.serial_number,
        "identity": profile.identity,
        "counts": _counts(profile),
        "bindings": [asdict(row) for row in binding_rows(profile)],
    }
    return json.dumps(content, indent=2)


def _text(name: str, profile: Profile) -> str:
    style = Style(sys.stdout)
    rows = binding_rows(profile)
    vehicle = profile.data.vehicle
    lines = [
        f"{style.green('valid:')} {name}, {vehicle.title} ({vehicle.name}), "
        f"serial number {profile.calibration.serial_number}",
        f"identity {profile.identity}",
    ]
    for direction, title in (("input", "inputs"), ("output", "outputs")):
        cells = [_cells(row) for row in rows if row.direction == direction]
        lines += ["", style.bold(title), table(_HEADER, cells, _RIGHT, style)]
    counts = ", ".join(f"{count} {what}" for what, count in _counts(profile).items())
    return "\n".join([*lines, "", counts])


def _cells(row: BindingRow) -> tuple[str, ...]:
    factor = f"{row.factor:.9g}" + (f" {row.offset:+.9g}" if row.offset else "")
    return (
        row.signal,
        row.unit or "-",
        row.bus,
        row.message,
        row.identifier,
        row.dbc_signal,
        row.dbc_unit or "-",
        factor,
        str(row.cycle_ms),
        str(row.deadline_ms),
        row.protection,
    )
