"""Kernel, clock, cores, memory and software of the computer."""

import re

from firmware_runtime.executive.machine.cores import core_text, parse_cores, share_out
from firmware_runtime.executive.machine.facts import Machine, Wanted
from firmware_runtime.executive.machine.finding import Check, Finding, development, good, missing
from firmware_runtime.executive.machine.mends import lasting_setting

FINE_CLOCKS = frozenset({"tsc", "arch_sys_counter"})
"""Read from the core itself in some 20 ns; the others need a trap or a bus (assumption)."""
MEMORY_MIN_KB = 512 << 10
"""Free for the three processes: twice their target of 250 MB."""
PYTHON_MIN = (3, 11)
BLAS_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
"""numpy's wheels hold OpenBLAS, which reads them in this order when it is loaded."""
_DEBIAN_RT = {"x86_64": "linux-image-rt-amd64", "aarch64": "linux-image-rt-arm64"}


def preemption(machine: Machine, _: Wanted) -> Finding:
    version = machine.text("proc/version")
    if machine.text("sys/kernel/realtime") == "1" or "PREEMPT_RT" in version:
        return good("PREEMPT_RT")
    package = _DEBIAN_RT.get(machine.architecture)
    # Ubuntu and makers of boards name theirs otherwise.
    mend = f"sudo apt-get install {package} && sudo reboot" if package else "# a kernel with PREEMPT_RT"
    if "PREEMPT_DYNAMIC" in version:
        chosen = re.search(r"\((\w+)\)", machine.text("sys/kernel/debug/sched/preempt")) or re.search(
            r"\bpreempt=(\w+)", machine.text("proc/cmdline")
        )
        return development(f"PREEMPT_DYNAMIC ({chosen[1] if chosen else 'not told which'})", mend)
    return development("PREEMPT" if " PREEMPT " in version else "not preemptible, or not told", mend)


def clock_source(machine: Machine, _: Wanted) -> Finding:
    folder = "sys/devices/system/clocksource/clocksource0"
    current = machine.text(f"{folder}/current_clocksource")
    if current in FINE_CLOCKS:
        return good(current)
    fine = FINE_CLOCKS.intersection(machine.text(f"{folder}/available_clocksource").split())
    mend = (
        "# a computer with a steady counter in its cores; `dmesg | grep -i clocksource` tells why it has none"
    )
    for name in fine:
        mend = f"echo {name} | sudo tee /{folder}/current_clocksource"
    return development(current or "not told", mend)


def wall_clock(machine: Machine, _: Wanted) -> Finding:
    if machine.clock_synchronised:
        return good("synchronised")
    mend = "sudo apt-get install -y chrony && sudo systemctl enable --now chrony"
    return development("not synchronised" if machine.clock_synchronised is False else "not told", mend)


def cores(machine: Machine, _: Wanted) -> Finding:
    online = _cores(machine.text("sys/devices/system/cpu/online"))
    allowed = re.search(r"^Cpus_allowed_list:\s*(\S+)$", machine.text("proc/self/status"), re.MULTILINE)
    # What is isolated is in nobody's affinity until it is set, as units and `run` do.
    isolated = _cores(machine.text("sys/devices/system/cpu/isolated"))
    usable = (*_cores(allowed[1]), *isolated) if allowed else online
    words = f"{len(online)} online ({core_text(online)})"
    if set(usable) < set(online):
        mend = f"taskset -cp {core_text(online)} $$"
        return development(f"{words}, this shell may use {core_text(usable)}", mend)
    if len(online) < 2:
        return development(words, "# a computer with two cores or more")
    return good(words)


def isolated_cores(machine: Machine, _: Wanted) -> Finding:
    online = _cores(machine.text("sys/devices/system/cpu/online"))
    isolated = _cores(machine.text("sys/devices/system/cpu/isolated"))
    others = tuple(core for core in online if core not in isolated)
    wanted = share_out(others, isolated).realtime
    if len(online) < 2:
        return development("one core, nothing to isolate", "# a computer with two cores or more")
    if set(wanted) <= set(isolated):
        return good(core_text(isolated))
    listed = core_text(wanted)
    mend = (
        f"sudo sed -i 's/^GRUB_CMDLINE_LINUX=\"/&isolcpus={listed} nohz_full={listed} rcu_nocbs={listed} /'"
        " /etc/default/grub && sudo update-grub && sudo reboot"
    )
    return development(f"{core_text(isolated) or 'none'}, wanted {listed}", mend)


