"""The three processes of a vehicle, each once: command, options, priority, what it may touch.

Units, doctor and start-up read it, so that a process gets one name and one priority everywhere.
"""

from typing import NamedTuple

CONTROL_PRIORITY = 45
"""Of SCHED_FIFO's 1 to 99: above everything that is not real-time, below the kernel's own threads (50)."""
RESTART_S = 0.2
"""From the death of a process until it begins again. Soon, for a supervisor that is gone holds no brake; not
at once, for a defect that stays must not fill a core (assumption)."""
SUPERVISOR_PRIORITY = 48
"""Above control: it must get its turn while control hangs in a loop."""


class Process(NamedTuple):
    name: str
    """Also the core list's in `machine.cores.Cores`."""
    does: str
    options: tuple[str, ...]
    """Of its command, beside PROFILE; names of `deployment.units.OPTIONS`."""
    priority: int
    """Of SCHED_FIFO; 0: normal scheduling."""
    begin_nice: int
    """Nice value while it begins, until that priority is its own: loading code takes most of the time to
    STANDBY, and goes before whatever else this computer does (assumption)."""
    watchdog_s: float
    """Without a sign of life for so long systemd kills and restarts it. The failure budgets do not wait for
    that: the other eye and the ECUs have stopped the vehicle by then (assumption)."""
    oom_score: int
    """Who goes first where memory ends: 1000 first, -1000 never. None says never: one that eats all memory
    must go, even the supervisor, for the ECUs stop the vehicle then."""
    memory_max_mib: int
    """Beyond it the process alone is ended, not its neighbours. Target for all three: 250 MB (assumption)."""
    capabilities: tuple[str, ...]
    devices: tuple[str, ...]
    """Of /dev, by the name of `deployment.units.UnitChoices`' field."""

    @property
    def command(self) -> str:
        """Subcommand of `firmware-runtime`."""
        return f"run-{self.name}"

    @property
    def unit(self) -> str:
        return f"firmware-runtime-{self.name}.service"


SUPERVISOR = Process(
    name="supervisor",
    does="checks every command and alone sends to the actuators",
    options=("route", "cache", "link", "bus", "watchdog"),
    priority=SUPERVISOR_PRIORITY,
    begin_nice=-10,
    watchdog_s=1.0,
    oom_score=-900,
    memory_max_mib=256,
    # To restart a CAN controller after bus-off, a bounded number of times. Real-time priority and locked
    # memory come by limits, and CAN sockets need no CAP_NET_RAW.
    capabilities=("CAP_NET_ADMIN",),
    devices=("watchdog",),
)
CONTROL = Process(
    name="control",
    does="reads the vehicle and proposes every command",
    options=("route", "cache", "link", "bus", "serial", "state"),
    priority=CONTROL_PRIORITY,
    begin_nice=-10,
    watchdog_s=1.0,
    oom_score=-800,
    memory_max_mib=512,
    capabilities=(),
    devices=("serial",),
)
SERVICES = Process(
    name="services",
    does="black box, diagnostics, telemetry: nothing that moves",
    options=("cache", "link", "state", "boxes"),
    priority=0,
    begin_nice=0,
    watchdog_s=10.0,
    oom_score=500,
    memory_max_mib=512,
    capabilities=(),
    devices=(),
)

PROCESSES: tuple[Process, ...] = (SUPERVISOR, CONTROL, SERVICES)
PRIORITY_MAX = max(process.priority for process in PROCESSES)
