"""The simulated vehicle as a process of its own, by the wall clock: its ECUs on the buses, GNSS on a pty.

Started by realtime.py. Standard input brings the order and the moment to begin, standard output takes one
report a tick; SIGTERM ends it. It lives on when the runtime dies: that is what it is there to show.
"""

import sys
from collections.abc import Sequence
from contextlib import ExitStack

from firmware_runtime.can.bus import BusError, BusPort, open_bus
from firmware_runtime.can.frame import Frame
from firmware_runtime.executive.bus_options import parse_bus_options
from firmware_runtime.executive.clock import MonotonicClock
from firmware_runtime.executive.processes import CONTROL_PRIORITY
from firmware_runtime.executive.scheduling import prepare_for_ticks
from firmware_runtime.executive.stop_request import StopRequest
from firmware_runtime.executive.tick_grid import TickGrid
from vehicle_hil.gnss.pty import GnssPty
from vehicle_hil.result import REALTIME, TICK_NS, BusFrame
from vehicle_hil.scene import Scene, prepare
from vehicle_hil.vehicle_link import (
    BackgroundPipe,
    Go,
    Ready,
    RecordReader,
    TickReport,
    VehicleOrder,
    write_record,
)

PRIORITY = CONTROL_PRIORITY - 1
"""On a truck it is no process of this computer: it must not keep the runtime's own from a core."""


def main() -> int:
    stop = StopRequest()
    stop.listen()
    reader = RecordReader(sys.stdin.buffer)
    order = reader.read(VehicleOrder)
    if order is None:
        return 1
    with ExitStack() as stack:
        pty = stack.enter_context(GnssPty())
        scene = prepare(order.job(), REALTIME)
        ports: list[BusPort] = []
        for option in parse_bus_options(order.buses, scene.profile.databases):
            port = open_bus(option.name, option.interface, option.channel, option.options)
            stack.callback(port.close)
            ports.append(port)
        write_record(sys.stdout.buffer, Ready(pty.name))
        go = reader.read(Go)
        if go is None:
            return 1
        prepare_for_ticks(TICK_NS, PRIORITY)
        reports = BackgroundPipe(sys.stdout.fileno())
        _drive(scene, ports, pty, go.start_ns, stop, reports)
        reports.close()
    return 0


def _drive(
    scene: Scene,
    ports: Sequence[BusPort],
    pty: GnssPty,
    start_ns: int,
    stop: StopRequest,
    reports: BackgroundPipe,
) -> None:
    """Ticks until SIGTERM. Times are those of the drive, from 0."""
    vehicle, operator, crane = scene.vehicle, scene.operator, scene.crane
    by_name = {port.name: port for port in ports}
    for port in ports:
        port.receive(0)
    grid = TickGrid(MonotonicClock(), TICK_NS)
    while not stop():
        clock_ns = grid.wait()
        if clock_ns is None:
            continue
        now_ns = clock_ns - start_ns
        heard: list[BusFrame] = []
        for port in ports:
            heard += port.receive(now_ns)
        operator.step(heard)
        said = vehicle.step(now_ns, heard)
        for name, port in by_name.items():
            port.send([Frame(*frame) for frame in said if frame.bus == name])
        pty.write(vehicle.serial_bytes())
        truth = vehicle.truth
        note = crane.step(truth)
        # The runtime's frames carry the time of this tick, the vehicle's that of their place on the bus.
        reports.put(TickReport(truth, [*said, *heard], note, grid.statistics.missed_periods))
        grid.done()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BusError as error:
        # The harness shows this line to the user.
        print(error, file=sys.stderr)
        sys.exit(2)