def governor(machine: Machine, _: Wanted) -> Finding:
    governors = machine.matching("sys/devices/system/cpu/", "/cpufreq/scaling_governor")
    if not governors:
        return good("the kernel does not change the frequency")
    others = sorted(set(governors.values()) - {"performance"})
    if not others:
        return good("performance")
    mend = "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"
    return development(", ".join(others), mend)


def memory(machine: Machine, _: Wanted) -> Finding:
    available = re.search(r"^MemAvailable:\s*(\d+) kB$", machine.text("proc/meminfo"), re.MULTILINE)
    kb = int(available[1]) if available else 0
    words = f"{kb >> 10} MiB available" if available else "not told"
    if kb >= MEMORY_MIN_KB:
        return good(words)
    return missing(f"{words}, wanted {MEMORY_MIN_KB >> 10}", "# end what uses it: ps aux --sort -rss | head")


def swap(machine: Machine, _: Wanted) -> Finding:
    used = [line.split()[0] for line in machine.text("proc/swaps").splitlines()[1:] if line.split()]
    if not used:
        return good("none")
    mend = "sudo swapoff -a && sudo sed -i '/\\sswap\\s/s/^/#/' /etc/fstab"
    return development(", ".join(used), mend)


def compaction(machine: Machine, _: Wanted) -> Finding:
    """Linux admin-guide/sysctl/vm.rst, compact_unevictable_allowed; 0 by itself where PREEMPT_RT is."""
    moves = machine.number("proc/sys/vm/compact_unevictable_allowed")
    if moves is None:
        return good("the kernel moves no memory")
    if moves == 0:
        return good("leaves locked memory where it is")
    return development("moves locked memory too", lasting_setting("vm.compact_unevictable_allowed", 0))


def python(machine: Machine, _: Wanted) -> Finding:
    words = ".".join(map(str, machine.python))
    if machine.python[:2] >= PYTHON_MIN:
        return good(words)
    return missing(f"{words}, wanted {'.'.join(map(str, PYTHON_MIN))}", "sudo apt-get install python3.11")


def packages(machine: Machine, _: Wanted) -> Finding:
    lacking = [package for package in machine.packages if not package.found]
    others = [
        package for package in machine.packages if package.found and package.wanted not in ("", package.found)
    ]
    wrong = [f"{p.name}=={p.wanted}" if p.wanted else p.name for p in (*lacking, *others)]
    mend = f"python3 -m pip install {' '.join(wrong)}"
    words = ", ".join(
        f"{p.name} {p.found or 'none'}" + (f", wanted {p.wanted}" if p.wanted else "")
        for p in (*lacking, *others)
    )
    if lacking:
        return missing(words, mend)
    return development(words, mend) if others else good(f"{len(machine.packages)} as pinned")


def blas_threads(machine: Machine, _: Wanted) -> Finding:
    said = next((name for name in BLAS_VARIABLES if machine.environment.get(name)), None)
    if said is not None and machine.environment[said] == "1":
        return good(f"1 ({said})")
    words = "as many as cores" if said is None else f"{machine.environment[said]} ({said})"
    mend = f"export {BLAS_VARIABLES[0]}=1  # the units of `firmware-runtime install` set it"
    return development(words, mend)


def _cores(text: str) -> tuple[int, ...]:
    try:
        return parse_cores(text)
    except ValueError:
        return ()


CHECKS: tuple[Check, ...] = (
    Check("kernel preemption", "a tick need not wait for the kernel to finish something else", preemption),
    Check("clock source", "each tick reads the clock many times, and it must run evenly", clock_source),
    Check("wall clock", "black boxes of several vehicles are laid side by side by it", wall_clock),
    Check("cores", "the two real-time processes do not wait for the rest", cores),
    Check("isolated cores", "the scheduler puts nobody else on a real-time process's core", isolated_cores),
    Check("frequency governor", "a core that has slowed down takes longer for a tick", governor),
    Check("memory", "the kernel ends processes where there is none left", memory),
    Check("swap", "what is swapped out comes back milliseconds later", swap),
    Check("memory compaction", "a page that was moved stops whoever touches it next", compaction),
    Check("Python", "older ones lack what the runtime uses", python),
    Check("Python packages", "tests, and byte-identical replay, hold for these versions", packages),
    Check("BLAS threads", "its threads would take the cores of the tick, and wake late", blas_threads),
)
