"""`firmware-runtime install PROFILE`: puts units, profile, calibration, DBCs and routes in place."""

import argparse
import shlex
import sys
from pathlib import Path
from typing import NamedTuple

from firmware_runtime.executive import bus_options, compiled_databases
from firmware_runtime.executive.deployment import signing
from firmware_runtime.executive.deployment.layout import (
    CURRENT,
    MANIFEST,
    PUBLIC_KEY,
    Placed,
    Release,
    release,
    system_files,
)
from firmware_runtime.executive.deployment.permission import no_manifest, require_signed
from firmware_runtime.executive.deployment.place import Step, carry_out, plan
from firmware_runtime.executive.deployment.units import (
    NAME,
    STATE,
    TARGET,
    UnitChoices,
    longest_stop_s,
    unit_files,
)
from firmware_runtime.executive.doctor import WATCHDOG
from firmware_runtime.executive.machine.cores import Cores, parse_cores
from firmware_runtime.executive.machine.own_cores import share_out_here
from firmware_runtime.executive.subcommand import Subparsers
from firmware_runtime.executive.terminal import Style
from firmware_runtime.motion.route_build import build_route
from firmware_runtime.motion.route_file import read_route_file
from firmware_runtime.vehicle.configuration_files import profile_files, route_files
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.problems import ConfigurationError, Problem
from firmware_runtime.vehicle.profile import DEPLOYMENT

SIGNED = ("--manifest", f"/{CURRENT}/{MANIFEST}", "--public-key", f"/{PUBLIC_KEY}")
UNSIGNED = ("--development",)
"""What supervisor and control are told; the second only of a development profile, and seen on the bus."""
HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")
"""What the units do not see (ProtectHome, PrivateTmp)."""


class Signed(NamedTuple):
    manifest: bytes
    public_key: bytes


EPILOG = """\
examples:
  firmware-runtime install configs/q_truck.toml --route configs/routes/yard.csv --prefix / --dry-run \\
      --bus drive=socketcan:can0 --bus body=socketcan:can1
  firmware-runtime install ... --prefix /mnt/image --cores 3:2:0-1     into the image of another computer

It writes below the prefix and runs nothing. What it did not write itself, or what was changed since, it does
not touch: it tells so, and writes nothing at all.

exit status: 0 done, 1 failed, 2 bad input or something in its way"""


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "install",
        help="put units and configuration in place",
        description="Puts systemd units, profile, calibration, DBCs and routes in place, as one release.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("profile", metavar="PROFILE", type=Path, help="vehicle profile (TOML)")
    parser.add_argument("--prefix", metavar="DIR", type=Path, required=True, help="root of its files")
    parser.add_argument(
        "--route",
        metavar="FILE",
        type=Path,
        action="append",
        required=True,
        help="repeat it for further ones; the first is driven",
    )
    parser.add_argument("--bus", metavar="NAME=INTERFACE:CHANNEL", action="append", help=bus_options.HELP)
    parser.add_argument("--serial", metavar="PORT", help="GNSS receiver (default: as the profile says)")
    parser.add_argument("--watchdog", metavar="DEVICE", default=WATCHDOG, help="default: %(default)s")
    parser.add_argument(
        "--cores",
        metavar="SUPERVISOR:CONTROL:SERVICES",
        type=_cores,
        help="e.g. 3:2:0-1 (default: for the first two the last ones here, isolated ones first)",
    )
    own = Path(sys.executable).with_name(NAME)
    parser.add_argument(
        "--command",
        dest="program",
        metavar="PATH",
        default=str(own),
        help="firmware-runtime on the vehicle; default: %(default)s",
    )
    parser.add_argument("--manifest", metavar="FILE", type=Path, help="signed; a deployment profile needs it")
    parser.add_argument("--public-key", metavar="PEM", type=Path, help="trusted from now on")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be written")
    compiled_databases.add(parser)


