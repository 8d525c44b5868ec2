"""What this user may do: real-time priority, locked memory, processor time."""

import re

from firmware_runtime.executive.awake_cores import DEVICE
from firmware_runtime.executive.machine.facts import Machine, Wanted
from firmware_runtime.executive.machine.finding import Check, Finding, development, good, missing
from firmware_runtime.executive.machine.mends import lasting_setting, right_to_device
from firmware_runtime.executive.processes import PRIORITY_MAX

CAP_NET_ADMIN, CAP_IPC_LOCK, CAP_SYS_NICE = 12, 14, 23
"""Bits of the effective set. <linux/capability.h>."""
LOCKED_MIN_BYTES = 1 << 30
"""Enough to lock: the target for all three processes is 250 MB resident, their mappings are larger
(assumption)."""
THROTTLE_SHARE_MIN = 0.9
"""Real-time share of a core below which the kernel may hold a process that is well (assumption)."""

_LIMITS_MEND = (
    'printf "%s\\n" "$USER - rtprio 99" "$USER - memlock unlimited"'
    " | sudo tee /etc/security/limits.d/90-firmware-runtime.conf\n"
    "# then log in anew. The units of `firmware-runtime install` have these rights without it."
)


def has_capability(machine: Machine, bit: int) -> bool:
    match = re.search(r"^CapEff:\s*([0-9a-fA-F]+)$", machine.text("proc/self/status"), re.MULTILINE)
    return match is not None and bool(int(match[1], 16) >> bit & 1)


def soft_limit(machine: Machine, name: str) -> float:
    """Of /proc/self/limits, in its own unit; inf where unlimited, 0 where it is not told."""
    match = re.search(
        rf"^{re.escape(name)}\s+(unlimited|\d+)\s", machine.text("proc/self/limits"), re.MULTILINE
    )
    if match is None:
        return 0.0
    return float("inf") if match[1] == "unlimited" else float(match[1])


def realtime_priority(machine: Machine, _: Wanted) -> Finding:
    if has_capability(machine, CAP_SYS_NICE):
        return good("CAP_SYS_NICE")
    limit = soft_limit(machine, "Max realtime priority")
    if limit >= PRIORITY_MAX:
        return good(f"RLIMIT_RTPRIO {limit:g}")
    return development(f"no CAP_SYS_NICE; RLIMIT_RTPRIO {limit:g}, wanted {PRIORITY_MAX}", _LIMITS_MEND)


def locked_memory(machine: Machine, _: Wanted) -> Finding:
    if has_capability(machine, CAP_IPC_LOCK):
        return good("CAP_IPC_LOCK")
    limit = soft_limit(machine, "Max locked memory")
    if limit >= LOCKED_MIN_BYTES:
        return good(
            "RLIMIT_MEMLOCK " + ("unlimited" if limit == float("inf") else f"{limit / 2**20:.0f} MiB")
        )
    words = f"no CAP_IPC_LOCK; RLIMIT_MEMLOCK {limit / 2**20:.0f} MiB, wanted {LOCKED_MIN_BYTES >> 20}"
    return development(words, _LIMITS_MEND)


def awake_cores(machine: Machine, _: Wanted) -> Finding:
    device = machine.devices[DEVICE]
    if not device.exists:
        return development(f"{DEVICE} does not exist", "# a kernel with CONFIG_CPU_IDLE; here: ls /dev")
    if not device.writable:
        return development(f"{DEVICE}: no right to write", right_to_device(machine, DEVICE))
    return good(DEVICE)


def bus_restart(machine: Machine, wanted: Wanted) -> Finding:
    if not any(bus.interface == "socketcan" for bus in wanted.buses):
        return good("no SocketCAN bus named")
    if has_capability(machine, CAP_NET_ADMIN):
        return good("CAP_NET_ADMIN")
    mend = "# the supervisor's unit of `firmware-runtime install` has CAP_NET_ADMIN; in a shell: sudo -E"
    return development("no CAP_NET_ADMIN", mend)


def throttling(machine: Machine, _: Wanted) -> Finding:
    mend = lasting_setting("kernel.sched_rt_runtime_us", 950_000)
    runtime = machine.number("proc/sys/kernel/sched_rt_runtime_us")
    period = machine.number("proc/sys/kernel/sched_rt_period_us")
    if runtime is None or not period:
        return development("the kernel does not say", mend)
    if runtime < 0:
        return good("off: a process that loops holds its core until the watchdog bites")
    words = f"{runtime} of {period} us"
    if runtime == 0:
        return missing(words + ": nothing may run with real-time priority", mend)
    return good(words) if runtime >= THROTTLE_SHARE_MIN * period else development(words, mend)


def processor_share(machine: Machine, _: Wanted) -> Finding:
    mend = "# take the limit off this container or slice, e.g.: sudo systemctl set-property SLICE CPUQuota="
    for path, text in machine.matching("sys/fs/cgroup", "/cpu.max").items():
        quota = text.partition(" ")[0]
        if quota.isdecimal():
            return development(f"{text.replace(' ', ' of ')} us ({path})", mend)
    for path, text in machine.matching("sys/fs/cgroup", "/cpu.cfs_quota_us").items():
        if text.isdecimal():
            return development(f"{text} us a period ({path})", mend)
    for path, text in machine.matching("sys/fs/cgroup", "/cpu.rt_runtime_us").items():
        if text == "0":
            mend = f"echo 900000 | sudo tee /{path}"
            return missing(f"no real-time share ({path})", mend)
    return good("no limit")


CHECKS: tuple[Check, ...] = (
    Check("real-time priority", "a tick goes before everything else on its core", realtime_priority),
    Check("locked memory", "no page that a tick needs is ever fetched from a disk", locked_memory),
    Check("cores kept awake", "a core that sleeps deeply wakes up 0.1 ms late and more", awake_cores),
    Check("bus restart", "a bus that went off is restarted, a bounded number of times", bus_restart),
    Check(
        "real-time throttling", "the kernel takes a core away from those who use too much of it", throttling
    ),
    Check("processor share", "a limit of processor time holds a tick when it is used up", processor_share),
)
