"""Drives there, misbehaves, watches. Times are the kernel's, on the bus; motion is the plant's truth."""

import signal
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from math import cos, hypot, sin
from pathlib import Path
from typing import Any

from firmware_runtime.vehicle.enums import SafetyState
from tests.executive.persistence.kept_drive import commission
from tests.processes.kill_matrix.cases import AT_REST, PROCESSES, Case
from tests.processes.kill_matrix.outcome import Outcome
from tests.processes.misbehaving import begins_to
from tests.processes.rig import MISSED_MAX, STALL_MAX_NS, Computer
from vehicle_hil.child import ended
from vehicle_hil.stall_meter import StallMeter
from vehicle_hil.truth import Truth

TRIES = 5
RADIUS_M = 100.0
ROUTE_M, SHORT_M = 300.0, 6.0
"""One long bend: whoever stops along the path has to steer, and 8.3 m/s are 0.7 m/s² to the side. At rest the
truck is at the end of a short one, ready and asked for nothing more."""
LEFT_MPS = 0.3
"""A truck that is so much slower than it was has been stopped before anything was done to it."""
MARGIN_NS = 20_000_000
"""A stall counts from so long before the begin."""
REACTION_NS = 150_000_000
"""Up to here at least after the begin."""
BEFORE_S, REST_S, STOP_MAX_S, REACH_MAX_S = 0.5, 2.0, 30.0, 60.0
UNTOUCHED_S = 6.5
"""Beyond the 5 s after which `control` knows that `services` are silent, and does nothing about it."""
STOPPED = (SafetyState.SAFE_STOP, SafetyState.ESTOP, SafetyState.FAULT)
DRIVING = 1
"""RuntimeHeartbeat.MotionState."""
DRIVE_MESSAGES = ("RuntimeHeartbeat", "TractionCommand", "BrakeCommand", "SteeringCommand")


class NotReachedError(Exception):
    """The truck did not get to the place of the case; says where it is, and whether the machine is why."""

    def __init__(self, words: str, stalled: bool) -> None:
        super().__init__(words)
        self.stalled = stalled
        """The machine gave no processor for more than a tick, or the vehicle itself was silent."""


def write_route(folder: Path, length_m: float) -> Path:
    path = folder / "bend.csv"
    turns = [2.0 * step / RADIUS_M for step in range(int(length_m / 2.0) + 1)]
    points = (f"{RADIUS_M * sin(turn):.4f},{RADIUS_M * (1.0 - cos(turn)):.4f}\n" for turn in turns)
    path.write_text("x_m,y_m\n" + "".join(points))
    return path


def run_case(case: Case, folder: Path) -> Outcome:
    """The first of up to TRIES runs in which the machine did not stall; the last one if it always did."""
    unreached: list[str] = []
    for repeats in range(TRIES):
        # A short name: addresses of sockets lie in it, which end at 107 bytes.
        attempt = Path(tempfile.mkdtemp(prefix="", dir=folder))
        try:
            outcome = run_once(case, attempt)._replace(repeats=repeats)
        except NotReachedError as error:
            # A truck that stops by itself on a machine that is well is what this looks for.
            if not error.stalled or repeats == TRIES - 1:
                raise
            unreached.append(str(error))
            continue
        # A run with a longer one around the reaction does not count.
        if outcome.stall_ms * 1e6 <= STALL_MAX_NS:
            break
    return outcome._replace(unreached=tuple(unreached))


