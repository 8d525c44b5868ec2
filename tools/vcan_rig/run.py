"""The outer end of the rig: finds a Linux that has `vcan`, runs the command there, passes its status on.

First choice is a network namespace of the host, second a user-mode Linux (Debian's package of that name),
which is a kernel that runs as an ordinary process on the host's files. Standard library alone.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from vcan_rig.inside import CHANNEL, FAILURE_FILE, JOB_FILE, JOB_KEY, MODULE_FOLDER, MODULES, STATUS_FILE

INSIDE = Path(__file__).with_name("inside.py")
SKIPPED = 77
"""Exit status of a run that was skipped: the convention of Automake's and Meson's test drivers."""
TIMED_OUT = 124
"""Exit status of a run that took too long, as of coreutils' `timeout`."""
FAILED = 70
"""Exit status where the rig itself failed: EX_SOFTWARE of <sysexits.h>."""
CHANNEL_KEY = "VCAN_CHANNEL"
"""Environment variable in which the command finds the bus."""
KERNEL_KEY = "VCAN_KERNEL"
"""And here whose kernel it is: `host` or `uml`."""
TIMEOUT_S = 300
MEMORY = "512M"
"""Of the user-mode Linux; taken from the host as it is touched."""
KERNELS = ("linux.uml", "linux")
PASSED_ON = ("LANG", "PATH", "VIRTUAL_ENV")
"""Environment variables of the caller that the command sees; beside these, those of coverage.py."""
NAMESPACE = ("unshare", "--map-root-user", "--net", "--")


def main(arguments: list[str] | None = None) -> int:
    """Returns the command's exit status, or SKIPPED, TIMED_OUT or FAILED."""
    args = _parse(arguments)
    problems: list[str] = []
    for name, missing, start in (("host", host_missing, _on_host), ("uml", uml_missing, _in_uml)):
        if args.on not in (name, "any"):
            continue
        reason = missing()
        if reason is None:
            return start(args.command, args.timeout)
        problems.append(reason)
    print(f"vcan_run: skipped: {'; '.join(problems)}", flush=True)
    return SKIPPED


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="vcan_run",
        description=f"Runs a command where {CHANNEL_KEY} names a real Linux vcan bus.",
        epilog=f"Exit status: the command's; {SKIPPED} no such bus here, {TIMED_OUT} too long.",
    )
    parser.add_argument(
        "--on", choices=("any", "host", "uml"), default="any", help="which kernel (default any)"
    )
    parser.add_argument("--timeout", metavar="SECONDS", type=float, default=TIMEOUT_S)
    parser.add_argument("command", nargs="+")
    return parser.parse_args(arguments)


def host_missing() -> str | None:
    """Why the host's own kernel cannot give a vcan bus; None where it can."""
    for tool in ("unshare", "ip"):
        if shutil.which(tool) is None:
            return f"host: no command {tool}"
    probe = [*NAMESPACE, "ip", "link", "add", "dev", CHANNEL, "type", "vcan"]
    done = subprocess.run(probe, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else f"host: no vcan ({done.stderr.strip()})"


def uml_missing() -> str | None:
    """Why there is no user-mode Linux with CAN modules here; None where there is."""
    if kernel() is None:
        return "user-mode Linux: not installed (Debian package user-mode-linux)"
    if shutil.which("ip") is None:
        return "user-mode Linux: no command ip (Debian package iproute2)"
    for name in MODULES:
        if next(MODULE_FOLDER.rglob(f"{name}.ko"), None) is None:
            return f"user-mode Linux: no module {name} under {MODULE_FOLDER}"
    return None


def kernel() -> str | None:
    """The user-mode kernel's executable."""
    return next((path for name in KERNELS if (path := shutil.which(name)) is not None), None)


def _on_host(command: list[str], timeout_s: float) -> int:
    with tempfile.TemporaryDirectory(prefix="vcan-") as name:
        _write_job(Path(name), command, {KERNEL_KEY: "host"})
        environment = {**os.environ, JOB_KEY: name}
        started = subprocess.Popen(
            [*NAMESPACE, sys.executable, str(INSIDE)], env=environment, start_new_session=True
        )
        return _outcome(started, Path(name), timeout_s)


def _in_uml(command: list[str], timeout_s: float) -> int:
    """The kernel's first process is inside.py; its console is a socket whose other end is copied to ours."""
    with tempfile.TemporaryDirectory(prefix="vcan-") as name:
        _write_job(Path(name), command, {"HOME": "/root", "TMPDIR": "/run/tmp", KERNEL_KEY: "uml"})
        ours, console = socket.socketpair()
        line = [str(kernel()), f"mem={MEMORY}", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "rw"]
        line += [f"init={sys.executable}", f"uml_dir={name}", "con=null", "quiet", f"{JOB_KEY}={name}"]
        # What follows the two dashes are arguments of the first process.
        line += [f"con1=fd:{console.fileno()},fd:{console.fileno()}", "--", str(INSIDE)]
        with ours, open(Path(name) / "boot", "wb") as boot:
            started = subprocess.Popen(
                line,
                stdin=subprocess.DEVNULL,
                stdout=boot,
                stderr=subprocess.STDOUT,
                pass_fds=[console.fileno()],
                start_new_session=True,
            )
            console.close()
            return _outcome(started, Path(name), timeout_s, ours)


def _write_job(folder: Path, command: list[str], changes: dict[str, str]) -> None:
    environment = {key: value for key, value in os.environ.items() if key in PASSED_ON or "COV" in key}
    # Nothing that the run leaves behind may surprise the host.
    environment |= {CHANNEL_KEY: CHANNEL, "PYTHONDONTWRITEBYTECODE": "1", **changes}
    job = {"command": command, "folder": str(Path.cwd()), "environment": environment}
    (folder / JOB_FILE).write_text(json.dumps(job))


def _outcome(
    started: "subprocess.Popen[bytes]", folder: Path, timeout_s: float, console: socket.socket | None = None
) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    end_s = time.monotonic() + timeout_s
    try:
        if console is not None:
            while text := _read(console, end_s):
                sys.stdout.buffer.write(text.replace(b"\r\n", b"\n"))
                sys.stdout.flush()
        started.wait(max(0.0, end_s - time.monotonic()))
    except (TimeoutError, subprocess.TimeoutExpired):
        print(f"vcan_run: no end within {timeout_s:g} s", flush=True)
        return TIMED_OUT
    finally:
        if started.poll() is None:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()
    status = folder / STATUS_FILE
    if status.exists():
        return int(status.read_text())
    for name in (FAILURE_FILE, "boot"):
        if (folder / name).exists():
            print((folder / name).read_text(errors="replace"), flush=True)
    print("vcan_run: the rig failed before the command ended", flush=True)
    return FAILED


def _read(console: socket.socket, end_s: float) -> bytes:
    """The next part of the command's output; empty at its end. Raises TimeoutError."""
    console.settimeout(max(0.001, end_s - time.monotonic()))
    try:
        return console.recv(1 << 16)
    except ConnectionResetError:
        return b""


if __name__ == "__main__":
    sys.exit(main())
