"""Takes the snapshot: reads files below a root directory, and asks the system what no file tells.

Nothing here judges. What cannot be read is left out; the checks say what that means.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, cast

from firmware_runtime.executive import awake_cores
from firmware_runtime.executive.machine.facts import Device, Disk, Link, Machine, Package, Wanted
from firmware_runtime.executive.machine.mends import OWN_RULES

FILES: tuple[str, ...] = (
    "proc/version",
    "proc/cmdline",
    "proc/meminfo",
    "proc/swaps",
    "proc/mounts",
    "proc/self/status",
    "proc/self/limits",
    "proc/self/cgroup",
    "proc/sys/kernel/sched_rt_period_us",
    "proc/sys/kernel/sched_rt_runtime_us",
    "proc/sys/vm/compact_unevictable_allowed",
    "sys/kernel/realtime",
    "sys/kernel/debug/sched/preempt",
    "sys/devices/system/clocksource/clocksource0/current_clocksource",
    "sys/devices/system/clocksource/clocksource0/available_clocksource",
    "sys/devices/system/cpu/online",
    "sys/devices/system/cpu/isolated",
    "sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
    "sys/class/watchdog/watchdog*/identity",
    OWN_RULES,
)
"""Patterns from the root."""
CGROUP = "sys/fs/cgroup"
CGROUP_FILES = ("cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us", "cpu.rt_runtime_us")
"""Limits of processor time, by the kernel's two kinds of control groups; of the own group and those above."""
LONGEST_BYTES = 1 << 20
"""Read of one file; none of these comes near it."""


class System(Protocol):
    """What no file tells; see live.LiveSystem."""

    def links(self) -> str | None:
        """What `ip -json -details link show` prints; None where it cannot be run."""
        ...

    def device(self, path: str) -> Device: ...

    def disk(self, path: str) -> Disk: ...

    def clock_synchronised(self) -> bool | None: ...

    def architecture(self) -> str:
        """As `uname -m` prints it."""
        ...

    def python(self) -> tuple[int, int, int]: ...

    def packages(self) -> tuple[Package, ...]: ...

    def environment(self) -> Mapping[str, str]: ...


def read_machine(root: Path, system: System, wanted: Wanted) -> Machine:
    """root: `/`, or a tree of copied files."""
    paths = [path for pattern in FILES for path in sorted(root.glob(pattern))]
    files = dict(_contents(root, paths))
    files |= dict(_contents(root, list(_cgroup_paths(root, files.get("proc/self/cgroup", "")))))
    links = system.links()
    return Machine(
        files=files,
        links=None if links is None else parse_links(links),
        devices={
            path: system.device(path) for path in (wanted.serial_port, wanted.watchdog, awake_cores.DEVICE)
        },
        disk=system.disk(wanted.state_directory),
        clock_synchronised=system.clock_synchronised(),
        architecture=system.architecture(),
        python=system.python(),
        packages=system.packages(),
        environment=system.environment(),
    )


def _contents(root: Path, paths: list[Path]) -> Iterator[tuple[str, str]]:
    for path in paths:
        try:
            with path.open("rb") as file:
                content = file.read(LONGEST_BYTES).decode(errors="replace")
        except OSError:
            continue
        yield path.relative_to(root).as_posix(), content


def _cgroup_paths(root: Path, membership: str) -> Iterator[Path]:
    """Files of the control groups that this process is in; `membership` as cgroups(7) says."""
    for line in membership.splitlines():
        _, controllers, group = [*line.split(":", 2), "", ""][:3]
        if controllers and "cpu" not in controllers.split(","):
            continue
        top = root / CGROUP / controllers
        parts = [part for part in group.split("/") if part not in ("", "..")]
        for depth in range(len(parts), -1, -1):
            yield from (top.joinpath(*parts[:depth], name) for name in CGROUP_FILES)


def parse_links(text: str) -> tuple[Link, ...]:
    """Every interface of `ip -json -details link show`; nothing from what is not such a list."""
    try:
        entries = json.loads(text)
    except ValueError:
        return ()
    if not isinstance(entries, list):
        return ()
    found = [cast(dict[str, Any], entry) for entry in cast(list[Any], entries) if isinstance(entry, dict)]
    return tuple(_link(entry) for entry in found if "ifname" in entry)


def _link(entry: dict[str, Any]) -> Link:
    info = _table(entry, "linkinfo")
    data = _table(info, "info_data")
    return Link(
        name=str(entry["ifname"]),
        kind=str(info.get("info_kind", entry.get("link_type", ""))),
        up="UP" in (entry.get("flags") or []),
        queue_frames=_whole(entry.get("txqlen")),
        state=str(data["state"]) if "state" in data else None,
        bitrate_bps=_whole(_table(data, "bittiming").get("bitrate")),
        data_bitrate_bps=_whole(_table(data, "data_bittiming").get("bitrate")),
        restart_ms=_whole(data.get("restart_ms", 0 if data else None)),
    )


def _table(entry: dict[str, Any], key: str) -> dict[str, Any]:
    value = entry.get(key)
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
