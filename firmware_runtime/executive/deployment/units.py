"""systemd units of the three processes, written from tables.

One's death never ends another: nothing here but the target's Wants ties them together (no BindsTo, PartOf,
Requires). Control begins after the two others and is therefore stopped before them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from firmware_runtime.executive import awake_cores
from firmware_runtime.executive.machine.cores import Cores, core_text
from firmware_runtime.executive.processes import (
    CONTROL,
    PROCESSES,
    RESTART_S,
    SERVICES,
    SUPERVISOR,
    Process,
)
from firmware_runtime.vehicle.profile import ProfileData

NAME = "firmware-runtime"
"""Of user, group and directories."""
TARGET = f"{NAME}.target"
STATE, CACHE, LINK = f"/var/lib/{NAME}", f"/var/cache/{NAME}", f"/run/{NAME}"
STOP_MARGIN_S = 10.0
"""Beyond the longest stop: the park brake, the last of the black box (assumption)."""
START_MAX_S = 30.0
"""Ready takes 1.5 s with a warm cache; a cold start compiles every DBC first (assumption)."""
_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./$-]+")


@dataclass(frozen=True, slots=True)
class UnitChoices:
    """All that differs from one vehicle or computer to the next."""

    title: str
    """Of the vehicle, for people."""
    command: str
    """Path of `firmware-runtime` on the vehicle."""
    profile: str
    routes: tuple[str, ...]
    """The first is the one that control begins with."""
    buses: tuple[str, ...]
    """As `--bus` takes them."""
    interfaces: frozenset[str]
    """python-can's names of all buses."""
    serial: str
    watchdog: str
    cores: Cores
    stop_max_s: float
    """Longest that a vehicle takes to stop and be held."""
    start_options: tuple[str, ...] = field(default=())
    """Further ones of supervisor and control, such as the manifest's."""


def longest_stop_s(profile: ProfileData) -> float:
    """A comfortable stop that ends in a minimal-risk stop, then contactors that wait for little current."""
    safety, battery = profile.safety, profile.battery
    return safety.comfortable_time_max_s + safety.minimal_risk_time_max_s + battery.opening_time_max_s


OPTIONS: dict[str, Callable[[UnitChoices], tuple[str, ...]]] = {
    "cache": lambda choices: ("--cache", CACHE),
    "link": lambda choices: ("--link", LINK),
    "state": lambda choices: ("--state", STATE),
    "boxes": lambda choices: ("--record-dir", f"{STATE}/black_box"),
    "bus": lambda choices: tuple(word for bus in choices.buses for word in ("--bus", bus)),
    "watchdog": lambda choices: ("--watchdog", choices.watchdog),
    "serial": lambda choices: ("--serial", choices.serial),
    "route": lambda choices: ("--route", *choices.routes[:1]),
}
"""What a process's command is told, by the names in `Process.options`."""

HARDENING: tuple[tuple[str, str], ...] = (
    ("NoNewPrivileges", "yes"),
    ("ProtectSystem", "strict"),
    ("ProtectHome", "yes"),
    ("PrivateTmp", "yes"),
    ("ProtectKernelTunables", "yes"),
    ("ProtectKernelModules", "yes"),
    ("ProtectKernelLogs", "yes"),
    ("ProtectControlGroups", "yes"),
    ("ProtectClock", "yes"),
    ("ProtectHostname", "yes"),
    ("ProtectProc", "invisible"),
    ("RestrictNamespaces", "yes"),
    ("RestrictSUIDSGID", "yes"),
    ("LockPersonality", "yes"),
    ("MemoryDenyWriteExecute", "yes"),
    ("KeyringMode", "private"),
    ("RemoveIPC", "no"),
    ("UMask", "0027"),
    ("SystemCallArchitectures", "native"),
    ("SystemCallFilter", "@system-service"),
    ("SystemCallFilter", "~@privileged"),
    ("SystemCallErrorNumber", "EPERM"),
    ("DevicePolicy", "closed"),
)
"""The same for all three. Python needs no writable code; real-time scheduling is to be had, so that
RestrictRealtime cannot be. No ProcSubset=pid: the times of the kept state are led over a restart by
/proc/sys/kernel/random/boot_id, which that hides; ProtectProc and ProtectKernelTunables do without it."""


def unit_files(choices: UnitChoices) -> dict[str, str]:
    """Name -> text of every unit."""
    return {process.unit: service(process, choices) for process in PROCESSES} | {TARGET: target(choices)}


def target(choices: UnitChoices) -> str:
    """Starts all three, and is what is enabled; that one of them is gone changes nothing of it."""
    wants = " ".join(process.unit for process in PROCESSES)
    lines = ["[Unit]", f"Description=Firmware runtime of {_described(choices)}", f"Wants={wants}"]
    return "\n".join([*lines, "", "[Install]", "WantedBy=multi-user.target", ""])


