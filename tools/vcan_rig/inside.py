"""The inner end of the rig: makes the bus `vcan0`, runs the job, hands back its exit status.

It runs with the standard library alone, either in a network namespace of the host, or as the first process
of a user-mode Linux, where it also mounts what a system needs and loads the CAN modules.
"""

import ctypes
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path

CHANNEL = "vcan0"
MTU_FD = 72
"""Largest frame of CAN FD, CANFD_MTU of <linux/can.h>."""
JOB_KEY = "VCAN_JOB"
"""Environment variable (for user-mode Linux: word of the kernel's command line) with the job's folder."""
JOB_FILE = "job.json"
STATUS_FILE = "status"
FAILURE_FILE = "failure"
"""Why a kernel of our own could not run the job."""
MODULES = ("can", "can-dev", "vcan", "vxcan", "can-raw", "can-bcm", "can-gw", "can-j1939", "slcan", "sch_tbf")
"""In the order of their dependence; the last holds frames back, as a bus does that nobody acknowledges on."""
MODULE_FOLDER = Path("/usr/lib/uml/modules")
MOUNTS = (("proc", "/proc"), ("sysfs", "/sys"), ("tmpfs", "/run"), ("tmpfs", "/dev/shm"))
SYS_FINIT_MODULE = 313
"""System call number on x86-64, <asm/unistd_64.h>; the package exists for that architecture (and i386)."""
TERMINAL = "/dev/tty1"
"""Console 1, which the outer end connects to its own standard output."""


def main() -> int:
    """Returns the job's exit status; as first process of a kernel it powers off instead of returning."""
    if os.getpid() != 1:
        return _run(Path(os.environ[JOB_KEY]))
    # The kernel hands words of its command line that it does not know to its first process.
    folder = Path(os.environ[JOB_KEY])
    try:
        _boot()
        _run(folder)
    except BaseException:
        (folder / FAILURE_FILE).write_text(traceback.format_exc())
        raise
    finally:
        os.sync()
        # RB_POWER_OFF of <linux/reboot.h>: the host's process of this kernel ends.
        ctypes.CDLL(None).reboot(0x4321FEDC)
    return 0


def _run(folder: Path) -> int:
    job = json.loads((folder / JOB_FILE).read_text())
    _ip("link", "set", "lo", "up")
    _ip("link", "add", "dev", CHANNEL, "type", "vcan")
    _ip("link", "set", CHANNEL, "mtu", str(MTU_FD), "up")
    status = subprocess.run(job["command"], cwd=job["folder"], env=job["environment"], check=False).returncode
    status = status if status >= 0 else 128 - status
    (folder / STATUS_FILE).write_text(str(status))
    return status


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


def _boot() -> None:
    """What an init system does for a job that needs a terminal, temporary files and a CAN stack."""
    libc = ctypes.CDLL(None, use_errno=True)
    # The kernel itself has mounted /dev.
    os.makedirs("/dev/shm", exist_ok=True)
    for kind, place in MOUNTS:
        if libc.mount(kind.encode(), place.encode(), kind.encode(), 0, None) != 0:
            raise OSError(ctypes.get_errno(), f"mount {kind} on {place}")
    # Not over the host's /tmp: the project itself may lie there.
    os.makedirs("/run/tmp")
    terminal = os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY)
    for descriptor in (0, 1, 2):
        os.dup2(terminal, descriptor)
    os.environ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    load_modules(MODULES)


def load_modules(names: Iterable[str]) -> None:
    """In this order; as insmod(8) does it, which not every system has. `name key=value` sets a parameter."""
    libc = ctypes.CDLL(None, use_errno=True)
    folder = MODULE_FOLDER / os.uname().release / "kernel"
    for text in names:
        name, _, parameters = text.partition(" ")
        path = next(folder.rglob(f"{name}.ko"))
        with open(path, "rb") as module:
            if libc.syscall(SYS_FINIT_MODULE, module.fileno(), parameters.encode(), 0) != 0:
                raise OSError(ctypes.get_errno(), f"load {path}")


if __name__ == "__main__":
    sys.exit(main())
