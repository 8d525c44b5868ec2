"""A vehicle with a known history that hands its state over to a real persisting process until its death.

Its time is its own, and stands still while the process takes longer for an order than a sound disk does: so
a slow machine changes what a run costs, and nothing of what it proves.
"""

import random
import subprocess
import threading
import time
from dataclasses import dataclass, field

import msgspec

from firmware_runtime.diagnostics.trouble_codes import TroubleCodeMemory
from firmware_runtime.executive.persistence.boot import Boot
from firmware_runtime.executive.persistence.content import Charge, KeptPose, Values
from firmware_runtime.executive.persistence.hand_over import HandOver
from firmware_runtime.executive.persistence.items import Record
from firmware_runtime.executive.persistence.messages import Acknowledgement
from firmware_runtime.executive.persistence.planner import Planner, Snapshot
from firmware_runtime.vehicle.enums import Severity
from firmware_runtime.vehicle.faults import ActiveFault, FaultSet
from tests.diagnostics.test_trouble_codes import telemetry

TICK_NS = 50_000_000
DISK_NS = 400_000_000
"""What a sound disk takes at most, a little below the 0.5 s that the promise of 1 s counts with."""
FAULTS = ("message_lost", "localisation_lost", "disk_full", "computer_warm")


@dataclass
class Handed:
    """One order, and when its values held last."""

    sequence: int
    content: bytes
    time_ns: int
    values: Values
    true_until_ns: int
    answered: bool = False


@dataclass
class History:
    """All that was handed over in one life of the process, and what it acknowledged."""

    orders: dict[str, list[Handed]] = field(default_factory=lambda: {record: [] for record in Record})
    acknowledged: dict[str, list[int]] = field(default_factory=lambda: {record: [] for record in Record})
    now_ns: int = 0
    turning: bool = False
    """The wheels turn in the last tick."""
    ever_turned: bool = False


class FedVehicle:
    def __init__(self, boot: Boot, session: int, rng: random.Random) -> None:
        self._rng = rng
        self._planner = Planner(session)
        self._safety = boot.safety
        self._codes = TroubleCodeMemory()
        if boot.trouble_codes is not None:
            self._codes.restore(boot.trouble_codes)
        self._faults: set[str] = set()
        self._wanted = False
        self._odometer_m = (boot.running.odometer_m if boot.running else None) or 0.0
        self.history = History()

    def live(self, hand_over: HandOver, process: subprocess.Popen[bytes], life_s: float) -> History:
        """Ticks until the process is killed, `life_s` from now; takes in what it acknowledged until then."""
        timer = threading.Timer(life_s, process.kill)
        timer.start()
        while process.poll() is None:
            answers = hand_over.receive()
            if answers or not self._waits_for_disk():
                self._tick(hand_over, answers)
            time.sleep(0.001)
        timer.join()
        while answers := hand_over.receive():
            self._acknowledge(answers)
        return self.history

    def _waits_for_disk(self) -> bool:
        now_ns = self.history.now_ns
        for orders in self.history.orders.values():
            oldest = next((order for order in orders if not order.answered), None)
            if oldest is not None and now_ns - oldest.time_ns >= DISK_NS:
                return True
        return False

    def _tick(self, hand_over: HandOver, answers: list[Acknowledgement]) -> None:
        history, rng = self.history, self._rng
        history.now_ns += TICK_NS
        if rng.random() < 0.03:
            self._wanted = not self._wanted
        if rng.random() < 0.1:
            latch = rng.choice(("estop_latch", "immediate_latch", "minimal_risk_latch"))
            self._safety = msgspec.structs.replace(self._safety, **{latch: rng.random() < 0.5})
        if rng.random() < 0.1:
            self._faults ^= {rng.choice(FAULTS)}
        active = tuple(ActiveFault(name, "detail", Severity.WARN, 0) for name in sorted(self._faults))
        self._codes.step(history.now_ns, FaultSet(active, Severity.WARN), telemetry())
        # Wheels turn only with leave; once they turn, they take a while to stand again.
        leave = self._wanted and self._planner.motion_acknowledged
        history.turning = leave or (history.turning and rng.random() < 0.8)
        history.ever_turned |= history.turning
        if history.turning:
            self._odometer_m += 0.08
        snapshot = Snapshot(
            safety=self._safety,
            trouble_codes=self._codes.snapshot(),
            motion_wanted=self._wanted,
            standing=not history.turning,
            values=self._values(),
        )
        self._acknowledge(answers)
        for order in self._planner.step(history.now_ns, snapshot, answers):
            handed = Handed(order.sequence, order.content, history.now_ns, snapshot.values, history.now_ns)
            history.orders[order.record].append(handed)
            hand_over.send(order)
        for handed in reversed(history.orders[Record.RUNNING]):
            if handed.values == snapshot.values:
                handed.true_until_ns = history.now_ns

    def _values(self) -> Values:
        metres = self._odometer_m
        pose = KeptPose(0, metres, -metres, 0.1, 0.02, 0.02, 0.001)
        return Values(metres, Charge(max(0.0, 0.9 - metres * 1e-4), 0.02), pose)

    def _acknowledge(self, answers: list[Acknowledgement]) -> None:
        for answer in answers:
            assert answer.error == "", answer.error
            self.history.acknowledged[answer.record].append(answer.sequence)
            for order in self.history.orders[answer.record]:
                order.answered |= order.sequence <= answer.sequence
