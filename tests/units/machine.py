"""A computer with systemd as its first process and two CAN buses: a user-mode Linux on the host's files."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("root.sh")
SYSTEMD = Path("/lib/systemd/systemd")
MEMORY = "1024M"
"""Of the user-mode Linux; taken from the host as it is touched."""
MODULES = ("can", "can-dev", "can-raw", "vcan", "softdog")
KERNEL = "linux.uml"


class Outcome(NamedTuple):
    status: int | None
    """Of the job; None where the computer ended without one."""
    output: str
    console: str
    """What kernel and systemd said."""


def missing() -> str:
    """Why there is no such computer here, or empty."""
    if shutil.which(KERNEL) is None:
        return "no user-mode Linux (Debian package user-mode-linux)"
    if not SYSTEMD.exists():
        return "no systemd (Debian package systemd)"
    folder = Path("/usr/lib/uml/modules")
    absent = [name for name in MODULES if next(folder.rglob(f"{name}.ko"), None) is None]
    return f"no module {', '.join(absent)} for user-mode Linux" if absent else ""


def run(command: list[str], timeout_s: float) -> Outcome:
    """Runs it as a service of that computer, as root, in the project's folder."""
    with tempfile.TemporaryDirectory(prefix="units-") as name:
        job = Path(name)
        settings = {
            "PROJECT": str(ROOT),
            "PYTHON": sys.base_prefix,
            "SITE_PACKAGES": sysconfig.get_paths()["purelib"],
        }
        (job / "settings").write_text(
            "".join(f"{key}={shlex.quote(value)}\n" for key, value in settings.items())
        )
        lines = [f"cd {shlex.quote(str(ROOT))}", f"export PATH={shlex.quote(os.environ['PATH'])} HOME=/root"]
        lines += [
            "export UNITS_LIVE=1 PYTHONDONTWRITEBYTECODE=1",
            shlex.join(command),
            f'echo "$?" >{job}/status',
        ]
        (job / "job").write_text("\n".join(lines) + "\n")
        kernel = [KERNEL, f"mem={MEMORY}", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "rw"]
        kernel += [f"init={SCRIPT}", f"uml_dir={name}", "con=null", "quiet", f"UNITS_JOB={name}"]
        with open(job / "boot", "wb") as boot:
            started = subprocess.Popen(
                kernel,
                stdin=subprocess.DEVNULL,
                stdout=boot,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                started.wait(timeout_s)
            except subprocess.TimeoutExpired:
                pass
            finally:
                if started.poll() is None:
                    os.killpg(started.pid, signal.SIGKILL)
                    started.wait()
        said = {part: _text(job / part) for part in ("status", "output", "console", "boot")}
        status = int(said["status"]) if said["status"].strip() else None
        return Outcome(status, said["output"], said["console"] + said["boot"])


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""
