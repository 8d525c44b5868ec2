"""From a proposal's send to its first frame on the bus, through a real supervisor process; beside it the same
message through two sockets alone.

This process is `control` and the simulated vehicle in one, by the wall clock: 100 times a second it proposes,
and half a period later it sends the same bytes to a process that only answers when they came. Frames have the
kernel's time.
"""

import json
import os
import select
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.loop.computer import await_begin, free_buses, start
from bench.loop.drive_record import PROFILE, ROUTE
from bench.loop.figures import Peer, rows_of
from bench.measure import BenchError, Row
from firmware_runtime.can.bus import open_bus
from firmware_runtime.can.bus_port import send_all
from firmware_runtime.can.frame import Frame
from firmware_runtime.controller import Controller
from firmware_runtime.executive.clock import MonotonicClock
from firmware_runtime.executive.control_shell import ReportDesk
from firmware_runtime.executive.link import crossing
from firmware_runtime.executive.link.datagram import Inbox, Outbox
from firmware_runtime.executive.processes import CONTROL_PRIORITY, SUPERVISOR_PRIORITY
from firmware_runtime.executive.scheduling import prepare_for_ticks
from firmware_runtime.executive.tick_grid import TickGrid
from firmware_runtime.safety.host_report import HostReport
from firmware_runtime.vehicle.configuration_files import with_routes
from firmware_runtime.vehicle.enums import SafetyState
from vehicle_hil.bus_ear import Ear
from vehicle_hil.child import Child
from vehicle_hil.result import REALTIME, TICK_NS, DriveJob
from vehicle_hil.scene import prepare

LIMIT_MS, TIMES_MAX = 0.25, 3.0
ANSWER_MAX_S, BARE_MAX_S = 0.009, 0.004
"""What has not come by then counts as so long: the next tick, or the next proposal, is due."""
ANSWER = 8


def answer(path: str) -> None:
    """The bare other end: tells when each message came. Runs until it is killed."""
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(SUPERVISOR_PRIORITY))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own:
        own.bind(path)
        print("ready", flush=True)
        while True:
            _, sender = own.recvfrom(1 << 15)
            own.sendto(time.monotonic_ns().to_bytes(ANSWER, "little"), sender)


class Bare:
    def __init__(self, folder: Path) -> None:
        self._path = str(folder / "bare")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"{self._path}-back")
        self._socket.settimeout(BARE_MAX_S)

    def child(self, folder: Path) -> Child:
        command = [sys.executable, "-m", "bench.loop.hand_over", "answer", self._path]
        return Child("bare", command, folder / "bare.err")

    def send(self, message: bytes) -> float:
        """Milliseconds until the other end had it, BARE_MAX_S at most."""
        begin_ns = time.monotonic_ns()
        self._socket.sendto(message, self._path)
        came_ns = 0
        # An answer that came too late for the message before is none to this one.
        while came_ns < begin_ns:
            try:
                came_ns = int.from_bytes(self._socket.recv(ANSWER), "little")
            except TimeoutError:
                return BARE_MAX_S * 1e3
        return (came_ns - begin_ns) / 1e6

    def close(self) -> None:
        self._socket.close()


def measure(seconds: float, folder: Path) -> tuple[list[Row], dict[str, Any]]:
    """In a process of its own, which takes real-time priority for good."""
    command = [sys.executable, "-m", "bench.loop.hand_over", "drive", str(seconds), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"hand-over: {done.stderr.strip().splitlines()[-1]}")
    found = json.loads(done.stdout)
    peer = Peer("bare datagram", found["bare_ms"])
    limits, times_max, shares = {"p50": LIMIT_MS}, {"p99": TIMES_MAX}, ("p50", "p99", "max")
    rows = rows_of("proposal to bus, first frame", "ms", found["first_ms"], peer, limits, times_max, shares)
    rows += rows_of("proposal to bus, last frame", "ms", found["last_ms"], shares=("p50", "p99"))
    counts = {"proposals": len(found["first_ms"]), "bare": len(found["bare_ms"]), "late": found["late"]}
    return rows, {"message_bytes": found["message_bytes"], **counts}


