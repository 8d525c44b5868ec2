"""`firmware-runtime manifest`: signs a configuration, verifies it, makes keys."""

import argparse
import os
import sys
from pathlib import Path

from firmware_runtime.executive import compiled_databases
from firmware_runtime.executive.deployment import signing
from firmware_runtime.executive.deployment.permission import judge
from firmware_runtime.executive.subcommand import Subparsers
from firmware_runtime.executive.terminal import Style
from firmware_runtime.motion.route_build import build_route
from firmware_runtime.motion.route_file import read_route_file
from firmware_runtime.vehicle.configuration_files import profile_files, route_files
from firmware_runtime.vehicle.manifest import as_text, make_manifest
from firmware_runtime.vehicle.problems import ConfigurationError, Problem

EPILOG = """\
examples:
  firmware-runtime manifest keygen --key fleet.pem --public-key fleet.pub.pem
  firmware-runtime manifest sign configs/q_truck.toml --route configs/routes/yard.csv \\
      --key fleet.pem --out yard.manifest
  firmware-runtime manifest verify configs/q_truck.toml --route configs/routes/yard.csv \\
      --manifest yard.manifest --public-key fleet.pub.pem

Keep the private key off the vehicle. Signed are profile, calibration, DBCs, routes and the code of this
runtime: sign with the very version that the vehicle runs.

exit status: 0 done, 1 not the configuration that was signed (each difference names its file), 2 bad input"""


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "manifest",
        help="sign a configuration, verify it",
        description="Signs a configuration file by file (Ed25519), and verifies what was signed.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    keygen = actions.add_parser("keygen", help="make a pair of keys")
    sign = actions.add_parser("sign", help="write a signed manifest")
    verify = actions.add_parser("verify", help="hold a configuration against its manifest")
    for action in (sign, verify):
        action.add_argument("profile", metavar="PROFILE", type=Path, help="vehicle profile (TOML)")
        action.add_argument(
            "--route",
            metavar="FILE",
            type=Path,
            action="append",
            default=[],
            help="repeatable",
        )
        compiled_databases.add(action)
    for action, private in ((keygen, True), (sign, True), (keygen, False), (verify, False)):
        option, words = ("--key", "private key (PEM)") if private else ("--public-key", "public key (PEM)")
        action.add_argument(option, metavar="PEM", type=Path, required=True, help=words)
    sign.add_argument("--out", metavar="FILE", type=Path, required=True, help="the manifest")
    verify.add_argument("--manifest", metavar="FILE", type=Path, required=True, help="as `sign` wrote it")


def run(args: argparse.Namespace) -> int:
    if args.action == "keygen":
        name = signing.make_keys(args.key, args.public_key)
        print(f"made key {name}: {args.public_key} belongs on the vehicle, {args.key} does not")
        return 0
    return _sign(args) if args.action == "sign" else _verify(args)


def _sign(args: argparse.Namespace) -> int:
    key = signing.read_private_key(args.key)
    profile = compiled_databases.load(args)
    files, routes = profile_files(profile), route_files(args.route)
    for route in args.route:
        # What cannot be driven is not signed.
        build_route(read_route_file(route), profile.data)
    manifest = make_manifest(profile, files, routes)
    part = args.out.with_name(args.out.name + ".part")
    try:
        part.write_bytes(signing.sign(as_text(manifest), key))
        os.replace(part, args.out)
    except OSError as error:
        problem = Problem(str(args.out), None, "--out", "a file that can be written", error.strerror or "")
        raise ConfigurationError([problem]) from error
    name = signing.key_name(key.public_key())
    print(f"signed {manifest.identity}, {len(manifest.files)} files, key {name}")
    return 0


def _verify(args: argparse.Namespace) -> int:
    style = Style(sys.stdout)
    profile = compiled_databases.load(args)
    manifest, problems = judge(profile, args.route, args.manifest, args.public_key)
    if manifest is None or problems:
        print(style.red(f"not the configuration that was signed: {len(problems)} differ"))
        for problem in problems:
            print(problem)
        return 1
    print(style.green(f"signed: {manifest.identity}, {manifest.vehicle} {manifest.serial_number}"))
    driven = {path.name for path in args.route}
    left_out = sorted(set(manifest.routes) - driven)
    if left_out:
        print(f"not looked at, as no --route names them: {', '.join(left_out)}")
    return 0
