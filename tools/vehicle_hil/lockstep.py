"""Drives in virtual time, one process: vehicle and runtime take turns, ten milliseconds at a time.

A runtime that ticks faster makes several ticks in each turn, and hears each frame in the first one that is
not before its stamp; what it says is heard by the vehicle's next step.

Nothing in it reads a clock but to tell how fast it was; the same job gives the same bytes on every bus.
"""

from collections.abc import Iterator, Sequence
from time import perf_counter

from firmware_runtime.can.frame import Frame
from firmware_runtime.executive.onboard import Onboard
from firmware_runtime.recorder.blackbox import BlackBoxWriter
from firmware_runtime.recorder.tick_record import TickRecord
from vehicle_hil.ending import Watch
from vehicle_hil.result import LOCKSTEP, TICK_NS, BusFrame, DriveJob, DriveResult, Observer
from vehicle_hil.scene import Scene, prepare

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
    tick_ns = scene.profile.data.loop.tick_ns
    commands: list[BusFrame] = []
    now_ns = 0
    while True:
        now_ns += TICK_NS
        operator.step(commands)
        step = [Frame(*frame) for frame in vehicle.step(now_ns, commands)]
        commands = []
        frames: list[BusFrame] = []
        for time_ns, heard in runtime_ticks(now_ns, tick_ns, step):
            # The line's bytes have no stamps; the last of them came now.
            serial = vehicle.serial_bytes() if time_ns == now_ns else b""
            said = onboard.step(time_ns, heard, serial)
            box.record(TickRecord(time_ns, heard, serial, said, onboard.telemetry))
            frames += [*heard, *said]
            commands += said
        telemetry, truth = onboard.telemetry, vehicle.truth
        observer.on_tick(truth, telemetry, frames)
        note = crane.step(truth)
        if note:
            observer.on_note(now_ns, note)
        if watch.over(truth, telemetry):
            return now_ns


def runtime_ticks(now_ns: int, tick_ns: int, heard: Sequence[Frame]) -> Iterator[tuple[int, Sequence[Frame]]]:
    """The runtime's ticks within the vehicle's step that ends now: when each is, and what it hears in it.

    heard: frames of that step by rising time.
    """
    place = 0
    for time_ns in range(now_ns - TICK_NS + tick_ns, now_ns + 1, tick_ns):
        begin = place
        while place < len(heard) and heard[place].time_ns <= time_ns:
            place += 1
        yield time_ns, heard[begin:place]
