"""A whole drive in lockstep whose `control` keeps its state in a real folder, by the real socket and writer.

The writer is stepped by hand, so that a test says when the disk is late or gone. A next life takes the folder
as it is.
"""

from pathlib import Path

import msgspec

from firmware_runtime.diagnostics.trouble_codes import TroubleCodeMemory
from firmware_runtime.executive.persistence import desk
from firmware_runtime.executive.persistence.content import Running, Values, encode_events, encode_running
from firmware_runtime.executive.persistence.desk import StateDesk
from firmware_runtime.executive.persistence.disk import OsDisk
from firmware_runtime.executive.persistence.first import note
from firmware_runtime.executive.persistence.items import Record, Shutdown
from firmware_runtime.executive.persistence.keep import Inbox, stamp
from firmware_runtime.executive.persistence.store import StateStore
from firmware_runtime.executive.persistence.writer import Writer
from firmware_runtime.safety.facts import SafetyConfig
from tests.drives.fault_matrix.world import World

VEHICLE = "QT-0001"
ODOMETER_M = 1000.0


def commission(folder: Path, safety: SafetyConfig | None = None) -> None:
    """A vehicle that has been driven and was shut down in order; nothing latched unless told."""
    folder.mkdir()
    codes = TroubleCodeMemory().snapshot()
    contents = {
        Record.EVENTS: encode_events(0, Shutdown.ORDERLY, safety or SafetyConfig(), codes),
        Record.RUNNING: encode_running(0, Values(odometer_m=ODOMETER_M)),
    }
    StateStore(OsDisk(folder), VEHICLE).commission(contents, note(ODOMETER_M), stamp())


class KeptDrive(World):
    def __init__(self, folder: Path, vehicle: str = "q_truck") -> None:
        super().__init__(vehicle=vehicle)
        self.folder = folder
        socket = folder.parent / "orders"
        # Before there is a writer: nobody has orders left.
        self.desk: StateDesk = desk.begin(folder, socket, VEHICLE)
        self._inbox = Inbox(socket)
        self._writer = Writer(StateStore(OsDisk(folder), VEHICLE), stamp)
        self.writes = True
        """The writing process gets its turn after each tick."""
        self.ask_end = False

    def tick(self) -> None:
        self.host["state"] = self.desk.report
        self.host["end_asked"] = self.ask_end
        super().tick()
        self.desk.step(self.now_ns, self.onboard.controller, self.ask_end)
        if self.writes:
            self.write()

    def write(self) -> None:
        came = self._inbox.wait(0.0)
        senders = {order.sequence: sender for order, sender in came}
        self._writer.handle(
            [order for order, _ in came], lambda told: self._inbox.answer(told, senders[told.sequence])
        )

    def die(self) -> None:
        """The power is gone: nothing is handed over or written any more."""
        self.desk.close()
        self._inbox.close()

    @property
    def latches(self) -> tuple[bool, bool, bool]:
        safety = self.onboard.controller.safety
        return safety.estop_latch, safety.immediate_latch, safety.minimal_risk_latch

    @property
    def on_disk(self) -> Shutdown:
        generation = StateStore(OsDisk(self.folder), VEHICLE).read().records[Record.EVENTS].generation
        assert generation is not None
        return Shutdown(msgspec.json.decode(generation.content)["shutdown"])

    @property
    def running_on_disk(self) -> Running:
        generation = StateStore(OsDisk(self.folder), VEHICLE).read().records[Record.RUNNING].generation
        assert generation is not None
        return msgspec.json.decode(generation.content, type=Running)