def drive(seconds: float, folder: Path) -> dict[str, Any]:
    """So many seconds of driving; all times in ms."""
    job = DriveJob(PROFILE, ROUTE, None, False, 1, None, None, folder)
    scene, buses = prepare(job, REALTIME), free_buses()
    first_ms: list[float] = []
    last_ms: list[float] = []
    bare_ms: list[float] = []
    late = 0
    with ExitStack() as stack:
        ear = Ear(*buses[0])
        stack.callback(ear.close)
        ports = {
            bus.name: open_bus(bus.name, "udp_multicast", bus.group, {"port": bus.port}) for bus in buses
        }
        for port in ports.values():
            stack.callback(port.close)
        supervisor = stack.enter_context(start("supervisor", buses, folder).child)
        await_begin(supervisor)
        bare = Bare(folder)
        stack.callback(bare.close)
        await_begin(stack.enter_context(bare.child(folder)))
        outbox, desk = Outbox(folder / crossing.PROPOSALS), ReportDesk(Inbox(folder / crossing.REPORTS))
        # Under the identity that the supervisor goes by.
        profile = with_routes(scene.profile, [ROUTE])
        codec, controller = crossing.ProposalCodec(), Controller(profile, scene.route)
        scheduling = prepare_for_ticks(TICK_NS, CONTROL_PRIORITY)
        if not scheduling.rights.realtime:
            raise BenchError(f"hand-over: {scheduling.words}")
        clock = MonotonicClock()
        grid = TickGrid(clock, TICK_NS)
        begin_ns = clock.now_ns()
        drives_since_ns = 0
        message = b""
        while not drives_since_ns or clock.now_ns() - drives_since_ns < seconds * 1e9:
            now_ns = grid.wait()
            if now_ns is None:
                continue
            if now_ns - begin_ns > (seconds + 20.0) * 1e9:
                raise BenchError(f"hand-over: expected a drive, got {controller.telemetry}")
            heard = [frame for port in ports.values() for frame in port.receive(now_ns)]
            scene.operator.step(heard)
            said = [Frame(*frame) for frame in scene.vehicle.step(now_ns, heard)]
            serial = scene.vehicle.serial_bytes()
            send_all(ports, said)
            report, _ = desk.take(now_ns)
            proposal = controller.step(now_ns, said, serial, report, HostReport(period_ns=TICK_NS))
            message = codec.encode(proposal)
            drives = proposal.state is SafetyState.AUTO
            if drives and not drives_since_ns:
                drives_since_ns = now_ns
            ear.take()
            sent_ns = time.monotonic_ns()
            outbox.send(message)
            stamps_ns = _answers(ear, sent_ns)
            complete = len(stamps_ns) >= len(RUNTIME_IDS)
            if drives:
                first_ms.append((stamps_ns[0] - sent_ns) / 1e6 if stamps_ns else ANSWER_MAX_S * 1e3)
                last_ms.append((stamps_ns[-1] - sent_ns) / 1e6 if complete else ANSWER_MAX_S * 1e3)
                late += not complete
            if complete:
                # The rest of both is over by then.
                clock.sleep_until(max(grid.begun_due_ns + TICK_NS // 2, clock.now_ns() + TICK_NS // 10))
                took_ms = bare.send(message)
                if drives:
                    bare_ms.append(took_ms)
            grid.done()
            if report.took_over:
                raise BenchError(f"hand-over: expected no stop, got {report.took_over}")
        supervisor.kill()
    found: dict[str, Any] = {"first_ms": first_ms, "last_ms": last_ms, "bare_ms": bare_ms}
    return found | {"message_bytes": len(message), "late": late}


RUNTIME_IDS = frozenset({0x8CFF0027, 0x8CFF0127, 0x8CFF0227, 0x8CFF0327})
"""What the supervisor sends on the drive bus."""


def _answers(ear: Ear, sent_ns: int) -> list[int]:
    """Stamps of the runtime's frames since then, as soon as a whole set is there, or ANSWER_MAX_S later."""
    stamps_ns: list[int] = []
    end_ns = sent_ns + round(ANSWER_MAX_S * 1e9)
    while len(stamps_ns) < len(RUNTIME_IDS):
        left_s = (end_ns - time.monotonic_ns()) * 1e-9
        if left_s <= 0.0 or not select.select([ear.fileno()], [], [], left_s)[0]:
            break
        stamps_ns += [one.at_ns for one in ear.take() if one.can_id in RUNTIME_IDS and one.at_ns >= sent_ns]
    return stamps_ns


if __name__ == "__main__":
    if sys.argv[1] == "answer":
        answer(sys.argv[2])
    else:
        print(json.dumps(drive(float(sys.argv[2]), Path(sys.argv[3]))))