def run_once(case: Case, folder: Path) -> Outcome:
    route = write_route(folder, SHORT_M if case.place is AT_REST else ROUTE_M)
    with StallMeter(folder) as meter, Computer(folder, route, metered=False) as computer:
        how = {} if case.how.startswith("SIG") else {case.process: case.how}
        others = [name for name in PROCESSES if name != case.process]
        keeps = ["--state", str(folder / "kept")]
        commission(folder / "kept")
        computer.further = {"services": [*keeps, "--record", str(folder / "box.bin")], "control": keeps}
        computer.start("services", "supervisor", "control", misbehaving=how)
        start_ns = time.monotonic_ns()
        computer.go()
        began = _reach(case, computer)
        if began is None:
            words = f"{case}: it was not there\n{computer.status()}"
            raise NotReachedError(words, machine_stalled(meter, computer, start_ns))
        truths = len(computer.truths)
        number = getattr(signal, case.how, signal.SIGUSR1)
        begin_ns = computer.signal(case.process, number)
        gone_ns = _follow(case, computer)
        child = computer.children[case.process]
        status = child.status()
        log = child.log.read_text(errors="replace").strip().splitlines() if child.log.exists() else []
        others_ended = [f"{name}: {ended(computer.children[name].status())}" for name in others]
        return _outcome(case, computer, began, computer.truths[truths:], begin_ns)._replace(
            ended=ended(status),
            ended_ms=None if status is None else (gone_ns - begin_ns) / 1e6,
            complaint=log[-1] if log else "",
            misbehaved=_misbehaved(case, computer.children[case.process].pid, log),
            others_ended=", ".join(text for text in others_ended if "still running" not in text),
            stall_ms=_stall_ns(case, computer, meter, begin_ns) / 1e6,
        )


def machine_stalled(meter: StallMeter, computer: Computer, since_ns: int) -> bool:
    """The machine gave no processor for more than a tick since then, or the vehicle itself was silent."""
    silent = computer.missed_in_a_row >= MISSED_MAX
    return silent or meter.unfit_ns(since_ns, time.monotonic_ns()) > STALL_MAX_NS


def stopped(computer: Computer, truth: Truth) -> bool:
    """It stands in a state that it does not leave by itself."""
    return _said_state(computer) in STOPPED and truth.speed_mps == 0.0


def _said_state(computer: Computer) -> int | None:
    """By its last heartbeats."""
    said = (v["SafetyState"] for _, name, v in computer.frames[:-9:-1] if name == "RuntimeHeartbeat")
    return next(said, None)


def _reach(case: Case, computer: Computer) -> Truth | None:
    """Where it is after it came there and was watched for a while; None where it was not, or no longer."""
    if not _come(case, computer):
        return None
    _watch(computer, BEFORE_S)
    began = computer.truth
    return None if began is None or began.speed_mps < case.place.speed_mps - LEFT_MPS else began


def _come(case: Case, computer: Computer) -> bool:
    end_s = time.monotonic() + REACH_MAX_S
    while time.monotonic() < end_s:
        truth = computer.look()
        if stopped(computer, truth):
            break
        state = _said_state(computer)
        if case.place is AT_REST:
            if truth.distance_m > 0.5 * SHORT_M and truth.speed_mps == 0.0 and state == SafetyState.READY:
                return True
        elif truth.speed_mps >= case.place.speed_mps:
            return True
    return False


def _misbehaved(case: Case, pid: int, log: Sequence[str]) -> bool:
    """Whether that was really done: by its own word, or by the kernel's."""
    if case.how == "SIGSTOP":
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    return case.how == "SIGKILL" or any(line.startswith(begins_to(case.how)) for line in log)


def _watch(computer: Computer, seconds: float) -> None:
    end_ns = time.monotonic_ns() + round(seconds * 1e9)
    while time.monotonic_ns() < end_ns:
        computer.look()


def _follow(case: Case, computer: Computer) -> int:
    """Until all is over; returns when the process was seen to have ended, else when the watching did."""
    child = computer.children[case.process]
    untouched = case.process == "services"
    least_ns = round((UNTOUCHED_S if untouched else REST_S) * 1e9)
    begin_ns = time.monotonic_ns()
    gone_ns = 0
    while True:
        truth = computer.look()
        now_ns = time.monotonic_ns()
        if not gone_ns and child.status() is not None:
            gone_ns = now_ns
        stands = untouched or truth.speed_mps == 0.0
        if now_ns - begin_ns >= least_ns and stands:
            return gone_ns or now_ns
        if now_ns - begin_ns >= STOP_MAX_S * 1e9:
            return gone_ns or now_ns


