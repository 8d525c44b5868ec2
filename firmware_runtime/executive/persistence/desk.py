"""`control`'s side of the state that outlives power: read at the start, handed over after each tick.

What the disk has and has not is an input of the next tick (safety/state_report.py). Nothing here waits but
`begin`, before the first tick.
"""

import time
from pathlib import Path

import msgspec

from firmware_runtime.controller import Controller
from firmware_runtime.diagnostics.trouble_codes import TroubleCodeMemory, TroubleCodeSnapshot
from firmware_runtime.executive.persistence.boot import Boot, LastShutdown, restore
from firmware_runtime.executive.persistence.content import KeptPose, Running, Values, finite, kept_pose
from firmware_runtime.executive.persistence.disk import OsDisk
from firmware_runtime.executive.persistence.hand_over import HandOver
from firmware_runtime.executive.persistence.items import Shutdown
from firmware_runtime.executive.persistence.keep import stamp
from firmware_runtime.executive.persistence.planner import Planner, Snapshot
from firmware_runtime.executive.persistence.store import Folder, StateStore
from firmware_runtime.safety.facts import ALL_LATCHED
from firmware_runtime.safety.state_report import Restored, StateReport
from firmware_runtime.vehicle.enums import SafetyState

WRITER_WAIT_S = 0.5
"""For a writing process that still has orders of a predecessor; a sound disk is done by then (assumption).
At a cold start nobody has any, and nobody is waited for."""
WRITER_HANGS = (
    "the process that writes the state does not answer, and may hold what the disk has not: "
    "all latches are set, each to be acknowledged"
)


def begin(directory: Path, socket: Path, vehicle: str, wait_s: float = WRITER_WAIT_S) -> "StateDesk":
    """Reads the folder once no order of a predecessor is under way; vehicle: serial number. Never raises."""
    session = time.time_ns()
    hand_over = HandOver(socket)
    written = not hand_over.has_writer() or hand_over.wait_until_written(session, wait_s)
    boot = restore(StateStore(OsDisk(directory), vehicle).read(), stamp())
    if not written:
        # It may still hold a latch that the disk has not: as with latches that cannot be read.
        boot = msgspec.structs.replace(boot, safety=ALL_LATCHED, words=(*boot.words, WRITER_HANGS))
    return StateDesk(boot, hand_over, Planner(session))


class StateDesk:
    """`report` is for the tick, `step` for after it."""

    def __init__(self, boot: Boot, hand_over: HandOver, planner: Planner) -> None:
        self.words = boot.words
        """For people, of the start."""
        self.codes = TroubleCodeMemory()
        self._hand_over = hand_over
        self._planner = planner
        self._way = _Way(boot.running)
        not_known = _not_known(boot)
        if boot.trouble_codes is not None:
            try:
                self.codes.restore(boot.trouble_codes)
            except ValueError as error:
                self.words += (str(error),)
                not_known = ", ".join(filter(None, (not_known, "trouble codes")))
        self._snapshot: TroubleCodeSnapshot = self.codes.snapshot()
        self._had_faults = True
        lost = boot.last_shutdown
        restored = Restored(
            boot.safety.estop_latch,
            boot.safety.immediate_latch,
            boot.safety.minimal_risk_latch,
            lost.value if lost is LastShutdown.LOST_MOVING else "",
            not_known,
        )
        self.report = StateReport(may_move=False, ended=False, restored=restored)
        """For the next tick."""

    def step(self, now_ns: int, controller: Controller, end_asked: bool) -> None:
        """After a tick of `controller`: what it has now is handed over, and what the disk has is taken in."""
        telemetry = controller.telemetry
        if telemetry is None:
            return
        has_faults = bool(controller.faults.faults)
        if has_faults or self._had_faults:
            self.codes.step(now_ns, controller.faults, telemetry)
            self._snapshot = self.codes.snapshot()
        self._had_faults = has_faults
        snapshot = Snapshot(
            safety=controller.safety,
            trouble_codes=self._snapshot,
            motion_wanted=controller.motion_wanted,
            standing=controller.standing,
            shutdown=end_asked or controller.safety.state is SafetyState.SHUTDOWN,
            values=self._way.step(now_ns, controller),
        )
        planner = self._planner
        for order in planner.step(now_ns, snapshot, self._hand_over.receive()):
            self._hand_over.send(order)
        ended = planner.all_written and planner.shutdown is Shutdown.ORDERLY
        self.report = StateReport(planner.motion_acknowledged, ended, planner.error)

    def close(self) -> None:
        self._hand_over.close()


class _Way:
    """What the record `running` is to say. At standstill nothing of it changes, and no disk is worn."""

    def __init__(self, running: Running | None) -> None:
        self._odometer_m = None if running is None else running.odometer_m
        self._pose: KeptPose | None = None if running is None else running.pose
        self._pose_heard = False
        # Nobody on board estimates the charge yet; what was kept is kept on.
        self._values = Values(self._odometer_m, None if running is None else running.charge, self._pose)
        self._last_ns: int | None = None

    def step(self, now_ns: int, controller: Controller) -> Values:
        pose = controller.pose
        elapsed_s = 0.0 if self._last_ns is None else (now_ns - self._last_ns) * 1e-9
        self._last_ns = now_ns
        if controller.standing and (self._pose_heard or not pose.valid):
            return self._values
        # An odometer that is not known stays so, until a person commissions the state anew.
        if self._odometer_m is not None and not controller.standing:
            self._odometer_m += abs(finite(pose.speed_mps) or 0.0) * elapsed_s
        kept = kept_pose(pose)
        self._pose_heard = self._pose_heard or kept is not None
        self._pose = kept or self._pose
        self._values = msgspec.structs.replace(self._values, odometer_m=self._odometer_m, pose=self._pose)
        return self._values


def _not_known(boot: Boot) -> str:
    """Items, and why where it is the whole folder."""
    items: list[str] = []
    if boot.safety is ALL_LATCHED:
        items.append("latches")
    if boot.trouble_codes is None:
        items.append("trouble codes")
    if boot.running is None:
        items.append("odometer, charge and pose")
    where = "" if boot.folder is Folder.COMMISSIONED or not items else f"folder {boot.folder}: "
    return where + ", ".join(items)
