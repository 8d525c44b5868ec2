"""The three processes of a vehicle, each once: name, command, priority. Units, doctor and start-up read it.

The commands `run-supervisor`, `run-control` and `run-services` do not exist yet.
"""

from typing import NamedTuple

from firmware_runtime.executive.scheduling import PRIORITY


class Process(NamedTuple):
    name: str
    """Also the core list's in `machine.cores.Cores`."""
    command: str
    """Subcommand of `firmware-runtime`."""
    does: str
    priority: int
    """Of SCHED_FIFO; 0: normal scheduling."""


SUPERVISOR = Process(
    "supervisor", "run-supervisor", "checks every command, alone sends to the actuators", PRIORITY + 10
)
"""Above control: it must get its turn while control hangs in a loop."""
CONTROL = Process("control", "run-control", "drives: reads the vehicle, proposes each command", PRIORITY)
SERVICES = Process("services", "run-services", "black box, diagnostics, telemetry; nothing that moves", 0)

PROCESSES: tuple[Process, ...] = (SUPERVISOR, CONTROL, SERVICES)
PRIORITY_MAX = max(process.priority for process in PROCESSES)