def _outcome(
    case: Case, computer: Computer, began: Truth, since: list[tuple[int, Truth]], begin_ns: int
) -> Outcome:
    before = [frame for frame in computer.frames if begin_ns - BEFORE_S * 1e9 <= frame[0] < begin_ns]
    after = [frame for frame in computer.frames if frame[0] >= begin_ns]
    last_ns = after[-1][0] if after else begin_ns
    goes_on = since[-1][0] - last_ns < 200_000_000
    stood = next((truth for _, truth in since if truth.speed_mps == 0.0), None)
    moving = case.place is not AT_REST
    return Outcome(
        process=case.process,
        how=case.how,
        place=case.place.name,
        speed_mps=began.speed_mps,
        safe_ms=_ms(_from_then_on(after, "RuntimeHeartbeat", _is_safe), begin_ns),
        braking_ms=_ms(_braking_ns(after), begin_ns) if moving else None,
        last_frame_ms=None if goes_on else (last_ns - begin_ns) / 1e6,
        latched_ms=_ms(next((at for at, truth in since if _latched(truth)), None), begin_ns),
        gap_before_ms=_longest_gap_ms(before),
        gap_after_ms=_longest_gap_ms(before[-20:] + after),
        stop_m=stood.distance_m - began.distance_m if stood is not None and moving else None,
        lateral_m=max(abs(hypot(truth.x_m, truth.y_m - RADIUS_M) - RADIUS_M) for _, truth in since),
        speed_after_mps=since[-1][1].speed_mps,
        ended="",
        ended_ms=None,
        complaint="",
        misbehaved=False,
        others_ended="",
        stall_ms=0.0,
        states_before=_states(before),
        states_after=_states(after),
    )


Frames = list[tuple[int, str, dict[str, Any]]]


def _states(frames: Frames) -> tuple[tuple[int, int, int], ...]:
    said = (values for _, name, values in frames if name == "RuntimeHeartbeat")
    return tuple(sorted({(v["SafetyState"], v["MotionState"], v["ControlWell"]) for v in said}))


def _is_safe(values: dict[str, Any]) -> bool:
    return values["MotionState"] != DRIVING and values["ControlWell"] == 0


def _from_then_on(frames: Frames, message: str, holds: Any) -> int | None:
    """When the first of the frames came that end in nothing else; None where the last one does not hold."""
    found: int | None = None
    for at_ns, name, values in frames:
        if name == message:
            found = (at_ns if found is None else found) if holds(values) else None
    return found


def _braking_ns(frames: Frames) -> int | None:
    """First frame that brakes after the last one that propels."""
    propelled = [at for at, name, v in frames if name == "TractionCommand" and v["TorqueRequest"] > 0.0]
    last_ns = propelled[-1] if propelled else 0
    for at_ns, name, values in frames:
        brakes = (name == "BrakeCommand" and values["ForceRequest"] > 0.0) or (
            name == "TractionCommand" and values["TorqueRequest"] < 0.0
        )
        if brakes and at_ns > last_ns:
            return at_ns
    return None


def _latched(truth: Truth) -> bool:
    return truth.inverter_latched and truth.brakes_latched and truth.steering_latched


def _longest_gap_ms(frames: Frames) -> float:
    longest_ns = 0
    for message in DRIVE_MESSAGES:
        times = [at for at, name, _ in frames if name == message]
        longest_ns = max([longest_ns, *(b - a for a, b in pairwise(times))])
    return longest_ns / 1e6


def _ms(at_ns: int | None, begin_ns: int) -> float | None:
    return None if at_ns is None else (at_ns - begin_ns) / 1e6


def _stall_ns(case: Case, computer: Computer, meter: StallMeter, begin_ns: int) -> int:
    if case.process == "services":
        return meter.unfit_ns(begin_ns - MARGIN_NS, time.monotonic_ns())
    return meter.unfit_ns(begin_ns - MARGIN_NS, begin_ns + REACTION_NS)