def run(args: argparse.Namespace) -> int:
    profile = compiled_databases.load(args)
    files = profile_files(profile)
    routes = route_files(args.route)
    for route in args.route:
        # One that cannot be driven is not installed.
        build_route(read_route_file(route), profile.data)
    signed = _signed(args, profile)
    what = release(profile.data.vehicle.name, files, routes, None if signed is None else signed.manifest)
    system = system_files(unit_files(_choices(args, profile, what)), args.watchdog)
    if signed is not None:
        system = (*system, Placed(PUBLIC_KEY, signed.public_key))
    steps = (plan if args.dry_run else carry_out)(args.prefix, what, system)
    serial_number = profile.calibration.serial_number
    print(_text(args, what, system, steps, serial_number, Style(sys.stdout)))
    return 0


def _choices(args: argparse.Namespace, profile: Profile, what: Release) -> UnitChoices:
    options = bus_options.parse_bus_options(args.bus or [], profile.databases)
    return UnitChoices(
        title=profile.data.vehicle.title,
        command=_program(args.program),
        profile=what.profile,
        routes=what.routes,
        buses=tuple(str(option) for option in options),
        interfaces=frozenset(option.interface for option in options),
        serial=_device("--serial", args.serial or profile.data.localisation.serial_port),
        watchdog=_device("--watchdog", args.watchdog),
        cores=args.cores or share_out_here(),
        stop_max_s=longest_stop_s(profile.data),
        start_options=SIGNED if args.manifest else UNSIGNED,
    )


def _signed(args: argparse.Namespace, profile: Profile) -> Signed | None:
    """Manifest and key, where they are named and say just this; ConfigurationError where not, or needed."""
    if args.manifest is None and args.public_key is None:
        if profile.data.purpose == DEPLOYMENT:
            raise ConfigurationError(no_manifest(profile))
        return None
    if args.manifest is None or args.public_key is None:
        missing = "--manifest" if args.manifest is None else "--public-key"
        raise ConfigurationError([Problem(missing, None, "", "--manifest and --public-key together", "one")])
    problems = require_signed(profile, args.route, args.manifest, args.public_key)
    if problems:
        raise ConfigurationError(problems)
    return Signed(signing.read(args.manifest), signing.read(args.public_key))


def _program(text: str) -> str:
    hidden = [place for place in HIDDEN if Path(text).is_relative_to(place)]
    if not Path(text).is_absolute() or hidden:
        expected = f"an absolute path outside {', '.join(HIDDEN)}, which the units do not see"
        raise ConfigurationError([Problem("--command", None, "", expected, text)])
    return text


def _device(option: str, text: str) -> str:
    if not Path(text).is_relative_to("/dev") or any(char.isspace() for char in text):
        raise ConfigurationError([Problem(option, None, "", "a device below /dev", text)])
    return text


def _cores(text: str) -> Cores:
    try:
        cores = Cores(*(parse_cores(part) for part in text.split(":")))
    except (TypeError, ValueError):
        cores = Cores((), (), ())
    if not all(cores):
        raise argparse.ArgumentTypeError(f"expected three lists of cores such as 3:2:0-1, got {text!r}")
    return cores


def _text(
    args: argparse.Namespace,
    what: Release,
    system: tuple[Placed, ...],
    steps: tuple[Step, ...],
    serial_number: str,
    style: Style,
) -> str:
    done = "would install" if args.dry_run else "installed"
    lines = [style.green(f"{done} {what.name} below {args.prefix}"), ""]
    lines += [f"{step.change.value:8}  {step.path}" for step in steps]
    lines += [f"          {'/'.join(('.', file.path))}" for file in what.files]
    if args.dry_run:
        return "\n".join(lines)
    named: list[str] = args.bus or []
    buses = " ".join(f"--bus {shlex.quote(bus)}" for bus in named)
    lines += ["", style.bold("what to run next" + ("" if args.prefix == Path("/") else ", on the vehicle"))]
    lines += [
        "sudo systemd-sysusers",
        "sudo udevadm control --reload && sudo udevadm trigger",
        f"{args.program} doctor {what.profile} {buses}",
        "sudo systemctl daemon-reload",
        f"sudo systemctl enable --now {TARGET}",
        "# once in the vehicle's life, when its first start has made the folder; until then it is ESTOP:",
        f"sudo -u {NAME} {args.program} state commission {STATE} --vehicle {shlex.quote(serial_number)}",
        f"# to stop it: sudo systemctl stop '{NAME}-*.service'",
    ]
    return "\n".join(lines)