def service(process: Process, choices: UnitChoices) -> str:
    """One process's unit."""
    sections = (
        ("Unit", _unit(process, choices)),
        ("Service", [*_life(process, choices), *_rights(process, choices), *HARDENING]),
    )
    return "\n".join(
        line
        for title, entries in sections
        for line in (f"[{title}]", *(f"{key}={value}" for key, value in entries), "")
    )


def _unit(process: Process, choices: UnitChoices) -> list[tuple[str, str]]:
    entries = [("Description", f"{process.name} of {_described(choices)}: {process.does}")]
    # An order only: it holds for the stop too, reversed, and ties no life to another. Who shuts the computer
    # down while the truck moves takes the buses away last, after its stop (systemd.special(7)).
    entries.append(("After", "network.target"))
    if process is CONTROL:
        # Control ends first: the supervisor sends its frames until then, and services write that the end was
        # orderly.
        entries.append(("After", f"{SUPERVISOR.unit} {SERVICES.unit}"))
    # Restarted without end: a supervisor that systemd has given up holds no brake.
    return [*entries, ("StartLimitIntervalSec", "0")]


def _life(process: Process, choices: UnitChoices) -> list[tuple[str, str]]:
    words = [choices.command, process.command, choices.profile]
    words += [word for option in process.options for word in OPTIONS[option](choices)]
    if process.priority:
        words += choices.start_options
    return [
        ("Type", "notify"),
        ("NotifyAccess", "main"),
        ("ExecStart", " ".join(_quoted(word) for word in words)),
        ("Restart", "always"),
        ("RestartSec", f"{RESTART_S:g}"),
        # Status 2 is bad input, which no restart mends. A bus or device that is gone is 75.
        ("RestartPreventExitStatus", "2"),
        ("TimeoutStartSec", f"{START_MAX_S:g}"),
        ("TimeoutStopSec", f"{choices.stop_max_s + STOP_MARGIN_S:g}"),
        # The process itself hears SIGTERM, which becomes a stop of the vehicle; its threads hear nothing.
        ("KillMode", "mixed"),
        ("WatchdogSec", f"{process.watchdog_s:g}"),
        # SIGABRT, the default, is not heard by a stopped process, and systemd would then wait for
        # TimeoutStopSec.
        ("WatchdogSignal", "SIGKILL"),
        ("OOMScoreAdjust", str(process.oom_score)),
        ("Nice", str(process.begin_nice)),
        ("OOMPolicy", "continue"),
        ("MemoryMax", f"{process.memory_max_mib}M"),
        ("MemorySwapMax", "0"),
        ("CPUAffinity", core_text(getattr(choices.cores, process.name))),
        ("Environment", "OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 PYTHONUNBUFFERED=1"),
    ]


def _rights(process: Process, choices: UnitChoices) -> list[tuple[str, str]]:
    entries = [
        ("User", NAME),
        ("Group", NAME),
        ("StateDirectory", NAME),
        ("StateDirectoryMode", "0750"),
        ("RuntimeDirectory", NAME),
        # The three share it: the end of one must not take it from the others.
        ("RuntimeDirectoryPreserve", "yes"),
        ("CapabilityBoundingSet", " ".join(process.capabilities)),
        ("AmbientCapabilities", " ".join(process.capabilities)),
        ("RestrictAddressFamilies", " ".join(_families(process, choices))),
    ]
    if process.priority:
        entries += [("LimitRTPRIO", str(process.priority)), ("LimitMEMLOCK", "infinity")]
    else:
        entries += [("RestrictRealtime", "yes")]
    if _is_local(choices):
        entries += [("IPAddressDeny", "any")]
    for device in process.devices:
        entries += [("DeviceAllow", f"{getattr(choices, device)} rw")]
    if process.priority:
        entries += [("DeviceAllow", f"{awake_cores.DEVICE} w")]
    if "serial" in process.devices:
        entries += [("SupplementaryGroups", "dialout")]
    if process.priority:
        # Lines and tables that drive come from there: `services` reads it, and writes nothing into it.
        entries += [("CacheDirectory", NAME)]
    if not process.devices:
        entries += [("PrivateDevices", "yes")]
    return entries


def _families(process: Process, choices: UnitChoices) -> list[str]:
    families = ["AF_UNIX"]
    if "socketcan" in choices.interfaces:
        families.append("AF_CAN")
    if "CAP_NET_ADMIN" in process.capabilities:
        families.append("AF_NETLINK")
    return families if _is_local(choices) else [*families, "AF_INET", "AF_INET6"]


def _is_local(choices: UnitChoices) -> bool:
    """No bus is on an internet socket, as those of a development rig are."""
    return choices.interfaces <= {"socketcan"}


def _described(choices: UnitChoices) -> str:
    return choices.title.replace("%", "%%")


def _quoted(word: str) -> str:
    """A word of ExecStart as systemd reads it back: `%` and `$` expand, spaces split; systemd.service(5)."""
    word = word.replace("%", "%%").replace("$", "$$")
    if _PLAIN.fullmatch(word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
