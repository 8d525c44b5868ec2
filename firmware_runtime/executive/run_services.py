"""`firmware-runtime run-services PROFILE`: the process that writes to the disk and moves nothing."""

import argparse
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import msgspec

from firmware_runtime.executive import compiled_databases
from firmware_runtime.executive.black_box.folder import Folder
from firmware_runtime.executive.black_box.followed_ring import FollowedRing
from firmware_runtime.executive.black_box.one_file import OneFile
from firmware_runtime.executive.black_box.recording import Recording
from firmware_runtime.executive.clock import MonotonicClock
from firmware_runtime.executive.link import crossing
from firmware_runtime.executive.link.page import PageWriter
from firmware_runtime.executive.link.shared_file import LinkError
from firmware_runtime.executive.live.pages import page_name
from firmware_runtime.executive.live.publisher import Publisher
from firmware_runtime.executive.machine.cores import core_text
from firmware_runtime.executive.notify import Notifier
from firmware_runtime.executive.persistence.disk import OsDisk
from firmware_runtime.executive.persistence.keep import Inbox, stamp
from firmware_runtime.executive.persistence.store import StateStore
from firmware_runtime.executive.persistence.writer import Writer
from firmware_runtime.executive.processes import SERVICES
from firmware_runtime.executive.services_shell import ServicesShell, Store
from firmware_runtime.executive.stop_request import StopRequest
from firmware_runtime.executive.subcommand import Subparsers
from firmware_runtime.recorder.tick_record import BlackBoxHeader
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.problems import ConfigurationError, Problem, UnavailableError

RINGS = {"control": crossing.CONTROL_TICKS, "supervisor": crossing.SUPERVISOR_TICKS}

EPILOG = """\
examples:
  firmware-runtime run-services configs/q_truck.toml --link /run/firmware-runtime \\
      --state /var/lib/firmware-runtime --record black_box

It takes the records of run-control and run-supervisor with the same --link, whenever they begin, and writes
the state that they hand over. They do not wait for it. An error of the disk ends the recording, and is told;
it does not end the process.

exit status: 0 ended by a signal, 1 failed, 2 bad input,
75 a bus, device, link or lock cannot be had now: the same command may do later"""


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "run-services",
        help="the process that records (part of run)",
        description="Writes the black box of the other two processes, and the state that they hand over.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("profile", metavar="PROFILE", type=Path, help="vehicle profile (TOML)")
    compiled_databases.add(parser)
    parser.add_argument(
        "--link", metavar="DIR", type=Path, required=True, help="folder of the processes' links"
    )
    parser.add_argument("--state", metavar="DIR", type=Path, help="folder of the state that outlives power")
    box = parser.add_mutually_exclusive_group()
    box.add_argument("--record", metavar="FILE", type=Path, help="black box; the file must not exist yet")
    box.add_argument(
        "--record-dir",
        metavar="DIR",
        type=Path,
        help="black boxes: a new file each start; old ones go",
    )
    parser.add_argument(
        "--append", action="store_true", help="go on in the black box that a predecessor of this drive left"
    )


def run(args: argparse.Namespace) -> int:
    """Prints one line when it begins, and its counts as JSON at the end."""
    scheduling = f"normal priority, cores {core_text(tuple(sorted(os.sched_getaffinity(0))))}"
    stop = StopRequest()
    stop.listen()
    notifier = Notifier.from_environment()
    profile = compiled_databases.load(args)
    clock = MonotonicClock()
    with ExitStack() as stack:
        stack.callback(notifier.close)
        try:
            page = PageWriter(args.link / page_name(SERVICES.name))
        except LinkError as error:
            problem = Problem("--link", None, str(args.link), "a folder for the processes' links", str(error))
            raise UnavailableError([problem]) from error
        store = _store(args, profile, stack)
        files = _files(args, profile)
        recording = Recording(files) if files is not None else None
        if recording is not None and recording.error and args.record is not None and not args.append:
            problem = Problem(
                "--record", None, str(args.record), "a new file that can be written", recording.error
            )
            raise ConfigurationError([problem])
        kept = files.kept_until_ns if isinstance(files, OneFile) else _nothing_is_kept
        rings = {name: FollowedRing(args.link / ring, kept(name)) for name, ring in RINGS.items()}
        for ring in rings.values():
            stack.callback(ring.close)
        vehicle = profile.data.vehicle.name
        publisher = Publisher(
            SERVICES.name, page, profile.identity, vehicle, scheduling, clock.now_ns, spreads={}
        )
        disk = args.record_dir or (args.record.parent if args.record is not None else args.state)
        shell = ServicesShell(rings, recording, store, disk, publisher, notifier, clock)
        print(f"services of {vehicle} {profile.identity}, {scheduling}", flush=True)
        for text in shell.errors():
            print(text, file=sys.stderr, flush=True)
        notifier.ready()
        shell.run(stop)
        print(msgspec.json.encode(shell.counts() | {"errors": shell.errors()}).decode(), flush=True)
    return 0


def _store(args: argparse.Namespace, profile: Profile, stack: ExitStack) -> Store | None:
    if args.state is None:
        return None
    inbox = Inbox(args.link / crossing.STATE)
    stack.callback(inbox.close)
    store = StateStore(OsDisk(args.state), profile.calibration.serial_number)
    # Told once at the start; while running, each answer carries its own word.
    for word in store.read().words:
        print(word, file=sys.stderr, flush=True)
    return Store(Writer(store, stamp), inbox)


def _files(args: argparse.Namespace, profile: Profile) -> OneFile | Folder | None:
    def header() -> BlackBoxHeader:
        return BlackBoxHeader(
            identity=profile.identity,
            vehicle=profile.data.vehicle.name,
            tick_ns=profile.data.loop.tick_ns,
            started_ns=time.monotonic_ns(),
            started_unix_ns=time.time_ns(),
        )

    if args.record is not None:
        return OneFile(args.record, header, args.append)
    return Folder(args.record_dir, header) if args.record_dir is not None else None


def _nothing_is_kept(process: str) -> None:
    """A new file takes all that the ring still has."""
