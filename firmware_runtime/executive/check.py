"""`firmware-runtime check PROFILE`: checks a vehicle profile and all it names, and prints its bindings."""

import argparse
import json
import sys
from dataclasses import asdict, dataclass

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.database import can_id, contract_of
from firmware_runtime.can.frame import EXTENDED_FLAG
from firmware_runtime.executive.subcommand import EXIT_PROBLEMS, Subparsers, print_problems
from firmware_runtime.executive.terminal import Style, table
from firmware_runtime.vehicle.load import Profile, load_profile
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


def run(args: argparse.Namespace) -> int:
    try:
        profile = load_profile(args.profile)
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
    message = profile.databases[binding.bus].get_message_by_name(binding.message)
    contract = contract_of(message)
    identifier = can_id(message)
    digits = 8 if identifier & EXTENDED_FLAG else 3
    protection = f"{contract.protection} id {contract.data_id}" if contract.protection else "none"
    return BindingRow(
        signal=binding.name,
        direction=direction,
        unit=unit,
        bus=binding.bus,
        message=binding.message,
        identifier=f"0x{message.frame_id:0{digits}X}",
        dbc_signal=binding.signal,
        dbc_unit=message.get_signal_by_name(binding.signal).unit or "",
        factor=binding.si_factor,
        offset=binding.si_offset,
        cycle_ms=contract.cycle_ms,
        deadline_ms=contract.deadline_ms,
        protection=protection,
    )


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
