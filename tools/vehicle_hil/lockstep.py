"""Drives in virtual time, one process: vehicle and runtime take turns, ten milliseconds at a time.

Nothing in it reads a clock but to tell how fast it was; the same job gives the same bytes on every bus.
"""

from time import perf_counter

from firmware_runtime.can.frame import Frame
from firmware_runtime.executive.onboard import Onboard
from firmware_runtime.recorder.blackbox import BlackBoxWriter
from firmware_runtime.recorder.tick_record import TickRecord
from vehicle_hil.ending import Watch
from vehicle_hil.result import LOCKSTEP, TICK_S, BusFrame, DriveJob, DriveResult, Observer
from vehicle_hil.scene import Scene, prepare

TICK_NS = round(TICK_S * 1e9)
BLACK_BOX = "blackbox.bin"


def run_lockstep(job: DriveJob, observer: Observer) -> DriveResult:
    """Drive to the end of the route, or until it makes no sense to go on."""
    scene = prepare(job, LOCKSTEP)
    observer.on_start(scene.setup)
    onboard = Onboard(scene.profile, scene.route)
    watch = Watch(job.seconds)
    box_path = job.out_dir / BLACK_BOX
    box_path.unlink(missing_ok=True)
    box = BlackBoxWriter(box_path, scene.black_box_header())
    begin_s = perf_counter()
    try:
        now_ns = _drive(scene, onboard, watch, observer, box)
    finally:
        box.close()
    return DriveResult(
        ending=watch.ending,
        detail=watch.detail,
        wall_s=perf_counter() - begin_s,
        virtual_s=now_ns * 1e-9,
    )


def _drive(scene: Scene, onboard: Onboard, watch: Watch, observer: Observer, box: BlackBoxWriter) -> int:
    """Ticks until the watch says it is over; returns the virtual time."""
    vehicle, operator, crane = scene.vehicle, scene.operator, scene.crane
    commands: list[BusFrame] = []
    now_ns = 0
    while True:
        now_ns += TICK_NS
        operator.step(commands)
        heard = [Frame(*frame) for frame in vehicle.step(now_ns, commands)]
        serial = vehicle.serial_bytes()
        said = onboard.step(now_ns, heard, serial)
        telemetry, truth = onboard.telemetry, vehicle.truth
        box.record(TickRecord(now_ns, heard, serial, said, telemetry))
        frames: list[BusFrame] = [*heard, *said]
        observer.on_tick(truth, telemetry, frames)
        note = crane.step(truth)
        if note:
            observer.on_note(now_ns, note)
        if watch.over(truth, telemetry):
            return now_ns
        commands = list(said)
