"""From exec to STANDBY on the bus, with databases compiled before; and the memory that the processes hold.

All processes are started at one moment, beside a vehicle that is switched on already.
"""

import select
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import cantools
from cantools.database.can import Database

from bench.case import Target
from bench.loop.computer import await_begin, free_buses, start, vehicle
from bench.loop.drive_record import DBCS
from bench.loop.figures import rows_of
from bench.measure import BenchError, Row
from firmware_runtime.executive.machine.own_cores import share_out_here
from firmware_runtime.vehicle.enums import SafetyState
from vehicle_hil.bus_ear import Ear

STANDBY_MAX_MS, MEMORY_MAX_MB = 1500.0, 250.0
WAIT_S = 20.0
DRIVE_S = 6.0
"""Until memory is looked at: it drives by then."""
PROCESSES = ("supervisor", "control", "services")


class Begun(NamedTuple):
    standby_ms: float
    resident_mb: dict[str, float]
    proportional_mb: dict[str, float]
    """What processes share (libraries, rings) counts once in the sum of all (proportional set size)."""


def measure(times: int, folder: Path, progress: Callable[[str], None]) -> tuple[list[Row], dict[str, Any]]:
    begun: list[Begun] = []
    # The first one compiles and fills the caches; it does not count.
    for turn in range(times + 1):
        progress(f"start, {turn} of {times}")
        place = folder / f"start-{turn}"
        place.mkdir()
        begun.append(_once(place, folder / "cache", look=turn == times))
    counted = [one.standby_ms for one in begun[1:]]
    rows = rows_of(
        "exec to STANDBY on the bus", "ms", counted, limits={"max": STANDBY_MAX_MS}, shares=("p50", "max")
    )
    memory = begun[-1]
    total_mb = sum(memory.proportional_mb.values())
    target = Target(f"≤ {MEMORY_MAX_MB:g} MB", ours_limit=MEMORY_MAX_MB)
    names = ", ".join(PROCESSES)
    rows.append(
        Row(
            f"resident memory: {names}",
            total_mb,
            "MB",
            None,
            None,
            None,
            target.text,
            total_mb <= MEMORY_MAX_MB,
        )
    )
    return rows, {
        "resident_mb": memory.resident_mb,
        "proportional_mb": memory.proportional_mb,
        "standby_ms": counted,
    }


def _once(folder: Path, cache: Path, look: bool) -> Begun:
    # As `run` and the units do.
    cores = share_out_here()._asdict()
    buses = free_buses()
    with ExitStack() as stack:
        ear = Ear(*buses[0])
        stack.callback(ear.close)
        serial = stack.enter_context(vehicle(buses, folder))
        time.sleep(1.0)
        started = {name: start(name, buses, folder, serial, cache, cores[name]) for name in PROCESSES}
        for one in started.values():
            stack.enter_context(one.child)
        exec_ns = min(one.exec_ns for one in started.values())
        standby_ms = (_standby_ns(ear) - exec_ns) / 1e6
        for one in started.values():
            await_begin(one.child)
        resident_mb: dict[str, float] = {}
        proportional_mb: dict[str, float] = {}
        if look:
            time.sleep(DRIVE_S)
            for name, one in started.items():
                sizes = Path(f"/proc/{one.child.pid}/smaps_rollup").read_text()
                resident_mb[name], proportional_mb[name] = _mb(sizes, "Rss"), _mb(sizes, "Pss")
        for one in started.values():
            one.child.kill()
    return Begun(standby_ms, resident_mb, proportional_mb)


def _mb(sizes: str, field: str) -> float:
    line = next(line for line in sizes.splitlines() if line.startswith(f"{field}:"))
    return int(line.split()[1]) * 1024 / 1e6


def _standby_ns(ear: Ear) -> int:
    """When the first heartbeat said STANDBY."""
    database = cantools.database.load_file(DBCS["drive"])
    if not isinstance(database, Database):
        raise BenchError(f"{DBCS['drive']}: expected a CAN database")
    heartbeat = database.get_message_by_name("RuntimeHeartbeat")
    end_s = time.monotonic() + WAIT_S
    while time.monotonic() < end_s:
        select.select([ear.fileno()], [], [], 0.1)
        for frame in ear.take():
            if frame.can_id & 0x1FFF_FFFF == heartbeat.frame_id:
                values: Any = heartbeat.decode(frame.data, decode_choices=False)
                if values["SafetyState"] == SafetyState.STANDBY:
                    return frame.at_ns
    raise BenchError(f"expected STANDBY within {WAIT_S:g} s, it never came")
